import ArgumentParser
import Leibniz

/// `leibniz taylor`: a formula as a series in powers of x − a.
struct Taylor: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Expands a formula in powers of x - a, at a pole with powers below zero.")

    private enum Default {
        static let order = 5
    }

    @OptionGroup var formula: FormulaOptions
    @Option(help: "The variable (default: the only one).", transform: VariableName.init) var wrt: VariableName?
    @Option(parsing: .unconditional, help: "The point a (default: 0).", transform: FormulaText.init)
    var at = FormulaText("0")
    @Option(
        parsing: .unconditional, help: "The highest power (default: \(Default.order)).",
        transform: OptionText.whole(0...60))
    var order = Default.order

    func run() throws {
        let parsed = try formula.parsed()
        let variable = try parsed.variable(wrt?.name)
        let series = try parsed.formula.taylorSeries(by: variable, at: Formula(at.text), order: order)
        guard formula.chosenFormat == .json else {
            return try Console.write(formula.format.written(series.formula, variables: parsed.formula.variables))
        }
        try Console.write(json: [
            ("expression", .text("\(parsed.formula)")), ("variable", .text(variable)),
            ("at", .text("\(series.center)")), ("order", .whole(order)), ("series", .text("\(series.formula)")),
            ("latex", .text(series.formula.latex)), ("lowest_power", .whole(series.lowestPower)),
            ("coefficients", .texts(series.coefficients)),
        ])
    }
}
