/// Why an operation on formulas has no answer.
public struct SymbolicError: Error, Sendable, Hashable {
    /// What is wrong, in kind.
    public enum Kind: Sendable, Hashable, CaseIterable {
        /// There is no derivative, or none that a formula says.
        case noDerivative
        /// The answer would be larger than what is worked on.
        case tooLarge
        /// No rule that is known leads to an answer; there may be one.
        case notFound
        /// There is no answer: a limit that does not exist, an equation without a solution.
        case noAnswer
        /// An argument of the call is outside its range.
        case argument
    }

    /// What is wrong, in kind.
    public let kind: Kind
    /// What is wrong, in words.
    public let summary: String
    /// The formula, or the part of it, that is at fault.
    public let subexpression: Formula

    package init(_ kind: Kind, _ summary: String, in subexpression: Formula) {
        (self.kind, self.summary, self.subexpression) = (kind, summary, subexpression)
    }
}

extension SymbolicError: CustomStringConvertible {
    /// The whole message.
    public var description: String {
        "SymbolicError: \(summary)\n  in \(PlainNotation().write(subexpression, limit: 200))"
    }
}
