/// Integrals of quotients of polynomials with rational coefficients.
enum PartialFractions {
    /// A factor of the denominator, monic, and how often it divides it.
    private typealias Factor = (polynomial: Polynomial, count: Int)

    /// An antiderivative; nil where the denominator has a factor that no rule here takes apart.
    static func antiderivative(of fraction: RationalFunction, _ x: Formula) -> Formula? {
        do {
            let (whole, rest) = try fraction.numerator.divided(by: fraction.denominator)
            let polynomial = whole.coefficients.enumerated().map { power, coefficient in
                Formula(coefficient) * x.raised(to: power + 1) / Formula(power + 1)
            }
            if rest.isZero { return .sum(polynomial) }
            let factors = try factors(of: fraction.denominator)
            var terms = polynomial
            for (numerator, factor, count) in try decomposition(rest, fraction.denominator, factors) {
                guard let term = integral(numerator, factor, count, x) else { return nil }
                terms.append(term)
            }
            return .sum(terms)
        } catch {
            return nil
        }
    }

    /// The denominator as a product of linear and quadratic factors, and of what could not be taken apart.
    private static func factors(of denominator: Polynomial) throws -> [Factor] {
        try denominator.squareFreeFactors.flatMap { factor, count in
            var rest = factor
            var parts: [Factor] = []
            for root in try factor.rationalRoots {
                guard let negated = root.negated else { throw Polynomial.Overflow() }
                let linear = Polynomial([negated, .one])
                parts.append((linear, count))
                rest = try rest.divided(by: linear).quotient
            }
            return parts + (try quadratics(in: rest).map { ($0, count) })
        }
    }

    /// Quadratic factors with small whole coefficients, and the rest.
    private static func quadratics(in polynomial: Polynomial) throws -> [Polynomial] {
        var rest = polynomial
        var result: [Polynomial] = []
        while rest.degree > 2 {
            guard let factor = try quadraticFactor(of: rest) else { break }
            result.append(factor)
            rest = try rest.divided(by: factor).quotient
        }
        return rest.degree > 0 ? result + [rest] : result
    }

    private static func quadraticFactor(of polynomial: Polynomial) throws -> Polynomial? {
        guard polynomial.degree >= 4, let constant = polynomial[0].isWhole ? polynomial[0].numerator : nil,
            polynomial.coefficients.allSatisfy(\.isWhole), constant.magnitude < 10_000
        else { return nil }
        for b in 1...max(1, Int(constant.magnitude)) where constant.isMultiple(of: b) {
            for signed in [b, -b] {
                for a in -12...12 {
                    let candidate = Polynomial([Rational(signed), Rational(a), .one])
                    if try polynomial.divided(by: candidate).remainder.isZero { return candidate }
                }
            }
        }
        return nil
    }

    /// Numerators over the powers of the factors, by comparing coefficients.
    private static func decomposition(
        _ numerator: Polynomial, _ denominator: Polynomial, _ factors: [Factor]
    ) throws -> [(numerator: Polynomial, factor: Polynomial, count: Int)] {
        var columns: [(factor: Int, count: Int, power: Int, polynomial: Polynomial)] = []
        for (index, factor) in factors.enumerated() {
            for count in 1...factor.count {
                let cofactor = try denominator.divided(by: try factor.polynomial.power(count)).quotient
                for power in 0..<factor.polynomial.degree {
                    let shifted = Polynomial(Array(repeating: .zero, count: power) + cofactor.coefficients)
                    columns.append((index, count, power, shifted))
                }
            }
        }
        let size = denominator.degree
        guard columns.count == size else { throw Polynomial.Overflow() }
        let rows = (0..<size).map { row in columns.map { $0.polynomial[row] } + [numerator[row]] }
        guard let solution = try LinearSystem.solution(of: rows) else { throw Polynomial.Overflow() }
        var result: [(Polynomial, Polynomial, Int)] = []
        for (index, factor) in factors.enumerated() {
            for count in 1...factor.count {
                let coefficients = columns.indices.filter { columns[$0].factor == index && columns[$0].count == count }
                    .map { solution[$0] }
                let part = Polynomial(coefficients)
                if !part.isZero { result.append((part, factor.polynomial, count)) }
            }
        }
        return result
    }

    /// ∫ numerator/factorⁿ
    private static func integral(_ numerator: Polynomial, _ factor: Polynomial, _ count: Int, _ x: Formula) -> Formula?
    {
        let base = factor.formula(of: x)
        switch factor.degree {
        case 1:
            let scale = Formula(numerator[0])
            return count == 1
                ? scale * .log(.abs(base)) : scale * .power(base, Formula(1 - count)) / Formula(1 - count)
        case 2:
            let quadratic = Quadratic(
                b: Formula(factor[1]), c: Formula(factor[0]), x: x)
            return quadratic.integral(slope: Formula(numerator[1]), constant: Formula(numerator[0]), count)
        case 4: return count == 1 ? biquadratic(numerator, factor, x) : nil
        default: return nil
        }
    }

    /// x⁴ + p·x² + q = (x² + a·x + b)·(x² − a·x + b) with b = √q and a = √(2b − p).
    private static func biquadratic(_ numerator: Polynomial, _ factor: Polynomial, _ x: Formula) -> Formula? {
        guard factor[1] == .zero, factor[3] == .zero, factor[0] > .zero else { return nil }
        let b = Formula.sqrt(Formula(factor[0])).simplified()
        let square = (.two * b - Formula(factor[2])).simplified()
        guard let value = try? square.evaluated(), value > 0 else { return nil }
        let a = Formula.sqrt(square).simplified()
        let n = (0...3).map { Formula(numerator[$0]) }
        let (sumOfConstants, difference) = (n[0] / b, (n[2] - n[0] / b) / a)
        let (slope1, slope2) = (.half * (n[3] - difference), .half * (n[3] + difference))
        let gap = (n[1] - b * n[3]) / a
        let (constant1, constant2) = (.half * (sumOfConstants - gap), .half * (sumOfConstants + gap))
        return Quadratic(b: a, c: b, x: x).integral(slope: slope1.simplified(), constant: constant1.simplified(), 1)
            + Quadratic(b: (-a).simplified(), c: b, x: x)
            .integral(slope: slope2.simplified(), constant: constant2.simplified(), 1)
    }
}

/// x² + b·x + c without rational zeros.
private struct Quadratic {
    let b: Formula
    let c: Formula
    let x: Formula

    private var formula: Formula { x.squared + b * x + c }
    /// 4c − b²: above zero where there are no real zeros.
    private var determinant: Formula { (Formula(4) * c - b.squared).simplified() }

    /// ∫ (slope·x + constant)/(x² + b·x + c)ⁿ
    func integral(slope: Formula, constant: Formula, _ count: Int) -> Formula {
        let rest = (constant - slope * b / .two).simplified()
        let first: Formula
        if slope.isZero {
            first = .zero
        } else if count == 1 {
            first = slope / .two * .log(isPositive ? formula : .abs(formula))
        } else {
            first = slope / Formula(2 * (1 - count)) * .power(formula, Formula(1 - count))
        }
        return rest.isZero ? first : first + rest * inverse(count)
    }

    private var isPositive: Bool { ((try? determinant.evaluated()) ?? -1) > 0 }

    /// ∫ 1/(x² + b·x + c)ⁿ
    private func inverse(_ count: Int) -> Formula {
        let derivative = .two * x + b
        guard count > 1 else {
            if isPositive {
                let root = Formula.sqrt(determinant)
                return .two / root * .atan(derivative / root)
            }
            let root = Formula.sqrt(-determinant)
            return .one / root * .log(.abs((derivative - root) / (derivative + root)))
        }
        let scale = Formula(count - 1) * determinant
        return derivative / (scale * .power(formula, Formula(count - 1)))
            + Formula(2 * (2 * count - 3)) / scale * inverse(count - 1)
    }
}

/// Linear equations with rational coefficients.
enum LinearSystem {
    /// The solution of a square system whose rows end in the right-hand side, by Gaussian elimination; nil where it is singular.
    static func solution(of rows: [[Rational]]) throws -> [Rational]? {
        func fitting(_ rational: Rational?) throws -> Rational {
            guard let rational else { throw Polynomial.Overflow() }
            return rational
        }
        var rows = rows
        for column in rows.indices {
            guard let pivot = (column..<rows.count).first(where: { rows[$0][column] != .zero }) else { return nil }
            rows.swapAt(column, pivot)
            let inverse = try fitting(rows[column][column].reciprocal)
            rows[column] = try rows[column].map { try fitting(.product($0, inverse)) }
            for row in rows.indices where row != column && rows[row][column] != .zero {
                let factor = try fitting(rows[row][column].negated)
                for place in rows[row].indices {
                    let product = try fitting(.product(rows[column][place], factor))
                    rows[row][place] = try fitting(.sum(rows[row][place], product))
                }
            }
        }
        return rows.map { $0[rows.count] }
    }
}
