import ArgumentParser
import Foundation
import Leibniz

/// `leibniz fit`: the parameters of a formula that describe data best.
struct Fit: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Fits the parameters of a formula to the columns of a table by nonlinear least squares.",
        discussion: """
            What --from names are parameters; the other variables of the model are columns of the table. A single one may have \
            any name with --x; --y is what the model predicts. Without them the columns are those called as the model's \
            variables and y, else the first and the last.
            """)

    private enum Default {
        static let iterations = 10_000
    }

    @Option(help: "The table, comma-, semicolon- or tab-separated.", transform: OptionText.path) var data: String
    @Option(
        parsing: .unconditional, help: "The formula, such as \"b1*(1-exp(-b2*x))\".", transform: FormulaText.init)
    var model: FormulaText
    @Option(help: "The parameters and where to begin: b1=500,b2=1e-4.", transform: PointText.init) var from: PointText
    @Option(name: .customLong("x"), help: "The column of the model's variable.") var xColumn: String?
    @Option(name: .customLong("y"), help: "The column that the model predicts.") var yColumn: String?
    @Option(help: "Bounds of parameters: b1=0:,b2=0:1.", transform: BoundsText.init) var bounds: BoundsText?
    @Flag(help: "Gauss and Newton's method in the place of Levenberg and Marquardt's.") var gaussNewton = false
    @Option(
        parsing: .unconditional, help: "The most iterations (default: \(Default.iterations)).",
        transform: OptionText.whole(1...1_000_000))
    var iterations = Default.iterations
    @Option(help: "Draw data and model into a picture, .svg or .png.", transform: PicturePath.checked) var plot: String?
    @OptionGroup var output: NumericOptions

    func run() throws {
        let parsed = try model.parsed()
        let (names, start) = try from.start()
        for name in names where !parsed.formula.variables.contains(name) {
            throw ValidationError("--from names \(name), which does not occur in the model")
        }
        let variables = parsed.formula.variables.filter { !names.contains($0) }
        if xColumn != nil && variables.count != 1 {
            throw ValidationError(
                "--x names the column of one variable; the model has "
                    + (variables.isEmpty ? "none" : variables.joined(separator: ", ")))
        }
        let table = try Table(path: data)
        let columns = try self.columns(of: table, variables)
        let function = try parsed.marking { try TensorFormula(parsed.formula) }
        let values = columns.x.mapValues { Tensor($0, .float64) }
        let y = Tensor(columns.y, .float64)
        guard columns.y.count >= names.count else {
            throw DataError(
                .tooShort, "the table has too few rows", in: data, found: "\(columns.y.count) rows",
                expected: "at least one for each of \(names.count) parameters")
        }
        let bounds = try bounds?.bounds(of: names)
        let result = try fit(
            { (b: Tensor) in function(names, b, values).broadcast(to: y.shape) }, to: y, from: start,
            method: gaussNewton ? .gaussNewton : .levenbergMarquardt, lower: bounds?.lower, upper: bounds?.upper,
            stopping: StoppingRules(maximumIterations: iterations))
        if let plot { try picture(parsed.formula, names, result, columns).write(to: plot) }
        try Console.write(output.isJSON ? "\(try json(result, names))" : try text(result, names))
        let status = result.minimum.reason.exitStatus
        if status != 0 { throw ExitCode(status) }
    }

    /// The numbers of the model's variables and of what it predicts.
    private func columns(
        of table: Table, _ variables: [String]
    ) throws -> (x: [String: [Double]], y: [Double], variables: [String]) {
        let response = yColumn ?? (table.names.contains("y") ? "y" : table.names.last ?? "y")
        var x: [String: [Double]] = [:]
        for variable in variables {
            var name = xColumn ?? variable
            if xColumn == nil, !table.names.contains(name), variables.count == 1,
                let first = table.names.first(where: { $0 != response })
            {
                name = first
            }
            x[variable] = try table[name].numbers()
        }
        return (x, try table[response].numbers(), variables)
    }

    private func json(_ result: Leibniz.Fit<Tensor>, _ names: [String]) throws -> JSONValue {
        let covariance = try result.covariance.doubles()
        let rows = names.indices.map { row in
            JSONValue.array(names.indices.map { .real(covariance[row * names.count + $0]) })
        }
        func named(_ tensor: Tensor) throws -> JSONValue {
            .object(zip(names, try tensor.doubles()).map { ($0, .real($1)) })
        }
        return .object([
            ("parameters", try named(result.parameters)), ("standard_errors", try named(result.standardErrors)),
            ("covariance", .array(rows)), ("residual_norm", .real(result.residualNorm)),
            ("residual_standard_deviation", .real(result.residualStandardDeviation)),
            ("degrees_of_freedom", .whole(result.degreesOfFreedom)), ("r_squared", .real(result.rSquared)),
            ("iterations", .whole(result.minimum.iterations)), ("evaluations", .whole(result.minimum.evaluations)),
            ("converged", .flag(result.minimum.converged)), ("reason", .text("\(result.minimum.reason)")),
        ])
    }

    private func text(_ result: Leibniz.Fit<Tensor>, _ names: [String]) throws -> String {
        let values = try result.parameters.doubles(), errors = try result.standardErrors.doubles()
        var lines = names.indices.map { "\(names[$0]) = \(values[$0]) ± \(String(format: "%.4g", errors[$0]))" }
        lines.append(
            String(
                format: "residual standard deviation %.6g, %d degrees of freedom, R² = %.6f",
                result.residualStandardDeviation, result.degreesOfFreedom, result.rSquared))
        let end = result.minimum.converged ? "least squares" : "not the least squares yet"
        lines.append(
            "\(end) after \(result.minimum.iterations) iterations and \(result.minimum.evaluations) evaluations: "
                + "\(result.minimum.reason)")
        return lines.joined(separator: "\n")
    }

    /// The data and the model over its variable; of several variables, what is predicted over what was measured.
    private func picture(
        _ formula: Formula, _ names: [String], _ result: Leibniz.Fit<Tensor>,
        _ columns: (x: [String: [Double]], y: [Double], variables: [String])
    ) throws -> Figure {
        let parameters = try result.parameters.doubles()
        let program = try FormulaProgram(formula, variables: names + columns.variables)
        guard columns.variables.count == 1, let name = columns.variables.first, let x = columns.x[name],
            let low = x.min(), let high = x.max(), low < high
        else {
            let rows = columns.y.indices.map { row in
                let point = columns.variables.map { columns.x[$0]?[row] ?? .nan }
                return (x: columns.y[row], y: (try? program(parameters + point)) ?? .nan)
            }
            return Figure(
                Figure.Panel(
                    [.points(Figure.Points(rows))], x: Figure.Axis("measured"), y: Figure.Axis("predicted")))
        }
        let data = Figure.Points(name: "data", Array(zip(x, columns.y)), color: Color.palette[0])
        let model = Figure.Curve(name: "\(formula)", from: low, to: high, color: Color.palette[1]) {
            try? program(parameters + [$0])
        }
        return Figure(
            Figure.Panel(
                [.points(data), .curve(model)], x: Figure.Axis(xColumn ?? name), y: Figure.Axis(yColumn ?? "y")))
    }
}
