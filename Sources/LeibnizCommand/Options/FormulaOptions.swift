import ArgumentParser
import Leibniz

/// How a formula is printed.
enum FormulaFormat: String, ExpressibleByArgument, CaseIterable {
    case text, unicode, latex, swift, dot, json
}

/// What all commands on formulas take.
struct FormulaOptions: ParsableArguments {
    @Argument(help: "The formula, such as \"x^2 sin(x)\" or \"-x^2\".", transform: FormulaText.init)
    var expression: FormulaText
    @Option(help: "How to print: text, unicode, latex, swift, dot (Graphviz) or json.") var format = FormulaFormat.text
    @Flag(help: "Print one line of JSON; the same as --format json.") var json = false

    /// The format that was asked for.
    var chosenFormat: FormulaFormat { json ? .json : format }

    /// The formula, read.
    func parsed() throws -> ParsedFormula { try expression.parsed() }
}

/// The text of a formula on the command line, also one that begins with a minus sign.
struct FormulaText {
    let text: String

    /// An invisible mark that keeps a leading minus sign from being taken for an option.
    private static let mark: Character = "\u{2060}"
    /// The commands whose arguments may begin with a minus sign.
    private static let commands: Set<String> = [
        "derive", "simplify", "taylor", "limit", "solve", "integrate", "verify", "minimize", "plot",
    ]

    init(_ text: String) { self.text = text.first == Self.mark ? String(text.dropFirst()) : text }

    /// The formula, read; one with a part such as 1/0, which has a value nowhere, is refused.
    func parsed() throws -> ParsedFormula {
        let parsed = try ParsedFormula(text)
        if let error = parsed.formula.undefinedConstant { throw MarkedError(description: parsed.message(error)) }
        return parsed
    }

    /// The arguments with marks before formulas and numbers that begin with minus signs.
    static func marked(_ arguments: [String]) -> [String] {
        guard let command = arguments.first, commands.contains(command) else { return arguments }
        return arguments.map { isFormula($0) ? String(mark) + $0 : $0 }
    }

    /// Whether an argument that begins with a minus sign is no option: those are words, perhaps with a value behind a sign of equality.
    private static func isFormula(_ argument: String) -> Bool {
        guard argument.hasPrefix("-"), argument.utf8.count > 1, argument != "-h", argument != "--" else { return false }
        guard argument.hasPrefix("--") else { return true }
        let name = argument.dropFirst(2).prefix { $0 != "=" }
        return name.count < 2 || !name.allSatisfy { $0.isASCII && ($0.isLetter || $0 == "-") } || name.first == "-"
    }
}

/// Values of variables: `x=1,y=-pi/2`.
struct PointText {
    let values: [(name: String, value: Double)]

    init(_ text: String) throws {
        values = try FormulaText(text).text.split(separator: ",", omittingEmptySubsequences: false).map { part in
            let sides = part.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            guard sides.count == 2, case .variable(let name)? = try? Formula(String(sides[0])).kind else {
                throw OptionText.Expected("values of variables, such as x=1,y=-pi/2")
            }
            let value = try ParsedFormula(String(sides[1]))
            if value.formula.variables.contains(where: { $0.lowercased() == "nan" }) {
                throw OptionText.Expected("a number for \(name): NaN is none")
            }
            return (name, try value.value(at: [:]))
        }
    }

    /// The values by name.
    var point: [String: Double] { Dictionary(values.map { ($0.name, $0.value) }) { _, last in last } }
}

/// Names of variables: `x,y`.
struct VariableNames {
    let names: [String]

    init(_ text: String) throws {
        names = try FormulaText(text).text.split(separator: ",", omittingEmptySubsequences: false).map { part in
            guard case .variable(let name)? = try? Formula(String(part)).kind else {
                throw OptionText.Expected("names of variables, such as x,y")
            }
            return name
        }
    }
}

/// The name of one variable.
struct VariableName {
    let name: String

    init(_ text: String) throws {
        let names = try VariableNames(text).names
        guard names.count == 1 else { throw OptionText.Expected("the name of one variable, such as x") }
        name = names[0]
    }
}

/// An error about a formula, with a mark under the part that is at fault.
struct MarkedError: Error, CustomStringConvertible {
    let description: String
    var exitStatus = ExitStatus.data
}

extension ParsedFormula {
    /// The value at a point; what has none is marked in the text.
    func value(at point: [String: Double]) throws -> Double {
        try marking { try formula.evaluated(at: point) }
    }

    /// The result of something that may fail to evaluate a part of this formula, which is then marked in the text.
    func marking<Result>(_ body: () throws -> Result) throws -> Result {
        do {
            return try body()
        } catch let error as EvaluationError {
            throw MarkedError(description: message(error))
        } catch let error as SymbolicError {
            throw MarkedError(description: message(error))
        }
    }

    /// The variable that a command is about: the one that was named, or the only one.
    func variable(_ name: String?) throws -> String {
        if let name { return name }
        guard formula.variables.count <= 1 else {
            throw ValidationError(
                "there are several variables: choose with --wrt \(formula.variables.joined(separator: "|"))")
        }
        return formula.variables.first ?? "x"
    }
}
