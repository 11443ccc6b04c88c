import ArgumentParser
import Leibniz

/// `leibniz verify`: the derivatives of a formula by four ways, side by side.
struct Verify: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Computes the derivatives of a formula symbolically, forward, in reverse, by series and numerically.",
        discussion: """
            The numerical derivative comes with an error bar; --curve prints how far the central differences are off for each \
            step, which is a V: too large a step bends, too small a step rounds. The command ends with 70 where they disagree.
            """)

    @Argument(help: "The formula, such as \"x^2 sin(y)\".", transform: FormulaText.init) var expression: FormulaText
    @Option(help: "The point: x=1,y=-pi/2.", transform: PointText.init) var at: PointText
    @Flag(help: "Show the differences for each step.") var curve = false
    @OptionGroup var output: NumericOptions

    func run() throws {
        let parsed = try expression.parsed()
        if let missing = parsed.formula.variables.first(where: { at.point[$0] == nil }) {
            throw ValidationError("--at has no value for \(missing)")
        }
        let report = try parsed.marking { try LeibnizInsight.verify(parsed.formula, at: at.point) }
        if output.isJSON {
            try Console.write(json: [
                ("expression", .text("\(parsed.formula)")), ("value", .real(report.value)),
                ("derivatives", .array(report.derivatives.map(\.json))), ("agree", .flag(report.agrees)),
                ("culprit", .text(orNull: report.culprit?.operation)), ("verdict", .text(report.verdict)),
            ])
        } else {
            try Console.write(report.description)
            if curve { for derivative in report.derivatives { try Console.write(derivative.curveText) } }
        }
        if !report.agrees { throw ExitCode(ExitStatus.internalError) }
    }
}

extension VerifiedDerivative {
    fileprivate var json: JSONValue {
        var members: [(key: String, value: JSONValue)] = [("by", .text(name))]
        for method in DerivativeMethod.allCases {
            members.append((method.rawValue, values[method].map(JSONValue.real) ?? .null))
        }
        members.append(("error", .real(numerical.error)))
        let digits = DerivativeMethod.allCases.map { method in
            (key: method.rawValue, value: self.digits(of: method).map { JSONValue.rounded($0) } ?? .null)
        }
        members.append(("digits", .object(digits)))
        members.append(
            (
                "curve",
                .array(
                    numerical.curve.map {
                        .object([
                            ("step", .real($0.step)), ("difference", .real($0.difference)),
                            ("deviation", .real($0.deviation)),
                        ])
                    })
            ))
        return .object(members)
    }

    /// The V-curve as lines.
    fileprivate var curveText: String {
        (["", "df/d\(name): step, central difference, deviation"]
            + numerical.curve.map { "  \($0.step)  \($0.difference)  \($0.deviation)" }).joined(separator: "\n")
    }
}
