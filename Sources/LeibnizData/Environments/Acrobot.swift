import Foundation

/// A double pendulum with a motor at the joint between its links, which is to swing its tip above a line one link above the
/// suspension (Sutton 1996), as Gymnasium's `Acrobot-v1`.
///
/// Links of length 1 m and mass 1 kg with the centre of mass in the middle and the moment of inertia 1 kg·m², a torque τ of −1, 0 or
/// 1 N·m and g = 9.8 m/s². The equations are those of Sutton & Barto's *Reinforcement Learning* (example 11.3 of the first edition),
/// solved by one step of Runge and Kutta's fourth-order method per 0.2 s. Each step costs 1 until −cos θ₁ − cos(θ₁ + θ₂) > 1.
public struct Acrobot: Environment {
    /// `acrobot`.
    public static let name = "acrobot"
    /// The torque plus 1.
    public static let actions = ActionSpace.choices(3)
    /// cos θ₁, sin θ₁, cos θ₂, sin θ₂, θ̇₁, θ̇₂.
    public static let observationSize = 6
    /// [1, 1, 1, 1, 4, 9].
    public static let observationScale: [Float] = [1, 1, 1, 1, 4, 9]
    /// θ₁, θ₂, θ̇₁, θ̇₂.
    public static let stateSize = 4
    /// 500.
    public static let stepLimit = 500

    /// The angle of the first link, 0 where it hangs, and that of the second link relative to it; in radians, and their velocities.
    private var motion: Motion

    private static let gravity = 9.8, length = 1.0, centre = 0.5, mass = 1.0, inertia = 1.0, interval = 0.2
    private static let greatestVelocities = (4 * Double.pi, 9 * Double.pi)

    /// Two angles and their velocities, or the derivatives of all four.
    private struct Motion {
        var (angle1, angle2, velocity1, velocity2): (Double, Double, Double, Double)

        func moved(along slope: Motion, by step: Double) -> Motion {
            Motion(
                angle1: angle1 + step * slope.angle1, angle2: angle2 + step * slope.angle2,
                velocity1: velocity1 + step * slope.velocity1, velocity2: velocity2 + step * slope.velocity2)
        }
    }

    /// All four numbers equally likely in ±0.1.
    public init(using random: inout SampleRandom) {
        motion = Motion(
            angle1: random.uniform(-0.1, 0.1), angle2: random.uniform(-0.1, 0.1),
            velocity1: random.uniform(-0.1, 0.1), velocity2: random.uniform(-0.1, 0.1))
    }

    /// θ₁, θ₂, θ̇₁, θ̇₂.
    public init?(state: [Double]) {
        guard state.count == Self.stateSize else { return nil }
        motion = Motion(angle1: state[0], angle2: state[1], velocity1: state[2], velocity2: state[3])
    }

    /// θ₁, θ₂, θ̇₁, θ̇₂.
    public var state: [Double] { [motion.angle1, motion.angle2, motion.velocity1, motion.velocity2] }

    /// cos θ₁, sin θ₁, cos θ₂, sin θ₂, θ̇₁, θ̇₂.
    public var observation: [Float] {
        [
            Float(cos(motion.angle1)), Float(sin(motion.angle1)), Float(cos(motion.angle2)), Float(sin(motion.angle2)),
            Float(motion.velocity1), Float(motion.velocity2),
        ]
    }

    /// Turns the joint for 0.2 s.
    public mutating func step(_ action: Double, using random: inout SampleRandom) -> Transition {
        let torque = Double(Self.actions.choice(action) - 1)
        let h = Self.interval
        let k1 = Self.slope(at: motion, torque)
        let k2 = Self.slope(at: motion.moved(along: k1, by: h / 2), torque)
        let k3 = Self.slope(at: motion.moved(along: k2, by: h / 2), torque)
        let k4 = Self.slope(at: motion.moved(along: k3, by: h), torque)
        let sum = k1.moved(along: k2, by: 2).moved(along: k3, by: 2).moved(along: k4, by: 1)
        motion = motion.moved(along: sum, by: h / 6)
        motion.angle1 = Self.wrapped(motion.angle1)
        motion.angle2 = Self.wrapped(motion.angle2)
        let (fastest1, fastest2) = Self.greatestVelocities
        motion.velocity1 = max(-fastest1, min(fastest1, motion.velocity1))
        motion.velocity2 = max(-fastest2, min(fastest2, motion.velocity2))
        let isUp = -cos(motion.angle1) - cos(motion.angle1 + motion.angle2) > 1
        return Transition(reward: isUp ? 0 : -1, isTerminal: isUp)
    }

    private static func slope(at m: Motion, _ torque: Double) -> Motion {
        let (sine, cosine) = (sin(m.angle2), cos(m.angle2))
        let coupling = mass * length * centre
        let d1 =
            mass * centre * centre + mass * (length * length + centre * centre) + 2 * coupling * cosine + 2 * inertia
        let d2 = mass * centre * centre + coupling * cosine + inertia
        let phi2 = mass * centre * gravity * cos(m.angle1 + m.angle2 - .pi / 2)
        let phi1 =
            -coupling * m.velocity2 * m.velocity2 * sine - 2 * coupling * m.velocity2 * m.velocity1 * sine
            + (mass * centre + mass * length) * gravity * cos(m.angle1 - .pi / 2) + phi2
        let drive = torque + d2 / d1 * phi1 - coupling * m.velocity1 * m.velocity1 * sine - phi2
        let acceleration2 = drive / (mass * centre * centre + inertia - d2 * d2 / d1)
        let acceleration1 = -(d2 * acceleration2 + phi1) / d1
        return Motion(
            angle1: m.velocity1, angle2: m.velocity2, velocity1: acceleration1, velocity2: acceleration2)
    }

    /// The same direction in −π…π.
    private static func wrapped(_ angle: Double) -> Double {
        abs(angle) <= .pi ? angle : angle - 2 * .pi * (angle / (2 * .pi)).rounded()
    }
}
