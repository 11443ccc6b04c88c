/// A polynomial of one variable with exact coefficients; the power of each is its place.
///
/// Arithmetic throws where a coefficient does not fit machine integers.
struct Polynomial: Hashable {
    /// A coefficient that does not fit.
    struct Overflow: Error {}

    /// From the constant upwards; the last is not zero.
    let coefficients: [Rational]

    init(_ coefficients: [Rational]) {
        let count = (coefficients.lastIndex { $0 != .zero } ?? -1) + 1
        self.coefficients = Array(coefficients.prefix(count))
    }

    static let zero = Polynomial([])
    static let one = Polynomial([.one])
    static let x = Polynomial([.zero, .one])

    /// −1 for the polynomial 0.
    var degree: Int { coefficients.count - 1 }
    var isZero: Bool { coefficients.isEmpty }
    var leading: Rational { coefficients.last ?? .zero }

    subscript(power: Int) -> Rational { power < coefficients.count ? coefficients[power] : .zero }

    private static func fitting(_ rational: Rational?) throws -> Rational {
        guard let rational else { throw Overflow() }
        return rational
    }

    static func + (a: Polynomial, b: Polynomial) throws -> Polynomial {
        Polynomial(try (0..<max(a.coefficients.count, b.coefficients.count)).map { try fitting(.sum(a[$0], b[$0])) })
    }

    static func - (a: Polynomial, b: Polynomial) throws -> Polynomial { try a + b.scaled(by: Rational(-1)) }

    static func * (a: Polynomial, b: Polynomial) throws -> Polynomial {
        guard !a.isZero, !b.isZero else { return .zero }
        var result = [Rational](repeating: .zero, count: a.degree + b.degree + 1)
        for (i, left) in a.coefficients.enumerated() where left != .zero {
            for (j, right) in b.coefficients.enumerated() {
                result[i + j] = try fitting(.sum(result[i + j], try fitting(.product(left, right))))
            }
        }
        return Polynomial(result)
    }

    func scaled(by factor: Rational) throws -> Polynomial {
        Polynomial(try coefficients.map { try Self.fitting(.product($0, factor)) })
    }

    func power(_ exponent: Int) throws -> Polynomial {
        try (0..<exponent).reduce(.one) { power, _ in try power * self }
    }

    /// Quotient and remainder of a division by a polynomial that is not zero.
    func divided(by divisor: Polynomial) throws -> (quotient: Polynomial, remainder: Polynomial) {
        guard degree >= divisor.degree, !divisor.isZero else { return (.zero, self) }
        var rest = coefficients
        var quotient = [Rational](repeating: .zero, count: degree - divisor.degree + 1)
        for power in quotient.indices.reversed() {
            let factor = try Self.fitting(.quotient(rest[power + divisor.degree], divisor.leading))
            quotient[power] = factor
            for (index, coefficient) in divisor.coefficients.enumerated() {
                let product = try Self.fitting(.product(coefficient, factor))
                rest[power + index] = try Self.fitting(.sum(rest[power + index], try Self.fitting(product.negated)))
            }
        }
        return (Polynomial(quotient), Polynomial(Array(rest.prefix(divisor.degree))))
    }

    /// The polynomial with the leading coefficient 1.
    var monic: Polynomial {
        get throws { isZero ? self : try scaled(by: try Self.fitting(leading.reciprocal)) }
    }

    /// The greatest common divisor, monic, by Euclid's algorithm.
    static func greatestCommonDivisor(_ a: Polynomial, _ b: Polynomial) throws -> Polynomial {
        var (a, b) = (a, b)
        while !b.isZero { (a, b) = (b, try a.divided(by: b).remainder.monic) }
        return try a.monic
    }

    var derivative: Polynomial {
        get throws {
            Polynomial(
                try coefficients.enumerated().dropFirst().map { try Self.fitting(.product(Rational($0), $1)) })
        }
    }

    /// The value at a point, by Horner's rule.
    func value(at x: Rational) throws -> Rational {
        try coefficients.reversed().reduce(.zero) { try Self.fitting(.sum(try Self.fitting(.product($0, x)), $1)) }
    }

    /// The polynomial as a formula of `x`.
    func formula(of x: Formula) -> Formula {
        .sum(
            coefficients.enumerated().reversed().compactMap { power, coefficient in
                coefficient == .zero ? nil : Formula(coefficient) * x.raised(to: power)
            })
    }
}

extension Polynomial {
    /// The factors without square factors, with how often each divides the polynomial (Yun 1976); leading coefficients are 1.
    var squareFreeFactors: [(factor: Polynomial, count: Int)] {
        get throws {
            guard degree >= 1 else { return [] }
            var result: [(factor: Polynomial, count: Int)] = []
            let monic = try monic
            var common = try Polynomial.greatestCommonDivisor(monic, try monic.derivative)
            var rest = try monic.divided(by: common).quotient
            var count = 1
            while rest.degree >= 1 {
                let next = try Polynomial.greatestCommonDivisor(rest, common)
                let factor = try rest.divided(by: next).quotient
                if factor.degree >= 1 { result.append((try factor.monic, count)) }
                (rest, common) = (next, try common.divided(by: next).quotient)
                count += 1
            }
            return result
        }
    }

    /// The rational zeros, each once: quotients of divisors of the outer coefficients.
    var rationalRoots: [Rational] {
        get throws {
            guard degree >= 1 else { return [] }
            // Whole coefficients.
            var scale = 1
            for coefficient in coefficients {
                let common = Int(LeibnizSymbolic.greatestCommonDivisor(UInt(scale), UInt(coefficient.denominator)))
                let (next, overflow) = (scale / common).multipliedReportingOverflow(by: coefficient.denominator)
                guard !overflow else { throw Overflow() }
                scale = next
            }
            let whole = try scaled(by: Rational(scale))
            guard whole[0] != .zero else {
                let lowest = coefficients.firstIndex { $0 != .zero } ?? 0
                return [.zero] + (try Polynomial(Array(coefficients.dropFirst(lowest))).rationalRoots)
            }
            guard let above = divisors(whole[0].numerator), let below = divisors(whole.leading.numerator),
                above.count * below.count <= 20_000
            else { return [] }
            var roots: Set<Rational> = []
            for numerator in above {
                for denominator in below {
                    for signed in [numerator, -numerator] {
                        guard let candidate = Rational(signed, denominator), !roots.contains(candidate) else {
                            continue
                        }
                        if (try? whole.value(at: candidate)) == .zero { roots.insert(candidate) }
                    }
                }
            }
            return roots.sorted()
        }
    }

    private func divisors(_ number: Int) -> [Int]? {
        guard let primes = factorized(Swift.abs(number)) else { return nil }
        return primes.reduce([1]) { divisors, entry in
            (0...entry.count).flatMap { count in
                let factor = (0..<count).reduce(1) { product, _ in product * entry.prime }
                return divisors.map { $0 * factor }
            }
        }
    }
}
