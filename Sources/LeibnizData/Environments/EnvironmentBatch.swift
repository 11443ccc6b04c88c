/// Environments of one kind side by side, so that one call of a policy decides for all; each begins anew where an episode ends.
///
/// What happens follows from the seed, the number of steps before, and the actions: a batch that takes over another's `numbers` goes on
/// as that one would.
///
/// ```swift
/// var poles = EnvironmentBatch<CartPole>(count: 8, seed: 0)
/// let outcome = poles.step(actions)                           // one action per environment
/// for episode in outcome.finished { print(episode.reward) }
/// ```
public struct EnvironmentBatch<Kind: Environment>: Sendable {
    /// A finished episode.
    public struct Episode: Sendable, Hashable {
        /// Which environment it was.
        public let place: Int
        /// The sum of its rewards.
        public let reward: Double
        /// The number of its steps.
        public let length: Int
    }

    /// What one step of all brings.
    public struct Outcome: Sendable {
        /// One reward per environment.
        public var rewards: [Float] = []
        /// Whether the states that were reached have no future.
        public var isTerminal: [Bool] = []
        /// Whether the episodes ended, also by being cut off.
        public var isLast: [Bool] = []
        /// What was seen of the states that were reached, before any new beginning: [N, observationSize].
        public var reached: [Float] = []
        /// The episodes that ended.
        public var finished: [Episode] = []
    }

    /// One environment in the middle of an episode.
    private struct Run {
        var environment: Kind
        var reward = 0.0
        var length = 0
    }

    private let seed: Int
    private var clock = 0
    private var runs: [Run]

    /// Environments at the beginnings of episodes.
    ///
    /// - Parameters:
    ///   - count: N, at least 1.
    ///   - seed: decides first states and all other chances.
    public init(count: Int, seed: Int) {
        self.seed = seed
        runs = (0..<max(1, count)).map { place in
            var random = SampleRandom(seed: seed, epoch: 0, sample: place)
            return Run(environment: Kind(using: &random))
        }
    }

    /// The environments, as they are.
    public var environments: [Kind] { runs.map(\.environment) }
    /// N.
    public var count: Int { runs.count }
    /// How many steps all have made together.
    public var stepCount: Int { clock * runs.count }
    /// What is seen of all: [N, observationSize].
    public var observations: [Float] { runs.flatMap(\.environment.observation) }

    /// Moves all on by one step, and begins anew where episodes end.
    ///
    /// - Parameter actions: one per environment; 0 for those that there is none for.
    public mutating func step(_ actions: [Double]) -> Outcome {
        clock += 1
        var outcome = Outcome()
        for place in runs.indices {
            let action = place < actions.count ? actions[place] : 0
            var random = SampleRandom(seed: seed, epoch: clock, sample: place)
            let transition = runs[place].environment.step(action, using: &random)
            runs[place].reward += transition.reward
            runs[place].length += 1
            let isLast = transition.isTerminal || runs[place].length >= Kind.stepLimit
            outcome.rewards.append(Float(transition.reward))
            outcome.isTerminal.append(transition.isTerminal)
            outcome.isLast.append(isLast)
            outcome.reached += runs[place].environment.observation
            if isLast {
                outcome.finished.append(
                    Episode(place: place, reward: runs[place].reward, length: runs[place].length))
                runs[place] = Run(environment: Kind(using: &random))
            }
        }
        return outcome
    }

    /// Goes on until each environment has ended an episode, and tells what the first episode of each has brought.
    ///
    /// - Parameter actions: one per environment, for what the batch then is.
    public mutating func firstRewards(_ actions: (Self) throws -> [Double]) rethrows -> [Double] {
        var rewards: [Int: Double] = [:]
        while rewards.count < count {
            for episode in step(try actions(self)).finished where rewards[episode.place] == nil {
                rewards[episode.place] = episode.reward
            }
        }
        return rewards.sorted { $0.key < $1.key }.map(\.value)
    }

    /// All that the future depends on beside the seed, for a checkpoint: the number of steps, and of each environment the state, the
    /// reward so far and the steps of the episode.
    public var numbers: [Double] {
        [Double(clock)] + runs.flatMap { $0.environment.state + [$0.reward, Double($0.length)] }
    }

    /// Goes on where another batch of as many environments was.
    ///
    /// - Throws: an error of kind `argument` for numbers of another batch; nothing is then changed.
    public mutating func restore(_ numbers: [Double]) throws(DataError) {
        let width = Kind.stateSize + 2
        var restored: [Run] = []
        if numbers.count == 1 + runs.count * width, let clock = Int(exactly: numbers[0]) {
            for place in runs.indices {
                let own = Array(numbers[(1 + place * width)...].prefix(width))
                guard let environment = Kind(state: Array(own.dropLast(2))), let length = Int(exactly: own[width - 1])
                else { break }
                restored.append(Run(environment: environment, reward: own[width - 2], length: length))
            }
            if restored.count == runs.count {
                (self.clock, runs) = (clock, restored)
                return
            }
        }
        throw DataError(
            .argument, "these are not the numbers of \(runs.count) environments of \(Kind.name)", in: "numbers",
            found: "\(numbers.count) numbers", expected: "\(1 + runs.count * width) numbers of such a batch")
    }
}
