import Leibniz

/// Trains a network on spoken digits of many voices, and measures it on voices that it never heard.
struct SpeechTraining {
    let training: SpeechClips
    let test: SpeechClips
    /// Digits that a person spoke; nil where there are none.
    let human: SpeechClips?
    let learnsFilters: Bool
    let epochs: Int
    let seed: Int

    private enum Setting {
        static let batchSize = 64, peak = 0.004, weightDecay = 0.01, labelSmoothing = 0.05
        static let testBatchSize = 100
        /// What measuring takes at most, in seconds.
        static let measuringSeconds = 5.0
    }

    /// What came of it.
    struct Outcome {
        let model: SpeechNet
        let report: TrainingReport
        let history: LossHistory
        let testAccuracy: Double
        let humanAccuracy: Double?
    }

    /// Every clip is a little faster or slower, and with it higher or deeper, earlier or later, and noisier.
    private static let augmentation = SoundAugmentation.sequence([
        .speed(by: 0.15), .shift(by: 600), .noise(decibels: 10...40), .gain(decibels: 6),
    ])

    /// The settings on which training depends.
    var configuration: [String: String] {
        ["command": "speech", "learn-filters": "\(learnsFilters)", "epochs": "\(epochs)"]
    }

    /// Trains and measures.
    func run(_ options: TrainingOptions) throws -> Outcome {
        let model = withSeed(seed) { SpeechNet(learnsFilters: learnsFilters) }
        let batches = try Batches(of: training.count, size: Setting.batchSize)
        let optimizer = AdamW(model, learningRate: Setting.peak, weightDecay: Setting.weightDecay)
        let trainer = Trainer(model, optimizer) { (model, batch: SpeechBatch) in
            crossEntropy(model(batch.waveforms), batch.digits, labelSmoothing: Setting.labelSmoothing)
        }
        trainer.metrics = [
            TrainingMetric("accuracy") { model, batch in accuracy(model(batch.waveforms), batch.digits) }
        ]
        trainer.schedule = OneCycleSchedule(peak: Setting.peak, steps: max(2, epochs * batches.count), rise: 0.15)
        let history = try options.prepare(
            trainer, unit: "clips", reserving: Setting.measuringSeconds, configuration: configuration,
            best: ("loss", .lower))
        let source = ComputedBatches(count: batches.count, threads: 1) { [training, seed] epoch in
            let order = shuffledIndices(training.count, seed: seed, epoch: epoch)
            return { number in
                training.batch(order[batches[number]]) { clip, waveform in
                    var random = SampleRandom(seed: seed, epoch: epoch, sample: clip)
                    return Self.augmentation(waveform, &random)
                }
            }
        }
        let report = try trainer.fit(source, epochs: epochs)
        func measured(_ clips: SpeechClips) throws -> Double {
            try trainer.evaluate(clips.batches(of: Setting.testBatchSize))["accuracy"] ?? .nan
        }
        return Outcome(
            model: model, report: report, history: history, testAccuracy: try measured(test),
            humanAccuracy: try human.map(measured))
    }
}
