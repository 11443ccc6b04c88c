/// Expands formulas in powers of a variable that goes to zero from above.
///
/// The variable's logarithm may stand for itself: it is a constant among powers, and the coefficients hold it by name.
struct SeriesExpansion {
    let variable: String
    /// How many terms are computed of each part.
    let count: Int
    /// The name that stands for the variable's logarithm; nil where none may occur.
    let logarithm: String?

    private typealias Failure = PowerSeries.Failure

    func series(of formula: Formula) throws -> PowerSeries {
        try formula.folded { part, operands in
            guard part.depends(on: variable) else { return try PowerSeries(constant: part, count) }
            return try expanded(part, operands)
        }
    }

    private func expanded(_ part: Formula, _ operands: [PowerSeries]) throws -> PowerSeries {
        switch part.kind {
        case .variable: return try PowerSeries(1, [.one] + Array(repeating: .zero, count: Swift.max(0, count - 1)))
        case .sum: return try operands.dropFirst().reduce(operands[0]) { try $0 + $1 }
        case .product: return try operands.dropFirst().reduce(operands[0]) { try $0 * $1 }
        case .power:
            if let exponent = part.operands[1].rational { return try operands[0].power(exponent) }
            // bᵛ = exp(v·ln b)
            return try (operands[1] * logarithm(of: operands[0])).exponential()
        case .function(let function): return try called(function, operands, part)
        case .piecewise(let relations):
            for (index, relation) in relations.enumerated() {
                let difference = try operands[3 * index] + operands[3 * index + 1].scaled(by: .minusOne)
                if relation.holds(Double(try sign(of: difference)), 0) { return operands[3 * index + 2] }
            }
            return operands[3 * relations.count]
        case .number, .constant, .series, .integral, .derivative:
            throw Failure(reason: "\(part) has no series here")
        }
    }

    /// ln(c·tᵛ·(1 + g)) = ln c + v·ln t + ∫ g′/(1 + g)
    private func logarithm(of u: PowerSeries) throws -> PowerSeries {
        guard !u.isZero else { throw Failure.noTerm }
        let monic = try PowerSeries(0, u.coefficients.map { $0 / u.leading })
        let slope = try monic.derivative * monic.power(Rational(-1))
        if let value = try? u.leading.evaluated(), value <= 0 { throw Failure(reason: "a logarithm of \(u.leading)") }
        var constant = Formula.log(u.leading)
        if u.lowest != 0 {
            guard let logarithm else { throw Failure(reason: "the logarithm of the variable is no power of it") }
            constant = constant + Formula(u.lowest) * .variable(logarithm)
        }
        return try slope.integral(constant: constant.simplified())
    }

    /// −1, 0 or 1: the sign of a series just above zero.
    private func sign(of u: PowerSeries) throws -> Int {
        if u.isZero { throw Failure.noTerm }
        guard let value = try? u.leading.evaluated() else {
            throw Failure(reason: "the sign of \(u.leading) is not known")
        }
        return value > 0 ? 1 : -1
    }

    private func called(
        _ function: Formula.Function, _ operands: [PowerSeries], _ part: Formula
    ) throws -> PowerSeries {
        let u = operands[0]
        func one() throws -> PowerSeries { try PowerSeries(constant: .one, count) }
        func exponential(_ sign: Int) throws -> PowerSeries { try u.scaled(by: Formula(sign)).exponential() }
        func hyperbolic(_ sign: Int) throws -> PowerSeries {
            try (exponential(1) + exponential(-1).scaled(by: Formula(sign))).scaled(by: .half)
        }
        func inverse(_ series: PowerSeries) throws -> PowerSeries { try series.power(Rational(-1)) }
        switch function {
        case .exp: return try u.exponential()
        case .log: return try logarithm(of: u)
        case .log2: return try logarithm(of: u).scaled(by: .one / .log(.two))
        case .log10: return try logarithm(of: u).scaled(by: .one / .log(Formula(10)))
        case .sin: return try u.sineAndCosine().sine
        case .cos: return try u.sineAndCosine().cosine
        case .sec: return try inverse(u.sineAndCosine().cosine)
        case .csc: return try inverse(u.sineAndCosine().sine)
        case .tan:
            let (sine, cosine) = try u.sineAndCosine()
            return try sine * inverse(cosine)
        case .cot:
            let (sine, cosine) = try u.sineAndCosine()
            return try cosine * inverse(sine)
        case .sinh: return try hyperbolic(-1)
        case .cosh: return try hyperbolic(1)
        case .tanh: return try hyperbolic(-1) * inverse(hyperbolic(1))
        case .sigmoid: return try inverse(one() + exponential(-1))
        case .softplus: return try logarithm(of: one() + exponential(1))
        case .abs: return try sign(of: u) > 0 ? u : u.scaled(by: .minusOne)
        case .sign: return try PowerSeries(constant: Formula(sign(of: u)), count)
        case .relu: return try sign(of: u) > 0 ? u : PowerSeries(constant: .zero, count)
        case .cbrt:
            let isNegative = try sign(of: u) < 0
            let root = try (isNegative ? u.scaled(by: .minusOne) : u).power(Rational(1, 3) ?? .one)
            return isNegative ? try root.scaled(by: .minusOne) : root
        case .asin, .acos, .atan, .asinh, .acosh, .atanh, .erf, .erfc:
            return try integrated(function, u)
        case .gamma: return try gamma(u)
        case .factorial: return try gamma(u + one())
        case .lgamma, .digamma: return try differentiated(function, u)
        case .floor, .ceil:
            let (constant, rest) = try u.split()
            guard let number = constant.number else { throw Failure(reason: "it is not known where the steps are") }
            let step = number.whole == nil || rest.isZero ? 0 : try sign(of: rest)
            let shift = function == .floor ? Swift.min(0, step) : Swift.max(0, step)
            let value = Formula.function(function, [constant]) + Formula(shift)
            return try PowerSeries(constant: value.simplified(), count)
        case .polygamma, .beta, .min, .max:
            throw Failure(reason: "\(function.rawValue) has no series here")
        }
    }

    /// Γ(u) = Γ(u + n)/(u·(u + 1)·…·(u + n − 1)) near the poles.
    private func gamma(_ u: PowerSeries) throws -> PowerSeries {
        guard let whole = try u.split().constant.number?.whole, whole <= 0 else { return try differentiated(.gamma, u) }
        guard whole > -20 else { throw Failure(reason: "the pole is too far below zero") }
        var below = try PowerSeries(constant: .one, count)
        for shift in 0...(-whole) { below = try below * (u + PowerSeries(constant: Formula(shift), count)) }
        let above = try u + PowerSeries(constant: Formula(1 - whole), count)
        return try differentiated(.gamma, above) * below.power(Rational(-1))
    }

    /// f(u) = f(u₀) + ∫ f′(u)·u′, where f′ is a formula of simpler functions.
    private func integrated(_ function: Formula.Function, _ u: PowerSeries) throws -> PowerSeries {
        let name = "u₀"
        guard let partial = function.partial(0, [.variable(name)]) else { throw Failure(reason: "no derivative") }
        let (constant, _) = try u.split()
        let start = Formula.function(function, [constant]).simplified()
        guard start.variables.count > 0 || (try? start.evaluated()) != nil else {
            throw Failure(reason: "\(start) has no value")
        }
        let slope = try partial.folded { (part, operands: [PowerSeries]) -> PowerSeries in
            if part == .variable(name) { return u }
            return part.depends(on: name) ? try expanded(part, operands) : try PowerSeries(constant: part, count)
        }
        return try (slope * u.derivative).integral(constant: start)
    }

    /// f(u₀ + w) = Σ f⁽ᵏ⁾(u₀)/k!·wᵏ
    private func differentiated(_ function: Formula.Function, _ u: PowerSeries) throws -> PowerSeries {
        let (constant, rest) = try u.split()
        let name = "u₀"
        var derivative = Formula.function(function, [.variable(name)])
        var power = try PowerSeries(constant: .one, Swift.max(1, u.end))
        var sum = try PowerSeries(constant: .zero, Swift.max(1, u.end))
        var factorial = Formula.one
        for k in 0..<Swift.max(1, u.end) {
            let value = derivative.substituting([name: constant]).simplified()
            guard value.variables.count > 0 || (try? value.evaluated()) != nil else {
                throw Failure(reason: "\(function.rawValue) has a pole at \(constant)")
            }
            sum = try sum + power.scaled(by: value / factorial)
            power = try power * rest
            factorial = factorial * Formula(k + 1)
            derivative = try derivative.differentiated(by: name)
            guard derivative.size < 2000 else { throw Failure(reason: "the derivatives grow too large") }
        }
        return sum
    }
}
