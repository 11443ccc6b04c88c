import Foundation

/// A pendulum with a motor that is too weak to lift it at once, which is to be brought upright and held there (Furuta, Yamakita & Kobayashi
/// 1991), as Gymnasium's `Pendulum-v1`.
///
/// A rod of mass 1 kg and length 1 m with g = 10 m/s² and a torque u in ±2 N·m:
///
/// θ̇ ← θ̇ + (3g/(2l)·sin θ + 3/(m·l²)·u)·0.05 s, kept in ±8, then θ ← θ + θ̇·0.05 s
///
/// Each step costs θ² + 0.1·θ̇² + 0.001·u², with θ in −π ..< π and all as before the step. An episode never ends by itself.
public struct Pendulum: Environment {
    /// `pendulum`.
    public static let name = "pendulum"
    /// The torque, −2…2 N·m.
    public static let actions = ActionSpace.interval(-2...2)
    /// cos θ, sin θ, θ̇.
    public static let observationSize = 3
    /// [1, 1, 4].
    public static let observationScale: [Float] = [1, 1, 4]
    /// θ, θ̇.
    public static let stateSize = 2
    /// 200.
    public static let stepLimit = 200

    /// The angle in radians, 0 where the rod is upright.
    public private(set) var angle: Double
    /// Its velocity.
    public private(set) var velocity: Double

    private static let (gravity, mass, length, interval, fastest) = (10.0, 1.0, 1.0, 0.05, 8.0)

    /// Any angle, and any velocity in ±1.
    public init(using random: inout SampleRandom) {
        (angle, velocity) = (random.uniform(-.pi, .pi), random.uniform(-1, 1))
    }

    /// θ, θ̇.
    public init?(state: [Double]) {
        guard state.count == Self.stateSize else { return nil }
        (angle, velocity) = (state[0], state[1])
    }

    /// θ, θ̇.
    public var state: [Double] { [angle, velocity] }
    /// cos θ, sin θ, θ̇.
    public var observation: [Float] { [Float(cos(angle)), Float(sin(angle)), Float(velocity)] }

    /// Turns for 0.05 s.
    public mutating func step(_ action: Double, using random: inout SampleRandom) -> Transition {
        let torque = Self.actions.number(action)
        let turn = angle - 2 * .pi * ((angle + .pi) / (2 * .pi)).rounded(.down)
        let cost = turn * turn + 0.1 * velocity * velocity + 0.001 * torque * torque
        let weight = 3 * Self.gravity / (2 * Self.length) * sin(angle)
        let drive = 3 / (Self.mass * Self.length * Self.length) * torque
        velocity = max(-Self.fastest, min(Self.fastest, velocity + (weight + drive) * Self.interval))
        angle += velocity * Self.interval
        return Transition(reward: -cost, isTerminal: false)
    }
}
