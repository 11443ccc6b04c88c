/// A word of a formula's text, and the column where it begins.
struct Token {
    enum Kind: Equatable {
        case number(Formula.Number)
        case name(String)
        case plus, minus, times, divided, power, factorial
        case open, close, comma
        case relation(Formula.Relation)
        case end
    }

    let kind: Kind
    let column: Int
}

/// Cuts a text into words.
struct Lexer {
    private let text: String
    /// The ASCII codes of the characters, 255 for those that have none.
    private let codes: [UInt8]
    /// The characters, if any of them has no ASCII code.
    private let characters: [Character]
    private var position = 0

    init(_ text: String) {
        self.text = text
        // A character is a byte but for what is no ASCII, and for a return with a newline, which are one.
        if text.utf8.allSatisfy({ $0 < 128 && $0 != UInt8(ascii: "\r") }) {
            (codes, characters) = (Array(text.utf8), [])
        } else {
            characters = Array(text)
            codes = characters.map { $0.asciiValue ?? 255 }
        }
    }

    /// The characters of the text.
    var count: Int { codes.count }

    /// The code of a character that follows; 0 behind the end.
    private func code(_ offset: Int = 0) -> UInt8 {
        position + offset < codes.count ? codes[position + offset] : 0
    }

    private func word(from start: Int) -> String {
        characters.isEmpty
            ? String(decoding: codes[start..<position], as: UTF8.self) : String(characters[start..<position])
    }

    /// The next word; `.end` for ever where none is left.
    mutating func next() throws(SyntaxError) -> Token {
        while isSpace { position += 1 }
        let start = position
        guard start < codes.count else { return Token(kind: .end, column: start + 1) }
        if isDigit(code()) || code() == UInt8(ascii: ".") { return try number() }
        if isLetter {
            while isLetter || isDigit(code()) { position += 1 }
            return Token(kind: .name(word(from: start)), column: start + 1)
        }
        if let relation = relation() { return Token(kind: .relation(relation), column: start + 1) }
        guard let sign = sign() else {
            let character = characters.isEmpty ? Character(Unicode.Scalar(codes[start])) : characters[start]
            let hint = character == "|" ? "; an absolute value is abs(x)" : character == "=" ? "; equality is ==" : ""
            throw SyntaxError(
                kind: .unknownCharacter, summary: "no formula holds \(Self.quoted(character))\(hint)",
                column: start + 1, text: text)
        }
        return Token(kind: sign, column: start + 1)
    }

    private mutating func sign() -> Token.Kind? {
        let code = code()
        position += 1
        switch code {
        case UInt8(ascii: "+"): return .plus
        case UInt8(ascii: "-"): return .minus
        case UInt8(ascii: "*"):
            guard self.code() == UInt8(ascii: "*") else { return .times }
            position += 1
            return .power
        case UInt8(ascii: "/"): return .divided
        case UInt8(ascii: "^"): return .power
        case UInt8(ascii: "!"): return .factorial
        case UInt8(ascii: "("): return .open
        case UInt8(ascii: ")"): return .close
        case UInt8(ascii: ","): return .comma
        case 255: break
        default: return nil
        }
        switch characters[position - 1] {
        case "−": return .minus
        case "·", "×", "⋅": return .times
        case "÷": return .divided
        case "∞": return .name("infinity")
        default: return nil
        }
    }

    private mutating func relation() -> Formula.Relation? {
        let isEqual = code(1) == UInt8(ascii: "=")
        let relation: Formula.Relation
        switch code() {
        case UInt8(ascii: "<"): relation = isEqual ? .lessOrEqual : .less
        case UInt8(ascii: ">"): relation = isEqual ? .greaterOrEqual : .greater
        case UInt8(ascii: "=") where isEqual: relation = .equal
        case UInt8(ascii: "!") where isEqual: relation = .notEqual
        case 255:
            switch characters[position] {
            case "≤": relation = .lessOrEqual
            case "≥": relation = .greaterOrEqual
            case "≠": relation = .notEqual
            default: return nil
            }
            position += 1
            return relation
        default: return nil
        }
        position += isEqual ? 2 : 1
        return relation
    }

    /// Digits with at most one point, and an exponent if `e` and digits follow: `2e3`; but `2e` is two times Euler's number.
    private mutating func number() throws(SyntaxError) -> Token {
        let start = position
        skipDigits()
        var hasDigits = position > start
        if code() == UInt8(ascii: ".") {
            position += 1
            let fraction = position
            skipDigits()
            hasDigits = hasDigits || position > fraction
        }
        if hasDigits, code() | 0x20 == UInt8(ascii: "e") {
            let sign = code(1)
            let digits = sign == UInt8(ascii: "+") || sign == UInt8(ascii: "-") ? 2 : 1
            if isDigit(code(digits)) {
                position += digits
                skipDigits()
            }
        }
        guard hasDigits, let number = Formula.Number(text: word(from: start)) else {
            throw SyntaxError(
                kind: .wrongNumber,
                summary: hasDigits ? "the number is out of range: 1.8e308 is the greatest" : "a point is no number",
                column: start + 1, text: text)
        }
        return Token(kind: .number(number), column: start + 1)
    }

    private mutating func skipDigits() { while isDigit(code()) { position += 1 } }

    private func isDigit(_ code: UInt8) -> Bool { code >= UInt8(ascii: "0") && code <= UInt8(ascii: "9") }

    private var isSpace: Bool {
        switch code() {
        case UInt8(ascii: " "), 9...13: true
        case 255: characters[position].isWhitespace
        default: false
        }
    }

    private var isLetter: Bool {
        switch code() {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "_"): true
        case 255: characters[position].isLetter
        default: false
        }
    }

    private static func quoted(_ character: Character) -> String {
        let isVisible = character.unicodeScalars.allSatisfy { $0.value >= 0x20 && $0.value != 0x7F }
        return isVisible
            ? "'\(character)'"
            : character.unicodeScalars.map { "U+" + String($0.value, radix: 16) }.joined(separator: " ")
    }
}
