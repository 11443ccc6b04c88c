extension Formula {
    /// Computes a value for the root from the values of its operands, and so on downwards, without recursion; in large trees
    /// each shared node once.
    ///
    /// - Parameters:
    ///   - few: the size up to which a tree is walked faster than its nodes are remembered.
    ///   - known: the value of a node whose operands need not be looked at; nil for all others.
    ///   - combine: makes a node's value of the node and its operands' values.
    func folded<Value>(
        remembering few: Int = 16, known: (Formula) -> Value? = { _ in nil },
        _ combine: (Formula, [Value]) throws -> Value
    ) rethrows -> Value {
        if operands.isEmpty { return try known(self) ?? combine(self, []) }
        let remembers = size > few
        var found: [ObjectIdentifier: Value] = [:]
        /// Of nodes whose parents wait for them.
        var values: [Value] = []
        var pending = [(formula: self, isExpanded: false)]
        while let (formula, isExpanded) = pending.popLast() {
            let operands = formula.operands
            if operands.isEmpty {
                values.append(try combine(formula, []))
            } else if isExpanded {
                let value = try combine(formula, Array(values.suffix(operands.count)))
                values.removeLast(operands.count)
                values.append(value)
                if remembers { found[ObjectIdentifier(formula.node)] = value }
            } else if remembers, let value = found[ObjectIdentifier(formula.node)] {
                values.append(value)
            } else if let value = known(formula) {
                values.append(value)
            } else {
                pending.append((formula, true))
                for operand in operands.reversed() { pending.append((operand, false)) }
            }
        }
        return values[0]
    }

    /// The formula with other operands, put together as its kind demands.
    func rebuilt(_ operands: [Formula]) -> Formula {
        switch kind {
        case .number, .constant, .variable: self
        case .sum: .sum(operands)
        case .product: .product(operands)
        case .power: .power(operands[0], operands[1])
        case .function(let function): .function(function, operands)
        case .piecewise, .series, .integral, .derivative: Formula(kind, operands)
        }
    }

    /// The formula with variables replaced.
    ///
    /// A bound variable of a sum or an integral that occurs free in a replacement is given another name.
    public func substituting(_ replacements: [String: Formula]) -> Formula {
        let affected = replacements.filter { variables.contains($0.key) }
        guard !affected.isEmpty else { return self }
        return folded { formula, operands in
            switch formula.kind {
            case .variable(let name): return affected[name] ?? formula
            case .series(let bound), .integral(let bound):
                return formula.substitutingBeneath(bound, affected, operands)
            case .derivative(let variable) where affected[variable] != nil:
                // A derivative is by its own variable: carried out first, it can be replaced.
                return ((try? formula.operands[0].differentiated(by: variable)) ?? formula).substituting(affected)
            default:
                return formula.variables.contains { affected[$0] != nil } ? formula.rebuilt(operands) : formula
            }
        }
    }

    private func substitutingBeneath(
        _ bound: String, _ replacements: [String: Formula], _ operands: [Formula]
    ) -> Formula {
        let inner = replacements.filter { $0.key != bound }
        guard inner.values.contains(where: { $0.depends(on: bound) }) else {
            return Formula(kind, [self.operands[0].substituting(inner), operands[1], operands[2]])
        }
        let taken = Set(self.operands[0].variables).union(inner.values.flatMap(\.variables))
        var fresh = bound
        repeat { fresh += "_" } while taken.contains(fresh)
        let body = self.operands[0].substituting([bound: .variable(fresh)]).substituting(inner)
        return switch kind {
        case .series: .series(body, over: fresh, from: operands[1], to: operands[2])
        default: .integral(body, over: fresh, from: operands[1], to: operands[2])
        }
    }

    /// Whether a condition holds for a node anywhere in the tree.
    func contains(where condition: (Formula) -> Bool) -> Bool {
        folded { formula, found in condition(formula) || found.contains(true) }
    }
}
