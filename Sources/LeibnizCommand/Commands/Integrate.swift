import ArgumentParser
import Leibniz

/// `leibniz integrate`: an antiderivative of a formula, and its integral between bounds.
struct Integrate: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Finds an antiderivative of a formula, with worked steps, or its integral between bounds.",
        discussion: """
            Every antiderivative is checked by differentiation; where none is found, the command says so and ends with 65. \
            Between bounds an integral needs none: it is computed by an adaptive Gauss–Kronrod rule, and exactly where an \
            antiderivative agrees with that. --to and --from take formulas: --from 0 --to pi/2, --to infinity. \
            With --tolerance or --rule the formula is integrated as a function of tensors, adaptively or by a fixed rule.
            """)

    @OptionGroup var formula: FormulaOptions
    @Option(help: "The variable (default: the only one).", transform: VariableName.init) var wrt: VariableName?
    @Option(parsing: .unconditional, help: "The lower bound.", transform: FormulaText.init) var from: FormulaText?
    @Option(parsing: .unconditional, help: "The upper bound.", transform: FormulaText.init) var to: FormulaText?
    @Option(
        help:
            "A fixed rule between the bounds: midpoint(n), trapezoid(n), simpson(n) with n panels, gaussLegendre(n), clenshawCurtis(n) with n nodes.",
        transform: RuleText.init)
    var rule: RuleText?
    @Option(
        parsing: .unconditional,
        help: "The error that is wanted, relative and absolute (default: about ten digits).",
        transform: OptionText.positive)
    var tolerance: Double?
    @Flag(help: "Show each rule that is applied.") var steps = false

    func validate() throws {
        if (from == nil) != (to == nil) { throw ValidationError("--from and --to: give both, or none") }
        if rule != nil && tolerance != nil {
            throw ValidationError("--rule and --tolerance: a fixed rule has its own error")
        }
        if from == nil && (rule != nil || tolerance != nil) {
            throw ValidationError("--rule and --tolerance need bounds: --from and --to")
        }
    }

    func run() throws {
        let parsed = try formula.parsed()
        let variable = try parsed.variable(wrt?.name)
        if let from, let to { return try definite(parsed, variable, from, to) }
        let worked = try parsed.formula.workedAntiderivative(by: variable)
        let format = formula.chosenFormat
        if format == .json {
            return try Console.write(json: [
                ("expression", .text("\(parsed.formula)")), ("variable", .text(variable)),
                ("antiderivative", .text("\(worked.antiderivative)")), ("latex", .text(worked.antiderivative.latex)),
                ("value", .null), ("error", .null), ("evaluations", .whole(0)),
                ("steps", .array(steps ? worked.steps.map(\.json) : [])),
            ])
        }
        var lines = steps ? lines(of: worked, variable, format) : []
        lines.append(try format.written(worked.antiderivative, variables: parsed.formula.variables))
        try Console.write(lines.joined(separator: "\n"))
    }

    private func lines(of worked: WorkedIntegral, _ variable: String, _ format: FormulaFormat) -> [String] {
        worked.steps.enumerated().flatMap { index, step in
            let isLaTeX = format == .latex
            let (before, after) = isLaTeX ? (step.from.latex, step.to.latex) : (step.from.unicode, step.to.unicode)
            let integral = isLaTeX ? "\\int \(before) \\, d\(variable)" : "∫ \(before) d\(variable)"
            return format.asideFromResult([
                "\(index + 1). \(step.rule): \(step.statement)", "   \(integral)", "   = \(after)",
            ])
        }
    }

    private func definite(
        _ parsed: ParsedFormula, _ variable: String, _ from: FormulaText, _ to: FormulaText
    ) throws {
        let bounds = (try ParsedFormula(from.text), try ParsedFormula(to.text))
        for bound in [bounds.0, bounds.1] { _ = try bound.value(at: [:]) }
        let integral = try parsed.marking {
            if rule == nil && tolerance == nil {
                return try parsed.formula.definiteIntegral(by: variable, from: bounds.0.formula, to: bounds.1.formula)
            }
            return try onTensors(parsed, variable, bounds.0, bounds.1)
        }
        let worked = integral.antiderivative
        let format = formula.chosenFormat
        if format == .json {
            return try Console.write(json: [
                ("expression", .text("\(parsed.formula)")), ("variable", .text(variable)),
                ("antiderivative", .text(orNull: worked?.antiderivative.description)),
                ("exact", .text(orNull: integral.exact?.description)), ("value", .real(integral.value)),
                ("error", .real(integral.error)), ("evaluations", .whole(integral.evaluations)),
                ("steps", .array(steps ? worked?.steps.map(\.json) ?? [] : [])),
            ])
        }
        var lines = steps ? worked.map { self.lines(of: $0, variable, format) } ?? [] : []
        if let exact = integral.exact { lines.append(try format.written(exact, variables: [])) }
        if format == .text || format == .unicode || integral.exact == nil {
            lines.append("= \(integral.value) ± \(integral.error) (\(integral.evaluations) evaluations)")
        }
        try Console.write(lines.joined(separator: "\n"))
    }

    /// The integral of the formula as a function of tensors.
    private func onTensors(
        _ parsed: ParsedFormula, _ variable: String, _ from: ParsedFormula, _ to: ParsedFormula
    ) throws -> DefiniteIntegral {
        let function = try TensorFormula(parsed.formula, variables: [variable])
        let (a, b) = (try from.value(at: [:]), try to.value(at: [:]))
        if let rule {
            let (value, error) = try rule.estimate(of: { function([$0]) }, from: a, to: b)
            return DefiniteIntegral(value: value, error: error, evaluations: rule.evaluations)
        }
        let goal = tolerance ?? 0
        do {
            let estimate = try integralEstimate(
                of: { function([$0]) }, from: a, to: b, relative: goal, absolute: goal)
            return DefiniteIntegral(
                value: try estimate.value.item(), error: estimate.error, evaluations: estimate.evaluations)
        } catch let error as IntegrationError {
            throw MarkedError(description: "\(error)")
        }
    }
}
