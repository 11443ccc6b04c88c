/// What the header of one of NumPy's files says.
struct NPYHeader {
    static let magic: [UInt8] = [0x93] + Array("NUMPY".utf8)
    /// The kinds of numbers by NumPy's names, without the mark of their order.
    static let kinds: [(name: String, number: StoredNumber)] = [
        ("b1", .bool), ("i1", .int8), ("u1", .uint8), ("i2", .int16), ("u2", .uint16), ("i4", .int32), ("u4", .uint32),
        ("i8", .int64), ("u8", .uint64), ("f2", .float16), ("f4", .float32), ("f8", .float64),
    ]

    let number: StoredNumber
    let byteOrder: NPY.ByteOrder
    let order: NPY.Order
    let extents: [Int]
    /// Where the dictionary begins.
    let start: Int
    /// Where the data begin.
    let byteCount: Int

    init(_ bytes: [UInt8], name: String) throws(DataError) {
        guard bytes.count >= 10, bytes.starts(with: Self.magic) else {
            throw DataError(
                bytes.count < 10 ? .tooShort : .wrongHeader, "this is not one of NumPy's files", in: name, at: .byte(0),
                found:
                    "\(bytes.count) bytes that begin with \(bytes.prefix(6).map(hexadecimal).joined(separator: " "))",
                expected: "0x93 NUMPY and a header")
        }
        let lengthBytes = bytes[6] == 1 ? 2 : 4
        guard (1...3).contains(bytes[6]) else {
            throw DataError(
                .unsupported, "this version of the format is not known", in: name, at: .byte(6),
                found: "version \(bytes[6]).\(bytes[7])", expected: "version 1.0, 2.0 or 3.0")
        }
        let start = 8 + lengthBytes
        let length = bytes[8..<min(start, bytes.count)].reversed().reduce(0) { $0 << 8 | Int($1) }
        guard bytes.count >= start, length <= bytes.count - start else {
            throw DataError(
                .tooShort, "the file ends within its header", in: name, at: .byte(bytes.count),
                found: "\(bytes.count) bytes", expected: "a header of \(length) bytes from byte \(start)")
        }
        (self.start, byteCount) = (start, start + length)
        var reader = NPYDictionary(bytes: bytes[start..<start + length], name: name)
        let entries = try reader.entries()
        guard let kind = entries.kind, let isColumnMajor = entries.isColumnMajor, let extents = entries.extents else {
            throw reader.malformed("the keys descr, fortran_order and shape", found: "fewer of them")
        }
        (order, self.extents) = (isColumnMajor ? .columnMajor : .rowMajor, extents)
        guard let mark = kind.first, "<>=|".contains(mark),
            let number = Self.kinds.first(where: { $0.name == kind.dropFirst() })?.number,
            mark != "|" || number.byteCount == 1
        else {
            throw DataError(
                .unsupported, "the array holds what no tensor does", in: name, at: .byte(start), found: "'\(kind)'",
                expected: "numbers: \(Self.kinds.map(\.name).joined(separator: ", ")) with < or > before",
                hint: "convert the array in NumPy, for example with .astype('float64')")
        }
        self.number = number
        byteOrder = mark == ">" ? .big : .little
    }
}

/// The literal of a Python dictionary as far as NumPy's headers use it.
private struct NPYDictionary {
    let bytes: ArraySlice<UInt8>
    let name: String
    private var place: Int

    struct Entries {
        var kind: String?
        var isColumnMajor: Bool?
        var extents: [Int]?
    }

    init(bytes: ArraySlice<UInt8>, name: String) { (self.bytes, self.name, place) = (bytes, name, bytes.startIndex) }

    func malformed(_ expected: String, found: String? = nil) -> DataError {
        let next = place < bytes.endIndex ? "a byte \(hexadecimal(bytes[place]))" : "the end of the header"
        return DataError(
            .malformed, "the header breaks the format", in: name, at: .byte(place), found: found ?? next,
            expected: expected)
    }

    mutating func entries() throws(DataError) -> Entries {
        var entries = Entries()
        try take("{")
        while !accept("}") {
            let key = try string()
            try take(":")
            switch key {
            case "descr" where entries.kind == nil:
                skipSpace()
                guard place < bytes.endIndex, bytes[place] != UInt8(ascii: "[") else {
                    throw DataError(
                        .unsupported, "the array holds records", in: name, at: .byte(place), found: "a list of fields",
                        expected: "numbers of one kind", hint: "save each field as an array of its own")
                }
                entries.kind = try string()
            case "fortran_order" where entries.isColumnMajor == nil: entries.isColumnMajor = try flag()
            case "shape" where entries.extents == nil: entries.extents = try tuple()
            default: throw malformed("each of the keys descr, fortran_order and shape once", found: "'\(key)'")
            }
            if !accept(",") {
                try take("}")
                break
            }
        }
        skipSpace()
        guard place == bytes.endIndex else { throw malformed("the end of the header") }
        return entries
    }

    private mutating func skipSpace() {
        while place < bytes.endIndex, bytes[place] == 0x20 || bytes[place] == 0x0A { place += 1 }
    }

    private mutating func accept(_ text: StaticString) -> Bool {
        skipSpace()
        let matches = text.withUTF8Buffer { bytes[place...].starts(with: $0) }
        if matches { place += text.utf8CodeUnitCount }
        return matches
    }

    private mutating func take(_ text: StaticString) throws(DataError) {
        if !accept(text) { throw malformed("\(text)") }
    }

    private mutating func string() throws(DataError) -> String {
        skipSpace()
        guard place < bytes.endIndex, bytes[place] == UInt8(ascii: "'") || bytes[place] == UInt8(ascii: "\""),
            let end = bytes[(place + 1)...].firstIndex(of: bytes[place])
        else { throw malformed("a text in quotation marks") }
        defer { place = end + 1 }
        return String(decoding: bytes[place + 1..<end], as: UTF8.self)
    }

    private mutating func flag() throws(DataError) -> Bool {
        if accept("True") { return true }
        try take("False")
        return false
    }

    private mutating func tuple() throws(DataError) -> [Int] {
        try take("(")
        var numbers: [Int] = []
        while !accept(")") {
            skipSpace()
            let digits = bytes[place...].prefix { (0x30...0x39).contains($0) }
            guard let number = Int(String(decoding: digits, as: UTF8.self)) else {
                throw malformed("an extent below 2^63")
            }
            guard numbers.count < 64 else { throw malformed("at most 64 extents") }
            place = digits.endIndex
            _ = accept("L")  // Python 2 wrote long numbers so
            numbers.append(number)
            if !accept(",") {
                try take(")")
                break
            }
        }
        return numbers
    }
}
