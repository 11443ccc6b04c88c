import Foundation
import Leibniz

/// Trains a model of characters on plays, and measures it on the ends of plays that it never saw.
struct LanguageTraining {
    /// What is trained, and how.
    struct Setting {
        var kind = CharacterModel.Kind.lstm
        var width = 256
        var layers = 1
        var batchSize = 64
        var steps = 100
        /// The greatest step size.
        var rate = 0.004
        /// The length to which gradients are cut.
        static let longestGradient = 1.0
        /// The steps of a window of held-out text.
        static let measuredSteps = 250

        /// The model before training.
        func model(characters: Int, seed: Int) -> CharacterModel {
            withSeed(seed) { CharacterModel(kind, characters: characters, width: width, layers: layers) }
        }
    }

    let corpus: PlayCorpus
    let setting: Setting
    let epochs: Int
    let seed: Int

    /// What came of it.
    struct Outcome {
        let model: CharacterModel
        let report: TrainingReport
        let history: LossHistory
        /// The mean cross entropy of a held-out character, in nats.
        let validationNats: Double
    }

    /// The settings on which training depends, the vocabulary included: what `generate` needs to make the model again.
    var configuration: [String: String] {
        [
            "command": "language", "model": setting.kind.rawValue, "width": "\(setting.width)",
            "layers": "\(setting.layers)", "batch": "\(setting.batchSize)", "steps": "\(setting.steps)",
            "rate": "\(setting.rate)", "epochs": "\(epochs)", "characters": corpus.vocabulary.text,
        ]
    }

    /// Trains and measures.
    func run(_ options: TrainingOptions) throws -> Outcome {
        let model = setting.model(characters: corpus.vocabulary.count, seed: seed)
        let streams = TextStreams(corpus.training, rows: setting.batchSize, steps: setting.steps)
        // A transformer sees nothing but its window: held-out windows are as long as those of training.
        let isRecurrent = setting.kind != .transformer
        let heldOut = TextStreams(
            corpus.heldOut, steps: isRecurrent ? Setting.measuredSteps : setting.steps)
        let optimizer = Adam(model, learningRate: setting.rate)
        // The states of the streams go from window to window.
        let states = model.firstState(setting.batchSize).map { Variable($0) }
        let measured = model.firstState(corpus.heldOut.count).map { Variable($0) }
        let trainer = Trainer(model, optimizer, clipping: .norm(Setting.longestGradient)) {
            (model, window: TextWindow) in
            let cells = ExecutionMode.current == .training ? states : measured
            let (logits, next) = model(window.inputs, state: cells.map { $0.value * window.isContinued })
            for (cell, state) in zip(cells, next) { cell.value = state }
            let losses = crossEntropy(
                logits.flattened(through: 1), window.targets.flattened(), reduction: .none)
            return sum(losses * window.weights.flattened()) / sum(window.weights)
        }
        trainer.exampleCount = \.count
        let steps = max(2, epochs * streams.count)
        trainer.schedule = OneCycleSchedule(peak: setting.rate, steps: steps, rise: 0.05)
        let history = try options.prepare(
            trainer, unit: "characters", reserving: Self.measuringSeconds, configuration: configuration)
        for (number, state) in states.enumerated() { trainer.checkpoints?.streams["state.\(number)"] = state }
        let report = try trainer.fit(
            ComputedBatches(count: streams.count) { _, number in streams.window(number) }, epochs: epochs)
        let figures = try trainer.evaluate(
            ComputedBatches(count: heldOut.count) { _, number in heldOut.window(number) })
        return Outcome(model: model, report: report, history: history, validationNats: figures["loss"] ?? .nan)
    }

    /// What measuring the held-out text takes at most.
    private static let measuringSeconds = 10.0
}
