extension JSONValue {
    /// Reads one JSON value (RFC 8259) and nothing after it but space.
    ///
    /// Strict where the standard leaves freedom: two members of an object with one key are an error, and so are lists or objects
    /// within each other more than 128 deep. Numbers without fraction and exponent that fit 64 bits are whole.
    ///
    /// - Parameters:
    ///   - bytes: UTF-8.
    ///   - name: the file's path, for errors.
    ///   - offset: where in the file the bytes begin; errors count from there.
    /// - Throws: an error of kind `malformed` with the byte where the rule is broken.
    /// - Complexity: O(bytes), in time and memory.
    public init(parsing bytes: [UInt8], in name: String, offset: Int = 0) throws(DataError) {
        if let place = firstInvalidUTF8(bytes) {
            throw DataError(
                .malformed, "the JSON text is not UTF-8", in: name, at: .byte(offset + place),
                found: "a byte \(hexadecimal(bytes[place]))", expected: "text in UTF-8")
        }
        var reader = JSONReader(bytes: bytes, name: name, offset: offset)
        self = try reader.value(depth: 0)
        reader.skipSpace()
        if reader.place < bytes.count { throw reader.malformed("the end after the value") }
    }
}

/// One pass over the bytes of a JSON text.
private struct JSONReader {
    let bytes: [UInt8]
    let name: String
    let offset: Int
    var place = 0

    init(bytes: [UInt8], name: String, offset: Int) { (self.bytes, self.name, self.offset) = (bytes, name, offset) }

    private var next: UInt8? { place < bytes.count ? bytes[place] : nil }

    mutating func skipSpace() {
        while let byte = next, byte == 0x20 || byte == 0x09 || byte == 0x0A || byte == 0x0D { place += 1 }
    }

    func malformed(_ expected: String, at position: Int? = nil) -> DataError {
        let position = position ?? place
        let found = position < bytes.count ? "a byte \(hexadecimal(bytes[position]))" : "the end of the text"
        return DataError(
            .malformed, "this is not JSON", in: name, at: .byte(offset + position), found: found, expected: expected)
    }

    private mutating func take(_ byte: UInt8, _ expected: String) throws(DataError) {
        guard next == byte else { throw malformed(expected) }
        place += 1
    }

    mutating func value(depth: Int) throws(DataError) -> JSONValue {
        guard depth <= 128 else { throw malformed("lists and objects at most 128 deep") }
        skipSpace()
        switch next {
        case UInt8(ascii: "{"): return try object(depth)
        case UInt8(ascii: "["): return try array(depth)
        case UInt8(ascii: "\""): return .text(try string())
        case UInt8(ascii: "t"): return try word("true", .flag(true))
        case UInt8(ascii: "f"): return try word("false", .flag(false))
        case UInt8(ascii: "n"): return try word("null", .null)
        default: return try number()
        }
    }

    private mutating func word(_ word: String, _ value: JSONValue) throws(DataError) -> JSONValue {
        guard bytes[place...].starts(with: word.utf8) else { throw malformed("a value, such as \(word)") }
        place += word.utf8.count
        return value
    }

    private mutating func object(_ depth: Int) throws(DataError) -> JSONValue {
        place += 1
        var members: [(key: String, value: JSONValue)] = []
        var keys: Set<String> = []
        skipSpace()
        if next == UInt8(ascii: "}") {
            place += 1
            return .object([])
        }
        while true {
            skipSpace()
            let start = place
            guard next == UInt8(ascii: "\"") else { throw malformed("a key in quotation marks") }
            let key = try string()
            guard keys.insert(key).inserted else { throw malformed("every key once, not \(key) again", at: start) }
            skipSpace()
            try take(UInt8(ascii: ":"), "a colon after the key")
            members.append((key, try value(depth: depth + 1)))
            skipSpace()
            if next == UInt8(ascii: ",") {
                place += 1
            } else {
                try take(UInt8(ascii: "}"), "a comma or the end of the object")
                return .object(members)
            }
        }
    }

    private mutating func array(_ depth: Int) throws(DataError) -> JSONValue {
        place += 1
        var elements: [JSONValue] = []
        skipSpace()
        if next == UInt8(ascii: "]") {
            place += 1
            return .array([])
        }
        while true {
            elements.append(try value(depth: depth + 1))
            skipSpace()
            if next == UInt8(ascii: ",") {
                place += 1
            } else {
                try take(UInt8(ascii: "]"), "a comma or the end of the list")
                return .array(elements)
            }
        }
    }

    private mutating func number() throws(DataError) -> JSONValue {
        let start = place
        var isWhole = true
        func isDigit(_ byte: UInt8?) -> Bool { byte.map { (0x30...0x39).contains($0) } ?? false }
        if next == UInt8(ascii: "-") { place += 1 }
        guard isDigit(next) else { throw malformed("a value") }
        let hasZero = next == 0x30
        place += 1
        if !hasZero { while isDigit(next) { place += 1 } }
        if next == UInt8(ascii: ".") {
            (isWhole, place) = (false, place + 1)
            guard isDigit(next) else { throw malformed("a digit after the point") }
            while isDigit(next) { place += 1 }
        }
        if next == UInt8(ascii: "e") || next == UInt8(ascii: "E") {
            (isWhole, place) = (false, place + 1)
            if next == UInt8(ascii: "+") || next == UInt8(ascii: "-") { place += 1 }
            guard isDigit(next) else { throw malformed("a digit of the exponent") }
            while isDigit(next) { place += 1 }
        }
        let text = String(decoding: bytes[start..<place], as: UTF8.self)
        if isWhole, let whole = Int(text) { return .whole(whole) }
        guard let real = Double(text), real.isFinite else {
            throw malformed("a number below 1.8e308", at: start)
        }
        return .real(real)
    }

    private mutating func string() throws(DataError) -> String {
        place += 1
        var text: [UInt8] = []
        while let byte = next {
            switch byte {
            case UInt8(ascii: "\""):
                place += 1
                return String(decoding: text, as: UTF8.self)
            case UInt8(ascii: "\\"):
                text += try escape()
            case 0..<0x20: throw malformed("control characters written as \\u00XX")
            default:
                text.append(byte)
                place += 1
            }
        }
        throw malformed("the quotation mark that ends the text")
    }

    private mutating func escape() throws(DataError) -> [UInt8] {
        place += 1
        let plain: [UInt8: UInt8] = [
            0x22: 0x22, 0x5C: 0x5C, 0x2F: 0x2F, 0x62: 0x08, 0x66: 0x0C, 0x6E: 0x0A, 0x72: 0x0D, 0x74: 0x09,
        ]
        guard let byte = next else { throw malformed("an escaped character") }
        if let character = plain[byte] {
            place += 1
            return [character]
        }
        let start = place
        var code = try unit()
        if 0xD800..<0xDC00 ~= code {
            try take(UInt8(ascii: "\\"), "the second half of a pair, \\uDC00 to \\uDFFF")
            let low = try unit()
            guard 0xDC00..<0xE000 ~= low else { throw malformed("the second half of a pair", at: start) }
            code = 0x10000 + (code - 0xD800) << 10 + (low - 0xDC00)
        }
        guard let scalar = Unicode.Scalar(code) else { throw malformed("a character's number", at: start) }
        return Array(String(Character(scalar)).utf8)
    }

    /// Four hexadecimal digits after a `u`.
    private mutating func unit() throws(DataError) -> UInt32 {
        try take(UInt8(ascii: "u"), "one of \" \\ / b f n r t u after a backslash")
        var code: UInt32 = 0
        for _ in 0..<4 {
            guard let byte = next, let digit = Character(Unicode.Scalar(byte)).hexDigitValue else {
                throw malformed("four hexadecimal digits")
            }
            code = code << 4 | UInt32(digit)
            place += 1
        }
        return code
    }
}
