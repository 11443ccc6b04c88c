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

extension TrainingOptions {
    /// Trains; where the loss leaves the finite numbers, JSON says so in a line of its own before the error ends the command.
    ///
    /// - Throws: what `body` throws.
    func telling<Outcome>(_ body: () throws -> Outcome) throws -> Outcome {
        do {
            return try body()
        } catch let error as NonFiniteLoss {
            if json {
                let line = JSONValue.object([
                    ("status", .text("diverged")), ("step", .whole(error.step)), ("epoch", .whole(error.epoch)),
                    ("batch", .whole(error.batch)), ("train_loss", .real(error.loss)),
                    ("cause", .text(orNull: error.origin?.description)), ("seconds", .rounded(ProcessUsage.seconds)),
                ])
                try Console.write("\(line)")
            }
            throw error
        }
    }
}

/// Writes one line for each pass.
final class EpochLines: TrainingCallback {
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
    ///   - commands: the commands that may have written it, as the configuration says.
    ///   - isBest: whether it is the best one of the folder, instead of the newest.
    /// - Throws: a `DataError` where there is none, or one of another command.
    static func checkpoint(in folder: String, of commands: String..., best isBest: Bool = false) throws -> Checkpoint {
        let checkpoint = try isBest ? best(in: folder) : newest(in: folder, of: commands)
        let other = checkpoint.progress.configuration["command"]
        guard let other, commands.contains(other) else {
            throw DataError(
                .inconsistent, "the checkpoint is of another training", in: checkpoint.path,
                found: other ?? "an unnamed one", expected: commands.joined(separator: " or "))
        }
        return checkpoint
    }

    private static func best(in folder: String) throws -> Checkpoint {
        let path = "\(folder)/best.safetensors"
        guard FileManager.default.fileExists(atPath: path) else {
            throw DataError(
                .missing, "there is no best checkpoint", in: path, found: "nothing",
                expected: "what a training wrote after the pass with the least loss",
                hint: "without --best the newest checkpoint is taken")
        }
        return try Checkpoint(path: path)
    }

    private static func newest(in folder: String, of commands: [String]) throws -> Checkpoint {
        guard FileManager.default.fileExists(atPath: folder), let found = try CheckpointFolder(folder).newest() else {
            let ways = commands.map { "leibniz train \($0) --checkpoint \(folder)" }.joined(separator: " or ")
            throw DataError(
                .missing, "there is no checkpoint", in: folder, found: "nothing", expected: "a checkpoint",
                hint: "\(ways) writes some")
        }
        for note in found.notes { Console.note(note) }
        return found.checkpoint
    }
}
