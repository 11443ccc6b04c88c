import LeibnizCore
import LeibnizData

/// What learns to act in environments of one kind, round by round: in each it acts for some steps and then updates its model.
///
/// ```swift
/// let learner = PolicyLearner(CartPole.self, settings: .ppo(), seed: 0)
/// while !learner.isDone { print(try learner.advance().meanReward ?? .nan) }
/// let rewards = try learner.rewards(ofEpisodes: 100, seed: 1)
/// ```
public protocol ControlLearner: AnyObject {
    /// The kind of the environments.
    associatedtype Kind: Environment
    /// What is learned.
    associatedtype Model: Module

    /// What is learned.
    var model: Model { get }
    /// What changes it.
    var optimizer: any Optimizer { get }
    /// How many rounds have been made.
    var round: Int { get }
    /// How many rounds are to be made.
    var rounds: Int { get }
    /// How many steps all environments have made together.
    var environmentSteps: Int { get }

    /// One round.
    func advance() throws -> ControlRound
    /// The best actions, as far as is known, for what is seen: [N, observationSize] → N.
    func actions(for observations: [Float]) throws -> [Double]

    /// All that a continuation needs beside model and optimizer, as cells for a checkpoint.
    func cells() -> [String: Variable]
    /// Goes on after `round` rounds with what cells of the same names hold.
    func restore(_ cells: [String: Variable], round: Int) throws
}

/// What a round has brought.
public struct ControlRound: Sendable {
    /// The rewards of the episodes that ended.
    public var episodeRewards: [Double] = []
    /// The mean loss of the updates; nil where there was none.
    public var loss: Double?

    /// The mean reward of the episodes that ended; nil where none did.
    public var meanReward: Double? {
        episodeRewards.isEmpty ? nil : episodeRewards.reduce(0, +) / Double(episodeRewards.count)
    }
}

extension ControlLearner {
    /// Whether all rounds have been made.
    public var isDone: Bool { round >= rounds }

    /// What whole episodes bring in fresh environments when the best actions are taken.
    ///
    /// - Parameters:
    ///   - count: the number of episodes, which run side by side.
    ///   - seed: decides their first states and chances.
    public func rewards(ofEpisodes count: Int, seed: Int) throws -> [Double] {
        var batch = EnvironmentBatch<Kind>(count: count, seed: seed)
        return try batch.firstRewards { try actions(for: $0.observations) }
    }
}

extension [Float] {
    /// The numbers as rows of a width; a vector for none.
    func rows(_ width: Int? = nil) -> Tensor {
        Tensor(self, shape: width.map { [count / Swift.max(1, $0), $0] } ?? [count])
    }

    /// The row with a number.
    func row(_ place: Int, width: Int) -> ArraySlice<Float> { self[place * width..<(place + 1) * width] }
}
