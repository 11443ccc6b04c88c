import Foundation

/// A pole on a cart that is pushed to the left or right so that it stays upright (Barto, Sutton & Anderson 1983), as Gymnasium's
/// `CartPole-v1`.
///
/// With the pole's mass m = 0.1 kg and half length l = 0.5 m, the total mass M = 1.1 kg, the force F = ±10 N and g = 9.8 m/s²:
///
/// θ̈ = (g·sin θ − cos θ·u) / (l·(4/3 − m·cos²θ/M)),  ẍ = u − m·l·θ̈·cos θ/M,  u = (F + m·l·θ̇²·sin θ)/M
///
/// (Florian 2007, *Correct equations for the dynamics of the cart-pole system*, without friction), by Euler's steps of 0.02 s. Each
/// step earns 1, the one that ends beyond ±2.4 m or ±12° too.
public struct CartPole: Environment {
    /// `cartpole`.
    public static let name = "cartpole"
    /// A push to the left, 0, or to the right, 1.
    public static let actions = ActionSpace.choices(2)
    /// x, ẋ, θ, θ̇.
    public static let observationSize = 4
    /// [2.4, 2, 0.2, 2].
    public static let observationScale: [Float] = [2.4, 2, 0.2, 2]
    /// x, ẋ, θ, θ̇.
    public static let stateSize = 4
    /// 500.
    public static let stepLimit = 500

    /// The place of the cart in metres, and its velocity.
    public private(set) var (position, velocity): (Double, Double)
    /// The angle of the pole to the vertical in radians, and its velocity.
    public private(set) var (angle, angularVelocity): (Double, Double)

    private static let gravity = 9.8, poleMass = 0.1, totalMass = 1.1, halfLength = 0.5, force = 10.0, interval = 0.02
    private static let (reach, tilt) = (2.4, 12 * Double.pi / 180)

    /// All four numbers equally likely in ±0.05.
    public init(using random: inout SampleRandom) {
        position = random.uniform(-0.05, 0.05)
        velocity = random.uniform(-0.05, 0.05)
        angle = random.uniform(-0.05, 0.05)
        angularVelocity = random.uniform(-0.05, 0.05)
    }

    /// x, ẋ, θ, θ̇.
    public init?(state: [Double]) {
        guard state.count == Self.stateSize else { return nil }
        (position, velocity, angle, angularVelocity) = (state[0], state[1], state[2], state[3])
    }

    /// x, ẋ, θ, θ̇.
    public var state: [Double] { [position, velocity, angle, angularVelocity] }
    /// x, ẋ, θ, θ̇.
    public var observation: [Float] { [Float(position), Float(velocity), Float(angle), Float(angularVelocity)] }

    /// Pushes for 0.02 s.
    public mutating func step(_ action: Double, using random: inout SampleRandom) -> Transition {
        let push = Self.actions.choice(action) == 1 ? Self.force : -Self.force
        let (sine, cosine, moment) = (sin(angle), cos(angle), Self.poleMass * Self.halfLength)
        let u = (push + moment * angularVelocity * angularVelocity * sine) / Self.totalMass
        let inertia = Self.halfLength * (4.0 / 3 - Self.poleMass * cosine * cosine / Self.totalMass)
        let angularAcceleration = (Self.gravity * sine - cosine * u) / inertia
        let acceleration = u - moment * angularAcceleration * cosine / Self.totalMass
        position += Self.interval * velocity
        velocity += Self.interval * acceleration
        angle += Self.interval * angularVelocity
        angularVelocity += Self.interval * angularAcceleration
        return Transition(reward: 1, isTerminal: abs(position) > Self.reach || abs(angle) > Self.tilt)
    }
}
