import LeibnizCore

/// Where a training stands, as its callbacks see it.
public struct TrainingState {
    /// The number of the pass over the data, from 1.
    public internal(set) var epoch = 0
    /// How many passes there will be.
    public internal(set) var epochs = 0
    /// The updates done, those before a resumption too.
    public internal(set) var step = 0
    /// The batches of this pass that are done.
    public internal(set) var batch = 0
    /// The batches of a whole pass.
    public internal(set) var batchCount = 0
    /// The loss of the last batch, before its update.
    public internal(set) var loss = Double.nan
    /// The mean loss of this pass so far, as its steps saw it; every example counts the same.
    public internal(set) var meanLoss = Double.nan
    /// The length of the gradients of the last batch, where it is computed: see `FiniteCheck` and `Clipping`.
    public internal(set) var gradientNorm: Double?
    /// The step size of the last update.
    public internal(set) var learningRate = Double.nan
    /// Examples a second since training began or was resumed.
    public internal(set) var examplesPerSecond = 0.0
    /// Until the end of the last pass or the time limit, at the present rate.
    public internal(set) var secondsLeft = Double.nan
    /// What the last validation found, `loss` and the metrics by name; empty before the first.
    public internal(set) var validation: [String: Double] = [:]
    /// Looks at the curvature of the loss of the last batch.
    var examine: ((_ iterations: Int) throws -> CurvatureAdvice)?

    /// A figure by name: of the last validation, or else `loss` for the mean loss of this pass.
    public func figure(_ name: String) -> Double? { validation[name] ?? (name == "loss" ? meanLoss : nil) }

    /// The curvature of the loss of the last batch at the parameters as they are now, and what follows for the step size.
    ///
    /// - Parameter iterations: of the power iteration, 20 by default; each costs about two gradients.
    /// - Throws: what evaluation finds; an error before the first step.
    public func curvatureAdvice(iterations: Int = 20) throws -> CurvatureAdvice {
        guard let examine else {
            throw TensorError("curvatureAdvice", [], "there is no batch before the first step", kind: .runtime)
        }
        return try examine(iterations)
    }
}

/// What is to become of a training.
public enum TrainingDecision: Sendable, Hashable {
    /// It goes on.
    case goOn
    /// It ends here, for a reason in words.
    case stop(String)
}

/// Whether small or large figures are good.
public enum FigureDirection: String, Sendable, Hashable {
    case lower, higher

    /// Whether `figure` is better than `other` by more than `change`.
    func isBetter(_ figure: Double, than other: Double, by change: Double = 0) -> Bool {
        self == .lower ? figure < other - change : figure > other + change
    }
    /// What every figure is better than.
    var worst: Double { self == .lower ? .infinity : -.infinity }
}

/// Something that looks at a training as it goes on: at every step, every pass, and the end.
///
/// ```swift
/// final class Printer: TrainingCallback {
///     func didFinishEpoch(_ state: TrainingState) -> TrainingDecision { print(state.epoch, state.meanLoss); return .goOn }
/// }
/// ```
public protocol TrainingCallback: AnyObject {
    /// Called after each update.
    func didStep(_ state: TrainingState) throws -> TrainingDecision
    /// Called after each pass and its validation.
    func didFinishEpoch(_ state: TrainingState) throws -> TrainingDecision
    /// Called once when training ends, however it does, unless by an error.
    func didEnd(_ state: TrainingState) throws
    /// What it has to remember over a resumption: checkpoints hold it.
    var memory: [String: Double] { get set }
}

extension TrainingCallback {
    /// Goes on.
    public func didStep(_ state: TrainingState) throws -> TrainingDecision { .goOn }
    /// Goes on.
    public func didFinishEpoch(_ state: TrainingState) throws -> TrainingDecision { .goOn }
    /// Does nothing.
    public func didEnd(_ state: TrainingState) throws {}
    /// Nothing.
    public var memory: [String: Double] {
        get { [:] }
        set {}
    }
}
