import ArgumentParser
import Leibniz

/// `leibniz limit`: where a formula goes as its variable goes to a point.
struct Limit: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Finds the limit of a formula at a point or at infinity.",
        discussion: "The point is a formula: --to 0, --to pi/2, --to infinity, --to -infinity.")

    @OptionGroup var formula: FormulaOptions
    @Option(help: "The variable (default: the only one).", transform: VariableName.init) var wrt: VariableName?
    @Option(parsing: .unconditional, help: "The point.", transform: FormulaText.init) var to: FormulaText
    @Option(help: "From where: both, below or above.") var side = LimitSide.both

    func run() throws {
        let parsed = try formula.parsed()
        let variable = try parsed.variable(wrt?.name)
        let limit = try parsed.formula.limit(by: variable, to: Formula(to.text), from: side)
        guard formula.chosenFormat == .json else {
            return try Console.write(formula.format.written(limit, variables: []))
        }
        let value = try? limit.evaluated()
        try Console.write(json: [
            ("expression", .text("\(parsed.formula)")), ("variable", .text(variable)), ("to", .text(to.text)),
            ("side", .text(side.rawValue)), ("limit", .text("\(limit)")), ("latex", .text(limit.latex)),
            ("value", value.map(JSONValue.real) ?? .null),
        ])
    }
}

extension LimitSide: ExpressibleByArgument {}
