/// What a training did.
public struct TrainingReport: Sendable {
    /// Why it ended.
    public enum Ending: Sendable, Hashable {
        /// All passes are done.
        case finished
        /// A callback ended it, for this reason.
        case stopped(String)
        /// The time was up.
        case timeLimit
        /// The user asked for it (SIGINT).
        case interrupted
    }

    /// One pass over the data.
    public struct Epoch: Sendable, Hashable {
        /// Its number, from 1.
        public let number: Int
        /// The mean loss as the steps saw it.
        public let loss: Double
        /// What validation found, `loss` and the metrics by name; empty without.
        public let validation: [String: Double]
        /// The step size of its last update.
        public let learningRate: Double
        /// From its beginning, or the resumption in it, to the end of its validation.
        public let seconds: Double
    }

    /// Why it ended.
    public internal(set) var ending = Ending.finished
    /// The passes that were finished, those before a resumption not included.
    public internal(set) var epochs: [Epoch] = []
    /// The updates done, those before a resumption included.
    public internal(set) var steps = 0
    /// The updates that a checkpoint had already; 0 without one.
    public internal(set) var resumedAt = 0
    /// The mean loss of the last pass, or of what was done of it.
    public internal(set) var loss = Double.nan
    /// How long steps took.
    public internal(set) var times = StepTimes()
    /// Examples a second, waiting for data included, compilation, validation and checkpoints not.
    public internal(set) var examplesPerSecond = 0.0
    /// What the user should know, such as damaged checkpoints that were passed over.
    public internal(set) var notes: [String] = []
}

/// How long the steps of a training took, in seconds.
public struct StepTimes: Sendable {
    /// The first one, in which the step is compiled; NaN before it.
    public private(set) var first = Double.nan
    /// All others, in order: from the moment when the batch was there to that when the loss was.
    public private(set) var steps: [Double] = []
    /// All waiting for batches.
    public private(set) var waiting = 0.0

    /// No times yet.
    public init() {}

    mutating func add(step: Double, waiting: Double) {
        if first.isNaN { first = step } else { steps.append(step) }
        self.waiting += waiting
    }

    /// The mean of all but the first.
    public var mean: Double { steps.reduce(0, +) / Double(steps.count) }

    /// The time below which a share of the steps stays, the first one left out; NaN of nothing.
    ///
    /// - Parameter share: 0…1; 0.5 is the median.
    public func quantile(_ share: Double) -> Double {
        let sorted = steps.sorted()
        return sorted.isEmpty ? .nan : sorted[min(sorted.count - 1, max(0, Int(share * Double(sorted.count))))]
    }

    /// The share of the time that went into waiting for data.
    public var waitingShare: Double { waiting / (waiting + steps.reduce(0, +) + (first.isNaN ? 0 : first)) }
}
