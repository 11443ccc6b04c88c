import Foundation
import Leibniz

/// A training that logs all that it can: its curves by `LogWriter`, histograms of its weights and pictures at the end of every pass, each
/// beside a plain file of the same numbers.
struct TrainingLogParity {
    let folder: String

    func run() throws {
        let log = try TrainingLog(folder: folder)
        let model = withSeed(1) { Sequential(Linear(4, 8), Tanh(), Linear(8, 1)) }
        let trainer = Trainer(model, Adam(model, learningRate: 0.05), check: .gradients) { (model, batch: [Tensor]) in
            meanSquaredError(model(batch[0]), batch[1])
        }
        trainer.metrics = [
            TrainingMetric("mae") { model, batch in mean(abs(model(batch[0]) - batch[1])) }
        ]
        trainer.schedule = OneCycleSchedule(peak: 0.05, steps: 40)
        trainer.callbacks = [LogWriter(log, everySteps: 3), WeightPictures(model, log, folder)]
        let batches = StoredBatches(
            (0..<8).map { [Tensor.normal([16, 4], seed: $0), .normal([16, 1], seed: 100 + $0)] })
        try trainer.fit(batches, validation: batches, epochs: 5)
    }
}

private final class WeightPictures<Model: Module>: TrainingCallback {
    private let model: Model
    private let log: TrainingLog
    private let folder: String

    init(_ model: Model, _ log: TrainingLog, _ folder: String) {
        (self.model, self.log, self.folder) = (model, log, folder)
    }

    func didFinishEpoch(_ state: TrainingState) throws -> TrainingDecision {
        for (path, parameter) in model.namedParameters {
            let values = try parameter.value.evaluated()
            try log.events.histogram(path, values, step: state.step)
            try NPY.write(values, to: "\(folder)/\(path)-\(state.step).npy")
            guard values.rank == 2 else { continue }
            let picture = try PNGImage(sigmoid(values))
            try log.events.image(path, picture, step: state.step)
            try picture.write(to: "\(folder)/\(path)-\(state.step).png")
        }
        return .goOn
    }

    func didEnd(_ state: TrainingState) throws { try log.events.sync() }
}
