/// From where a variable comes to the point of a limit.
public enum LimitSide: String, Sendable, CaseIterable {
    /// From both sides; the limits must agree.
    case both
    /// From below.
    case below
    /// From above.
    case above
}

extension Formula {
    /// The limit as a variable goes to a point: a formula, `infinity` or `-infinity`.
    ///
    /// The point is moved to zero from above and the first term of a series is read off, with logarithms among the
    /// coefficients. Where exponentials grow faster than powers, their logarithms are compared; powers uᵛ are exp(v·ln u);
    /// quotients that are left are differentiated above and below (ℓ'Hôpital), five times at most. Numbers near the point must
    /// not contradict the answer.
    ///
    /// - Parameters:
    ///   - variable: the variable.
    ///   - point: a formula without the variable; `infinity` and `-infinity` too.
    ///   - side: from where; from both sides by default, and from the finite side of an infinite point.
    /// - Throws: a `SymbolicError`: `noAnswer` where the sides differ, `notFound` where no rule leads to an answer.
    public func limit(
        by variable: String, to point: Formula, from side: LimitSide = .both
    ) throws(SymbolicError) -> Formula {
        let formula = try carryingOutDerivatives()
        guard !point.depends(on: variable) else {
            throw SymbolicError(.argument, "the point must not hold \(variable)", in: point)
        }
        guard formula.depends(on: variable) else { return formula.simplified() }
        let t = Formula.variable(LimitSearch.name)
        if point.holdsInfinity {
            let isNegative = point.coefficientAndRest.coefficient.isNegative
            let substitute = isNegative ? -(Formula.one / t) : .one / t
            return try LimitSearch.limit(formula.substituting([variable: substitute]), of: self)
        }
        func approached(_ sign: Int) throws(SymbolicError) -> Formula {
            let step = sign > 0 ? t : -t
            return try LimitSearch.limit(
                formula.substituting([variable: point.isZero ? step : point + step]), of: self)
        }
        switch side {
        case .above: return try approached(1)
        case .below: return try approached(-1)
        case .both:
            // One side may lie outside the domain, as below zero of a logarithm: then there is none from both.
            let domain = (below: hasValues(variable, point, -1), above: hasValues(variable, point, 1))
            if domain.below != domain.above { return try approached(domain.above ? 1 : -1) }
            let (below, above) = (try approached(-1), try approached(1))
            guard below == above || (below - above).simplified().isZero else {
                throw SymbolicError(
                    .noAnswer, "the limits differ: \(below) from below, \(above) from above", in: self)
            }
            return above
        }
    }
}

extension Formula {
    /// Whether there are values near a point on one side; yes, where parameters keep that from being tried.
    fileprivate func hasValues(_ variable: String, _ point: Formula, _ sign: Double) -> Bool {
        guard variables == [variable], let center = try? point.evaluated() else { return true }
        return [1e-2, 1e-3, 1e-4, 1e-5].contains { step in
            (try? evaluated(at: [variable: center + sign * step * max(1, Swift.abs(center))])) != nil
        }
    }
}

/// The search for the limit of a formula as t goes to zero from above.
struct LimitSearch {
    static let name = "t₀"
    static let logarithm = "ln t₀"

    private static let maximumDepth = 8
    private static let maximumAttempts = 400
    private var attempts = 0
    private var known: [Formula: Formula] = [:]
    /// What was not found, and at which depth that was tried.
    private var refused: [Formula: Int] = [:]

    static func limit(_ formula: Formula, of original: Formula) throws(SymbolicError) -> Formula {
        var search = LimitSearch()
        guard let limit = search.limit(formula.simplified(), depth: 0), isPlausible(limit, formula) else {
            throw SymbolicError(.notFound, "no limit was found; there may be one", in: original)
        }
        return limit.simplified()
    }

    /// The limit; nil where none was found.
    private mutating func limit(_ f: Formula, depth: Int) -> Formula? {
        guard f.depends(on: Self.name) else { return f }
        if let limit = known[f] { return limit }
        if let tried = refused[f], tried <= depth { return nil }
        attempts += 1
        guard depth < Self.maximumDepth, attempts < Self.maximumAttempts, f.size < 1500 else { return nil }
        refused[f] = depth
        let limit = rules(f, depth)
        known[f] = limit
        return limit
    }

    private mutating func rules(_ f: Formula, _ depth: Int) -> Formula? {
        byContinuity(f) ?? bySeries(f, depth) ?? byLargestTerms(f, depth) ?? byParts(f, depth)
            ?? byLogarithm(f, depth) ?? byRule(f, depth) ?? byExpansion(f, depth)
    }

    /// The value at t = 0 where the formula is defined there and around, and continuous.
    private func byContinuity(_ f: Formula) -> Formula? {
        let hasJumps = f.contains { part in
            switch part.kind {
            case .function(let function): [.sign, .floor, .ceil].contains(function)
            case .piecewise, .series, .integral: true
            default: false
            }
        }
        guard !hasJumps else { return nil }
        let value = f.substituting([Self.name: .zero])
        guard !value.contains(where: { $0.isZeroPower }) else { return nil }
        if value.variables.isEmpty {
            guard let number = try? value.evaluated(), number.isFinite, isReached(number, by: f) else { return nil }
            return value.simplified()
        }
        return f.isTotal ? value.simplified() : nil
    }

    /// Whether values near t = 0 come to a number. At a pole such as tan's at π/2, whose place is rounded, they do not.
    private func isReached(_ number: Double, by f: Formula) -> Bool {
        guard let far = Self.value(f, at: 1e-2), let near = Self.value(f, at: 1e-10) else { return true }
        return abs(near - number) <= 1e-2 * max(min(abs(number), abs(near)), abs(far))
    }

    /// The first term of a series c·tᵛ, whose coefficient may hold ln t; with roots, of a series in tⁿ.
    private mutating func bySeries(_ f: Formula, _ depth: Int) -> Formula? {
        // An attempt fails as the one before, unless more terms or roots cure what that failed of.
        var cure = PowerSeries.Failure.Cure.moreTerms
        for (root, count) in [(1, 4), (1, 10), (1, 18), (2, 8), (3, 8), (6, 12)] {
            guard root > 1 || cure == .moreTerms else { continue }
            let variable = Formula.variable(Self.name)
            let rooted = root == 1 ? f : f.substituting([Self.name: variable.raised(to: root)])
            // t is above zero.
            let simple = root == 1 ? f : rooted.replacing(.abs(variable), with: variable).simplified()
            let expansion = SeriesExpansion(variable: Self.name, count: count, logarithm: Self.logarithm)
            let series: PowerSeries
            do {
                series = try expansion.series(of: simple)
            } catch {
                guard let next = (error as? PowerSeries.Failure)?.cure else { return nil }
                cure = next
                continue
            }
            guard !series.isZero else { continue }
            if series.lowest > 0 { return .zero }
            let leading = series.leading
            if series.lowest == 0 {
                guard leading.depends(on: Self.logarithm) else { return leading }
                return limit(
                    leading.substituting([Self.logarithm: -(.one / variable)]).simplified(), depth: depth + 1)
            }
            guard let sign = signForLargeLogarithm(leading) else { return nil }
            return sign > 0 ? .infinity : -.infinity
        }
        return nil
    }

    /// The sign of a coefficient as ln t goes to −∞.
    private func signForLargeLogarithm(_ coefficient: Formula) -> Int? {
        let sign: (Double) -> Int? = { logarithm in
            guard let value = try? coefficient.evaluated(at: [Self.logarithm: logarithm]), value != 0 else {
                return nil
            }
            return value > 0 ? 1 : -1
        }
        guard let far = sign(-1e6), sign(-1e9) == far else { return nil }
        return far
    }

    /// What follows from the limits of the parts: sums and products of finite ones, functions of them, squeezes.
    private mutating func byParts(_ f: Formula, _ depth: Int) -> Formula? {
        switch f.kind {
        case .sum, .product:
            let isSum = f.kind == .sum
            var limits: [Formula] = []
            var isSqueezed = false
            for operand in f.operands {
                if let limit = limit(operand, depth: depth + 1) {
                    limits.append(limit)
                } else if !isSum, operand.isBounded {
                    isSqueezed = true
                } else {
                    return nil
                }
            }
            if isSqueezed {
                return limits.contains(where: \.isZero) && !limits.contains(where: \.holdsInfinity) ? .zero : nil
            }
            return isSum ? ExtendedReals.sum(limits) : ExtendedReals.product(limits)
        case .function(let function):
            guard f.operands.count == 1, let inner = limit(f.operands[0], depth: depth + 1) else { return nil }
            if function == .floor || function == .ceil, let number = inner.number {
                return step(function, of: f.operands[0], at: number)
            }
            return ExtendedReals.value(of: function, at: inner)
        case .power:
            guard let exponent = f.operands[1].number, let base = limit(f.operands[0], depth: depth + 1) else {
                return nil
            }
            return ExtendedReals.power(base, exponent)
        default: return nil
        }
    }

    /// The whole number below or above an operand near its limit; at a whole one it depends on from where the operand comes.
    private func step(_ function: Formula.Function, of operand: Formula, at limit: Formula.Number) -> Formula? {
        guard let whole = limit.whole else { return Formula.function(function, [Formula(limit)]).simplified() }
        guard let near = Self.value(operand, at: 1e-7) else { return nil }
        if near == Double(whole) { return Formula(whole) }
        let isBelow = near < Double(whole)
        return Formula(function == .floor ? (isBelow ? whole - 1 : whole) : (isBelow ? whole : whole + 1))
    }

    /// The limit of ln|f| for products, with exponentials in it, and for powers uᵛ.
    private mutating func byLogarithm(_ f: Formula, _ depth: Int) -> Formula? {
        if case .power = f.kind, f.operands[1].number == nil {
            guard let exponent = limit((f.operands[1] * .log(f.operands[0])).simplified(), depth: depth + 1) else {
                return nil
            }
            return ExtendedReals.value(of: .exp, at: exponent)
        }
        var sign = 1
        var logarithms: [Formula] = []
        for factor in f.factors {
            let (base, exponent) = factor.baseAndExponent
            if base == .e {
                logarithms.append(exponent)
                continue
            }
            // Near the point the factor keeps its sign.
            guard let value = Self.value(factor, at: 1e-6), value != 0 else { return nil }
            if value < 0 { sign = -sign }
            logarithms.append(exponent * .log(value < 0 && exponent.isOne ? -base : exponent.isOne ? base : .abs(base)))
        }
        guard let total = limit(Formula.sum(logarithms).simplified(), depth: depth + 1),
            let size = ExtendedReals.value(of: .exp, at: total)
        else { return nil }
        return sign < 0 ? -size : size
    }

    /// Sums with exponentials by their largest terms, also below a line and in logarithms:
    /// Σ Tᵢ = T·(1 + Σ Tᵢ/T), ln(T·s) = ln T + ln s.
    private mutating func byLargestTerms(_ f: Formula, _ depth: Int) -> Formula? {
        let plain = f.folded { (part, operands: [Formula]) -> Formula in
            guard case .function(let function) = part.kind, let u = operands.first else {
                return part.rebuilt(operands)
            }
            switch function {
            case .sinh: return .half * (.exp(u) - .exp(-u))
            case .cosh: return .half * (.exp(u) + .exp(-u))
            case .softplus: return .log(.exp(u) + .one)
            default: return part.rebuilt(operands)
            }
        }
        var isChanged = false
        let rewritten = plain.folded { (part, operands: [Formula]) -> Formula in
            switch part.kind {
            case .sum:
                let sum = part.rebuilt(operands)
                guard case .sum = sum.kind, let (largest, rest) = largestTerm(sum, depth) else { return sum }
                isChanged = true
                return largest * rest
            case .function(.log):
                guard case .product = operands[0].kind,
                    operands[0].operands.allSatisfy({ (Self.value($0, at: 1e-2) ?? 1) > 0 })
                else { return part.rebuilt(operands) }
                return .sum(operands[0].operands.map { .log($0).simplified() })
            default: return part.rebuilt(operands)
            }
        }
        return isChanged ? limit(rewritten.simplifiedTerms, depth: depth + 1) : nil
    }

    /// The largest term of a sum with exponentials, and the sum of all terms divided by it.
    private mutating func largestTerm(_ sum: Formula, _ depth: Int) -> (term: Formula, rest: Formula)? {
        let isExponential = { (term: Formula) in
            term.factors.contains { $0.baseAndExponent.base == .e && $0.depends(on: Self.name) }
        }
        guard sum.operands.count <= 8, sum.operands.contains(where: isExponential) else { return nil }
        for term in sum.operands where term.number == nil {
            let ratios = sum.operands.map { $0 == term ? Formula.one : ($0 / term).simplified() }
            let areSmall = ratios.allSatisfy { ratio in
                limit(ratio, depth: depth + 2).map { !$0.holdsInfinity } ?? false
            }
            if areSmall { return (term, Formula(.sum, ratios)) }
        }
        return nil
    }

    /// ℓ'Hôpital's rule for quotients 0/0 and ∞/∞.
    private mutating func byRule(_ f: Formula, _ depth: Int) -> Formula? {
        var (above, below): ([Formula], [Formula]) = ([], [])
        for factor in f.factors {
            let (base, exponent) = factor.baseAndExponent
            if let number = exponent.number, number.isNegative, base != .e {
                below.append(.power(base, Formula(number.negated)))
            } else {
                above.append(factor)
            }
        }
        guard !below.isEmpty else { return nil }
        let (u, v) = (Formula.product(above), Formula.product(below))
        guard let top = limit(u, depth: depth + 1), let bottom = limit(v, depth: depth + 1),
            top.isZero && bottom.isZero || top.holdsInfinity && bottom.holdsInfinity,
            let slope1 = try? u.differentiated(by: Self.name), let slope2 = try? v.differentiated(by: Self.name)
        else { return nil }
        return limit((slope1 / slope2).simplified(), depth: depth + 1)
    }

    /// The limit of the sum that multiplying out gives.
    private mutating func byExpansion(_ f: Formula, _ depth: Int) -> Formula? {
        guard case .product = f.kind, let sum = f.expanded()?.simplifiedTerms, case .sum = sum.kind else { return nil }
        return limit(sum, depth: depth + 1)
    }

    private static func value(_ f: Formula, at t: Double) -> Double? {
        guard f.variables == [name] else { return nil }
        return try? f.evaluated(at: [name: t])
    }

    /// Whether numbers near the point do not settle somewhere else.
    private static func isPlausible(_ limit: Formula, _ f: Formula) -> Bool {
        let near = [1e-3, 1e-4, 1e-5].compactMap { value(f, at: $0) }
        guard near.count == 3, near.allSatisfy(\.isFinite) else { return true }
        let isSettled =
            abs(near[2] - near[1]) < 1e-4 * max(1, abs(near[2])) && abs(near[1] - near[0]) < 1e-3 * max(1, abs(near[1]))
        guard isSettled, !limit.holdsInfinity, let expected = try? limit.evaluated() else { return true }
        return abs(expected - near[2]) < 0.05 * max(1, abs(expected))
    }
}

extension Formula {
    /// Whether it never leaves a finite range.
    fileprivate var isBounded: Bool {
        guard case .function(let function) = kind else {
            if case .power = kind, let exponent = operands[1].number?.whole, exponent > 0 {
                return operands[0].isBounded
            }
            return kind == .sum || kind == .product ? operands.allSatisfy { $0.isBounded || $0.number != nil } : false
        }
        return [.sin, .cos, .tanh, .atan, .erf, .sign, .sigmoid, .asin, .acos].contains(function)
    }

    /// Whether it is zero to a power that is not above zero.
    fileprivate var isZeroPower: Bool {
        guard case .power = kind, let value = try? operands[0].evaluated(), value == 0 else { return false }
        return (try? operands[1].evaluated()).map { $0 <= 0 } ?? true
    }
}
