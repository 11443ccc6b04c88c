import Leibniz

/// A training by `Trainer` with all that a checkpoint must hold: batches that threads prepare and change by chance, statistics of
/// batches, dropout, a schedule, validation with a best checkpoint, and a callback with a memory. It goes on from the newest checkpoint.
struct Fitting {
    private let report: TrainingReport
    private let parameters: Bits.Hash

    private struct Sample: Sendable {
        let x: [Float], y: Float
    }

    /// - Parameter every: a checkpoint is written after so many steps, beside that at the end of each pass.
    init(folder: String, epochs: Int, every: Int) throws {
        let points = (0..<60).map { number in
            let x = (0..<8).map { place in Float(number * (2 * place + 3) % 17) / 17 }
            return Sample(x: x, y: Float(number * number % 11) / 11)
        }
        let samples = StoredSamples(points).map { sample, random in
            Sample(x: sample.x.map { $0 + Float(random.uniform(-0.1, 0.1)) }, y: sample.y)
        }
        func loader(_ sampling: Sampling) throws -> some BatchSource<[Tensor]> {
            try DataLoader(samples, sampling: sampling, batchSize: 16, seed: 4) { batch in
                [
                    Tensor(batch.flatMap(\.x), shape: [batch.count, 8]),
                    Tensor(batch.map(\.y), shape: [batch.count, 1]),
                ]
            }
        }
        let model = withSeed(3) {
            Sequential(Linear(8, 16), BatchNorm1D(16), ReLU(), Dropout(0.2), Linear(16, 1))
        }
        let trainer = Trainer(model, AdamW(model, learningRate: 0.01)) { (model, batch: [Tensor]) in
            meanSquaredError(model(batch[0]), batch[1])
        }
        let training = try loader(.shuffled)
        // The same however many passes there are to be.
        trainer.schedule = OneCycleSchedule(peak: 0.02, steps: 100_000)
        trainer.callbacks = [EarlyStopping(patience: 10 * epochs)]
        var checkpoints = try TrainingCheckpoints(folder, keep: 2)
        (checkpoints.everySteps, checkpoints.resumes) = (every, true)
        checkpoints.best = ("loss", .lower)
        trainer.checkpoints = checkpoints
        report = try trainer.fit(training, validation: loader(.sequential), epochs: epochs)
        var hash = Bits.Hash()
        for parameter in model.parameters { try hash.add(parameter.value) }
        parameters = hash
    }

    /// One line of JSON.
    var json: String {
        "{\"resumed_at\":\(report.resumedAt),\"notes\":\(report.notes.count),\"steps\":\(report.steps),\"parameters\":\"\(parameters)\"}"
    }
}
