/// Why a loop nest means nothing: a mistake of whoever built it, never of a user's data.
public struct LoopNestError: Error, Hashable, Sendable, CustomStringConvertible {
    /// The part of the nest that is wrong.
    public enum Place: Hashable, Sendable {
        case nest
        case buffer(Int)
        case axis(Int)
        case value(ValueID)
        case reduction(Int)
        case stage(Int)
        case store(stage: Int, number: Int)
    }

    /// What is wrong with it.
    public enum Problem: Hashable, Sendable {
        /// A number that names no buffer, axis, value, reduction or stage, or an operand not older than its value.
        case unknown(String, Int)
        /// A type that the operation does not have.
        case type(String)
        /// A buffer read or written against its role.
        case role(String)
        /// An axis that is not among the loops around its use, or is there twice.
        case axis(String)
        /// A reduction used where its result does not exist.
        case reduction(String)
        /// An index that may leave its buffer.
        case range(lower: Int, upper: Int, count: Int)
        /// A number that is negative or too great to calculate with.
        case size(String)
    }

    /// The part of the nest that is wrong.
    public let place: Place
    /// What is wrong with it.
    public let problem: Problem

    /// One sentence for whoever built the nest.
    public var description: String {
        let reason =
            switch problem {
            case .unknown(let kind, let number): "there is no \(kind) \(number) here"
            case .type(let text), .role(let text), .axis(let text), .reduction(let text), .size(let text): text
            case .range(let lower, let upper, let count):
                "an index runs over \(lower)…\(upper) but the buffer has \(count) elements"
            }
        return "LoopNestError: \(place): \(reason)"
    }
}
