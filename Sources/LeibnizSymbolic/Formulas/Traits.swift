extension Formula {
    /// What is known of a formula's values without evaluating it, for all values of its variables at which it is defined.
    struct Traits: Hashable, Sendable {
        private var bits: UInt16

        private init(bits: UInt16) { self.bits = bits }

        static let none = Traits(bits: 0)
        /// It has a value wherever its variables have one.
        static let isTotal = Traits(bits: 1)
        /// Never below zero.
        static let isNonNegative = Traits(bits: 2)
        /// Never zero.
        static let isNonZero = Traits(bits: 4)
        static let isPositive = Traits(bits: 6)
        /// `infinity` occurs in it.
        static let holdsInfinity = Traits(bits: 8)
        /// Always a whole number.
        static let isWhole = Traits(bits: 16)
        /// A derivative that is not yet carried out occurs in it.
        static let holdsDerivative = Traits(bits: 32)
        /// A product with a sum, or a whole power of a sum above one, occurs in it: it may be multiplied out.
        static let holdsProductOfSums = Traits(bits: 64)
        /// A power with a number below zero occurs in it.
        static let holdsDivisor = Traits(bits: 128)
        /// Made of variables and rational numbers by arithmetic alone, with whole exponents.
        static let isRationalFunction = Traits(bits: 256)

        // Every node has traits: plain words are joined faster than an `OptionSet`, which is generic.
        static func | (a: Traits, b: Traits) -> Traits { Traits(bits: a.bits | b.bits) }
        static func & (a: Traits, b: Traits) -> Traits { Traits(bits: a.bits & b.bits) }
        static func |= (a: inout Traits, b: Traits) { a.bits |= b.bits }
        static func &= (a: inout Traits, b: Traits) { a.bits &= b.bits }
        func contains(_ other: Traits) -> Bool { bits & other.bits == other.bits }
    }

    /// Whether it has a value wherever its variables have one.
    package var isTotal: Bool { node.traits.contains(.isTotal) }
    var isNonNegative: Bool { node.traits.contains(.isNonNegative) }
    var isNonZero: Bool { node.traits.contains(.isNonZero) }
    var isPositive: Bool { node.traits.contains(.isPositive) }
    var holdsInfinity: Bool { node.traits.contains(.holdsInfinity) }
    var isWhole: Bool { node.traits.contains(.isWhole) }
    var holdsDerivative: Bool { node.traits.contains(.holdsDerivative) }
    var holdsProductOfSums: Bool { node.traits.contains(.holdsProductOfSums) }
    var holdsDivisor: Bool { node.traits.contains(.holdsDivisor) }
    var isRationalFunction: Bool { node.traits.contains(.isRationalFunction) }

    /// The whole exponents of which a power of a sum is multiplied out.
    static let expandedExponents = 2...12
    /// Whether it is a power with a number below zero.
    var isDivisor: Bool { isPower && operands[1].number?.isNegative ?? false }
}

extension Formula.Traits {
    init(of kind: Formula.Kind, _ operands: [Formula]) {
        // What all operands have, and what any has.
        var (all, any) = (.isTotal | .isPositive | .isWhole | .isRationalFunction, Self.none)
        for operand in operands {
            all &= operand.node.traits
            any |= operand.node.traits
        }
        self = Self.known(of: kind, operands, all, any)
        self |= any & (.holdsInfinity | .holdsDerivative | .holdsProductOfSums | .holdsDivisor)
        switch kind {
        case .number(let number):
            if number.rational != nil { self |= .isRationalFunction }
        case .variable: self |= .isRationalFunction
        case .sum: self |= all & .isRationalFunction
        case .product:
            self |= all & .isRationalFunction
            if operands.contains(where: \.isSum) { self |= .holdsProductOfSums }
        case .power:
            guard let exponent = operands[1].number else { break }
            if exponent.isNegative { self |= .holdsDivisor }
            guard let whole = exponent.whole else { break }
            if operands[0].isRationalFunction { self |= .isRationalFunction }
            if operands[0].isSum, Formula.expandedExponents.contains(whole) { self |= .holdsProductOfSums }
        case .derivative: self |= .holdsDerivative
        default: break
        }
    }

    private static func known(of kind: Formula.Kind, _ operands: [Formula], _ all: Self, _ any: Self) -> Self {
        let total = all & .isTotal
        switch kind {
        case .number(let number):
            var traits = isTotal
            if !number.isNegative { traits |= .isNonNegative }
            if !number.isZero { traits |= .isNonZero }
            if number.whole != nil { traits |= .isWhole }
            return traits
        case .constant(.infinity): return .isPositive | .holdsInfinity
        case .constant: return .isTotal | .isPositive
        case .variable: return .isTotal
        case .sum:
            let traits = all & (.isTotal | .isWhole | .isNonNegative)
            return traits.contains(.isNonNegative) ? traits | any & .isNonZero : traits
        case .product: return all & (.isTotal | .isPositive | .isWhole)
        case .power: return power(operands[0], operands[1], total)
        case .function(let function): return known(of: function, operands, all, any)
        case .piecewise(let relations):
            var traits = isPositive | .isWhole
            for index in relations.indices { traits &= operands[3 * index + 2].node.traits }
            return total | traits & operands[3 * relations.count].node.traits
        case .series, .integral, .derivative: return .none
        }
    }

    private static func power(_ base: Formula, _ exponent: Formula, _ total: Self) -> Self {
        var traits = base.node.traits & .isPositive
        guard let number = exponent.number else { return base.isPositive ? traits | total : traits }
        if number.isNegative { traits |= .isNonZero }
        if let whole = number.whole {
            if whole.isMultiple(of: 2) { traits |= .isNonNegative }
            if whole >= 0 && base.isWhole { traits |= .isWhole }
            if whole >= 0 || base.isNonZero { traits |= total }
        } else {
            traits |= .isNonNegative
            if base.isPositive || base.isNonNegative && !number.isNegative { traits |= total }
        }
        return traits
    }

    private static func known(
        of function: Formula.Function, _ operands: [Formula], _ all: Self, _ any: Self
    ) -> Self {
        let total = function.isTotal ? all & .isTotal : .none
        let first = operands[0].node.traits
        switch function {
        case .exp, .cosh, .sigmoid, .softplus: return total | .isPositive
        case .abs: return total | .isNonNegative | first & (.isNonZero | .isWhole)
        case .relu:
            let sign = first.contains(.isNonNegative) ? first & .isNonZero : .none
            return total | .isNonNegative | sign | first & .isWhole
        case .erfc, .acos, .acosh: return total | .isNonNegative
        case .sign: return total | .isWhole | first & .isPositive
        case .floor: return total | .isWhole | first & .isNonNegative
        case .ceil:
            return total | .isWhole | (first.contains(.isPositive) ? .isPositive : first & .isNonNegative)
        case .cbrt, .sinh, .tanh, .asinh, .atan, .erf, .asin, .atanh: return total | first & .isPositive
        case .gamma, .factorial: return total | .isNonZero | first & .isNonNegative
        case .max:
            if operands.contains(where: \.isPositive) { return total | .isPositive }
            return total | any & .isNonNegative
        case .min: return total | all & .isPositive
        default: return total
        }
    }
}
