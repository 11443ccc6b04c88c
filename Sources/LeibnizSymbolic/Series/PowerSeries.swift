/// The beginning of a series Σ cᵢ·tⁱ, from a lowest power on, which may be below zero, up to a power that is not known any more.
///
/// Coefficients are formulas without t. The first is not zero, unless all that are known are.
struct PowerSeries {
    /// Why a formula has no such series here, or none that was found.
    struct Failure: Error {
        /// What another attempt may do about it.
        enum Cure {
            case moreTerms
            /// Another variable, of which this one is a power.
            case root
        }

        let reason: String
        var cure: Cure?

        static let noTerm = Failure(reason: "no term but zeros is known", cure: .moreTerms)
    }

    /// The power of the first coefficient.
    let lowest: Int
    let coefficients: [Formula]

    /// The first power that is not known.
    var end: Int { lowest + coefficients.count }

    init(_ lowest: Int, _ coefficients: [Formula]) throws {
        let settled = try coefficients.map(Self.settled)
        let zeros = settled.firstIndex { !$0.isZero } ?? settled.count
        self.lowest = lowest + zeros
        self.coefficients = Array(settled.dropFirst(zeros))
    }

    /// A constant, known for so many terms.
    init(constant: Formula, _ count: Int) throws {
        try self.init(0, [constant] + Array(repeating: .zero, count: Swift.max(0, count - 1)))
    }

    var isZero: Bool { coefficients.isEmpty }
    var leading: Formula { coefficients.first ?? .zero }

    subscript(power: Int) -> Formula {
        power >= lowest && power < end ? coefficients[power - lowest] : .zero
    }

    /// A coefficient simplified, so that zero is 0. What is zero only as far as numbers tell is no coefficient to build on.
    private static func settled(_ coefficient: Formula) throws -> Formula {
        let simple = coefficient.simplified()
        if simple.number == nil, simple.variables.isEmpty, let value = try? simple.evaluated(), Swift.abs(value) < 1e-13
        {
            throw Failure(reason: "it could not be decided whether \(simple) is zero")
        }
        guard simple.size < 2000 else { throw Failure(reason: "a coefficient grew too large") }
        return simple
    }

    static func + (a: PowerSeries, b: PowerSeries) throws -> PowerSeries {
        let (lowest, end) = (Swift.min(a.lowest, b.lowest), Swift.min(a.end, b.end))
        guard lowest < end else { return try PowerSeries(end, []) }
        return try PowerSeries(lowest, (lowest..<end).map { a[$0] + b[$0] })
    }

    static func * (a: PowerSeries, b: PowerSeries) throws -> PowerSeries {
        let count = Swift.min(a.coefficients.count, b.coefficients.count)
        let coefficients = (0..<count).map { power in
            Formula.sum(
                (0...power).compactMap { i in
                    let (left, right) = (a.coefficients[i], b.coefficients[power - i])
                    return left.isZero || right.isZero ? nil : left * right
                })
        }
        return try PowerSeries(a.lowest + b.lowest, coefficients)
    }

    func scaled(by factor: Formula) throws -> PowerSeries { try PowerSeries(lowest, coefficients.map { $0 * factor }) }

    /// The series to a number's power: (c·tᵛ·(1 + g))ʳ = cʳ·tᵛʳ·(1 + g)ʳ, the last by n·pₙ = Σ (k·(r + 1) − n)·gₖ·pₙ₋ₖ
    /// (J. C. P. Miller).
    func power(_ exponent: Rational) throws -> PowerSeries {
        guard !isZero else { throw Failure.noTerm }
        guard let shift = Rational.product(Rational(lowest), exponent), shift.isWhole else {
            throw Failure(reason: "a root has no series in whole powers", cure: .root)
        }
        let inverse = Formula.one / leading
        let g = try coefficients.map { try Self.settled($0 * inverse) }
        var p: [Formula] = [.one]
        for n in coefficients.indices.dropFirst() {
            let terms = try (1...n).compactMap { k -> Formula? in
                guard !g[k].isZero, !p[n - k].isZero else { return nil }
                guard let next = Rational.sum(exponent, .one), let scaled = Rational.product(next, Rational(k)),
                    let factor = Rational.sum(scaled, Rational(-n))
                else { throw Failure(reason: "a coefficient grew too large") }
                return Formula(factor) * g[k] * p[n - k]
            }
            p.append(try Self.settled(.sum(terms) / Formula(n)))
        }
        if !exponent.isWhole, let value = try? leading.evaluated(), value < 0 {
            throw Failure(reason: "\(leading) has no real root")
        }
        let scale = Formula.power(leading, Formula(exponent))
        return try PowerSeries(shift.numerator, p.map { $0 * scale })
    }

    /// The part of the series with powers above zero, and the constant. Throws where powers below zero are left.
    func split() throws -> (constant: Formula, rest: PowerSeries) {
        guard end > 0 else { throw Failure(reason: "no term is known", cure: .moreTerms) }
        guard lowest >= 0 else { throw Failure(reason: "it grows without bound") }
        guard lowest == 0 else { return (.zero, self) }
        // eˡⁿᵗ is a power of t, no constant.
        guard !self[0].depends(on: LimitSearch.logarithm) else { throw Failure(reason: "it grows without bound") }
        return (self[0], try PowerSeries(1, Array(coefficients.dropFirst())))
    }

    /// eᵘ by n·eₙ = Σ k·uₖ·eₙ₋ₖ.
    func exponential() throws -> PowerSeries {
        let (constant, rest) = try split()
        var result: [Formula] = [.exp(constant).simplified()]
        for n in 1..<Swift.max(1, end) {
            let terms = (1...n).map { Formula($0) * rest[$0] * result[n - $0] }
            result.append(try Self.settled(.sum(terms) / Formula(n)))
        }
        return try PowerSeries(0, result)
    }

    /// sin u and cos u together: n·sₙ = Σ k·uₖ·cₙ₋ₖ, n·cₙ = −Σ k·uₖ·sₙ₋ₖ.
    func sineAndCosine() throws -> (sine: PowerSeries, cosine: PowerSeries) {
        let (constant, rest) = try split()
        var sine: [Formula] = [Formula.sin(constant).simplified()]
        var cosine: [Formula] = [Formula.cos(constant).simplified()]
        for n in 1..<Swift.max(1, end) {
            let (s, c) = (sine, cosine)
            sine.append(try Self.settled(.sum((1...n).map { Formula($0) * rest[$0] * c[n - $0] }) / Formula(n)))
            cosine.append(try Self.settled(-.sum((1...n).map { Formula($0) * rest[$0] * s[n - $0] }) / Formula(n)))
        }
        return (try PowerSeries(0, sine), try PowerSeries(0, cosine))
    }

    var derivative: PowerSeries {
        get throws {
            try PowerSeries(lowest - 1, coefficients.enumerated().map { Formula(lowest + $0) * $1 })
        }
    }

    /// The antiderivative with a constant; a term in 1/t has none.
    func integral(constant: Formula) throws -> PowerSeries {
        guard self[-1].isZero else { throw Failure(reason: "a logarithm would arise") }
        let terms = coefficients.enumerated().map { index, coefficient in
            lowest + index == -1 ? .zero : coefficient / Formula(lowest + index + 1)
        }
        let integral = try PowerSeries(lowest + 1, terms)
        return try PowerSeries(constant: constant, Swift.max(0, integral.end)) + integral
    }
}
