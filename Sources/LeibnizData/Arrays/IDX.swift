/// What one element of an IDX file is; the raw value is the third byte of the file.
public enum IDXElementType: UInt8, Sendable, Hashable, CaseIterable {
    case uint8 = 0x08
    case int8 = 0x09
    case int16 = 0x0B
    case int32 = 0x0C
    case float32 = 0x0D
    case float64 = 0x0E

    /// The bytes that one element takes in the file: 1, 1, 2, 4, 4, 8.
    public var byteCount: Int {
        switch self {
        case .uint8, .int8: 1
        case .int16: 2
        case .int32, .float32: 4
        case .float64: 8
        }
    }
}

/// An array as an IDX file holds it: the format of MNIST and its relatives.
///
/// A file is two zero bytes, one byte for the element type, one for the rank, then the extents as big-endian 32-bit
/// numbers, then the elements, row-major and big-endian, and nothing after them. It may be compressed with gzip.
/// (Y. LeCun, C. Cortes, C. Burges, *The MNIST database of handwritten digits*, "File formats".)
///
/// Invariant: `bytes.count` is the product of `extents` times `elementType.byteCount`.
public struct IDXArray: Sendable, Hashable {
    /// What one element is.
    public let elementType: IDXElementType
    /// The size of each axis, outermost first; none for a single number.
    public let extents: [Int]
    /// The elements as the file has them: row-major, big-endian.
    public let bytes: [UInt8]

    /// An array of given elements.
    ///
    /// - Parameter bytes: row-major, big-endian.
    /// - Throws: an error of kind `argument` where the bytes don't fit the extents, `overflow` where no file can.
    public init(elementType: IDXElementType, extents: [Int], bytes: [UInt8]) throws(DataError) {
        guard extents.count <= 255, extents.allSatisfy({ 0...Int(UInt32.max) ~= $0 }),
            let size = Self.byteCount(of: elementType, extents: extents)
        else {
            throw DataError(
                .overflow, "no IDX file can have this shape", in: "extents", found: "\(extents)",
                expected: "at most 255 axes, each below 2^32, with fewer than 2^63 bytes together")
        }
        guard bytes.count == size else {
            throw DataError(
                .argument, "the bytes do not fit the extents", in: "bytes", found: "\(bytes.count) bytes",
                expected: "\(size) bytes for \(extents) elements of \(elementType)")
        }
        self.init(checked: elementType, extents, bytes)
    }

    private init(checked elementType: IDXElementType, _ extents: [Int], _ bytes: [UInt8]) {
        self.elementType = elementType
        self.extents = extents
        self.bytes = bytes
    }

    /// The number of elements.
    public var count: Int { bytes.count / elementType.byteCount }

    /// The offset in the file of the element at a row-major `index`.
    public func fileOffset(of index: Int) -> Int { 4 + 4 * extents.count + index * elementType.byteCount }

    /// The bytes of such an array; nil if there are 2^63 or more.
    ///
    /// An extent of 0 counts as 1 here, so that no product of some of the extents overflows later.
    private static func byteCount(of elementType: IDXElementType, extents: [Int]) -> Int? {
        var product = elementType.byteCount
        for extent in extents {
            let (next, overflow) = product.multipliedReportingOverflow(by: max(extent, 1))
            if overflow { return nil }
            product = next
        }
        return extents.contains(0) ? 0 : product
    }
}

// MARK: - Reading

extension IDXArray {
    /// Reads a file, plain or gzip.
    ///
    /// - Parameters:
    ///   - path: the file.
    ///   - expectedType: the only element type to accept, if given.
    ///   - expectedRank: the only number of axes to accept, if given.
    /// - Complexity: O(bytes in the file), whatever its header claims.
    public init(
        path: String, expecting expectedType: IDXElementType? = nil, rank expectedRank: Int? = nil
    ) throws(DataError) {
        try self.init(from: GzipReader(path: path), expecting: expectedType, rank: expectedRank)
    }

    /// Reads all that a reader has left.
    public init(
        from reader: GzipReader, expecting expectedType: IDXElementType? = nil, rank expectedRank: Int? = nil
    ) throws(DataError) {
        let start = reader.position
        let magic = try reader.bytes(atMost: 4)
        guard magic.count == 4 else {
            throw DataError(
                .tooShort, "the file is too short for an IDX header", in: reader.path, at: reader.position,
                found: "the end after \(magic.count) bytes", expected: "a header of 4 bytes and 4 more for each axis")
        }
        guard magic[0] == 0, magic[1] == 0, let elementType = IDXElementType(rawValue: magic[2]) else {
            throw DataError(
                .wrongHeader, "this is not an IDX file", in: reader.path, at: start, found: "the bytes \(list(magic))",
                expected: Self.expectedMagic(expectedType, expectedRank))
        }
        guard expectedType ?? elementType == elementType, expectedRank ?? Int(magic[3]) == Int(magic[3]) else {
            throw DataError(
                .wrongHeader, "this IDX file holds another kind of data", in: reader.path, at: start,
                found: "\(elementType) elements with \(magic[3]) axes (\(list(magic)))",
                expected: Self.expectedMagic(expectedType, expectedRank))
        }
        let extents = try Self.extents(Int(magic[3]), from: reader)
        guard let size = Self.byteCount(of: elementType, extents: extents) else {
            throw DataError(
                .overflow, "the extents are too large", in: reader.path, at: .after(4, in: reader),
                found: "\(extents) elements of \(elementType)", expected: "fewer than 2^63 bytes in all")
        }
        let bytes = try reader.bytes(atMost: size)
        guard bytes.count == size else {
            throw DataError(
                .tooShort, "the data end too early", in: reader.path, at: reader.position,
                found: "the end after \(bytes.count) of \(size) element bytes",
                expected: "\(extents) elements of \(elementType)")
        }
        try reader.expectEnd(after: "\(extents) elements of \(elementType)")
        self.init(checked: elementType, extents, bytes)
    }

    private static func extents(_ rank: Int, from reader: GzipReader) throws(DataError) -> [Int] {
        let bytes = try reader.bytes(atMost: 4 * rank)
        guard bytes.count == 4 * rank else {
            throw DataError(
                .tooShort, "the file ends within its header", in: reader.path, at: reader.position,
                found: "the end after \(bytes.count / 4) of \(rank) extents", expected: "\(rank) extents of 4 bytes")
        }
        return (0..<rank).map { axis in bytes[4 * axis..<4 * axis + 4].reduce(0) { $0 << 8 | Int($1) } }
    }

    private static func expectedMagic(_ elementType: IDXElementType?, _ rank: Int?) -> String {
        let type = elementType.map { "\(hexadecimal($0.rawValue)) (\($0))" } ?? "an element type (0x08 to 0x0E)"
        return
            "0x00 0x00, then \(type), then \(rank.map { "\(hexadecimal(UInt8(clamping: $0))) (axes)" } ?? "the rank")"
    }
}

extension DataError.Position {
    /// The byte at `offset` of what `reader` reads.
    static func after(_ offset: Int, in reader: GzipReader) -> Self {
        reader.isCompressed ? .inflatedByte(offset) : .byte(offset)
    }
}

private func list(_ bytes: [UInt8]) -> String { bytes.map(hexadecimal).joined(separator: " ") }

// MARK: - Elements

extension IDXArray {
    /// Every element as a Double, row-major; exact for each of the element types.
    public var values: [Double] {
        let width = elementType.byteCount
        return (0..<count).map { index in
            let bits = bytes[index * width..<(index + 1) * width].reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
            return switch elementType {
            case .uint8: Double(bits)
            case .int8: Double(Int8(truncatingIfNeeded: bits))
            case .int16: Double(Int16(truncatingIfNeeded: bits))
            case .int32: Double(Int32(truncatingIfNeeded: bits))
            case .float32: Double(Float(bitPattern: UInt32(truncatingIfNeeded: bits)))
            case .float64: Double(bitPattern: bits)
            }
        }
    }

    /// An array of `elementType` with given values, each converted to it.
    ///
    /// - Throws: an error of kind `argument` where a value is not one of the element type's (integers must fit exactly;
    ///   float32 rounds).
    public init(elementType: IDXElementType, extents: [Int], values: [Double]) throws(DataError) {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(values.count * elementType.byteCount)
        for (index, value) in values.enumerated() {
            let bits: UInt64? =
                switch elementType {
                case .uint8: UInt8(exactly: value).map(UInt64.init)
                case .int8: Int8(exactly: value).map(UInt64.init(truncatingIfNeeded:))
                case .int16: Int16(exactly: value).map(UInt64.init(truncatingIfNeeded:))
                case .int32: Int32(exactly: value).map(UInt64.init(truncatingIfNeeded:))
                case .float32: UInt64(Float(value).bitPattern)
                case .float64: value.bitPattern
                }
            guard let bits else {
                throw DataError(
                    .argument, "a value is outside its element type", in: "values", found: "\(value) at index \(index)",
                    expected: "a number that \(elementType) can hold")
            }
            for byte in (0..<elementType.byteCount).reversed() {
                bytes.append(UInt8(truncatingIfNeeded: bits >> UInt64(8 * byte)))
            }
        }
        try self.init(elementType: elementType, extents: extents, bytes: bytes)
    }

    /// The bytes of an IDX file that holds this array, not compressed.
    public var encoded: [UInt8] {
        let header: [UInt8] = [0, 0, elementType.rawValue, UInt8(truncatingIfNeeded: extents.count)]
        let axes = extents.flatMap { extent in (0..<4).reversed().map { UInt8(truncatingIfNeeded: extent >> (8 * $0)) }
        }
        return header + axes + bytes
    }
}
