import ArgumentParser
import Leibniz

/// `leibniz derive`: derivatives of a formula, with the steps that lead to them.
struct Derive: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Differentiates a formula, exactly and with worked steps.",
        discussion: """
            Several variables are differentiated by one after the other: --wrt x,y is ∂²/∂x∂y, and --wrt x --order 2 the \
            second derivative. A formula may begin with a minus sign. What simplification needs is printed as a condition.
            """)

    @OptionGroup var formula: FormulaOptions
    @Option(help: "The variable, or several: x,y (default: the only one).", transform: VariableNames.init)
    var wrt: VariableNames?
    @Option(
        parsing: .unconditional, help: "How often to differentiate (default: 1, or once by each variable).",
        transform: OptionText.whole(1...100))
    var order: Int?
    @Option(help: "The point for a value: x=1,y=-pi/2.", transform: PointText.init) var at: PointText?
    @Flag(help: "Show each rule that is applied.") var steps = false
    @Flag(help: "All first derivatives.") var gradient = false
    @Flag(help: "All second derivatives.") var hessian = false

    func validate() throws {
        if gradient && hessian { throw ValidationError("--gradient and --hessian: give one") }
        if (gradient || hessian) && (steps || order != nil) {
            throw ValidationError("--gradient and --hessian have neither --steps nor --order")
        }
        if let order, let wrt, wrt.names.count > 1, wrt.names.count != order {
            throw ValidationError(
                "--order \(order) differs from the \(wrt.names.count) variables of --wrt: leave --order out")
        }
    }

    func run() throws {
        let parsed = try formula.parsed()
        if gradient || hessian { return try all(parsed) }
        let names = try wrt?.names ?? [parsed.variable(nil)]
        let variables = names.count > 1 ? names : Array(repeating: names[0], count: order ?? 1)
        let worked = try parsed.marking { try parsed.formula.workedDerivative(by: variables) }
        let derivative = worked.derivative
        let value = try at.map { try parsed.value(of: derivative, at: $0.point) }
        let format = formula.chosenFormat
        if format == .json {
            return try Console.write(json: [
                ("expression", .text("\(parsed.formula)")), ("variables", .array(variables.map(JSONValue.text))),
                ("derivative", .text("\(derivative)")), ("latex", .text(derivative.latex)),
                ("value", value.map(JSONValue.real) ?? .null), ("assumptions", .texts(worked.assumptions)),
                ("steps", .array(steps ? worked.steps.map(\.json) : [])),
            ])
        }
        var lines: [String] = []
        if steps {
            for (index, step) in worked.steps.enumerated() { lines += step.lines(number: index + 1, in: format) }
        }
        lines.append(try format.written(derivative, variables: parsed.formula.variables))
        if format == .text || format == .unicode {
            lines += Assumption.line(worked.assumptions)
            if let value { lines.append("= \(value)") }
        }
        try Console.write(lines.joined(separator: "\n"))
    }

    /// The gradient or the Hessian.
    private func all(_ parsed: ParsedFormula) throws {
        let names = wrt?.names ?? parsed.formula.variables
        let rows =
            hessian ? try parsed.formula.hessian(by: names) : [try parsed.formula.gradient(by: names)]
        let values = try at.map { at in
            try rows.map { row in try row.map { try parsed.value(of: $0, at: at.point) } }
        }
        let format = formula.chosenFormat
        if format == .json {
            func shaped(_ rows: [JSONValue]) -> JSONValue { hessian ? .array(rows) : rows[0] }
            return try Console.write(json: [
                ("expression", .text("\(parsed.formula)")), ("variables", .array(names.map(JSONValue.text))),
                (hessian ? "hessian" : "gradient", shaped(rows.map { .texts($0) })),
                ("latex", shaped(rows.map { .array($0.map { .text($0.latex) }) })),
                ("value", values.map { shaped($0.map { .array($0.map(JSONValue.real)) }) } ?? .null),
            ])
        }
        var lines: [String] = []
        for (i, row) in rows.enumerated() {
            for (j, entry) in row.enumerated() {
                let label = hessian ? "d²/d\(names[i])d\(names[j])" : "d/d\(names[j])"
                let text = try format.written(entry, variables: parsed.formula.variables)
                let value = values.map { " = \($0[i][j])" } ?? ""
                lines.append(format == .text || format == .unicode ? "\(label): \(text)\(value)" : text)
            }
        }
        try Console.write(lines.joined(separator: "\n"))
    }
}

extension ParsedFormula {
    /// The value of something that was made of this formula, which must have a value there itself; the part without one is
    /// marked where the text has it.
    func value(of other: Formula, at point: [String: Double]) throws -> Double {
        _ = try value(at: point)
        return try marking { try other.evaluated(at: point) }
    }
}
