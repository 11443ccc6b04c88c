import LeibnizCore

/// NumPy's files of one array.
///
/// A file is the bytes `93 4E 55 4D 50 59` (\x93NUMPY), a version of two bytes, the length of the header, the header (a literal
/// of a Python dictionary with the keys `descr`, `fortran_order` and `shape`), and the numbers.
/// (NumPy Enhancement Proposal 1, *A simple file format for NumPy arrays*; versions 1.0 to 3.0.)
public enum NPY {
    /// In which order a file holds the numbers of an array.
    public enum Order: String, Sendable, Hashable, CaseIterable {
        /// The last axis runs fastest, as in memory here and in C.
        case rowMajor
        /// The first axis runs fastest, as in Fortran.
        case columnMajor
    }

    /// Which byte of a number comes first.
    public enum ByteOrder: String, Sendable, Hashable, CaseIterable {
        /// The lowest.
        case little
        /// The highest.
        case big
    }

    /// Reads a file, plain or gzip, as a tensor.
    ///
    /// Numbers of every order are read. int8, int16 and uint16 become int32, uint32 and uint64 int64, float16 float32; complex
    /// numbers, texts, dates, records and Python's objects are refused.
    ///
    /// - Throws: an error that names the byte where the file breaks the format.
    public static func read(_ path: String) throws(DataError) -> Tensor {
        try decode(GzipReader(path: path).bytes(atMost: .max), name: path)
    }

    /// Writes a tensor as a file, whole or not at all.
    ///
    /// - Throws: the error of evaluation; a `DataError` where the file cannot be written.
    public static func write(
        _ tensor: Tensor, to path: String, order: Order = .rowMajor, byteOrder: ByteOrder = .little
    ) throws {
        try OutputFile.write(encoded(tensor, order: order, byteOrder: byteOrder), to: path)
    }

    /// The tensor of a file's bytes.
    ///
    /// - Parameter name: what errors call the file.
    public static func decode(_ bytes: [UInt8], name: String) throws(DataError) -> Tensor {
        let header = try NPYHeader(bytes, name: name)
        guard let size = header.number.byteCount(of: header.extents) else {
            throw DataError(
                .overflow, "the extents are too large", in: name, at: .byte(header.start), found: "\(header.extents)",
                expected: "fewer than 2^60 numbers")
        }
        let available = bytes.count - header.byteCount
        guard available == size else {
            throw DataError(
                available < size ? .tooShort : .tooLong,
                available < size ? "the data end too early" : "there are bytes after the end of the data", in: name,
                at: .byte(available < size ? bytes.count : header.byteCount + size),
                found: "\(available) bytes of data",
                expected: "\(size) bytes for \(header.extents) numbers of \(header.number)")
        }
        var data = Array(bytes[header.byteCount...])
        if header.order == .columnMajor {
            data = permuted(data, from: header.extents.reversed(), width: header.number.byteCount)
        }
        let tensor = data.withUnsafeBytes {
            header.number.tensor($0, header.extents, isBigEndian: header.byteOrder == .big)
        }
        guard let tensor else {
            throw DataError(
                .unsupported, "a number is too large for int64", in: name, at: .byte(header.byteCount),
                found: "a uint64 of 2^63 or more", expected: "numbers below 2^63")
        }
        return tensor
    }

    /// The bytes of a file that holds a tensor.
    ///
    /// - Throws: the error of evaluation.
    public static func encoded(
        _ tensor: Tensor, order: Order = .rowMajor, byteOrder: ByteOrder = .little
    ) throws -> [UInt8] {
        var data = try tensor.withUnsafeBytes { Array($0) }
        let (extents, width) = (Array(tensor.shape), tensor.elementType.byteCount)
        if order == .columnMajor { data = permuted(data, from: extents, width: width) }
        if byteOrder == .big, width > 1 {
            for start in stride(from: 0, to: data.count, by: width) { data[start..<start + width].reverse() }
        }
        let kind = NPYHeader.kinds.first { $0.number == StoredNumber(tensor.elementType) }?.name ?? "f4"
        let list = extents.map(String.init).joined(separator: ", ") + (extents.count == 1 ? "," : "")
        let text =
            "{'descr': '\(width == 1 ? "|" : byteOrder == .big ? ">" : "<")\(kind)', 'fortran_order': "
            + "\(order == .columnMajor ? "True" : "False"), 'shape': (\(list)), }"
        // The data begin at a multiple of 64 bytes, as the format asks.
        let space = (64 - (10 + text.utf8.count + 1) % 64) % 64
        let length = text.utf8.count + space + 1
        // Version 1.0 has two bytes for the length, enough for any shape that memory holds.
        return NPYHeader.magic + [1, 0, UInt8(length & 0xFF), UInt8(length >> 8)] + Array(text.utf8)
            + [UInt8](repeating: 0x20, count: space) + [0x0A] + data
    }

    /// Elements of a row-major array `extents` in the order in which its first axis runs fastest: the row-major order of the
    /// array with all axes reversed.
    private static func permuted(_ data: [UInt8], from extents: [Int], width: Int) -> [UInt8] {
        guard extents.count(where: { $0 > 1 }) > 1, !data.isEmpty else { return data }
        var strides = [Int](repeating: width, count: extents.count)
        for axis in extents.indices.dropLast().reversed() { strides[axis] = strides[axis + 1] * extents[axis + 1] }
        return [UInt8](unsafeUninitializedCapacity: data.count) { target, initialized in
            var (index, source) = ([Int](repeating: 0, count: extents.count), 0)
            for place in stride(from: 0, to: data.count, by: width) {
                for offset in 0..<width { target[place + offset] = data[source + offset] }
                for axis in extents.indices {
                    index[axis] += 1
                    source += strides[axis]
                    if index[axis] < extents[axis] { break }
                    source -= strides[axis] * extents[axis]
                    index[axis] = 0
                }
            }
            initialized = data.count
        }
    }
}
