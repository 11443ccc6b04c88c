/// A function of one scalar. The result has the operand's type but where said otherwise.
public enum UnaryOperation: String, Hashable, Sendable, CaseIterable {
    case negate, abs
    /// −1, 0 or 1; NaN stays NaN.
    case sign
    case exp
    /// eˣ − 1 without cancellation near 0.
    case expm1
    case log
    /// log(1 + x) without cancellation near 0.
    case log1p
    case sqrt
    /// 1/√x.
    case rsqrt
    case sin, cos, tan, asin, acos, atan, sinh, cosh, tanh
    /// 1/(1 + e⁻ˣ), right for large |x| of both signs.
    case sigmoid
    case erf
    /// log |Γ(x)|.
    case lgamma
    /// Γ′(x)/Γ(x).
    case digamma
    case floor, ceil
    /// To the nearest integer, halves to even.
    case round
    /// Logical for `bool`, bit by bit for integers.
    case not
    /// Result `bool`.
    case isNaN
    /// Result `bool`.
    case isFinite

    /// Whether generated code computes it on vectors, by some twenty instructions of which each waits for the one before.
    var isPolynomial: Bool {
        switch self {
        case .exp, .expm1, .log, .log1p, .sin, .cos, .tanh, .sigmoid, .erf: true
        default: false
        }
    }
}

/// A function of two scalars of one type, which is also the result's.
public enum BinaryOperation: String, Hashable, Sendable, CaseIterable {
    /// Integers wrap around.
    case add, subtract, multiply
    /// IEEE for floating point. Integers: towards zero, x/0 = 0, and least/−1 wraps.
    case divide
    /// The remainder with the sign of the divisor, x − floor(x/y)·y, as Python's `%`. Integers: x mod 0 = 0.
    case remainder
    /// x to the y; IEEE `pow` for floating point. Integers: by squaring, negative exponents give 0 (but 1 and −1 keep their powers).
    case power
    case atan2
    /// The greater; NaN if either is NaN. For `bool`: or.
    case max
    /// The lesser; NaN if either is NaN. For `bool`: and.
    case min
    /// Logical for `bool`, bit by bit for integers.
    case and, or, xor
    /// Integers only; a count outside 0 ..< bits gives 0 (shiftRight of a negative number: −1).
    case shiftLeft, shiftRight
}

/// A comparison of two scalars of one type; the result is `bool`. With NaN only `notEqual` is true.
public enum Comparison: String, Hashable, Sendable, CaseIterable {
    case equal, notEqual, less, lessOrEqual, greater, greaterOrEqual
}

/// How a reduction combines its values. All are associative; the schedule fixes the order.
public enum ReductionOperation: String, Hashable, Sendable, CaseIterable {
    /// Identity 0; integers wrap.
    case sum
    /// Identity 1; integers wrap.
    case product
    /// Identity −∞ or the least integer or false; NaN wins.
    case max
    /// Identity +∞ or the greatest integer or true; NaN wins.
    case min
    /// The position, counted row-major over the stage's axes, of the first greatest value, as `int64`; the first NaN wins. −1 over nothing.
    case argMax
    /// As `argMax`, for the least value.
    case argMin
}
