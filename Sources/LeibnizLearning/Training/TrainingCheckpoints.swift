import LeibnizCore
import LeibnizData

/// Where and when a training writes checkpoints, and whether it goes on from one.
///
/// The newest are `checkpoint-STEP.safetensors` of the folder; the best so far is `best.safetensors`.
public struct TrainingCheckpoints: Sendable {
    /// The folder.
    public let folder: CheckpointFolder
    /// One is written after so many steps, beside that at the end of each pass; nil for none.
    public var everySteps: Int?
    /// One is written after so many seconds; 60 by default, nil for none.
    public var everySeconds: Double? = 60
    /// The figure by which the best is known, and whether small ones are good; nil, by default, to keep none.
    public var best: (figure: String, direction: FigureDirection)?
    /// Whether training goes on from the newest whole checkpoint of the folder, if there is one; false by default.
    public var resumes = false
    /// With which settings the training runs. A checkpoint of others is refused.
    public var configuration: [String: String] = [:]
    /// Cells beside those of model and optimizer that belong to the state, by name.
    public var streams: [String: Variable] = [:]

    /// Checkpoints in a folder, made if it is not there yet.
    ///
    /// - Parameter keep: how many of the newest stay; 3 by default.
    /// - Throws: a `DataError` where the folder cannot be made.
    public init(_ path: String, keep: Int = 3) throws(DataError) { folder = try CheckpointFolder(path, keep: keep) }

    /// The path of the best checkpoint.
    public var bestPath: String { "\(folder.path)/best.safetensors" }

    /// Refuses a checkpoint of other settings, naming each.
    package func check(_ progress: TrainingProgress, in path: String) throws(DataError) {
        let names = Set(configuration.keys).union(progress.configuration.keys).sorted()
        func settings(_ values: [String: String]) -> String {
            names.filter { configuration[$0] != progress.configuration[$0] }
                .map { "\($0) \(values[$0] ?? "not set")" }.joined(separator: ", ")
        }
        guard configuration == progress.configuration else {
            throw DataError(
                .inconsistent, "the checkpoint is of a training with other settings", in: path,
                found: settings(progress.configuration), expected: settings(configuration),
                hint: "give the settings of that training, or another folder")
        }
    }
}
