import Foundation
import Leibniz

/// Trains one network for each pooling rule, from the same first parameters on the same batches, and compares them.
struct VisionComparison {
    let data: FashionMNIST
    let epochs: Int
    let batchSize: Int

    /// What one rule reached.
    private struct Row {
        let pooling: PoolingChoice
        let outcome: VisionTraining.Outcome
        /// Training without compilation.
        var seconds: Double { outcome.report.times.steps.reduce(0, +) + outcome.report.times.waiting }

        var json: JSONValue {
            .object([
                ("pooling", .text(pooling.rawValue)), ("test_accuracy", .real(outcome.confusion.accuracy)),
                ("train_loss", .real(outcome.report.loss)), ("training_seconds", .rounded(seconds)),
                ("images_per_second", .rounded(outcome.report.examplesPerSecond)),
                ("pooling_parameters", VisionResult.learned(outcome.model)),
            ])
        }

        var text: String {
            let learned = outcome.model.pooledParameters.map { number, path, parameter in
                let values = (try? parameter.value.doubles()) ?? []
                return "pool \(number): \(path.split(separator: ".").last ?? "") = "
                    + values.map { String(format: "%.3f", $0) }.joined(separator: " ")
            }
            let name = pooling.rawValue.padding(toLength: 12, withPad: " ", startingAt: 0)
            return name
                + String(
                    format: "%.4f    %.4f  %6.1f s  ", outcome.confusion.accuracy, outcome.report.loss, seconds)
                + pooling.formula + (learned.isEmpty ? "" : "; " + learned.joined(separator: ", "))
        }
    }

    /// Each rule has the same share of the time limit, where there is one.
    func run(_ options: TrainingOptions) throws {
        var rows: [Row] = []
        let header = "pooling     accuracy  loss     training    rule"
        if !options.json { try Console.write(header) }
        for (number, pooling) in PoolingChoice.allCases.enumerated() {
            var own = options
            if let limit = options.limitSeconds {
                let left = limit - ProcessUsage.seconds
                own.limitSeconds = ProcessUsage.seconds + max(0, left) / Double(PoolingChoice.allCases.count - number)
            }
            own.log = options.log.map { "\($0)/\(pooling.rawValue)" }
            let training = VisionTraining(
                data: data, pooling: pooling, epochs: epochs, batchSize: batchSize, seed: options.seed)
            let row = Row(pooling: pooling, outcome: try training.run(own, isQuiet: true))
            rows.append(row)
            if options.json { Console.note(row.text) } else { try Console.write(row.text) }
        }
        if let plot = options.plot { try write(rows, to: plot) }
        guard options.json else { return }
        let best = rows.max { $0.outcome.confusion.accuracy < $1.outcome.confusion.accuracy }
        let result = JSONValue.object([
            ("dataset", .text("fashion-mnist")),
            ("parameters", .whole(rows.first?.outcome.model.parameterCount ?? 0)),
            ("test_accuracy", .real(best?.outcome.confusion.accuracy ?? .nan)),
            ("pooling", .text(orNull: best?.pooling.rawValue)), ("seconds", .rounded(ProcessUsage.seconds)),
            ("epochs", .whole(epochs)), ("compared", .array(rows.map(\.json))),
        ])
        try Console.write("\(result)")
    }

    /// Writes `pooling.svg`: the accuracies side by side.
    private func write(_ rows: [Row], to folder: String) throws {
        try PictureFolder.make(folder)
        let bars = Figure.Bars(rows.map(\.outcome.confusion.accuracy))
        let least = rows.map(\.outcome.confusion.accuracy).min() ?? 0
        let panel = Figure.Panel(
            [.bars(bars)], title: "Accuracy by pooling rule, \(epochs) epoch\(epochs == 1 ? "" : "s") each",
            x: Figure.Axis(names: rows.map(\.pooling.rawValue)),
            y: Figure.Axis("accuracy", range: max(0, least - 0.02)...1))
        try Figure(panel, width: 860).write(to: "\(folder)/pooling.svg")
    }
}
