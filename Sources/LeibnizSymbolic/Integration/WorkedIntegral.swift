/// An antiderivative with the steps that lead to it.
public struct WorkedIntegral: Sendable {
    /// A formula whose derivative is the integrand, where both have values.
    public let antiderivative: Formula
    /// Each step's `from` is an integrand and its `to` an antiderivative of it; outer steps first.
    public let steps: [WorkedStep]
}

extension Formula {
    /// An antiderivative by a variable: F with F′ = f, found by rules.
    ///
    /// Linearity, a table, substitutions, integration by parts, partial fractions of rational functions, powers and products of
    /// trigonometric functions, roots of quadratics. What none of them reaches is *not found*, which is no proof that there is
    /// nothing. Every answer is checked: its derivative must have the integrand's values at many points.
    ///
    /// Logarithms have absolute values, ∫ dx/x = ln|x|. An answer may have jumps where the integrand has none; `integral(…)`
    /// looks for them.
    ///
    /// - Parameter variable: the variable; all others are constants.
    /// - Throws: a `SymbolicError` of the kind `notFound`.
    /// - Complexity: a bounded number of attempts.
    public func antiderivative(by variable: String) throws(SymbolicError) -> Formula {
        try workedAntiderivative(by: variable).antiderivative
    }

    /// An antiderivative with the steps that lead to it; see `antiderivative(by:)`.
    public func workedAntiderivative(by variable: String) throws(SymbolicError) -> WorkedIntegral {
        let integrand = try carryingOutDerivatives().simplified()
        var integrator = Integrator()
        if let found = integrator.integrate(integrand, variable, depth: 0) {
            let answer = found.simplified()
            let plain = Formula.sum(answer.terms.filter { $0.depends(on: variable) })
            for candidate in [plain, answer, found] where isDerivative(of: candidate, by: variable) {
                var seen: Set<WorkedStep> = []
                let steps = integrator.steps.filter { seen.insert($0).inserted }
                return WorkedIntegral(antiderivative: candidate, steps: steps)
            }
        }
        throw SymbolicError(.notFound, "no antiderivative by \(variable) was found; there may be one", in: self)
    }

    /// Whether a formula's derivative has this formula's values at all of many points at which both have one.
    func isDerivative(of other: Formula, by variable: String) -> Bool {
        guard let derivative = try? other.rawDerivative(by: variable) else { return false }
        return Formula.agree(derivative, self)
    }

    /// Whether two formulas have the same values at many points at which both have one.
    static func agree(_ a: Formula, _ b: Formula) -> Bool {
        let names = Set(a.variables).union(b.variables).sorted()
        guard let first = try? FormulaProgram(a, variables: names),
            let second = try? FormulaProgram(b, variables: names)
        else { return false }
        var (word, points, wrong) = (UInt64(names.count), 0, 0)
        func random() -> Double {
            word &+= 1
            return Double(mixed(word) >> 11) * 0x1p-53
        }
        for round in 0..<80 where points < 16 {
            // Narrow and wide, below and above zero: formulas have their values in different places.
            let width = [1.0, 3, 0.3, 8, 30][round % 5]
            let shift = round.isMultiple(of: 2) ? 0.0 : -0.5
            let point = names.map { _ in (random() + shift) * width }
            guard let left = try? first(point), let right = try? second(point), left.isFinite, right.isFinite else {
                continue
            }
            let scale = Swift.max(Swift.abs(left), Swift.abs(right))
            // Where huge numbers cancel, no digits are left to compare.
            guard scale < 1e12 else { continue }
            points += 1
            if Swift.abs(left - right) > 1e-7 * Swift.max(scale, 1e-3) { wrong += 1 }
        }
        return points >= 4 && wrong == 0
    }
}
