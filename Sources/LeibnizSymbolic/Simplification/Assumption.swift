/// A condition under which a simplified formula has the value of the original: outside it the original has no value.
public enum Assumption: Hashable, Sendable {
    /// The formula is not zero.
    case nonZero(Formula)
    /// The formula is above zero.
    case positive(Formula)
    /// The formula is not below zero.
    case nonNegative(Formula)
    /// The formula has a value.
    case defined(Formula)
}

extension Assumption: CustomStringConvertible {
    /// The condition, such as `x != 0`.
    public var description: String {
        switch self {
        case .nonZero(let formula): "\(formula) != 0"
        case .positive(let formula): "\(formula) > 0"
        case .nonNegative(let formula): "\(formula) >= 0"
        case .defined(let formula): "\(formula) is defined"
        }
    }
}
