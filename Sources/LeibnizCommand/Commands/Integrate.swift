import ArgumentParser
import Leibniz

/// `leibniz integrate`: an antiderivative of a formula, and its integral between bounds.
struct Integrate: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Finds an antiderivative of a formula, with worked steps, or its integral between bounds.",
        discussion: """
            Every antiderivative is checked by differentiation; where none is found, the command says so and ends with 65. \
            Between bounds an integral needs none: it is computed by an adaptive Gauss–Kronrod rule, and exactly where an \
            antiderivative agrees with that. --to and --from take formulas: --from 0 --to pi/2, --to infinity.
            """)

    @OptionGroup var formula: FormulaOptions
    @Option(help: "The variable (default: the only one).", transform: VariableName.init) var wrt: VariableName?
    @Option(parsing: .unconditional, help: "The lower bound.", transform: FormulaText.init) var from: FormulaText?
    @Option(parsing: .unconditional, help: "The upper bound.", transform: FormulaText.init) var to: FormulaText?
    @Flag(help: "Show each rule that is applied.") var steps = false

    func validate() throws {
        if (from == nil) != (to == nil) { throw ValidationError("--from and --to: give both, or none") }
    }

    func run() throws {
        let parsed = try formula.parsed()
        let variable = try parsed.variable(wrt?.name)
        if let from, let to { return try definite(parsed, variable, from, to) }
        let worked = try parsed.formula.workedAntiderivative(by: variable)
        let format = formula.chosenFormat
        if format == .json {
            var members: [(String, JSONValue)] = [
                ("expression", .text("\(parsed.formula)")), ("variable", .text(variable)),
                ("antiderivative", .text("\(worked.antiderivative)")), ("latex", .text(worked.antiderivative.latex)),
                ("value", .null), ("error", .null), ("evaluations", .whole(0)),
            ]
            if steps { members.append(("steps", .array(worked.steps.map(\.json)))) }
            return try Console.write(json: members)
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
            try parsed.formula.definiteIntegral(by: variable, from: bounds.0.formula, to: bounds.1.formula)
        }
        let worked = integral.antiderivative
        let format = formula.chosenFormat
        if format == .json {
            var members: [(String, JSONValue)] = [
                ("expression", .text("\(parsed.formula)")), ("variable", .text(variable)),
                ("antiderivative", .text(orNull: worked?.antiderivative.description)),
                ("exact", .text(orNull: integral.exact?.description)), ("value", .real(integral.value)),
                ("error", .real(integral.error)), ("evaluations", .whole(integral.evaluations)),
            ]
            if steps { members.append(("steps", .array(worked?.steps.map(\.json) ?? []))) }
            return try Console.write(json: members)
        }
        var lines = steps ? worked.map { self.lines(of: $0, variable, format) } ?? [] : []
        if let exact = integral.exact { lines.append(try format.written(exact, variables: [])) }
        if format == .text || format == .unicode || integral.exact == nil {
            lines.append("= \(integral.value) ± \(integral.error) (\(integral.evaluations) evaluations)")
        }
        try Console.write(lines.joined(separator: "\n"))
    }
}
