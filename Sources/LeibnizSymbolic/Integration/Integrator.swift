/// Looks for antiderivatives: tries one rule after the other, each of which hands simpler integrands back.
///
/// Work is bounded by the number of integrands that are looked at and by their nesting. Nothing found here is trusted before
/// its derivative has been compared with the integrand.
struct Integrator {
    private(set) var steps: [WorkedStep] = []
    private var attempts = 0
    private var refused: Set<Formula> = []
    private var active: Set<Formula> = []
    private var freshNames = 0

    private static let maximumAttempts = 1500
    private static let maximumDepth = 14
    private static let maximumSize = 300

    /// An answer of a rule: the rule's name, what it says here, and the antiderivative.
    struct Answer {
        let rule: String
        let statement: String
        let formula: Formula
    }

    /// An antiderivative of `f` by `x`; nil where none was found.
    mutating func integrate(_ f: Formula, _ x: String, depth: Int) -> Formula? {
        let f = f.simplified()
        attempts += 1
        guard depth < Self.maximumDepth, attempts < Self.maximumAttempts, f.size <= Self.maximumSize else { return nil }
        guard !refused.contains(f), active.insert(f).inserted else { return nil }
        defer { active.remove(f) }
        let mark = steps.count
        guard let answer = answer(f, .variable(x), x, depth) else {
            steps.removeSubrange(mark...)
            // What failed near the limit of depth may succeed higher up.
            if depth < Self.maximumDepth / 2 { refused.insert(f) }
            return nil
        }
        steps.insert(
            WorkedStep(rule: answer.rule, statement: answer.statement, from: f, to: answer.formula), at: mark)
        return answer.formula
    }

    /// A variable's name that no formula has.
    mutating func freshName(_ formula: Formula) -> String {
        let names = ["u", "v", "w", "s"].filter { !formula.variables.contains($0) }
        if let name = names.first { return name }
        freshNames += 1
        return "u_\(freshNames)"
    }

    private mutating func answer(_ f: Formula, _ x: Formula, _ name: String, _ depth: Int) -> Answer? {
        if !f.depends(on: name) {
            return Answer(rule: "constant", statement: "∫ c d\(name) = c·\(name)", formula: f * x)
        }
        let constants = f.factors.filter { !$0.depends(on: name) }
        if !constants.isEmpty {
            let rest = Formula.product(f.factors.filter { $0.depends(on: name) })
            guard let inner = integrate(rest, name, depth: depth + 1) else { return nil }
            return Answer(
                rule: "constant factor", statement: "∫ c·f d\(name) = c·∫ f d\(name)",
                formula: .product(constants) * inner)
        }
        if let table = IntegralTable(x: name).answer(f) { return table }
        if let fraction = RationalFunction(f, of: x), fraction.denominator.degree > 0 {
            if let sum = PartialFractions.antiderivative(of: fraction, x) {
                return Answer(
                    rule: "partial fractions", statement: "a sum of fractions with one factor below each", formula: sum)
            }
        }
        if let sum = linear(f, name, depth) { return sum }
        if let root = RootOfQuadratic.answer(f, name) { return root }
        if let trigonometric = trigonometric(f, name, depth) { return trigonometric }
        if let substituted = substituted(f, name, depth) { return substituted }
        if let parts = byParts(f, name, depth) { return parts }
        if let expanded = f.expanded()?.simplifiedTerms, expanded != f, case .sum = expanded.kind,
            let sum = linear(expanded, name, depth)
        {
            return Answer(rule: "multiply out", statement: "the same integrand as a sum", formula: sum.formula)
        }
        return rationalized(f, name, depth)
    }

    /// ∫ (f + g) = ∫ f + ∫ g; terms that fail alone may succeed together.
    private mutating func linear(_ f: Formula, _ x: String, _ depth: Int) -> Answer? {
        guard case .sum = f.kind else { return nil }
        let mark = steps.count
        var parts: [Formula] = []
        for term in f.operands {
            guard let part = integrate(term, x, depth: depth + 1) else {
                steps.removeSubrange(mark...)
                return nil
            }
            parts.append(part)
        }
        return Answer(rule: "sum", statement: "∫ (f + g) d\(x) = ∫ f d\(x) + ∫ g d\(x)", formula: .sum(parts))
    }
}

extension Formula {
    /// The terms simplified, each by itself, without joining them to something shorter.
    var simplifiedTerms: Formula {
        var simplifier = Simplifier()
        return simplifier.settled(self)
    }

    /// a and b of a·x + b, where both are free of x and a is not zero.
    func linearCoefficients(in x: String) -> (a: Formula, b: Formula)? {
        guard depends(on: x), let slope = try? differentiated(by: x), !slope.depends(on: x), !slope.isZero else {
            return nil
        }
        return (slope, substituting([x: .zero]).simplified())
    }

    /// a, b and c of a·x² + b·x + c, all free of x, a not zero.
    func quadraticCoefficients(in x: String) -> (a: Formula, b: Formula, c: Formula)? {
        guard depends(on: x), let slope = try? differentiated(by: x), let curvature = try? slope.differentiated(by: x),
            !curvature.depends(on: x), !curvature.isZero
        else { return nil }
        return (
            (curvature / .two).simplified(), slope.substituting([x: .zero]).simplified(),
            substituting([x: .zero]).simplified()
        )
    }
}
