extension Formula {
    /// What is known of a formula's values without evaluating it, for all values of its variables at which it is defined.
    struct Traits: OptionSet, Sendable {
        let rawValue: UInt16

        /// It has a value wherever its variables have one.
        static let isTotal = Traits(rawValue: 1)
        /// Never below zero.
        static let isNonNegative = Traits(rawValue: 2)
        /// Never zero.
        static let isNonZero = Traits(rawValue: 4)
        /// `infinity` occurs in it.
        static let holdsInfinity = Traits(rawValue: 8)
        /// Always a whole number.
        static let isWhole = Traits(rawValue: 16)
        /// A derivative that is not yet carried out occurs in it.
        static let holdsDerivative = Traits(rawValue: 32)
        /// A product with a sum, or a whole power of a sum above one, occurs in it: it may be multiplied out.
        static let holdsProductOfSums = Traits(rawValue: 64)
        /// A power with a number below zero occurs in it.
        static let holdsDivisor = Traits(rawValue: 128)
        /// Made of variables and rational numbers by arithmetic alone, with whole exponents.
        static let isRationalFunction = Traits(rawValue: 256)

        static let isPositive: Traits = [.isNonNegative, .isNonZero]
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
        var (all, any): (Self, Self) = ([.isTotal, .isPositive, .isWhole, .isRationalFunction], [])
        for operand in operands {
            all.formIntersection(operand.node.traits)
            any.formUnion(operand.node.traits)
        }
        self = Self.known(of: kind, operands, all, any)
        formUnion(any.intersection([.holdsInfinity, .holdsDerivative, .holdsProductOfSums, .holdsDivisor]))
        switch kind {
        case .number(let number):
            if number.rational != nil { insert(.isRationalFunction) }
        case .variable: insert(.isRationalFunction)
        case .sum: formUnion(all.intersection(.isRationalFunction))
        case .product:
            formUnion(all.intersection(.isRationalFunction))
            if operands.contains(where: \.isSum) { insert(.holdsProductOfSums) }
        case .power:
            guard let exponent = operands[1].number else { break }
            if exponent.isNegative { insert(.holdsDivisor) }
            guard let whole = exponent.whole else { break }
            if operands[0].isRationalFunction { insert(.isRationalFunction) }
            if operands[0].isSum, Formula.expandedExponents.contains(whole) { insert(.holdsProductOfSums) }
        case .derivative: insert(.holdsDerivative)
        default: break
        }
    }

    private static func known(of kind: Formula.Kind, _ operands: [Formula], _ all: Self, _ any: Self) -> Self {
        let total = all.intersection(.isTotal)
        switch kind {
        case .number(let number):
            var traits: Self = .isTotal
            if !number.isNegative { traits.insert(.isNonNegative) }
            if !number.isZero { traits.insert(.isNonZero) }
            if number.whole != nil { traits.insert(.isWhole) }
            return traits
        case .constant(.infinity): return [.isPositive, .holdsInfinity]
        case .constant: return [.isTotal, .isPositive]
        case .variable: return .isTotal
        case .sum:
            var traits = all.intersection([.isTotal, .isWhole, .isNonNegative])
            if traits.contains(.isNonNegative) { traits.formUnion(any.intersection(.isNonZero)) }
            return traits
        case .product: return all.intersection([.isTotal, .isPositive, .isWhole])
        case .power: return power(operands[0], operands[1], total)
        case .function(let function): return known(of: function, operands, total)
        case .piecewise(let relations):
            let values = relations.indices.map { operands[3 * $0 + 2] } + [operands[3 * relations.count]]
            return values.reduce(total.union([.isPositive, .isWhole])) {
                $0.intersection($1.node.traits.union(.isTotal))
            }
        case .series, .integral, .derivative: return []
        }
    }

    private static func power(_ base: Formula, _ exponent: Formula, _ total: Self) -> Self {
        var traits: Self = []
        if base.isNonNegative { traits.insert(.isNonNegative) }
        if base.isNonZero { traits.insert(.isNonZero) }
        guard let number = exponent.number else {
            if base.isPositive { traits.formUnion(total) }
            return traits
        }
        if number.isNegative { traits.insert(.isNonZero) }
        if let whole = number.whole {
            if whole.isMultiple(of: 2) { traits.insert(.isNonNegative) }
            if whole >= 0 && base.isWhole { traits.insert(.isWhole) }
            if whole >= 0 || base.isNonZero { traits.formUnion(total) }
        } else {
            traits.insert(.isNonNegative)
            if base.isPositive || base.isNonNegative && !number.isNegative { traits.formUnion(total) }
        }
        return traits
    }

    private static func known(of function: Formula.Function, _ operands: [Formula], _ total: Self) -> Self {
        var traits: Self = function.isTotal ? total : []
        let first = operands[0].node.traits
        switch function {
        case .exp, .cosh, .sigmoid, .softplus: traits.formUnion(.isPositive)
        case .abs:
            traits.insert(.isNonNegative)
            traits.formUnion(first.intersection([.isNonZero, .isWhole]))
        case .relu:
            traits.formUnion(
                first.intersection([.isNonZero, .isWhole]).union(.isNonNegative).subtracting(
                    first.contains(.isNonNegative) ? [] : .isNonZero))
        case .erfc, .acos, .acosh: traits.insert(.isNonNegative)
        case .sign, .floor, .ceil:
            traits.insert(.isWhole)
            if function == .sign { traits.formUnion(first.intersection(.isPositive)) }
            if function != .floor { traits.formUnion(first.contains(.isPositive) ? .isPositive : []) }
            if first.contains(.isNonNegative) { traits.insert(.isNonNegative) }
        case .cbrt, .sinh, .tanh, .asinh, .atan, .erf, .asin, .atanh:
            traits.formUnion(first.intersection(.isPositive))
        case .gamma, .factorial:
            traits.insert(.isNonZero)
            if first.contains(.isNonNegative) { traits.insert(.isNonNegative) }
        case .max:
            if operands.contains(where: \.isPositive) {
                traits.formUnion(.isPositive)
            } else if operands.contains(where: \.isNonNegative) {
                traits.insert(.isNonNegative)
            }
        case .min:
            traits.formUnion(operands.reduce(.isPositive) { $0.intersection($1.node.traits) })
        default: break
        }
        return traits
    }
}
