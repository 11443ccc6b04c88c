/// Why a formula has no value at a point, and which part of it has none.
///
/// Printed, it is one message; `ParsedFormula.message(_:)` adds a mark under the part:
/// ```
/// EvaluationError: log of -1 is undefined, it needs a number above 0
///   in log(x)
/// ```
public struct EvaluationError: Error, Sendable, Hashable {
    /// What is wrong, in kind.
    public enum Kind: Sendable, Hashable, CaseIterable {
        /// A variable has no value.
        case unknownVariable
        /// A division by zero, or zero to a power below zero.
        case divisionByZero
        /// An argument outside a function's domain.
        case outsideDomain
        /// ∞ − ∞, 0·∞ and their like.
        case indeterminate
        /// The bounds of a sum that are no whole numbers, or an integral that was not found to converge.
        case notSummable
        /// More work than is done for one value.
        case tooMuchWork
    }

    /// What is wrong, in kind.
    public let kind: Kind
    /// What is wrong, in words.
    public let summary: String
    /// The part of the formula that has no value.
    public let subexpression: Formula
}

extension EvaluationError: CustomStringConvertible {
    /// The whole message.
    public var description: String {
        "EvaluationError: \(summary)\n  in \(PlainNotation().write(subexpression, limit: 200))"
    }
}
