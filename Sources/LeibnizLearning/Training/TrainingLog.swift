import LeibnizData

/// The logs of one training in a folder: TensorBoard's event files, and `log.jsonl` with one JSON object a line.
///
/// ```swift
/// let log = try TrainingLog(folder: "runs/a")
/// try log.scalars(["loss/training": 0.41], step: 100)
/// ```
public final class TrainingLog {
    /// For what is no scalar: histograms, pictures, settings.
    public let events: EventWriter
    private let lines: JSONLinesLog

    /// Makes the folder if need be; lines that are there stay.
    ///
    /// - Throws: a `DataError` where files cannot be made.
    public init(folder: String) throws(DataError) {
        events = try EventWriter(folder: folder)
        lines = try JSONLinesLog(path: "\(folder)/log.jsonl")
    }

    /// Points of curves at one step.
    public func scalars(_ values: [String: Double], step: Int) throws(DataError) {
        let sorted = values.sorted { $0.key < $1.key }
        for (name, value) in sorted { try events.scalar(name, value, step: step) }
        try lines.write([("step", .whole(step))] + sorted.map { ($0.key, .real($0.value)) })
    }
}

/// Writes the loss and the step size of steps, and what validation finds, into a log.
public final class LogWriter: TrainingCallback {
    private let log: TrainingLog
    private let interval: Int

    /// - Parameters:
    ///   - log: where to.
    ///   - interval: every how many steps; 10 by default. Ends of passes are always written.
    public init(_ log: TrainingLog, everySteps interval: Int = 10) {
        (self.log, self.interval) = (log, max(1, interval))
    }

    /// Writes the loss of the last batch.
    public func didStep(_ state: TrainingState) throws -> TrainingDecision {
        guard state.step % interval == 0 else { return .goOn }
        var values = ["loss/batch": state.loss, "learning_rate": state.learningRate]
        values["gradient_norm"] = state.gradientNorm
        try log.scalars(values, step: state.step)
        return .goOn
    }

    /// Writes the mean loss of the pass and what validation found.
    public func didFinishEpoch(_ state: TrainingState) throws -> TrainingDecision {
        var values = ["loss/training": state.meanLoss]
        for (name, value) in state.validation { values["\(name)/validation"] = value }
        try log.scalars(values, step: state.step)
        return .goOn
    }
}
