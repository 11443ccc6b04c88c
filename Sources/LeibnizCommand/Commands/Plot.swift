import ArgumentParser
import Foundation
import Leibniz

/// `leibniz plot`: the graph of a formula of one variable, the contours of one of two.
struct Plot: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Draws a formula: the graph of one variable, contours and the gradient's field of two.",
        discussion: """
            --from and --to take numbers or formulas for all variables, or one for each: --from x=-2,y=0. A graph is not joined \
            across poles and where it has no value; where poles would flatten the rest, the values that most of it spans are shown.
            """)

    private enum Default {
        static let (line, plane) = (5.0, 3.0)
    }

    @Argument(help: "The formula, such as \"sin(x)/x\" or \"x^2 - y^2\".", transform: FormulaText.init)
    var expression: FormulaText
    @Option(help: "The variable, or both: x,y (default: those of the formula).", transform: VariableNames.init)
    var wrt: VariableNames?
    @Flag(help: "Draw the derivative as well.") var withDerivative = false
    @Option(
        parsing: .unconditional, help: "The left end (default: -\(Default.line), of two variables -\(Default.plane)).",
        transform: FormulaText.init)
    var from: FormulaText?
    @Option(
        parsing: .unconditional, help: "The right end (default: \(Default.line) or \(Default.plane)).",
        transform: FormulaText.init)
    var to: FormulaText?
    @Option(help: "The picture, .svg or .png.", transform: PicturePath.checked) var out: String

    func run() throws {
        let parsed = try ParsedFormula(expression.text)
        let names = wrt?.names ?? (parsed.formula.variables.isEmpty ? ["x"] : parsed.formula.variables)
        if let other = parsed.formula.variables.first(where: { !names.contains($0) }) {
            throw ValidationError("--wrt does not name \(other), on which the formula depends")
        }
        guard Set(names).count == names.count, names.count <= 2 else {
            throw ValidationError("a picture has one variable or two, not \(names.joined(separator: ", "))")
        }
        if withDerivative && names.count == 2 {
            throw ValidationError("--with-derivative is for one variable: two are drawn with their gradient")
        }
        let figure = try parsed.marking { try names.count == 1 ? graph(parsed, names[0]) : field(parsed, names) }
        try figure.write(to: out)
    }

    private func graph(_ parsed: ParsedFormula, _ name: String) throws -> Figure {
        let range = try self.range(of: name, default: Default.line)
        func curve(_ formula: Formula, _ title: String, isDashed: Bool) throws -> Figure.Curve {
            let program = try FormulaProgram(formula, variables: [name])
            let curve = Figure.Curve(
                name: title, from: range.lowerBound, to: range.upperBound, isDashed: isDashed
            ) { try? program([$0]) }
            guard curve.points.contains(where: { $0.y.isFinite }) else {
                // The error of the evaluation in the middle says what is wrong.
                _ = try program([(range.lowerBound + range.upperBound) / 2])
                throw MarkedError(description: "\(formula) has no value in the range that is drawn")
            }
            return curve
        }
        var curves = [try curve(parsed.formula, parsed.formula.unicode, isDashed: false)]
        if withDerivative {
            let derivative = try parsed.formula.differentiated(by: name)
            let title = derivative.unicode.count <= 40 ? "derivative: \(derivative.unicode)" : "derivative"
            curves.append(try curve(derivative, title, isDashed: true))
        }
        let values = curves.compactMap(\.usualRange)
        let low = values.map(\.lowerBound).min() ?? 0, high = values.map(\.upperBound).max() ?? 0
        return Figure(
            Figure.Panel(
                curves.map { .curve($0) }, x: Figure.Axis(name, range: range),
                y: Figure.Axis(range: low < high ? (low...high).padded : nil)))
    }

    private func field(_ parsed: ParsedFormula, _ names: [String]) throws -> Figure {
        let x = try range(of: names[0], default: Default.plane), y = try range(of: names[1], default: Default.plane)
        let picture = try FieldPicture(parsed.formula, names[0], names[1], x: x, y: y)
        let panel = picture.panel(withArrows: true)
        guard picture.grid(count: 33).values.contains(where: \.isFinite) else {
            _ = try parsed.value(at: [
                names[0]: (x.lowerBound + x.upperBound) / 2, names[1]: (y.lowerBound + y.upperBound) / 2,
            ])
            throw MarkedError(description: "\(parsed.formula) has no value in the range that is drawn")
        }
        return Figure(panel, title: parsed.formula.unicode, height: 540)
    }

    /// The range of a variable that --from and --to give.
    private func range(of name: String, default size: Double) throws -> ClosedRange<Double> {
        func end(_ text: FormulaText?, _ open: Double) throws -> Double {
            guard let text else { return open }
            guard text.text.contains("=") else { return try ParsedFormula(text.text).value(at: [:]) }
            return try PointText(text.text).point[name] ?? open
        }
        let (low, high) = (try end(from, -size), try end(to, size))
        guard low < high, low.isFinite, high.isFinite, (high - low).isFinite else {
            throw ValidationError("--from \(low) is not below --to \(high) for \(name)")
        }
        return low...high
    }
}
