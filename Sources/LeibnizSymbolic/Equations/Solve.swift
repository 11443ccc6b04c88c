/// The solutions of an equation in one unknown.
public struct Solutions: Sendable {
    /// The unknown.
    public let variable: String
    /// The solutions, each checked. `k` in them is any whole number.
    public let values: [Formula]
    /// Whether every number of the domain is a solution.
    public let isIdentity: Bool
    /// Whether there may be others that were not looked for.
    public let areAll: Bool
}

extension Formula {
    /// The real solutions of f = 0 for one unknown.
    ///
    /// Polynomials up to degree two, of higher degree as far as they fall into such factors, and cubics in closed form;
    /// equations in which the unknown stands once, behind functions that can be undone; products; polynomials of a function of
    /// the unknown. Solutions are put into the equation, and those that do not hold are left out.
    ///
    /// - Parameter variable: the unknown.
    /// - Throws: a `SymbolicError` of the kind `notFound` where no rule applies, `noAnswer` where there is no real solution.
    public func solutions(for variable: String) throws(SymbolicError) -> Solutions {
        let equation = try carryingOutDerivatives().simplified()
        if equation.isZero { return Solutions(variable: variable, values: [], isIdentity: true, areAll: true) }
        guard equation.depends(on: variable) else {
            throw SymbolicError(.noAnswer, "\(variable) does not occur, and the equation does not hold", in: self)
        }
        var solver = EquationSolver(x: variable)
        guard let candidates = solver.zeros(of: equation, depth: 0) else {
            throw SymbolicError(.notFound, "no solution was found; there may be some", in: self)
        }
        var values: [Formula] = []
        for candidate in candidates.map(\.tidied) where !values.contains(candidate) {
            if holds(candidate, variable) { values.append(candidate) }
        }
        guard !values.isEmpty || solver.areAll else {
            throw SymbolicError(.notFound, "no solution was found; there may be some", in: self)
        }
        guard !values.isEmpty else { throw SymbolicError(.noAnswer, "there is no real solution", in: self) }
        let sorted = values.sorted {
            ((try? $0.evaluated(at: ["k": 0])) ?? 0) < ((try? $1.evaluated(at: ["k": 0])) ?? 0)
        }
        return Solutions(variable: variable, values: sorted, isIdentity: false, areAll: solver.areAll)
    }

    /// A solution as people write it: with the turns of an angle apart.
    private var tidied: Formula {
        let simple = simplified()
        return simple.depends(on: "k") ? simple.expanded()?.simplifiedTerms ?? simple : simple
    }

    /// Whether a value solves the equation, as far as numbers tell; parameters take several values.
    private func holds(_ value: Formula, _ variable: String) -> Bool {
        let difference = substituting([variable: value])
        if !value.variables.isEmpty, difference.simplified().isZero { return true }
        var checked = 0
        for round in 1...12 {
            var point = Dictionary(
                uniqueKeysWithValues: difference.variables.enumerated().map { ($1, Double(($0 + 2) * round) * 0.37) })
            if point["k"] != nil { point["k"] = Double(round - 6) }
            guard let x = try? value.evaluated(at: point), x.isFinite else { continue }
            var near = point
            near[variable] = x
            guard let result = try? evaluated(at: near) else { continue }
            // The scale is what the equation's value moves by when x moves by its own rounding.
            near[variable] = x + 1e-6 * Swift.max(1, Swift.abs(x))
            let moved = (try? evaluated(at: near)) ?? .infinity
            guard Swift.abs(result) <= Swift.max(1e-9, 1e-3 * Swift.abs(moved - result)) else { return false }
            checked += 1
        }
        return checked > 0
    }
}

/// Looks for the zeros of a formula.
struct EquationSolver {
    let x: String
    /// Whether the zeros that were found are all there are.
    private(set) var areAll = true

    private static let maximumDepth = 10

    init(x: String) { self.x = x }

    /// The candidates for zeros; nil where no rule applies.
    mutating func zeros(of f: Formula, depth: Int) -> [Formula]? {
        guard depth < Self.maximumDepth else { return nil }
        guard f.depends(on: x) else { return [] }
        let variable = Formula.variable(x)
        if f == variable { return [.zero] }
        if case .product = f.kind { return product(f.operands, depth) }
        if case .power = f.kind, let exponent = f.operands[1].number {
            return exponent.isNegative ? [] : zeros(of: f.operands[0], depth: depth + 1)
        }
        if let (a, b) = f.linearCoefficients(in: x) { return [-b / a] }
        if let fraction = RationalFunction(f, of: variable) {
            return polynomialZeros(fraction.numerator)
        }
        if let (a, b, c) = f.quadraticCoefficients(in: x) { return quadratic(a, b, c) }
        return isolated(f, depth) ?? polynomialOfPart(f, depth) ?? factored(f, depth)
    }

    private mutating func product(_ factors: [Formula], _ depth: Int) -> [Formula]? {
        var result: [Formula] = []
        for factor in factors where factor.depends(on: x) {
            guard let zeros = zeros(of: factor, depth: depth + 1) else {
                areAll = false
                continue
            }
            result += zeros
        }
        return result.isEmpty && !areAll ? nil : result
    }

    private func quadratic(_ a: Formula, _ b: Formula, _ c: Formula) -> [Formula] {
        let determinant = (b.squared - Formula(4) * a * c).simplified()
        if let number = determinant.number, number.isNegative { return [] }
        let root = Formula.sqrt(determinant)
        return [(-b - root) / (.two * a), (-b + root) / (.two * a)]
    }

    /// Rational zeros first, then quadratics and cubics; what is left of higher degree stays unsolved.
    private mutating func polynomialZeros(_ polynomial: Polynomial) -> [Formula]? {
        guard let factors = try? polynomial.squareFreeFactors else { return nil }
        var result: [Formula] = []
        var isWhole = true
        for (factor, _) in factors {
            guard let roots = try? factor.rationalRoots else { return nil }
            result += roots.map { Formula($0) }
            var rest = factor
            for root in roots {
                guard let negated = root.negated,
                    let next = try? rest.divided(by: Polynomial([negated, .one])).quotient
                else { return nil }
                rest = next
            }
            switch rest.degree {
            case ...0: break
            case 2: result += quadratic(Formula(rest[2]), Formula(rest[1]), Formula(rest[0]))
            case 3: result += Cubic.zeros(rest)
            case 4 where rest[1] == .zero && rest[3] == .zero:
                for square in quadratic(Formula(rest[4]), Formula(rest[2]), Formula(rest[0])) {
                    guard let value = try? square.evaluated(), value >= 0 else { continue }
                    result += [.sqrt(square), -.sqrt(square)]
                }
            default: isWhole = false
            }
        }
        if !isWhole { areAll = false }
        return result.isEmpty && !isWhole ? nil : result
    }

    /// An equation in which x stands in one place: what is around it is undone step by step.
    private mutating func isolated(_ f: Formula, _ depth: Int) -> [Formula]? {
        let terms = f.terms
        let moving = terms.filter { $0.depends(on: x) }
        guard moving.count == 1 else { return nil }
        let rest = Formula.sum(terms.filter { !$0.depends(on: x) })
        return solved(moving[0], equals: (-rest).simplified(), depth)
    }

    /// The solutions of f = c.
    private mutating func solved(_ f: Formula, equals c: Formula, _ depth: Int) -> [Formula]? {
        guard depth < Self.maximumDepth else { return nil }
        func next(_ inner: Formula, _ values: [Formula]) -> [Formula]? {
            var result: [Formula] = []
            for value in values {
                guard let zeros = zeros(of: (inner - value).simplified(), depth: depth + 1) else { return nil }
                result += zeros
            }
            return result
        }
        switch f.kind {
        case .product:
            let moving = f.operands.filter { $0.depends(on: x) }
            guard moving.count < f.operands.count || moving.count == 1 else { return nil }
            let constant = Formula.product(f.operands.filter { !$0.depends(on: x) })
            return next(.product(moving), [c / constant])
        case .power:
            let (base, exponent) = (f.operands[0], f.operands[1])
            if !base.depends(on: x) { return next(exponent, [.log(c) / .log(base)]) }
            guard let number = exponent.rational, let inverse = number.reciprocal else { return nil }
            if number.isWhole, number.numerator.isMultiple(of: 2) {
                return next(base, [.power(c, Formula(inverse)), -.power(c, Formula(inverse))])
            }
            if number.isWhole {
                // The odd root of any number.
                if number.numerator == 3 { return next(base, [.function(.cbrt, [c])]) }
                let root = Formula.function(.sign, [c]) * .power(.abs(c), Formula(inverse))
                return next(base, [root.simplified()])
            }
            return next(base, [.power(c, Formula(inverse))])
        case .function(let function):
            guard f.operands.count == 1, let values = function.preimages(of: c) else { return nil }
            if [.gamma, .lgamma, .factorial].contains(function) { areAll = false }
            return next(f.operands[0], values)
        default: return nil
        }
    }

    /// A polynomial of eˣ, sin x, √x, ln x, …: solved for that, and that for x.
    private mutating func polynomialOfPart(_ f: Formula, _ depth: Int) -> [Formula]? {
        var parts = FormulaTable<Void>()
        func add(_ part: Formula) { if parts.place(of: part) == nil { parts.append(part, ()) } }
        _ = f.folded { (part, _: [Int]) -> Int in
            switch part.kind {
            case .function: add(part)
            case .power:
                if part.operands[1].number?.whole == nil || part.operands[1].depends(on: x) { add(part) }
            default: break
            }
            return 0
        }
        let name = "u₀"
        for part in parts.keys.filter({ $0.depends(on: x) }).sorted(by: { $0.size < $1.size }) {
            let outer = f.replacing(part, with: .variable(name)).simplified()
            guard !outer.depends(on: x), outer.depends(on: name) else { continue }
            var solver = EquationSolver(x: name)
            guard let values = solver.zeros(of: outer, depth: depth + 1) else { continue }
            if !solver.areAll { areAll = false }
            var result: [Formula] = []
            for value in values.map({ $0.simplified() }) {
                guard let zeros = zeros(of: (part - value).simplified(), depth: depth + 1) else { return nil }
                result += zeros
            }
            return result
        }
        return nil
    }

    /// A sum with a common factor.
    private mutating func factored(_ f: Formula, _ depth: Int) -> [Formula]? {
        guard case .sum = f.kind else { return nil }
        for factor in f.operands[0].factors where factor.depends(on: x) {
            let rest = Formula.sum(f.operands.map { $0 / factor }).simplified()
            guard rest.size < f.size else { continue }
            return product([factor, rest], depth)
        }
        return nil
    }
}

extension Formula.Function {
    /// All u with f(u) = c; `k` is any whole number.
    fileprivate func preimages(of c: Formula) -> [Formula]? {
        func f(_ function: Formula.Function) -> Formula { .function(function, [c]) }
        let turns = Formula.two * .pi * .variable("k")
        switch self {
        case .exp: return [f(.log)]
        case .log: return [f(.exp)]
        case .log2: return [.power(.two, c)]
        case .log10: return [.power(Formula(10), c)]
        case .cbrt: return [c.raised(to: 3)]
        case .abs: return [c, -c]
        case .sin: return [f(.asin) + turns, .pi - f(.asin) + turns]
        case .cos: return [f(.acos) + turns, -f(.acos) + turns]
        case .tan: return [f(.atan) + .pi * .variable("k")]
        case .asin: return [f(.sin)]
        case .acos: return [f(.cos)]
        case .atan: return [f(.tan)]
        case .sinh: return [f(.asinh)]
        case .cosh: return [f(.acosh), -f(.acosh)]
        case .tanh: return [f(.atanh)]
        case .asinh: return [f(.sinh)]
        case .acosh: return [f(.cosh)]
        case .atanh: return [f(.tanh)]
        case .sigmoid: return [.log(c / (.one - c))]
        case .softplus: return [.log(.exp(c) - 1)]
        default: return nil
        }
    }
}

/// Cubic equations without rational zeros.
enum Cubic {
    /// The real zeros of a cubic: Cardano's for one, Viète's cosines for three.
    static func zeros(_ cubic: Polynomial) -> [Formula] {
        let (a, b, c, d) = (Formula(cubic[3]), Formula(cubic[2]), Formula(cubic[1]), Formula(cubic[0]))
        // y³ + p·y + q with x = y − b/(3a)
        let shift = b / (Formula(3) * a)
        let p = ((Formula(3) * a * c - b.squared) / (Formula(3) * a.squared)).simplified()
        let cube = Formula.two * b.raised(to: 3) - Formula(9) * a * b * c + Formula(27) * a.squared * d
        let q = (cube / (Formula(27) * a.raised(to: 3))).simplified()
        let determinant = (q.squared / Formula(4) + p.raised(to: 3) / Formula(27)).simplified()
        guard let sign = try? determinant.evaluated() else { return [] }
        if sign >= 0 {
            let root = Formula.sqrt(determinant)
            let sum =
                Formula.function(.cbrt, [-q / .two + root]) + .function(.cbrt, [-q / .two - root])
            return [sum - shift]
        }
        let radius = Formula.two * .sqrt(-p / Formula(3))
        let angle = Formula.function(.acos, [Formula(3) * q / (p * radius)]) / Formula(3)
        return (0...2).map { radius * .cos(angle - Formula(2 * $0) * .pi / Formula(3)) - shift }
    }
}
