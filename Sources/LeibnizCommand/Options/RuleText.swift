import Leibniz

/// A fixed rule of integration as it stands on the command line: `simpson(20)`.
struct RuleText {
    /// The rule.
    let rule: QuadratureRule
    /// The same kind of rule with twice the panels or nodes, by which the error is estimated.
    let finer: QuadratureRule

    private static let kinds: [(name: String, make: @Sendable (Int) -> QuadratureRule)] = [
        ("midpoint", QuadratureRule.midpoint), ("trapezoid", QuadratureRule.trapezoid),
        ("simpson", QuadratureRule.simpson), ("gaussLegendre", QuadratureRule.gaussLegendre),
        ("clenshawCurtis", QuadratureRule.clenshawCurtis),
    ]
    /// Rules with more nodes cost quadratic time to make.
    private static let largestCount = 2000

    init(_ text: String) throws {
        let parts = text.dropLast(text.hasSuffix(")") ? 1 : 0).split(separator: "(", omittingEmptySubsequences: false)
        guard let name = parts.first, let kind = Self.kinds.first(where: { $0.name.lowercased() == name.lowercased() }),
            text.hasSuffix(")"), parts.count == 2, let count = Int(parts[1]), (1...Self.largestCount).contains(count)
        else {
            throw OptionText.Expected(
                "one of \(Self.kinds.map { "\($0.name)(n)" }.joined(separator: ", ")) with n from 1 to \(Self.largestCount)"
            )
        }
        (rule, finer) = (kind.make(count), kind.make(2 * count))
    }

    /// The rule's value of an integral. What it differs from the finer one's is the error.
    func estimate(of f: (Tensor) -> Tensor, from a: Double, to b: Double) throws -> (value: Double, error: Double) {
        let (value, better) = (integrate(f, from: a, to: b, rule: rule), integrate(f, from: a, to: b, rule: finer))
        try evaluate(value, better)
        return (try value.item(), Swift.abs(try better.item() - value.item()))
    }

    /// How many values both rules take.
    var evaluations: Int { rule.nodes.count + finer.nodes.count }
}
