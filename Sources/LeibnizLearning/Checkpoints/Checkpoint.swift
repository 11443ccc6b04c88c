import LeibnizCore
import LeibnizData

/// A training as one file: the model's values, the optimizer's state, places of random streams, and how far it has come.
///
/// The file is in the safetensors format: tensors `model.PATH`, `optimizer.PATH` and `random.PATH`, progress and configuration as
/// JSON in the metadata, and a checksum of everything. It is written under another name, synced and renamed, so that a process
/// that is killed at any moment leaves a whole file or the one before. A training that restores it goes on bit for bit.
public struct Checkpoint {
    /// The file.
    public let path: String
    /// How far the training had come.
    public let progress: TrainingProgress
    private let file: SafetensorsFile

    private static let version = "1"
    private static let checksumKey = "leibniz.checksum"

    /// Opens a file and holds it to its checksum.
    ///
    /// - Throws: a `DataError` for a file that is damaged or no checkpoint.
    public init(path: String) throws(DataError) {
        self.path = path
        file = try SafetensorsFile(path: path)
        guard file.metadata["leibniz.checkpoint"] == Self.version, let text = file.metadata["leibniz.progress"] else {
            throw DataError(
                .wrongHeader, "this is not a checkpoint", in: path,
                found: "metadata without leibniz.checkpoint \(Self.version)",
                expected: "a checkpoint that a training wrote")
        }
        guard try file.hasChecksum(under: Self.checksumKey) == true else {
            throw DataError(
                .inconsistent, "the checkpoint is damaged", in: path, found: "a checksum that does not match",
                expected: "the checksum of the file's contents")
        }
        guard let progress = TrainingProgress(try JSONValue(parsing: Array(text.utf8), in: path)) else {
            throw DataError(
                .malformed, "the checkpoint's progress breaks the format", in: path, found: text,
                expected: "step, epoch, loader, numbers and configuration")
        }
        self.progress = progress
    }

    /// Writes a file.
    ///
    /// - Parameters:
    ///   - streams: cells beside those of model and optimizer, such as the places of random streams.
    /// - Throws: the error of a value that cannot be computed; a `DataError` where the file cannot be written, after which a file
    ///   that was there before is there still.
    public static func write(
        _ progress: TrainingProgress, model: some Module, optimizer: (any Optimizer)? = nil,
        streams: [String: Variable] = [:], to path: String
    ) throws {
        var tensors: [String: Tensor] = [:]
        for part in parts(model, optimizer, streams) {
            for (name, tensor) in part.cells.tensors { tensors["\(part.prefix).\(name)"] = tensor }
        }
        try Safetensors.write(
            tensors,
            metadata: ["format": "pt", "leibniz.checkpoint": version, "leibniz.progress": progress.json.description],
            checksumKey: checksumKey, to: path)
    }

    /// Gives model, optimizer and streams the values of the file.
    ///
    /// - Throws: a `StateError` that lists every misfit; nothing is then changed.
    public func restore(
        model: some Module, optimizer: (any Optimizer)? = nil, streams: [String: Variable] = [:]
    ) throws {
        var states: [(cells: NamedCells, tensors: [String: Tensor])] = []
        for (prefix, cells) in Self.parts(model, optimizer, streams) {
            var tensors: [String: Tensor] = [:]
            for name in file.names where name.hasPrefix(prefix + ".") {
                tensors[String(name.dropFirst(prefix.count + 1))] = try file.tensor(name)
            }
            if let error = cells.mismatch(tensors, from: "\(path) (\(prefix))") { throw error }
            states.append((cells, tensors))
        }
        try Variable.update { for (cells, tensors) in states { cells.assign(tensors) } }
    }

    private static func parts(
        _ model: some Module, _ optimizer: (any Optimizer)?, _ streams: [String: Variable]
    ) -> [(prefix: String, cells: NamedCells)] {
        var random = CellWalk.cells(of: model, name: "the model's random streams").cells
        random += streams.sorted { $0.key < $1.key }.map { (name: $0.key, variable: $0.value) }
        var parts = [("model", model.namedCells), ("random", NamedCells(name: "the random streams", cells: random))]
        if let optimizer {
            parts.append(("optimizer", CellWalk.cells(of: optimizer, name: "\(type(of: optimizer))")))
        }
        return parts
    }
}
