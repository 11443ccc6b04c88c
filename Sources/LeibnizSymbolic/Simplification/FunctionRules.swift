extension Simplifier {
    /// A call with known values and symmetries used.
    mutating func simplifiedCall(_ plain: Formula, _ function: Formula.Function) -> Formula {
        guard !plain.holdsInfinity else { return plain }
        let arguments = plain.operands
        let u = arguments[0]
        if let value = known(function, u, arguments) { return value }
        if let parity = function.parity, isNegated(u) {
            let mirrored = Formula.function(function, [negated(u)])
            return parity == .odd ? -mirrored : mirrored
        }
        switch function {
        case .exp: return exponential(u) ?? plain
        case .log: return logarithm(u) ?? plain
        case .abs: return absolute(u) ?? plain
        case .sin, .cos, .tan, .asin, .acos, .atan, .sinh, .cosh, .tanh, .asinh, .acosh, .atanh:
            return composed(function, u) ?? plain
        case .sign where u.isPositive:
            assume(.defined(u))
            return .one
        case .floor where u.isWhole, .ceil where u.isWhole: return u
        case .relu where u.isNonNegative: return u
        case .min, .max: return extremum(function, arguments)
        default: return plain
        }
    }

    /// Whether a formula begins with a minus sign.
    private func isNegated(_ u: Formula) -> Bool {
        u.isSum ? u.isNegativeSum : u.coefficient.isNegative
    }

    private func negated(_ u: Formula) -> Formula {
        if case .sum = u.kind { return .sum(u.operands.map { -$0 }) }
        return -u
    }

    private func known(_ function: Formula.Function, _ u: Formula, _ arguments: [Formula]) -> Formula? {
        switch function {
        case .sin, .cos, .tan:
            if let turns = u.multipleOfPi { return ExactAngle.value(of: function, at: turns) }
        default: break
        }
        guard let number = u.number else { return function == .log && u == .e ? .one : nil }
        switch (function, number.rational) {
        case (.exp, Rational.zero?), (.cosh, Rational.zero?), (.sec, Rational.zero?), (.erfc, Rational.zero?):
            return .one
        case (.asin, Rational.zero?), (.atan, Rational.zero?), (.sinh, Rational.zero?), (.tanh, Rational.zero?),
            (.asinh, Rational.zero?), (.atanh, Rational.zero?), (.erf, Rational.zero?), (.cbrt, Rational.zero?):
            return .zero
        case (.sigmoid, Rational.zero?): return .half
        case (.softplus, Rational.zero?): return .log(.two)
        case (.exp, Rational.one?): return .e
        case (.log, Rational.one?), (.log2, Rational.one?), (.log10, Rational.one?), (.acos, Rational.one?),
            (.acosh, Rational.one?):
            return .zero
        case (.asin, Rational.one?), (.acos, Rational.zero?): return .half * .pi
        case (.atan, Rational.one?): return .quotient(1, 4) * .pi
        case (.asin, let value?) where value == Rational(1, 2): return .quotient(1, 6) * .pi
        case (.acos, let value?) where value == Rational(1, 2): return .quotient(1, 3) * .pi
        case (.acos, let value?) where value < .zero:
            return value.negated.map { .pi - .function(.acos, [Formula($0)]) }
        case (.lgamma, Rational.one?): return .zero
        case (.lgamma, let value?) where value == Rational(2): return .zero
        default: return exactValue(function, number, arguments)
        }
    }

    private func exactValue(
        _ function: Formula.Function, _ number: Formula.Number, _ arguments: [Formula]
    ) -> Formula? {
        switch function {
        case .abs: return Formula(number.magnitude)
        case .sign: return Formula(number.isZero ? 0 : number.isNegative ? -1 : 1)
        case .floor: return number.rational.map { Formula($0.floor) }
        case .ceil: return number.rational?.negated.map { Formula(-$0.floor) }
        case .relu: return number.isNegative ? .zero : Formula(number)
        case .factorial, .gamma:
            guard let whole = number.whole else {
                return function == .gamma && number.rational == Rational(1, 2) ? .sqrt(.pi) : nil
            }
            let last = function == .gamma ? whole - 1 : whole
            guard (0...20).contains(last) else { return nil }
            return Formula(last < 2 ? 1 : (2...last).reduce(1, *))
        case .cbrt:
            guard let rational = number.rational, let above = exactCubeRoot(rational.numerator),
                let below = exactCubeRoot(rational.denominator)
            else { return nil }
            return .quotient(above, below)
        case .log2, .log10:
            guard let rational = number.rational, rational > .zero else { return nil }
            let base = Rational(function == .log2 ? 2 : 10)
            return (-18...62).first { base.power($0) == rational }.map { Formula($0) }
        case .min, .max:
            guard arguments.allSatisfy({ $0.number != nil }) else { return nil }
            let sorted = arguments.sorted { ($0.number?.doubleValue ?? 0) < ($1.number?.doubleValue ?? 0) }
            return function == .min ? sorted.first : sorted.last
        default: return nil
        }
    }

    private func exactCubeRoot(_ number: Int) -> Int? {
        guard number.magnitude < 1 << 52 else { return nil }
        let root = Int(Formula.Function.cbrt.value([Double(number)]).rounded())
        return root * root * root == number ? root : nil
    }

    /// e^(c·ln u) = uᶜ, alone or in a sum.
    private mutating func exponential(_ u: Formula) -> Formula? {
        var (powers, rest): ([Formula], [Formula]) = ([], [])
        for term in u.terms {
            let (coefficient, factor) = term.coefficientAndRest
            if let (function, argument) = factor.functionAndArgument, function == .log {
                assume(.positive(argument))
                powers.append(.power(argument, Formula(coefficient)))
            } else {
                rest.append(term)
            }
        }
        return powers.isEmpty ? nil : .product(powers + (rest.isEmpty ? [] : [.exp(.sum(rest))]))
    }

    private mutating func logarithm(_ u: Formula) -> Formula? {
        if let (function, argument) = u.functionAndArgument, function == .exp { return argument }
        if let value = u.rational, value.numerator == 1, value.denominator > 1 {
            return -.log(Formula(value.denominator))
        }
        if let whole = u.number?.whole, whole > 1, let factors = factorized(whole) {
            // ln pᵏ = k·ln p
            let count = factors.reduce(0) { Int(greatestCommonDivisor(UInt($0), UInt($1.count))) }
            if count > 1, factors.allSatisfy({ $0.count.isMultiple(of: count) }) {
                let root = factors.reduce(1) { product, factor in
                    (0..<(factor.count / count)).reduce(product) { value, _ in value * factor.prime }
                }
                return Formula(count) * .log(Formula(root))
            }
        }
        guard u.isPower, let exponent = u.operands[1].number else { return nil }
        let base = u.operands[0]
        // ln b² is 2·ln|b|; an odd power has a logarithm only for b above zero, and so has every root.
        let isEven = exponent.whole?.isMultiple(of: 2) ?? false
        return Formula(exponent) * .log(isEven && !base.isNonNegative ? .abs(base) : base)
    }

    private func absolute(_ u: Formula) -> Formula? {
        if u.isNonNegative { return u }
        if u.isProduct {
            // Factors of known sign step out.
            let outside = u.operands.filter { $0.isNonNegative || $0.number != nil }
            let inside = u.operands.filter { !$0.isNonNegative && $0.number == nil }
            if !outside.isEmpty, !inside.isEmpty {
                return .product(
                    outside.map { $0.number.map { Formula($0.magnitude) } ?? $0 } + [.abs(.product(inside))])
            }
        }
        if u.isPower, let whole = u.operands[1].number?.whole, !whole.isMultiple(of: 2) {
            return .power(.abs(u.operands[0]), u.operands[1])
        }
        return nil
    }

    /// f(f⁻¹(u)) = u, and what right triangles say of the others.
    private mutating func composed(_ function: Formula.Function, _ u: Formula) -> Formula? {
        guard let (inner, v) = u.functionAndArgument else { return nil }
        switch (function, inner) {
        case (.sin, .asin), (.cos, .acos):
            assume(.nonNegative(.one - v.squared))
            return v
        case (.cosh, .acosh):
            assume(.nonNegative(v - 1))
            return v
        case (.tanh, .atanh):
            assume(.positive(.one - v.squared))
            return v
        case (.tan, .atan), (.sinh, .asinh), (.asinh, .sinh), (.atanh, .tanh): return v
        case (.cos, .asin), (.sin, .acos): return .sqrt(.one - v.squared)
        case (.cos, .atan): return .power(v.squared + 1, -.half)
        case (.sin, .atan): return v * .power(v.squared + 1, -.half)
        case (.cosh, .asinh): return .sqrt(v.squared + 1)
        default: return nil
        }
    }

    /// Equal arguments once, and numbers compared.
    private func extremum(_ function: Formula.Function, _ arguments: [Formula]) -> Formula {
        var seen: Set<Formula> = []
        var rest = arguments.filter { $0.number == nil && seen.insert($0).inserted }
        let numbers = arguments.compactMap(\.number).sorted { $0.doubleValue < $1.doubleValue }
        if let number = function == .min ? numbers.first : numbers.last { rest.append(Formula(number)) }
        return rest.count == 1 ? rest[0] : .function(function, rest)
    }
}

extension Formula {
    /// r for the formula r·π.
    var multipleOfPi: Rational? {
        if isZero { return .zero }
        if self == .pi { return .one }
        return isProduct && operands.count == 2 && operands[1] == .pi ? operands[0].rational : nil
    }
}

/// Sines, cosines and tangents of the angles that school knows by heart.
enum ExactAngle {
    /// The function's value at `multiple`·π; nil where it is not known, or none.
    static func value(of function: Formula.Function, at multiple: Rational) -> Formula? {
        switch function {
        case .sin: return sine(multiple)
        case .cos: return Rational.sum(multiple, .half).flatMap(sine)
        default:
            guard let sine = value(of: .sin, at: multiple), let cosine = value(of: .cos, at: multiple), !cosine.isZero
            else { return nil }
            var simplifier = Simplifier()
            return simplifier.settled(sine / cosine)
        }
    }

    private static func sine(_ multiple: Rational) -> Formula? {
        // Modulo 2 into twelfths.
        guard 12.isMultiple(of: multiple.denominator) else { return nil }
        let (twelfths, overflow) = multiple.numerator.multipliedReportingOverflow(by: 12 / multiple.denominator)
        guard !overflow else { return nil }
        let place = ((twelfths % 24) + 24) % 24
        let isNegative = place > 12
        let folded = place > 12 ? place - 12 : place
        let value: Formula
        switch min(folded, 12 - folded) {
        case 0: value = .zero
        case 2: value = .half
        case 3: value = .half * .sqrt(.two)
        case 4: value = .half * .sqrt(Formula(3))
        case 6: value = .one
        default: return nil
        }
        return isNegative ? -value : value
    }
}

extension Rational {
    static let half = Rational(1, 2) ?? .one
}
