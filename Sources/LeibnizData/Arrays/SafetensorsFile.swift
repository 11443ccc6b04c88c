import LeibnizCore

/// A safetensors file that is open for reading: its table of contents is checked whole at once, tensors are read on demand.
///
/// Strict: ranges of bytes must follow one another without holes or overlap from the header to the end of the file, sizes must
/// fit shapes, and every key stands once. Tensors are read into memory of their own rather than mapped: a mapped file that
/// another process cuts short would end this one.
public final class SafetensorsFile {
    /// The path that was opened.
    public var path: String { file.path }
    /// The names of the tensors, in the order of their bytes.
    public var names: [String] { entries.map(\.name) }
    /// The texts under `__metadata__`.
    public let metadata: [String: String]

    private let file: InputFile
    private let entries: [SafetensorsEntry]
    private let places: [String: Int]
    private let dataStart: Int

    /// The longest header that is read, as in the format's own library.
    private static let greatestHeader = 100_000_000

    /// Opens a file and checks its header.
    public init(path: String) throws(DataError) {
        file = try InputFile(path: path)
        guard file.byteCount >= 8 else {
            throw DataError(
                .tooShort, "the file is too short for a safetensors header", in: path, at: .byte(file.byteCount),
                found: "\(file.byteCount) bytes", expected: "at least the 8 bytes of the header's length")
        }
        let length = try file.bytes(at: 0, count: 8).reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
        guard length <= UInt64(min(file.byteCount - 8, Self.greatestHeader)) else {
            throw DataError(
                .wrongHeader, "this is not a safetensors file", in: path, at: .byte(0),
                found: "a header of \(length) bytes in a file of \(file.byteCount)",
                expected: "a header that fits the file and \(Self.greatestHeader) bytes")
        }
        let text = try file.bytes(at: 8, count: Int(length))
        guard text.first == UInt8(ascii: "{") else {
            throw DataError(
                .wrongHeader, "this is not a safetensors file", in: path, at: .byte(8),
                found: text.first.map { "a byte \(hexadecimal($0))" } ?? "an empty header", expected: "{")
        }
        let header = try JSONValue(parsing: text, in: path, offset: 8)
        dataStart = 8 + Int(length)
        var (metadata, entries) = ([String: String](), [SafetensorsEntry]())
        for (key, value) in header.members ?? [] {
            if key == "__metadata__" {
                metadata = try Self.texts(value, in: path)
            } else {
                entries.append(try SafetensorsEntry(key, value, in: path))
            }
        }
        self.metadata = metadata
        // Tensors without elements share their place with the next one.
        self.entries = entries.sorted {
            ($0.range.lowerBound, $0.range.upperBound) < ($1.range.lowerBound, $1.range.upperBound)
        }
        places = Dictionary(self.entries.enumerated().map { ($1.name, $0) }) { first, _ in first }
        var end = 0
        for entry in self.entries {
            guard entry.range.lowerBound == end else {
                throw DataError(
                    .inconsistent, "the tensors leave a hole or overlap", in: path, at: .byte(dataStart + end),
                    found: "\(entry.name) from byte \(entry.range.lowerBound) of the data",
                    expected: "the next one from byte \(end)")
            }
            end = entry.range.upperBound
        }
        guard end == file.byteCount - dataStart else {
            throw DataError(
                end < file.byteCount - dataStart ? .tooLong : .tooShort,
                "the tensors do not fill the file", in: path, at: .byte(min(dataStart + end, file.byteCount)),
                found: "\(file.byteCount - dataStart) bytes of data", expected: "\(end), as the header says")
        }
    }

    /// Reads one tensor. 8- and 16-bit integers become int32, uint32 and uint64 int64, float16 and bfloat16 float32.
    ///
    /// - Throws: an error of kind `missing` for a name that the file lacks.
    public func tensor(_ name: String) throws(DataError) -> Tensor {
        guard let place = places[name] else {
            throw DataError(
                .missing, "the file has no such tensor", in: path,
                found: names.prefix(20).joined(separator: ", ") + (names.count > 20 ? ", …" : ""), expected: name)
        }
        let entry = entries[place]
        let bytes = try file.bytes(at: dataStart + entry.range.lowerBound, count: entry.range.count)
        guard let tensor = bytes.withUnsafeBytes({ entry.number.tensor($0, entry.extents, isBigEndian: false) }) else {
            throw DataError(
                .unsupported, "a number is too large for int64", in: path,
                at: .byte(dataStart + entry.range.lowerBound), found: "a uint64 of 2^63 or more in \(name)",
                expected: "numbers below 2^63")
        }
        return tensor
    }

    /// The shape of a tensor, without reading it; nil for a name that the file lacks.
    public func shape(of name: String) -> Shape? { places[name].map { Shape(entries[$0].extents) } }

    /// Whether the checksum under a key of the metadata is that of everything else; nil where there is none.
    ///
    /// - Complexity: O(bytes of the file) in time, 1 MiB of memory.
    package func hasChecksum(under key: String) throws(DataError) -> Bool? {
        guard let stored = metadata[key] else { return nil }
        var checksum = SafetensorsEntry.checksum(of: entries, metadata.filter { $0.key != key })
        var place = dataStart
        while place < file.byteCount {
            let piece = try file.bytes(at: place, count: min(1 << 20, file.byteCount - place))
            checksum.update(piece)
            place += piece.count
        }
        return "\(checksum.value)" == stored
    }

    private static func texts(_ value: JSONValue, in path: String) throws(DataError) -> [String: String] {
        var texts: [String: String] = [:]
        guard let members = value.members else { throw headerError("__metadata__ is no object", in: path) }
        for (key, value) in members {
            guard let text = value.text else { throw headerError("\(key) of __metadata__ is no text", in: path) }
            texts[key] = text
        }
        return texts
    }
}

extension SafetensorsEntry {
    /// What a member of the header says.
    fileprivate init(_ name: String, _ value: JSONValue, in path: String) throws(DataError) {
        guard value.members?.count == 3, let type = value["dtype"]?.text, let shape = value["shape"]?.elements,
            let offsets = value["data_offsets"]?.elements, offsets.count == 2,
            let start = offsets[0].whole, let end = offsets[1].whole, start >= 0, end >= start, shape.count <= 64
        else {
            throw headerError(
                "\(name) is \(value.description.prefix(200))", in: path,
                expected: "dtype, shape and data_offsets [from, to], nothing else")
        }
        guard let number = Safetensors.types.first(where: { $0.name == type })?.number else {
            throw DataError(
                .unsupported, "a tensor holds unknown numbers", in: path, at: .byte(8), found: "\(type) of \(name)",
                expected: Safetensors.types.map(\.name).joined(separator: ", "))
        }
        let extents = shape.compactMap(\.whole)
        guard extents.count == shape.count, let size = number.byteCount(of: extents), size == end - start else {
            throw headerError(
                "\(name) of \(type) with shape \(value["shape"] ?? .null) in \(end - start) bytes", in: path,
                expected: "as many bytes as the shape needs")
        }
        self.init(name: name, number: number, extents: extents, range: start..<end)
    }
}

private func headerError(
    _ found: String, in path: String, expected: String = "an object of texts"
) -> DataError {
    DataError(.malformed, "the header breaks the format", in: path, at: .byte(8), found: found, expected: expected)
}
