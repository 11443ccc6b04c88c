import ArgumentParser
import Leibniz

/// `leibniz train linear-regression`: the line y = w·x + b through a hundred noisy points of y = 2·x + 3.
struct TrainLinearRegression: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "linear-regression",
        abstract: "Fits a line to a hundred noisy points of y = 2x + 3 by gradient descent.")

    private enum Default {
        static let epochs = 1000, learningRate = 0.01, seed = 0, tolerance = 1e-4
    }

    @Option(
        parsing: .unconditional, help: "Steps at most (default: \(Default.epochs)).",
        transform: OptionText.whole(1...1_000_000_000))
    var epochs = Default.epochs
    @Option(
        parsing: .unconditional,
        help:
            "Stop as soon as the gradient's norm is below it (default: make all steps, and call it converged below \(Default.tolerance)).",
        transform: OptionText.positive)
    var tolerance: Double?
    @Option(
        parsing: .unconditional, help: "The step size (default: \(Default.learningRate)).",
        transform: OptionText.positive)
    var learningRate = Default.learningRate
    @Option(
        parsing: .unconditional, help: "Decides the points and the first parameters (default: \(Default.seed)).",
        transform: OptionText.whole(Int.min...Int.max))
    var seed = Default.seed
    @Flag(help: "Print one line of JSON; progress goes to the standard error stream.") var json = false

    func run() throws {
        let points = LinePoints(seed: seed)
        let model = withSeed(seed) { Linear(1, 1) }
        // In float32, steps of 0.01·∇ are lost in rounding while the gradient is still at 1e-5: no tolerance below could be met.
        for parameter in model.parameters { parameter.value = parameter.value.cast(to: .float64) }
        let optimizer = SGD(model, learningRate: learningRate)
        var finished = 0
        while finished < epochs {
            let loss = meanSquaredError(model(points.x), points.y)
            if let tolerance {
                let slope = try gradients(of: loss, model)
                let norm = slope.norm
                try evaluate(loss, norm)
                if try norm.item() < tolerance { break }
                try optimizer.apply(slope)
            } else {
                try optimizer.minimize(loss)
            }
            finished += 1
            if finished % max(1, epochs / 10) == 0 {
                try Console.write(epoch: finished, of: epochs, loss: loss.item(), isNote: json)
            }
            if try !loss.item().isFinite { break }
        }
        try report(model, points, epochs: finished)
    }

    private func report(_ model: Linear, _ points: LinePoints, epochs: Int) throws {
        let loss = meanSquaredError(model(points.x), points.y)
        let norm = try gradients(of: loss, model).norm.item()
        let (w, b) = (try model.weight.value.item(), try model.bias?.value.item() ?? 0)
        let result = LinearRegressionResult(
            w: w, b: b, loss: try loss.item(), epochs: epochs, converged: norm < tolerance ?? Default.tolerance,
            seconds: ProcessUsage.seconds)
        try Console.write(json ? "\(result.json)" : result.text(leastSquares: try points.leastSquares()))
    }
}
