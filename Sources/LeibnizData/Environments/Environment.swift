/// A problem of control in discrete time, as a value: a state that an action moves on, for a reward.
///
/// ```swift
/// var random = SampleRandom(seed: 0, epoch: 0, sample: 0)
/// var pole = CartPole(using: &random)
/// let transition = pole.step(1, using: &random)       // pushes to the right
/// print(pole.observation, transition.reward, transition.isTerminal)
/// ```
///
/// An environment knows neither how long an episode may last nor what comes after its end: `EnvironmentBatch` cuts episodes off at
/// `stepLimit` and begins new ones.
public protocol Environment: Sendable {
    /// The name on the command line, such as `cartpole`.
    static var name: String { get }
    /// What can be done.
    static var actions: ActionSpace { get }
    /// How many numbers an observation has.
    static var observationSize: Int { get }
    /// How large each number of an observation may be in use: what a network divides it by.
    static var observationScale: [Float] { get }
    /// How many numbers the state has.
    static var stateSize: Int { get }
    /// After how many steps an episode is cut off.
    static var stepLimit: Int { get }

    /// The beginning of an episode, drawn from the environment's distribution of first states.
    init(using random: inout SampleRandom)
    /// A known state; nil for another number of numbers than `stateSize`.
    init?(state: [Double])

    /// All that the future depends on.
    var state: [Double] { get }
    /// What an agent sees of the state.
    var observation: [Float] { get }

    /// Moves on by one step of time.
    ///
    /// - Parameter action: the number of a choice, or a number of the interval; any other counts as the nearest of those.
    mutating func step(_ action: Double, using random: inout SampleRandom) -> Transition
}

extension Environment {
    /// Begins a new episode.
    public mutating func reset(using random: inout SampleRandom) { self = Self(using: &random) }
}

/// What can be done in each step.
public enum ActionSpace: Sendable, Hashable {
    /// One of n things: 0 ..< n.
    case choices(Int)
    /// A real number.
    case interval(ClosedRange<Double>)

    /// The number of the choice that an action means.
    func choice(_ action: Double) -> Int {
        guard case .choices(let count) = self, action > 0 else { return 0 }
        return Int(min(action.rounded(), Double(count - 1)))
    }

    /// The number of the interval that an action means.
    func number(_ action: Double) -> Double {
        guard case .interval(let range) = self else { return action }
        return max(range.lowerBound, min(range.upperBound, action))
    }
}

/// What a step brings.
public struct Transition: Sendable, Hashable {
    /// The reward r.
    public let reward: Double
    /// Whether the state that was reached has no future: what comes after it is worth 0.
    public let isTerminal: Bool

    /// A reward, and whether it is the last one.
    public init(reward: Double, isTerminal: Bool) { (self.reward, self.isTerminal) = (reward, isTerminal) }
}
