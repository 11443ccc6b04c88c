/// Why a text is no formula, and where.
///
/// Printed, it is one message with a mark under the place:
/// ```
/// SyntaxError: no function is called foo
///   1 + foo(x)
///       ^ column 5
/// ```
public struct SyntaxError: Error, Sendable, Hashable {
    /// What is wrong, in kind.
    public enum Kind: Sendable, Hashable, CaseIterable {
        /// A character that no formula holds.
        case unknownCharacter
        /// A number, a name or a bracket is missing.
        case missingOperand
        /// Two operands stand beside each other and are no product.
        case missingOperator
        /// A bracket without its partner.
        case unbalancedBracket
        /// A name before a bracket that is no function's.
        case unknownFunction
        /// A function without its brackets, with too few or too many arguments, or with ones of the wrong kind.
        case wrongArguments
        /// A comma or a comparison where none belongs.
        case misplacedMark
        /// A number out of range.
        case wrongNumber
        /// More than the limits of `Formula.init(_:)` allow.
        case tooLarge
    }

    /// What is wrong, in kind.
    public let kind: Kind
    /// What is wrong, in words.
    public let summary: String
    /// Where, in characters from 1; one behind the last character where the text ends too early.
    public let column: Int
    /// The text.
    public let text: String
}

extension SyntaxError: CustomStringConvertible {
    /// The whole message.
    public var description: String { marked(in: text) }

    /// The message with the mark in another text, of which the one that was read is a part at the same columns.
    public func marked(in text: String) -> String {
        "SyntaxError: \(summary)\n" + LeibnizSymbolic.marked(text, column: column)
    }
}

/// A line of the text around a column, and a caret under the column.
func marked(_ text: String, column: Int) -> String {
    let reach = 36
    let characters = Array(text)
    let start = max(0, column - 1 - reach)
    let end = min(characters.count, column - 1 + reach)
    // Whatever breaks the line or moves the cursor would move the caret too.
    let excerpt = String(characters[min(start, end)..<end].map { $0.isNewline || $0 == "\t" ? " " : $0 })
    let before = start > 0 ? "…" : ""
    let after = end < characters.count ? "…" : ""
    let indent = String(repeating: " ", count: 2 + before.count + column - 1 - start)
    return "  \(before)\(excerpt)\(after)\n\(indent)^ column \(column)"
}
