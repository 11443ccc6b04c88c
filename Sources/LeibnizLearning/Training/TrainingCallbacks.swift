import LeibnizCore
import LeibnizData

/// Ends training when a figure has not got better for some passes.
public final class EarlyStopping: TrainingCallback {
    private let figure: String
    private let direction: FigureDirection
    private let patience: Int
    private let change: Double
    /// The best figure so far.
    public private(set) var best: Double
    /// The number of the pass that had it; 0 before the first.
    public private(set) var bestEpoch = 0
    private var badCount = 0

    /// - Parameters:
    ///   - figure: `loss` by default: of validation, or of training without one; or a metric's name.
    ///   - direction: lower is better by default.
    ///   - patience: how many passes without improvement are borne; 3 by default.
    ///   - change: what is not counted as improvement, 0 by default.
    public init(
        _ figure: String = "loss", _ direction: FigureDirection = .lower, patience: Int = 3,
        minimumChange change: Double = 0
    ) {
        (self.figure, self.direction, self.patience, self.change) = (figure, direction, patience, change)
        best = direction.worst
    }

    /// Compares the figure with the best.
    public func didFinishEpoch(_ state: TrainingState) throws -> TrainingDecision {
        guard let value = state.figure(figure) else {
            throw DataError(
                .argument, "there is no such figure to stop by", in: "EarlyStopping", found: figure,
                expected: "loss or "
                    + (state.validation.isEmpty
                        ? "a validation" : state.validation.keys.sorted().joined(separator: ", ")))
        }
        if direction.isBetter(value, than: best, by: change) {
            (best, bestEpoch, badCount) = (value, state.epoch, 0)
            return .goOn
        }
        badCount += 1
        if badCount <= patience { return .goOn }
        return .stop("\(figure) has not got better than \(best) in \(badCount) passes")
    }

    /// The best figure, and how long ago it was.
    public var memory: [String: Double] {
        get { ["best": best, "bestEpoch": Double(bestEpoch), "badCount": Double(badCount)] }
        set {
            best = newValue["best"] ?? best
            (bestEpoch, badCount) = (Int(newValue["bestEpoch"] ?? 0), Int(newValue["badCount"] ?? 0))
        }
    }
}

/// Lowers the step size when a figure stops getting better. Not to be used together with a schedule, which sets it at every step.
public final class RateOnPlateau: TrainingCallback {
    private let optimizer: any Optimizer
    private let figure: String
    private let first: PlateauSchedule
    private var schedule: PlateauSchedule
    private var figures: [Double] = []

    /// - Parameter figure: `loss` by default, see `EarlyStopping`.
    public init(_ optimizer: any Optimizer, _ schedule: PlateauSchedule, figure: String = "loss") {
        (self.optimizer, self.figure, first, self.schedule) = (optimizer, figure, schedule, schedule)
    }

    /// Sets the step size that follows from the figure.
    public func didFinishEpoch(_ state: TrainingState) throws -> TrainingDecision {
        guard let value = state.figure(figure) else { return .goOn }
        figures.append(value)
        optimizer.learningRate = Tensor(schedule.rate(after: value), .float64)
        return .goOn
    }

    /// All figures so far, from which the schedule's state follows.
    public var memory: [String: Double] {
        get { Dictionary(figures.enumerated().map { ("\($0)", $1) }) { first, _ in first } }
        set {
            figures = (0..<newValue.count).compactMap { newValue["\($0)"] }
            schedule = first
            for figure in figures { _ = schedule.rate(after: figure) }
        }
    }
}

/// Shows the progress on one line of the terminal, with rate and remaining time; nothing where nobody watches.
public final class ProgressBar: TrainingCallback {
    private var line = ProgressLine()
    private let unit: String

    /// - Parameter unit: what examples are called.
    public init(unit: String = "examples") { self.unit = unit }

    // A training that ends with an error leaves no line for the message to run into.
    deinit { line.clear() }

    /// Shows where training stands.
    public func didStep(_ state: TrainingState) -> TrainingDecision {
        line.show(state.line(unit: unit))
        return .goOn
    }
    /// Takes the line away, so that others can write.
    public func didFinishEpoch(_ state: TrainingState) -> TrainingDecision {
        line.clear()
        return .goOn
    }
    /// Takes the line away.
    public func didEnd(_ state: TrainingState) { line.clear() }
}

extension TrainingState {
    /// Where training stands, as a line shows it.
    public func line(unit: String = "examples") -> ProgressLine.Content {
        ProgressLine.Content(
            place: "epoch \(epoch)/\(epochs)  step \(batch)/\(batchCount)", figures: [("loss", meanLoss)],
            rate: (examplesPerSecond, unit), secondsLeft: secondsLeft)
    }
}

/// Keeps the loss of every step, for curves. A resumed training begins with what is left of it.
public final class LossHistory: TrainingCallback {
    /// The number of each update and the loss of its batch.
    public private(set) var losses: [(step: Int, loss: Double)] = []
    /// The number of the last update of each pass and what validation found.
    public private(set) var validations: [(step: Int, figures: [String: Double])] = []

    /// A history without steps.
    public init() {}

    /// Keeps the loss.
    public func didStep(_ state: TrainingState) -> TrainingDecision {
        losses.append((state.step, state.loss))
        return .goOn
    }
    /// Keeps what validation found.
    public func didFinishEpoch(_ state: TrainingState) -> TrainingDecision {
        if !state.validation.isEmpty { validations.append((state.step, state.validation)) }
        return .goOn
    }

    /// The losses, each averaged with those before it with weights that fall by `decay` a step, without the bias towards the first.
    public func smoothed(decay: Double = 0.95) -> [(step: Int, loss: Double)] {
        var (sum, weight) = (0.0, 0.0)
        return losses.map { step, loss in
            (sum, weight) = (decay * sum + (1 - decay) * loss, decay * weight + 1 - decay)
            return (step, sum / weight)
        }
    }
}
