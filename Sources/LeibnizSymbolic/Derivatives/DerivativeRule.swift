/// How the derivative of a formula follows from those of its parts.
///
/// Answers and worked steps are made of the same rules, so that they cannot drift apart.
struct DerivativeRule {
    /// The rule's name, such as `product rule`.
    let name: String
    /// What it says, such as `(u·v)′ = u′·v + u·v′`.
    var statement: String { makeStatement() }
    private let makeStatement: () -> String
    /// The parts whose derivatives it needs.
    let parts: [Formula]
    /// The derivative, of the parts' derivatives.
    let combine: ([Formula]) -> Formula

    init(
        _ name: String, _ statement: @escaping @autoclosure () -> String, _ parts: [Formula] = [],
        _ combine: @escaping ([Formula]) -> Formula
    ) {
        (self.name, makeStatement, self.parts, self.combine) = (name, statement, parts, combine)
    }

    /// A product in which a zero is taken for a zero: where a derivative vanishes, its factors need no value.
    private static func times(_ factors: Formula...) -> Formula {
        factors.contains(where: \.isZero) ? .zero : .product(factors)
    }

    /// The rule for a formula's derivative by a variable.
    init(for formula: Formula, by x: String) throws(SymbolicError) {
        let operands = formula.operands
        guard formula.depends(on: x) else {
            self.init("constant rule", "c′ = 0") { _ in .zero }
            return
        }
        switch formula.kind {
        case .number, .constant: self.init("constant rule", "c′ = 0") { _ in .zero }
        case .variable: self.init("variable", "d\(x)/d\(x) = 1") { _ in .one }
        case .sum: self.init("sum rule", "(u + v)′ = u′ + v′", operands) { .sum($0) }
        case .product: self = try .product(formula, x)
        case .power: self = .power(operands[0], operands[1], x)
        case .function(let function): self = try .function(function, operands, x)
        case .piecewise(let relations):
            let values = relations.indices.map { operands[3 * $0 + 2] } + [operands[3 * relations.count]]
            self.init("piecewise", "each piece by itself, inside its range", values) { derivatives in
                if derivatives.dropFirst().allSatisfy({ $0 == derivatives[0] }) { return derivatives[0] }
                var operands = operands
                for index in relations.indices { operands[3 * index + 2] = derivatives[index] }
                operands[3 * relations.count] = derivatives[relations.count]
                return Formula(formula.kind, operands)
            }
        case .series(let index):
            guard !operands[1].depends(on: x), !operands[2].depends(on: x) else {
                throw SymbolicError(.noDerivative, "a sum has no derivative by its bounds", in: formula)
            }
            self.init("sum rule", "(Σ u)′ = Σ u′", [operands[0]]) {
                $0[0].isZero ? .zero : .series($0[0], over: index, from: operands[1], to: operands[2])
            }
        case .integral(let variable): self = .integral(operands, over: variable)
        case .derivative:
            throw SymbolicError(.noDerivative, "carry out the inner derivative first", in: formula)
        }
    }

    /// The product rule, or the quotient rule where a divisor depends on the variable; constant factors stand aside.
    private static func product(_ formula: Formula, _ x: String) throws(SymbolicError) -> DerivativeRule {
        let constants = formula.factors.filter { !$0.depends(on: x) }
        let moving = collected(formula.factors.filter { $0.depends(on: x) })
        guard constants.isEmpty else {
            return DerivativeRule("constant factor rule", "(c·u)′ = c·u′", [.product(moving)]) {
                $0[0].isZero ? .zero : .product(constants + $0)
            }
        }
        let below = moving.compactMap { factor -> Formula? in
            let (base, exponent) = factor.baseAndExponent
            guard let number = exponent.number, number.isNegative, base != .e else { return nil }
            return number.whole == -1 ? base : .power(base, Formula(number.negated))
        }
        if !below.isEmpty && below.count < moving.count {
            let above = moving.filter { factor in
                !(factor.baseAndExponent.exponent.number?.isNegative ?? false) || factor.baseAndExponent.base == .e
            }
            let (u, v) = (Formula.product(above), Formula.product(below))
            return DerivativeRule("quotient rule", "(u/v)′ = (u′·v − u·v′)/v²", [u, v]) {
                (times($0[0], v) - times(u, $0[1])) / .power(v, .two)
            }
        }
        guard moving.count * moving.count <= 1_000_000 else {
            throw SymbolicError(
                .tooLarge, "a product of \(moving.count) factors has too large a derivative", in: formula)
        }
        if moving.count == 1 {
            return DerivativeRule("powers of one base", "u·u = u²", moving) { $0[0] }
        }
        let statement = moving.count == 2 ? "(u·v)′ = u′·v + u·v′" : "(u·v·w)′ = u′·v·w + u·v′·w + u·v·w′"
        return DerivativeRule("product rule", statement, moving) { derivatives in
            .sum(
                derivatives.enumerated().compactMap { index, derivative in
                    guard !derivative.isZero else { return nil }
                    var factors = moving
                    factors[index] = derivative
                    return .product(factors)
                })
        }
    }

    /// Equal factors as powers.
    private static func collected(_ factors: [Formula]) -> [Formula] {
        var counts = FormulaTable<Int>()
        for factor in factors {
            if let place = counts.place(of: factor) {
                counts.values[place] += 1
            } else {
                counts.append(factor, 1)
            }
        }
        return zip(counts.keys, counts.values).map { $1 == 1 ? $0 : .power($0, Formula($1)) }
    }

    private static func power(_ base: Formula, _ exponent: Formula, _ x: String) -> DerivativeRule {
        if !exponent.depends(on: x) {
            let isPlain = base == .variable(x)
            return DerivativeRule(
                isPlain ? "power rule" : "chain rule, power rule",
                isPlain ? "(\(x)ⁿ)′ = n·\(x)ⁿ⁻¹" : "(uⁿ)′ = n·uⁿ⁻¹·u′", [base]
            ) { times(exponent, .power(base, exponent - 1), $0[0]) }
        }
        if base.isZero {
            return DerivativeRule("exponential rule", "(0ᵘ)′ = 0 for u > 0") { _ in .zero }
        }
        if !base.depends(on: x) {
            return DerivativeRule("exponential rule", "(aᵘ)′ = aᵘ·ln a·u′", [exponent]) {
                times(.power(base, exponent), .log(base), $0[0])
            }
        }
        return DerivativeRule("general power rule", "(uᵛ)′ = uᵛ·(v′·ln u + v·u′/u)", [base, exponent]) {
            .power(base, exponent) * (times($0[1], .log(base)) + times(exponent, $0[0], .power(base, .minusOne)))
        }
    }

    /// Leibniz's rule for integrals.
    private static func integral(_ operands: [Formula], over variable: String) -> DerivativeRule {
        let (integrand, lower, upper) = (operands[0], operands[1], operands[2])
        let statement = "(∫ₐᵇ f dt)′ = f(b)·b′ − f(a)·a′ + ∫ₐᵇ f′ dt"
        return DerivativeRule("Leibniz's rule", statement, [integrand, lower, upper]) {
            let atUpper = $0[2].isZero ? .zero : integrand.substituting([variable: upper]) * $0[2]
            let atLower = $0[1].isZero ? .zero : integrand.substituting([variable: lower]) * $0[1]
            let inside = $0[0].isZero ? .zero : Formula.integral($0[0], over: variable, from: lower, to: upper)
            return atUpper - atLower + inside
        }
    }

    private static func function(
        _ function: Formula.Function, _ arguments: [Formula], _ x: String
    ) throws(SymbolicError) -> DerivativeRule {
        if function == .min || function == .max { return extremum(function, arguments) }
        let moving = arguments.indices.filter { arguments[$0].depends(on: x) }
        var partials: [Formula] = []
        for index in moving {
            guard let partial = function.partial(index, arguments) else {
                throw SymbolicError(
                    .noDerivative, "\(function.rawValue) has no derivative by argument \(index + 1)",
                    in: .function(function, arguments))
            }
            partials.append(partial)
        }
        let isPlain = arguments.count == 1 && arguments[0] == .variable(x)
        let name = isPlain ? "derivative of \(function.rawValue)" : "chain rule, \(function.rawValue)"
        return DerivativeRule(name, function.statement, moving.map { arguments[$0] }) { derivatives in
            .sum(zip(partials, derivatives).map { times($0, $1) })
        }
    }

    /// The derivative of the argument that is chosen.
    private static func extremum(_ function: Formula.Function, _ arguments: [Formula]) -> DerivativeRule {
        let relation = function == .max ? Formula.Relation.greaterOrEqual : .lessOrEqual
        return DerivativeRule(
            "piecewise, \(function.rawValue)", "the derivative of the argument that is chosen", arguments
        ) { derivatives in
            var result = derivatives[derivatives.count - 1]
            for index in arguments.indices.dropLast().reversed() where derivatives[index] != result {
                let rest = Array(arguments[(index + 1)...])
                result = .piecewise(
                    [
                        (
                            arguments[index], relation, rest.count == 1 ? rest[0] : .function(function, rest),
                            derivatives[index]
                        )
                    ], otherwise: result)
            }
            return result
        }
    }
}
