import Foundation
import Leibniz

extension TrainingOptions {
    /// Gives a trainer what the options say: limits, checkpoints, logs, a line of progress, and a line for each pass.
    ///
    /// - Parameters:
    ///   - unit: what examples are called.
    ///   - reserve: the seconds that are needed for all that comes after training.
    ///   - configuration: the settings on which training depends; with the seed, a checkpoint must be of the same.
    ///   - isQuiet: whether finished passes write no line; false by default.
    ///   - best: the figure by which the best checkpoint is known; none by default.
    /// - Returns: the losses of all steps, to draw them.
    func prepare<Model, Batch>(
        _ trainer: Trainer<Model, Batch>, unit: String, reserving reserve: Double, configuration: [String: String],
        isQuiet: Bool = false, best: (figure: String, direction: FigureDirection)? = nil
    ) throws -> LossHistory {
        let history = LossHistory()
        trainer.timeLimit = secondsLeft(reserving: reserve)
        trainer.callbacks += [history, ProgressBar(unit: unit)]
        if !isQuiet { trainer.callbacks.append(EpochLines(isNote: json)) }
        if let log { trainer.callbacks.append(LogWriter(try TrainingLog(folder: log))) }
        if let checkpoint {
            var checkpoints = try TrainingCheckpoints(checkpoint)
            (checkpoints.resumes, checkpoints.best) = (resume, best)
            checkpoints.configuration = configuration.merging(["seed": "\(seed)"]) { first, _ in first }
            trainer.checkpoints = checkpoints
        }
        return history
    }
}

/// Writes one line for each pass.
private final class EpochLines: TrainingCallback {
    private let isNote: Bool

    init(isNote: Bool) { self.isNote = isNote }

    func didFinishEpoch(_ state: TrainingState) throws -> TrainingDecision {
        try Console.write(epoch: state.epoch, of: state.epochs, loss: state.meanLoss, isNote: isNote)
        return .goOn
    }
}

extension TrainingReport.Ending {
    /// The word for it in JSON.
    var status: String {
        switch self {
        case .finished: "finished"
        case .stopped: "stopped"
        case .timeLimit: "time limit"
        case .interrupted: "interrupted"
        }
    }
}

/// The newest checkpoint of a folder, for commands that use what a training has learned.
enum TrainedModel {
    /// - Parameters:
    ///   - command: the command that wrote it, as the configuration says.
    ///   - isBest: whether it is the best one of the folder, instead of the newest.
    /// - Throws: a `DataError` where there is none, or one of another command.
    static func checkpoint(in folder: String, of command: String, best isBest: Bool = false) throws -> Checkpoint {
        let checkpoint = try isBest ? Checkpoint(path: "\(folder)/best.safetensors") : newest(in: folder, of: command)
        let other = checkpoint.progress.configuration["command"]
        guard other == command else {
            throw DataError(
                .inconsistent, "the checkpoint is of another training", in: checkpoint.path,
                found: other ?? "an unnamed one", expected: command)
        }
        return checkpoint
    }

    private static func newest(in folder: String, of command: String) throws -> Checkpoint {
        guard FileManager.default.fileExists(atPath: folder), let found = try CheckpointFolder(folder).newest() else {
            throw DataError(
                .missing, "there is no checkpoint", in: folder, found: "nothing", expected: "a checkpoint",
                hint: "leibniz train \(command) --checkpoint \(folder) writes some")
        }
        for note in found.notes { Console.note(note) }
        return found.checkpoint
    }
}
