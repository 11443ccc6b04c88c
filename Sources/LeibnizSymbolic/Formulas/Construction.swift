/// Formulas from their parts.
///
/// These put operands into the shape that `Formula.Kind` promises, and nothing else: nested sums and products are joined, numbers
/// are added and multiplied, 0 and 1 leave where no value and no domain depends on them. All else is `simplified()`.
extension Formula {
    /// A number.
    public init(_ number: Number) {
        if let whole = number.whole, whole >= Self.least, whole <= Self.greatest {
            self = Self.small[whole - Self.least]
        } else {
            self.init(.number(number))
        }
    }

    /// Whole numbers that occur again and again: one node each.
    private static let small = (least...greatest).map { Formula(.number(.exact(Rational($0)))) }
    private static var least: Int { -16 }
    private static var greatest: Int { 64 }

    /// A whole number.
    public init(_ whole: Int) { self.init(.exact(Rational(whole))) }

    /// A quotient of integers.
    public init(_ rational: Rational) { self.init(.exact(rational)) }

    /// A number of double precision; nil where that is not finite.
    public init?(_ value: Double) {
        guard let number = Number(value) else { return nil }
        self.init(.number(number))
    }

    /// A variable.
    public static func variable(_ name: String) -> Formula { Formula(.variable(name)) }

    /// π
    public static let pi = Formula(.constant(.pi))
    /// Euler's number.
    public static let e = Formula(.constant(.e))
    /// What is above every number.
    public static let infinity = Formula(.constant(.infinity))
    static let zero = Formula(0)
    static let one = Formula(1)
    static let two = Formula(2)
    static let minusOne = Formula(-1)
    static let half = Formula(Rational(1, 2) ?? .one)

    /// A quotient of two integers.
    static func quotient(_ a: Int, _ b: Int) -> Formula {
        Rational(a, b).map { Formula($0) } ?? Formula(a) / Formula(b)
    }

    /// The sum of any number of formulas; 0 of none.
    public static func sum(_ terms: [Formula]) -> Formula {
        var joined = JoinedTerms(count: terms.count)
        for term in terms {
            if term.isSum { for inner in term.operands { joined.append(inner) } } else { joined.append(term) }
        }
        if let place = joined.place, joined.terms[place].isZero { joined.terms.remove(at: place) }
        return joined.terms.count < 2 ? joined.terms.first ?? .zero : Formula(.sum, joined.terms)
    }

    /// Terms of a sum, with the numbers among them added where the first of them stands.
    private struct JoinedTerms {
        var terms: [Formula] = []
        /// Where the number stands.
        var place: Int?

        init(count: Int) { terms.reserveCapacity(count) }

        mutating func append(_ term: Formula) {
            if let number = term.number {
                if let place, let old = terms[place].number {
                    if let total = Number.sum(old, number) {
                        terms[place] = Formula(total)
                        return
                    }
                } else {
                    place = terms.count
                }
            }
            terms.append(term)
        }
    }

    /// The product of any number of formulas; 1 of none.
    public static func product(_ factors: [Formula]) -> Formula {
        var joined = JoinedFactors(count: factors.count)
        for factor in factors {
            if factor.isProduct { for inner in factor.operands { joined.append(inner) } } else { joined.append(factor) }
        }
        if joined.coefficient.isZero && joined.rest.allSatisfy(\.isTotal) { return .zero }
        if !joined.coefficient.isOne { joined.rest.insert(Formula(joined.coefficient), at: 0) }
        return joined.rest.count < 2 ? joined.rest.first ?? .one : Formula(.product, joined.rest)
    }

    /// Factors of a product, with the numbers among them multiplied.
    private struct JoinedFactors {
        var coefficient = Number.one
        var rest: [Formula] = []

        init(count: Int) { rest.reserveCapacity(count + 1) }

        mutating func append(_ factor: Formula) {
            if let number = factor.number, let product = Number.product(coefficient, number) {
                coefficient = product
            } else {
                rest.append(factor)
            }
        }
    }

    /// The base to the power of the exponent.
    public static func power(_ base: Formula, _ exponent: Formula) -> Formula {
        guard let number = exponent.number else {
            return base == .e ? .function(.exp, [exponent]) : Formula(.power, [base, exponent])
        }
        if number.isOne { return base }
        if number.isZero && base.isTotal { return .one }
        if let whole = number.whole {
            if let value = base.number, let power = value.power(whole) { return Formula(power) }
            if whole == -1, base.isProduct { return product(base.operands.map { power($0, exponent) }) }
        }
        if base == .e { return .function(.exp, [exponent]) }
        if let joined = joinedPower(base, number) { return joined }
        return Formula(.power, [base, exponent])
    }

    /// (bᵐ)ⁿ = bᵐⁿ where both sides are defined for the same b.
    private static func joinedPower(_ base: Formula, _ outer: Number) -> Formula? {
        guard case .power = base.kind, let inner = base.operands[1].number, let product = Number.product(inner, outer)
        else {
            return nil
        }
        let isJoined =
            outer.whole == -1 && !inner.isNegative && !inner.isZero
            || inner.whole != nil && outer.whole != nil && !(inner.isNegative && outer.isNegative) && !inner.isZero
                && !outer.isZero
        return isJoined ? power(base.operands[0], Formula(product)) : nil
    }

    /// A function of as many arguments as it takes.
    public static func function(_ function: Function, _ arguments: [Formula]) -> Formula {
        Formula(.function(function), arguments)
    }

    static func exp(_ x: Formula) -> Formula { function(.exp, [x]) }
    static func log(_ x: Formula) -> Formula { function(.log, [x]) }
    static func sin(_ x: Formula) -> Formula { function(.sin, [x]) }
    static func cos(_ x: Formula) -> Formula { function(.cos, [x]) }
    static func abs(_ x: Formula) -> Formula { function(.abs, [x]) }
    static func sqrt(_ x: Formula) -> Formula { power(x, .half) }
    static func atan(_ x: Formula) -> Formula { function(.atan, [x]) }

    /// The value of the first pair whose condition holds, or that which holds otherwise.
    public static func piecewise(
        _ pieces: [(left: Formula, relation: Relation, right: Formula, value: Formula)], otherwise: Formula
    ) -> Formula {
        pieces.isEmpty
            ? otherwise
            : Formula(
                .piecewise(pieces.map(\.relation)), pieces.flatMap { [$0.left, $0.right, $0.value] } + [otherwise])
    }

    /// Σ of `term` for whole numbers `index` from `first` to `last`.
    public static func series(_ term: Formula, over index: String, from first: Formula, to last: Formula) -> Formula {
        Formula(.series(index), [term, first, last])
    }

    /// ∫ of `integrand` by `variable` from `lower` to `upper`.
    public static func integral(
        _ integrand: Formula, over variable: String, from lower: Formula, to upper: Formula
    ) -> Formula {
        Formula(.integral(variable), [integrand, lower, upper])
    }
}

extension Formula {
    /// The sum.
    public static func + (a: Formula, b: Formula) -> Formula { sum([a, b]) }
    /// The difference.
    public static func - (a: Formula, b: Formula) -> Formula { sum([a, -b]) }
    /// The product.
    public static func * (a: Formula, b: Formula) -> Formula { product([a, b]) }
    /// The quotient.
    public static func / (a: Formula, b: Formula) -> Formula { product([a, power(b, .minusOne)]) }
    /// The negated formula.
    public static prefix func - (a: Formula) -> Formula { product([.minusOne, a]) }
    static func - (a: Formula, b: Int) -> Formula { a - Formula(b) }
    static func + (a: Formula, b: Int) -> Formula { a + Formula(b) }

    func raised(to exponent: Int) -> Formula { .power(self, Formula(exponent)) }
    var squared: Formula { raised(to: 2) }

    /// The number, if it is one.
    public var number: Number? { if case .number(let number) = kind { number } else { nil } }

    /// The quotient of integers, if it is one.
    var rational: Rational? { number?.rational }

    var isZero: Bool { number?.isZero ?? false }
    var isOne: Bool { number?.isOne ?? false }

    /// Whether a variable occurs free in it.
    public func depends(on variable: String) -> Bool { variables.contains(variable) }

    var isSum: Bool { if case .sum = kind { true } else { false } }
    var isProduct: Bool { if case .product = kind { true } else { false } }
    var isPower: Bool { if case .power = kind { true } else { false } }

    /// The number in front of a product.
    var coefficient: Number { number ?? (isProduct ? operands[0].number : nil) ?? .one }

    /// The number in front of a product, and what it multiplies.
    var coefficientAndRest: (coefficient: Number, rest: Formula) {
        if let number { return (number, .one) }
        guard isProduct, let number = operands[0].number else { return (.one, self) }
        return (number, operands.count == 2 ? operands[1] : Formula(.product, Array(operands.dropFirst())))
    }

    /// The factors of a product, or the formula itself.
    var factors: [Formula] { isProduct ? operands : [self] }

    /// The terms of a sum, or the formula itself.
    var terms: [Formula] { isSum ? operands : [self] }

    /// Base and exponent; of what is no power, itself and 1. The base of exp is e.
    var baseAndExponent: (base: Formula, exponent: Formula) {
        switch kind {
        case .power: (operands[0], operands[1])
        case .function(.exp): (.e, operands[0])
        default: (self, .one)
        }
    }

    /// Function and argument of a function of one argument.
    var functionAndArgument: (function: Function, argument: Formula)? {
        guard case .function(let function) = kind, operands.count == 1 else { return nil }
        return (function, operands[0])
    }
}
