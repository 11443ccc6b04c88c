/// A line of a worked derivation.
public struct WorkedStep: Sendable, Hashable {
    /// The rule's name, such as `product rule`.
    public let rule: String
    /// What the rule says, such as `(u·v)′ = u′·v + u·v′`.
    public let statement: String
    /// What it was applied to.
    public let from: Formula
    /// What came of it.
    public let to: Formula
}

/// A derivative with the steps that lead to it.
public struct WorkedDerivative: Sendable {
    /// The derivative, simplified.
    public let derivative: Formula
    /// Under which conditions the simplified derivative has the value of the unsimplified one.
    public let assumptions: [Assumption]
    /// The steps, outer rules first; parts that occur again are not worked again.
    public let steps: [WorkedStep]
}

extension Formula {
    /// The derivative by a variable, simplified.
    ///
    /// All other variables are constants. The derivative is meant where the formula has one: that of |x| is sign(x), that of a
    /// step is zero, and that of a branch holds inside the branch.
    ///
    /// - Parameters:
    ///   - variable: the variable's name.
    ///   - order: how often to differentiate, 0 … 100.
    /// - Throws: a `SymbolicError` where there is no derivative or it would be too large.
    public func differentiated(by variable: String, order: Int = 1) throws(SymbolicError) -> Formula {
        try differentiated(by: Array(repeating: variable, count: try checked(order)))
    }

    /// The mixed partial derivative by several variables, one after the other, simplified.
    public func differentiated(by variables: [String]) throws(SymbolicError) -> Formula {
        var result = self
        for variable in variables { result = try result.rawDerivative(by: variable).simplified() }
        return result
    }

    /// The derivative by a variable, with the steps that lead to it.
    ///
    /// - Parameter order: how often to differentiate, 1 … 100; the steps of all orders follow each other.
    /// - Throws: a `SymbolicError` where there is no derivative or it would be too large.
    public func workedDerivative(by variable: String, order: Int = 1) throws(SymbolicError) -> WorkedDerivative {
        try workedDerivative(by: Array(repeating: variable, count: try checked(order)))
    }

    /// The mixed partial derivative by several variables, with the steps that lead to it.
    public func workedDerivative(by variables: [String]) throws(SymbolicError) -> WorkedDerivative {
        var current = self
        var steps: [WorkedStep] = []
        var assumptions: [Assumption] = []
        for variable in variables {
            steps += try current.derivativeSteps(by: variable)
            let raw = try current.rawDerivative(by: variable)
            let simplification = raw.simplification()
            if simplification.formula != raw {
                steps.append(
                    WorkedStep(
                        rule: "simplify", statement: "the same value, written shorter", from: raw,
                        to: simplification.formula))
            }
            assumptions += simplification.assumptions.filter { !assumptions.contains($0) }
            current = simplification.formula
        }
        return WorkedDerivative(derivative: current, assumptions: assumptions, steps: steps)
    }

    private func checked(_ order: Int) throws(SymbolicError) -> Int {
        guard (0...100).contains(order) else {
            throw SymbolicError(.argument, "an order is a whole number from 0 to 100, not \(order)", in: self)
        }
        return order
    }

    /// Operands of all nodes that one derivative may make.
    private static let maximumWork = 5_000_000

    /// The derivative as the rules give it.
    func rawDerivative(by variable: String) throws(SymbolicError) -> Formula {
        let formula = try carryingOutDerivatives()
        var known = FormulaTable<Formula>()
        /// Of parts whose whole waits for them.
        var derivatives: [Formula] = []
        var pending: [(part: Formula, rule: DerivativeRule?)] = [(formula, nil)]
        var work = 0
        while let (part, rule) = pending.popLast() {
            if let rule {
                let derivative = rule.combine(Array(derivatives.suffix(rule.parts.count)))
                derivatives.removeLast(rule.parts.count)
                derivatives.append(derivative)
                if known.place(of: part) == nil { known.append(part, derivative) }
                work += derivative.operands.reduce(derivative.operands.count) { $0 + $1.operands.count }
                guard work <= Self.maximumWork else {
                    throw SymbolicError(.tooLarge, "the derivative would be too large", in: self)
                }
            } else if let trivial = part.trivialDerivative(by: variable) {
                derivatives.append(trivial)
            } else if let place = known.place(of: part) {
                derivatives.append(known.values[place])
            } else {
                let rule = try DerivativeRule(for: part, by: variable)
                pending.append((part, rule))
                for part in rule.parts.reversed() { pending.append((part, nil)) }
            }
        }
        return derivatives.first ?? .zero
    }

    /// The steps of the derivation, outer rules first.
    private func derivativeSteps(by variable: String) throws(SymbolicError) -> [WorkedStep] {
        var steps: [WorkedStep] = []
        var seen: Set<Formula> = []
        var pending = [try carryingOutDerivatives()]
        while let part = pending.popLast(), steps.count < 1000 {
            guard seen.insert(part).inserted, steps.isEmpty || part.trivialDerivative(by: variable) == nil else {
                continue
            }
            let rule = try DerivativeRule(for: part, by: variable)
            let inner = rule.parts.map { $0.trivialDerivative(by: variable) ?? Formula(.derivative(variable), [$0]) }
            steps.append(
                WorkedStep(
                    rule: rule.name, statement: rule.statement, from: Formula(.derivative(variable), [part]),
                    to: rule.combine(inner)))
            pending += rule.parts.reversed()
        }
        return steps
    }

    /// The derivative of what does not depend on the variable, and of the variable itself.
    private func trivialDerivative(by variable: String) -> Formula? {
        if !depends(on: variable) { return .zero }
        if case .variable = kind { return .one }
        return nil
    }

    /// The formula with its written derivatives carried out, inner ones first.
    package func carryingOutDerivatives() throws(SymbolicError) -> Formula {
        guard holdsDerivative else { return self }
        do {
            return try folded { formula, operands in
                guard case .derivative(let variable) = formula.kind else { return formula.rebuilt(operands) }
                return try operands[0].rawDerivative(by: variable)
            }
        } catch let error as SymbolicError {
            throw error
        } catch {
            throw SymbolicError(.noDerivative, "\(error)", in: self)
        }
    }
}
