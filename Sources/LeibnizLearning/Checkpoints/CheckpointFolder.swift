import Foundation
import LeibnizCore
import LeibnizData

/// A folder of checkpoints of one training, `checkpoint-STEP.safetensors`, of which the newest few are kept.
///
/// ```swift
/// let folder = try CheckpointFolder("run", keep: 3)
/// var progress = TrainingProgress()
/// if let found = try folder.newest() {
///     try found.checkpoint.restore(model: model, optimizer: optimizer)
///     progress = found.checkpoint.progress
/// }
/// …
/// try folder.save(progress, model: model, optimizer: optimizer)
/// ```
public struct CheckpointFolder: Sendable, Hashable {
    /// The folder's path.
    public let path: String
    /// How many checkpoints are kept.
    public let keep: Int

    private static let (prefix, suffix) = ("checkpoint-", ".safetensors")

    /// A folder, made if it is not there yet.
    ///
    /// - Parameter keep: how many checkpoints stay, at least 1; 3 by default.
    /// - Throws: a `DataError` where the folder cannot be made.
    public init(_ path: String, keep: Int = 3) throws(DataError) {
        guard keep >= 1 else {
            throw DataError(
                .argument, "no checkpoint would be kept", in: "keep", found: "\(keep)", expected: "at least 1")
        }
        do {
            try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        } catch {
            throw DataError(
                .inputOutput, "the folder for checkpoints could not be made", in: path,
                found: error.localizedDescription, expected: "a folder in which files can be made")
        }
        (self.path, self.keep) = (path, keep)
    }

    /// Writes a checkpoint, then removes all but the newest `keep`.
    ///
    /// - Returns: the file's path.
    /// - Throws: what `Checkpoint.write` throws; the older checkpoints are then all still there.
    @discardableResult
    public func save(
        _ progress: TrainingProgress, model: some Module, optimizer: (any Optimizer)? = nil,
        streams: [String: Variable] = [:]
    ) throws -> String {
        let digits = "\(max(0, progress.step))"
        let number = String(repeating: "0", count: max(0, 10 - digits.count)) + digits
        let file = "\(path)/\(Self.prefix)\(number)\(Self.suffix)"
        try Checkpoint.write(progress, model: model, optimizer: optimizer, streams: streams, to: file)
        for (_, old) in try files().dropFirst(keep) { try? FileManager.default.removeItem(atPath: old) }
        removeAbandonedFiles(in: path, prefix: "")  // Those of the best checkpoint, too.
        return file
    }

    /// The newest checkpoint that is whole; nil where there is none.
    ///
    /// - Returns: the checkpoint, and a line for each newer file that was passed over because it is damaged.
    /// - Throws: a `DataError` where the folder cannot be read.
    public func newest() throws(DataError) -> (checkpoint: Checkpoint, notes: [String])? {
        var notes: [String] = []
        for (_, file) in try files() {
            do throws(DataError) {
                return (try Checkpoint(path: file), notes)
            } catch {
                notes.append("\(file) is passed over: \(error.summary) (\(error.found))")
            }
        }
        return nil
    }

    /// All checkpoints with their steps, the newest first.
    public func files() throws(DataError) -> [(step: Int, path: String)] {
        let names: [String]
        do {
            names = try FileManager.default.contentsOfDirectory(atPath: path)
        } catch {
            throw DataError(
                .inputOutput, "the folder of checkpoints could not be read", in: path,
                found: error.localizedDescription, expected: "a folder that can be read")
        }
        let files = names.compactMap { name -> (step: Int, path: String)? in
            guard name.hasPrefix(Self.prefix), name.hasSuffix(Self.suffix) else { return nil }
            let digits = name.dropFirst(Self.prefix.count).dropLast(Self.suffix.count)
            return Int(digits).map { ($0, "\(path)/\(name)") }
        }
        return files.sorted { $0.step > $1.step }
    }
}
