import Foundation

/// A car in a valley whose motor is too weak for the slope: it has to swing itself up (Moore 1990), as Gymnasium's `MountainCar-v0`.
///
/// v ← v + 0.001·a − 0.0025·cos 3x with a ∈ {−1, 0, 1}, kept in ±0.07, then x ← x + v, kept in −1.2…0.6; the wall on the left takes
/// the velocity away. Each step costs 1 until x ≥ 0.5.
public struct MountainCar: Environment {
    /// `mountain-car`.
    public static let name = "mountain-car"
    /// The direction of the motor plus 1.
    public static let actions = ActionSpace.choices(3)
    /// x, v.
    public static let observationSize = 2
    /// [0.6, 0.035].
    public static let observationScale: [Float] = [0.6, 0.035]
    /// x, v.
    public static let stateSize = 2
    /// 200.
    public static let stepLimit = 200

    /// Where the car is; the valley's ground is at −π/6.
    public private(set) var position: Double
    /// How far it goes in a step.
    public private(set) var velocity: Double

    private static let (leftmost, rightmost, goal, fastest) = (-1.2, 0.6, 0.5, 0.07)
    private static let (force, gravity) = (0.001, 0.0025)

    /// At rest, anywhere in −0.6 ..< −0.4.
    public init(using random: inout SampleRandom) { (position, velocity) = (random.uniform(-0.6, -0.4), 0) }

    /// x, v.
    public init?(state: [Double]) {
        guard state.count == Self.stateSize else { return nil }
        (position, velocity) = (state[0], state[1])
    }

    /// x, v.
    public var state: [Double] { [position, velocity] }
    /// x, v.
    public var observation: [Float] { [Float(position), Float(velocity)] }

    /// One step of the motor.
    public mutating func step(_ action: Double, using random: inout SampleRandom) -> Transition {
        velocity += Double(Self.actions.choice(action) - 1) * Self.force - Self.gravity * cos(3 * position)
        velocity = max(-Self.fastest, min(Self.fastest, velocity))
        position = max(Self.leftmost, min(Self.rightmost, position + velocity))
        if position == Self.leftmost, velocity < 0 { velocity = 0 }
        return Transition(reward: -1, isTerminal: position >= Self.goal && velocity >= 0)
    }
}
