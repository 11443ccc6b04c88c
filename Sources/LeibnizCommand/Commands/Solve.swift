import ArgumentParser
import Leibniz

/// `leibniz solve`: the real solutions of an equation in one unknown.
struct Solve: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Solves an equation for one unknown, where that is easy.",
        discussion: """
            An equation is written with one equals sign, "x^2 = 2"; a formula alone is set to zero. Solutions are real and \
            exact; k in one of them is any whole number. Each is put into the equation before it is shown.
            """)

    @OptionGroup var formula: FormulaOptions
    @Option(help: "The unknown (default: the only variable).", transform: VariableName.init) var wrt: VariableName?

    func run() throws {
        let equation = try EquationText(formula.expression.text)
        let variable = try equation.difference.variable(wrt?.name)
        let solutions = try equation.difference.formula.solutions(for: variable)
        let format = formula.chosenFormat
        if format == .json {
            let values = solutions.values.map { value in (try? value.evaluated()).map(JSONValue.real) ?? .null }
            return try Console.write(json: [
                ("expression", .text(formula.expression.text)), ("variable", .text(variable)),
                ("solutions", .texts(solutions.values)), ("latex", .array(solutions.values.map { .text($0.latex) })),
                ("values", .array(values)), ("all", .flag(solutions.areAll)),
                ("identity", .flag(solutions.isIdentity)),
            ])
        }
        if solutions.isIdentity { return try Console.write("every \(variable) is a solution") }
        var lines = try solutions.values.map { value in
            let text = try format.written(value, variables: value.variables)
            return format == .text || format == .unicode ? "\(variable) = \(text)" : text
        }
        if !solutions.areAll, format == .text || format == .unicode { lines.append("there may be other solutions") }
        try Console.write(lines.joined(separator: "\n"))
    }
}

/// An equation's text: two formulas and an equals sign, or one formula that is zero.
struct EquationText {
    /// Left side minus right side, with the columns of the whole text.
    let difference: ParsedFormula

    init(_ text: String) throws {
        let signs = text.indices.filter { index in
            guard text[index] == "=" else { return false }
            let before = index > text.startIndex ? text[text.index(before: index)] : " "
            let after = text.index(after: index) < text.endIndex ? text[text.index(after: index)] : " "
            return !["=", "<", ">", "!"].contains(before) && after != "="
        }
        guard let sign = signs.first else {
            difference = try ParsedFormula(text)
            return
        }
        guard signs.count == 1 else {
            throw ValidationError("an equation has one equals sign, this has \(signs.count)")
        }
        _ = try ParsedFormula(String(text[..<sign]))
        // Spaces keep the columns of what follows.
        let padding = String(repeating: " ", count: text.distance(from: text.startIndex, to: sign) + 1)
        do {
            _ = try ParsedFormula(padding + text[text.index(after: sign)...])
        } catch let error {
            throw MarkedError(description: error.marked(in: text), exitStatus: ExitStatus.usage)
        }
        difference = try ParsedFormula("(\(text[..<sign])) - (\(text[text.index(after: sign)...]))")
    }
}
