import ArgumentParser
import Foundation
import Leibniz

/// `leibniz minimize`: the point at which a formula is least.
struct Minimize: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Looks for the point at which a formula is least, going downhill from a start.",
        discussion: """
            Ends with 65 where there is no minimum: the formula has no lower bound, or no value at the start. A minimum is the \
            lowest point near the way, which need not be the lowest of all. The gradient norm is the largest partial \
            derivative; at a bound that of what may still move.
            """)

    /// The methods by the names that the command line gives them.
    enum Method: String, ExpressibleByArgument, CaseIterable {
        case gradientDescent = "gradient-descent"
        case momentum, nesterov
        case conjugateGradient = "conjugate-gradient"
        case bfgs, lbfgs
        case newtonCG = "newton-cg"
        case trustRegion = "trust-region"
        case nelderMead = "nelder-mead"
    }

    private enum Default {
        static let (rate, iterations) = (0.01, 10_000)
    }

    @Argument(help: "The formula, such as \"(1-x)^2 + 100(y-x^2)^2\".", transform: FormulaText.init)
    var expression: FormulaText
    @Option(help: "Where to begin: x=-1.2,y=1.", transform: PointText.init) var from: PointText
    @Option(
        help: ArgumentHelp(
            "How to go downhill: \(Method.allCases.map(\.rawValue).joined(separator: ", ")) (default: bfgs)."))
    var method = Method.bfgs
    @Option(
        parsing: .unconditional,
        help:
            "The fixed rate of gradient-descent (default: a line search), momentum and nesterov (default: \(Default.rate)).",
        transform: OptionText.positive)
    var rate: Double?
    @Option(help: "Bounds of variables: x=0:1,y=:5.", transform: BoundsText.init) var bounds: BoundsText?
    @Option(
        parsing: .unconditional, help: "The largest gradient norm of a minimum (default: 1e-8).",
        transform: OptionText.positive)
    var tolerance: Double?
    @Option(
        parsing: .unconditional, help: "The most iterations (default: \(Default.iterations)).",
        transform: OptionText.whole(1...10_000_000))
    var iterations = Default.iterations
    @Option(help: "Draw the way into a picture, .svg or .png.", transform: PicturePath.checked) var plot: String?
    @OptionGroup var output: NumericOptions

    func run() throws {
        let parsed = try expression.parsed()
        let (names, start) = try from.start()
        let missing = parsed.formula.variables.filter { !names.contains($0) }
        guard missing.isEmpty else {
            throw ValidationError("--from gives no value of \(missing.joined(separator: ", "))")
        }
        if let strange = names.first(where: { !parsed.formula.variables.contains($0) }) {
            throw ValidationError(
                "--from names \(strange), but the variables of the formula are "
                    + parsed.formula.variables.joined(separator: ", "))
        }
        let function = try parsed.marking { try TensorFormula(parsed.formula) }
        let bounds = try bounds?.bounds(of: names)
        var rules = StoppingRules(maximumIterations: iterations)
        rules.gradientTolerance = tolerance ?? rules.gradientTolerance
        rules.maximumEvaluations = iterations > Int.max / 20 ? .max : max(rules.maximumEvaluations, 20 * iterations)
        let result = try minimize(
            { (x: Tensor) in function(names, x) }, from: start, method: chosenMethod, lower: bounds?.lower,
            upper: bounds?.upper, stopping: rules, recordsPath: plot != nil)
        let point = try result.point.doubles()
        if let plot { try DescentPicture(parsed.formula, names, result).figure().write(to: plot) }
        let lower = try result.converged ? lowerNeighbour(of: point, parsed.formula, names) : nil
        try Console.write(output.isJSON ? "\(json(result, names, point))" : text(result, names, point, lower))
        if result.reason.exitStatus != 0 { throw ExitCode(result.reason.exitStatus) }
    }

    private var chosenMethod: MinimizationMethod {
        switch method {
        case .gradientDescent: .gradientDescent(rate.map { .fixed($0) } ?? .lineSearch)
        case .momentum: .momentum(rate: rate ?? Default.rate)
        case .nesterov: .momentum(rate: rate ?? Default.rate, nesterov: true)
        case .conjugateGradient: .conjugateGradient
        case .bfgs: .bfgs
        case .lbfgs: .lbfgs()
        case .newtonCG: .newtonCG
        case .trustRegion: .trustRegion
        case .nelderMead: .nelderMead
        }
    }

    private func json(_ result: Minimization<Tensor>, _ names: [String], _ point: [Double]) -> JSONValue {
        .object([
            ("point", .object(zip(names, point).map { ($0, .real($1)) })), ("value", .real(result.value)),
            ("gradient_norm", .real(result.gradientNorm)), ("iterations", .whole(result.iterations)),
            ("evaluations", .whole(result.evaluations)), ("converged", .flag(result.converged)),
            ("reason", .text("\(result.reason)")),
        ])
    }

    /// A point within the bounds, a hundredth away along one or two axes, where the formula is less: of a saddle or a slope that has become
    /// level, where the gradient vanishes as in a minimum.
    private func lowerNeighbour(of point: [Double], _ formula: Formula, _ names: [String]) throws -> [Double]? {
        let program = try FormulaProgram(formula, variables: names)
        let ranges = Dictionary((bounds?.values ?? []).map { ($0.name, ($0.lower, $0.upper)) }) { _, last in last }
        guard let value = try? program(point) else { return nil }
        func moved(_ steps: [(axis: Int, sign: Double)]) -> [Double]? {
            var other = point
            for (axis, sign) in steps {
                other[axis] += sign * 0.01 * max(1, abs(point[axis]))
                if let (low, high) = ranges[names[axis]], other[axis] < low || other[axis] > high { return nil }
            }
            guard let near = try? program(other), near < value - 1e-12 * max(1, abs(value)) else { return nil }
            return other
        }
        let signs = [-1.0, 1]
        for i in point.indices.prefix(32) {
            for a in signs {
                if let found = moved([(i, a)]) { return found }
                for j in point.indices.prefix(i) {
                    for b in signs { if let found = moved([(i, a), (j, b)]) { return found } }
                }
            }
        }
        return nil
    }

    private func text(
        _ result: Minimization<Tensor>, _ names: [String], _ point: [Double], _ lower: [Double]?
    ) -> String {
        func written(_ point: [Double]) -> String { zip(names, point).map { "\($0) = \($1)" }.joined(separator: ", ") }
        let place = written(point)
        let end = !result.converged ? "no minimum was reached" : lower == nil ? "a minimum" : "a level point"
        let note = lower.map { "\nno minimum, for the formula is less at \(written($0))" } ?? ""
        return """
            \(place)
            value \(result.value), gradient norm \(result.gradientNorm)
            \(end) after \(result.iterations) iterations and \(result.evaluations) evaluations: \(result.reason)\(note)
            """
    }
}
