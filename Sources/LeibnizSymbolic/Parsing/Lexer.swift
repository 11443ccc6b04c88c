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
    private let characters: [Character]
    private var position = 0

    init(_ text: String) { (self.text, characters) = (text, Array(text)) }

    private var current: Character? { position < characters.count ? characters[position] : nil }
    private func character(at offset: Int) -> Character? {
        position + offset < characters.count ? characters[position + offset] : nil
    }

    /// The next word; `.end` for ever where none is left.
    mutating func next() throws(SyntaxError) -> Token {
        while let character = current, character.isWhitespace { position += 1 }
        let column = position + 1
        guard let character = current else { return Token(kind: .end, column: column) }
        if Self.isDigit(character) || character == "." { return try number() }
        if character.isLetter || character == "_" {
            while let next = current, next.isLetter || Self.isDigit(next) || next == "_" { position += 1 }
            return Token(kind: .name(String(characters[(column - 1)..<position])), column: column)
        }
        if let relation = relation() { return Token(kind: .relation(relation), column: column) }
        position += 1
        let kind: Token.Kind
        switch character {
        case "+": kind = .plus
        case "-", "−": kind = .minus
        case "*" where current == "*":
            position += 1
            kind = .power
        case "*", "·", "×", "⋅": kind = .times
        case "/", "÷": kind = .divided
        case "^": kind = .power
        case "!": kind = .factorial
        case "(": kind = .open
        case ")": kind = .close
        case ",": kind = .comma
        case "∞": kind = .name("infinity")
        default:
            let hint = character == "|" ? "; an absolute value is abs(x)" : character == "=" ? "; equality is ==" : ""
            throw SyntaxError(
                kind: .unknownCharacter, summary: "no formula holds \(Self.quoted(character))\(hint)", column: column,
                text: text)
        }
        return Token(kind: kind, column: column)
    }

    private mutating func relation() -> Formula.Relation? {
        switch current {
        case "<", ">", "=", "!", "≤", "≥", "≠": break
        default: return nil
        }
        let relations: [(String, Formula.Relation)] = [
            ("<=", .lessOrEqual), (">=", .greaterOrEqual), ("==", .equal), ("!=", .notEqual), ("<", .less),
            (">", .greater), ("≤", .lessOrEqual), ("≥", .greaterOrEqual), ("≠", .notEqual),
        ]
        for (sign, relation) in relations where Array(sign).enumerated().allSatisfy({ character(at: $0) == $1 }) {
            position += sign.count
            return relation
        }
        return nil
    }

    /// Digits with at most one point, and an exponent if `e` and digits follow: `2e3`; but `2e` is two times Euler's number.
    private mutating func number() throws(SyntaxError) -> Token {
        let start = position
        var hasDigits = false
        while let next = current, Self.isDigit(next) { (position, hasDigits) = (position + 1, true) }
        if current == "." {
            position += 1
            while let next = current, Self.isDigit(next) { (position, hasDigits) = (position + 1, true) }
        }
        if hasDigits, current == "e" || current == "E" {
            let sign = character(at: 1)
            let digits = sign == "+" || sign == "-" ? 2 : 1
            if let first = character(at: digits), Self.isDigit(first) {
                position += digits
                while let next = current, Self.isDigit(next) { position += 1 }
            }
        }
        let word = String(characters[start..<position])
        guard hasDigits, let number = Formula.Number(text: word) else {
            throw SyntaxError(
                kind: .wrongNumber,
                summary: hasDigits ? "the number is out of range: 1.8e308 is the greatest" : "a point is no number",
                column: start + 1, text: text)
        }
        return Token(kind: .number(number), column: start + 1)
    }

    private static func isDigit(_ character: Character) -> Bool { ("0"..."9").contains(character) }

    private static func quoted(_ character: Character) -> String {
        let isVisible = character.unicodeScalars.allSatisfy { $0.value >= 0x20 && $0.value != 0x7F }
        return isVisible
            ? "'\(character)'"
            : character.unicodeScalars.map { "U+" + String($0.value, radix: 16) }.joined(separator: " ")
    }
}
