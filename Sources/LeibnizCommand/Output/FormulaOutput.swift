import Leibniz

extension FormulaFormat {
    /// A formula in this format; in JSON as a text.
    func written(_ formula: Formula, variables: [String]) throws -> String {
        switch self {
        case .text, .json: formula.description
        case .unicode: formula.unicode
        case .latex: formula.latex
        case .swift: try formula.swiftSource(variables: variables.isEmpty ? nil : variables)
        case .dot: formula.graphviz
        }
    }
}

extension FormulaFormat {
    /// Lines beside the result: comments where the result is a program.
    func asideFromResult(_ lines: [String]) -> [String] {
        self == .swift || self == .dot ? lines.map { "// " + $0 } : lines
    }
}

extension WorkedStep {
    /// The step as a member of a result.
    var json: JSONValue {
        .object([
            ("rule", .text(rule)), ("statement", .text(statement)), ("from", .text("\(from)")), ("to", .text("\(to)")),
        ])
    }

    /// The step as lines for people.
    func lines(number: Int, in format: FormulaFormat) -> [String] {
        let isLaTeX = format == .latex
        let (before, after) = isLaTeX ? (from.latex, to.latex) : (from.unicode, to.unicode)
        return format.asideFromResult(["\(number). \(rule): \(statement)", "   \(before)", "   = \(after)"])
    }
}

extension Assumption {
    /// The conditions as one line, or none.
    static func line(_ assumptions: [Assumption]) -> [String] {
        assumptions.isEmpty ? [] : ["where " + assumptions.map(\.description).joined(separator: ", ")]
    }
}

extension JSONValue {
    /// Texts of formulas.
    static func texts(_ formulas: [Formula]) -> JSONValue { .array(formulas.map { .text($0.description) }) }

    /// Conditions as texts.
    static func texts(_ assumptions: [Assumption]) -> JSONValue { .array(assumptions.map { .text($0.description) }) }
}

extension Console {
    /// Writes a result as one line of JSON.
    static func write(json members: [(String, JSONValue)]) throws { try write("\(JSONValue.object(members))") }
}
