/// A quotient of two machine integers, in lowest terms with a denominator above zero.
///
/// Arithmetic answers nil where a result does not fit; nothing wraps around and nothing is rounded.
public struct Rational: Hashable, Sendable {
    /// The numerator, which carries the sign.
    public let numerator: Int
    /// The denominator, above zero.
    public let denominator: Int

    /// A whole number.
    public init(_ whole: Int) { (numerator, denominator) = (whole, 1) }

    /// A quotient in lowest terms; nil where the denominator is zero or a part does not fit.
    public init?(_ numerator: Int, _ denominator: Int) {
        guard denominator != 0 else { return nil }
        let divisor = greatestCommonDivisor(numerator.magnitude, denominator.magnitude)
        let above = numerator.magnitude / divisor
        let below = denominator.magnitude / divisor
        // The least integer has no positive twin.
        guard above <= UInt(Int.max), below <= UInt(Int.max) else { return nil }
        let isNegative = (numerator < 0) != (denominator < 0)
        self.numerator = isNegative ? -Int(above) : Int(above)
        self.denominator = Int(below)
    }

    static let zero = Rational(0)
    static let one = Rational(1)

    /// Whether it is a whole number.
    public var isWhole: Bool { denominator == 1 }

    /// The nearest number of double precision.
    public var doubleValue: Double { Double(numerator) / Double(denominator) }

    static func sum(_ a: Rational, _ b: Rational) -> Rational? {
        if a.isWhole, b.isWhole {
            let (sum, overflow) = a.numerator.addingReportingOverflow(b.numerator)
            return overflow || sum == Int.min ? nil : Rational(sum)
        }
        let (left, overflow1) = a.numerator.multipliedReportingOverflow(by: b.denominator)
        let (right, overflow2) = b.numerator.multipliedReportingOverflow(by: a.denominator)
        let (above, overflow3) = left.addingReportingOverflow(right)
        let (below, overflow4) = a.denominator.multipliedReportingOverflow(by: b.denominator)
        return overflow1 || overflow2 || overflow3 || overflow4 ? nil : Rational(above, below)
    }

    static func product(_ a: Rational, _ b: Rational) -> Rational? {
        if a.isWhole, b.isWhole {
            let (product, overflow) = a.numerator.multipliedReportingOverflow(by: b.numerator)
            return overflow || product == Int.min ? nil : Rational(product)
        }
        // Crosswise reduction first: the result fits whenever its lowest terms do.
        guard let first = Rational(a.numerator, b.denominator), let second = Rational(b.numerator, a.denominator) else {
            return nil
        }
        let (above, overflow1) = first.numerator.multipliedReportingOverflow(by: second.numerator)
        let (below, overflow2) = first.denominator.multipliedReportingOverflow(by: second.denominator)
        return overflow1 || overflow2 ? nil : Rational(above, below)
    }

    static func quotient(_ a: Rational, _ b: Rational) -> Rational? { b.reciprocal.flatMap { product(a, $0) } }

    var negated: Rational? { Rational(numerator, -denominator) }
    var reciprocal: Rational? { Rational(denominator, numerator) }

    /// The power with a whole exponent, by repeated squaring.
    func power(_ exponent: Int) -> Rational? {
        guard exponent >= 0 else { return exponent == Int.min ? nil : reciprocal?.power(-exponent) }
        guard exponent <= 256 || [-1, 0, 1].contains(numerator) && denominator == 1 else { return nil }
        var (result, square, rest) = (Rational.one, self, exponent)
        while rest > 0 {
            if rest & 1 == 1 {
                guard let next = Rational.product(result, square) else { return nil }
                result = next
            }
            rest >>= 1
            if rest > 0 {
                guard let next = Rational.product(square, square) else { return nil }
                square = next
            }
        }
        return result
    }

    /// The greatest whole number not above it.
    var floor: Int {
        let (quotient, remainder) = numerator.quotientAndRemainder(dividingBy: denominator)
        return remainder < 0 ? quotient - 1 : quotient
    }
}

extension Rational: Comparable {
    /// Whether a is below b.
    public static func < (a: Rational, b: Rational) -> Bool {
        let left = a.numerator.multipliedFullWidth(by: b.denominator)
        let right = b.numerator.multipliedFullWidth(by: a.denominator)
        return left.high != right.high ? left.high < right.high : left.low < right.low
    }
}

extension Rational: CustomStringConvertible {
    /// The quotient as text, such as `-2/3`.
    public var description: String { isWhole ? "\(numerator)" : "\(numerator)/\(denominator)" }
}

/// Euclid's algorithm; the divisor of two zeros is 1.
func greatestCommonDivisor(_ a: UInt, _ b: UInt) -> UInt {
    var (a, b) = (a, b)
    while b != 0 { (a, b) = (b, a % b) }
    return a == 0 ? 1 : a
}
