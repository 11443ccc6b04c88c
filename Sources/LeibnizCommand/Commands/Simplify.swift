import ArgumentParser
import Leibniz

/// `leibniz simplify`: a shorter formula of the same value, and under which conditions it is one.
struct Simplify: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Writes a formula shorter, without changing its value.",
        discussion: """
            The conditions that are printed are those under which the formula has a value at all; the shorter one may have more.
            """)

    @OptionGroup var formula: FormulaOptions
    @Option(help: "The point for a value: x=1,y=-pi/2.", transform: PointText.init) var at: PointText?

    func run() throws {
        let parsed = try formula.parsed()
        let simplification = parsed.formula.simplification()
        let short = simplification.formula
        let value = try at.map { try parsed.value(at: $0.point) }
        let format = formula.chosenFormat
        if format == .json {
            return try Console.write(json: [
                ("expression", .text("\(parsed.formula)")), ("simplified", .text("\(short)")),
                ("latex", .text(short.latex)), ("value", value.map(JSONValue.real) ?? .null),
                ("assumptions", .texts(simplification.assumptions)),
            ])
        }
        var lines = [try format.written(short, variables: parsed.formula.variables)]
        if format == .text || format == .unicode {
            lines += Assumption.line(simplification.assumptions)
            if let value { lines.append("= \(value)") }
        }
        try Console.write(lines.joined(separator: "\n"))
    }
}
