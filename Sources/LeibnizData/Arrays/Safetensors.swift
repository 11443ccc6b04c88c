import LeibnizCore

/// Files of named tensors in the safetensors format, as PyTorch's world exchanges weights.
///
/// A file is the length of the header in eight bytes (the lowest first), the header (JSON: for each name the element type, the
/// shape and the range of bytes; texts under `__metadata__`), and the numbers, row-major, the lowest byte first, without holes.
/// (Hugging Face, *safetensors*, "Format".)
///
/// ```swift
/// try Safetensors.write(["weight": w], metadata: ["format": "pt"], to: "model.safetensors")
/// let file = try SafetensorsFile(path: "model.safetensors")
/// let weight = try file.tensor("weight")
/// ```
public enum Safetensors {
    /// Element types by the format's names.
    static let types: [(name: String, number: StoredNumber)] = [
        ("BOOL", .bool), ("U8", .uint8), ("I8", .int8), ("I16", .int16), ("U16", .uint16), ("I32", .int32),
        ("U32", .uint32), ("I64", .int64), ("U64", .uint64), ("F16", .float16), ("BF16", .bfloat16), ("F32", .float32),
        ("F64", .float64),
    ]

    /// Reads all tensors of a file.
    public static func read(_ path: String) throws(DataError) -> [String: Tensor] {
        let file = try SafetensorsFile(path: path)
        var tensors: [String: Tensor] = [:]
        for name in file.names { tensors[name] = try file.tensor(name) }
        return tensors
    }

    /// Writes tensors as a file, whole or not at all: under another name, synced, then renamed.
    ///
    /// - Parameters:
    ///   - tensors: by name; any name but `__metadata__`.
    ///   - metadata: texts by key; none by default. Programs of PyTorch's world look for `["format": "pt"]`.
    /// - Throws: the error of evaluation; a `DataError` where the file cannot be written.
    public static func write(_ tensors: [String: Tensor], metadata: [String: String] = [:], to path: String) throws {
        try write(tensors, metadata: metadata, checksumKey: nil, to: path)
    }

    /// - Parameter checksumKey: the key of the metadata under which a checksum of all else is written.
    package static func write(
        _ tensors: [String: Tensor], metadata: [String: String], checksumKey: String?, to path: String
    ) throws {
        guard tensors["__metadata__"] == nil else {
            throw DataError(
                .argument, "a tensor cannot have this name", in: "tensors", found: "__metadata__",
                expected: "names other than the format's own")
        }
        // Wide numbers first: every tensor then begins at a multiple of its numbers' width.
        let ordered = tensors.sorted {
            ($1.value.elementType.byteCount, $0.key) < ($0.value.elementType.byteCount, $1.key)
        }
        try evaluate(ordered.map(\.value))
        var entries: [SafetensorsEntry] = []
        var offset = 0
        for (name, tensor) in ordered {
            let end = offset + tensor.count * tensor.elementType.byteCount
            entries.append(
                SafetensorsEntry(
                    name: name, number: StoredNumber(tensor.elementType), extents: Array(tensor.shape),
                    range: offset..<end))
            offset = end
        }
        var metadata = metadata
        if let checksumKey {
            var checksum = SafetensorsEntry.checksum(of: entries, metadata)
            for (_, tensor) in ordered { try tensor.withUnsafeBytes { checksum.update($0) } }
            metadata[checksumKey] = "\(checksum.value)"
        }
        var members = entries.map { (key: $0.name, value: $0.json) }
        if !metadata.isEmpty {
            let texts = metadata.sorted { $0.key < $1.key }.map { (key: $0.key, value: JSONValue.text($0.value)) }
            members.insert(("__metadata__", .object(texts)), at: 0)
        }
        var header = Array(JSONValue.object(members).description.utf8)
        header += [UInt8](repeating: 0x20, count: (8 - header.count % 8) % 8)
        try OutputFile.write(to: path) { file throws(DataError) in
            try file.append(little(header.count, 8))
            try file.append(header)
            for (_, tensor) in ordered {
                do {
                    try tensor.withUnsafeBytes { try file.append(memory: $0) }
                } catch let error as DataError {
                    throw error
                } catch {
                    throw DataError(
                        .inconsistent, "a tensor has no value", in: path, found: "\(error)",
                        expected: "numbers to write")
                }
            }
        }
    }
}

/// What the header says of one tensor.
struct SafetensorsEntry {
    let name: String
    let number: StoredNumber
    let extents: [Int]
    /// Its bytes, counted from the end of the header.
    let range: Range<Int>

    var json: JSONValue {
        let type = Safetensors.types.first { $0.number == number }?.name
        return .object([
            ("dtype", .text(orNull: type)), ("shape", .array(extents.map(JSONValue.whole))),
            ("data_offsets", .array([.whole(range.lowerBound), .whole(range.upperBound)])),
        ])
    }

    /// A checksum of what a header says, in an order that no writer changes; the data are to follow.
    static func checksum(of entries: [SafetensorsEntry], _ metadata: [String: String]) -> CRC32 {
        var checksum = CRC32()
        for (key, value) in metadata.sorted(by: { $0.key < $1.key }) {
            checksum.update(Array("\(key)\0\(value)\0".utf8))
        }
        for entry in entries.sorted(by: { ($0.range.lowerBound, $0.name) < ($1.range.lowerBound, $1.name) }) {
            checksum.update(Array("\(entry.name)\0\(entry.json)\0".utf8))
        }
        return checksum
    }
}
