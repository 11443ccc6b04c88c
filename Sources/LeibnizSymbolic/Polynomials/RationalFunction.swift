/// A quotient of two polynomials of one variable.
struct RationalFunction {
    let numerator: Polynomial
    let denominator: Polynomial

    private static let maximumDegree = 60

    /// The quotient in lowest terms, the denominator monic.
    init(_ numerator: Polynomial, _ denominator: Polynomial) throws {
        guard !denominator.isZero else { throw Polynomial.Overflow() }
        let common = try Polynomial.greatestCommonDivisor(numerator, denominator)
        let (above, below) = (try numerator.divided(by: common).quotient, try denominator.divided(by: common).quotient)
        guard let scale = below.leading.reciprocal else { throw Polynomial.Overflow() }
        self.numerator = try above.scaled(by: scale)
        self.denominator = try below.scaled(by: scale)
    }

    /// What a formula of `x` is, where it is made of it and rational numbers by arithmetic alone; nil where not, or too large.
    init?(_ formula: Formula, of x: Formula) {
        struct Other: Error {}
        do {
            let parts = try formula.folded { part, operands -> (above: Polynomial, below: Polynomial) in
                if part == x { return (.x, .one) }
                switch part.kind {
                case .number(let number):
                    guard let rational = number.rational else { throw Other() }
                    return (Polynomial([rational]), .one)
                case .sum:
                    return try operands.reduce((Polynomial.zero, Polynomial.one)) { sum, term in
                        if sum.1 == term.below { return (try sum.0 + term.above, sum.1) }
                        return try Self.checked(try sum.0 * term.below + term.above * sum.1, try sum.1 * term.below)
                    }
                case .product:
                    return try operands.reduce((Polynomial.one, Polynomial.one)) {
                        try Self.checked(try $0.0 * $1.above, try $0.1 * $1.below)
                    }
                case .power:
                    guard let exponent = part.operands[1].number?.whole, exponent.magnitude <= 40 else { throw Other() }
                    let base =
                        exponent < 0 ? (operands[0].below, operands[0].above) : (operands[0].above, operands[0].below)
                    guard (base.0.degree + base.1.degree) * Int(exponent.magnitude) <= Self.maximumDegree * 2,
                        !base.1.isZero
                    else { throw Other() }
                    return (
                        try base.0.power(Int(exponent.magnitude)), try base.1.power(Int(exponent.magnitude))
                    )
                default: throw Other()
                }
            }
            try self.init(parts.above, parts.below)
        } catch {
            return nil
        }
    }

    private static func checked(_ above: Polynomial, _ below: Polynomial) throws -> (Polynomial, Polynomial) {
        guard max(above.degree, below.degree) <= maximumDegree else { throw Polynomial.Overflow() }
        return (above, below)
    }
}

extension Formula {
    /// The formula as one fraction in lowest terms, where it is a rational function of one variable.
    func cancelled(_ assumptions: inout [Assumption]) -> Formula? {
        guard variables.count == 1, isRationalFunction, holdsDivisor else { return nil }
        let x = Formula.variable(variables[0])
        guard let fraction = RationalFunction(self, of: x) else { return nil }
        let below = fraction.denominator.formula(of: x)
        // What was divided by before, and may be zero where the fraction is not.
        var divisors: Set<Formula> = []
        _ = folded { part, _ in
            if part.isDivisor, part.operands[0] != below { divisors.insert(part.operands[0]) }
            return 0
        }
        for divisor in divisors.sorted(by: { Formula.compare($0, $1) < 0 }) where !divisor.isNonZero {
            assumptions.append(.nonZero(divisor))
        }
        return fraction.numerator.formula(of: x) / below
    }
}
