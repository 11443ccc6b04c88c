import Leibniz

/// Trains a residual network on Fashion-MNIST with one pooling rule, and measures it on images that it never saw.
struct VisionTraining {
    let data: FashionMNIST
    let pooling: PoolingChoice
    let epochs: Int
    let batchSize: Int
    let seed: Int

    /// How the network is trained.
    enum Setting {
        static let batchSize = 128, peak = 0.008, weightDecay = 0.01, labelSmoothing = 0.1
        /// The pixels by which images are moved at most.
        static let shift = 1
        static let testBatchSize = 500
    }

    /// What came of it.
    struct Outcome {
        let model: ResidualNet
        let report: TrainingReport
        let history: LossHistory
        let confusion: ConfusionCounts
    }

    /// The network before training.
    static func model(_ pooling: PoolingChoice, seed: Int) -> ResidualNet {
        withSeed(seed) { ResidualNet(pooling: { _, channels in pooling.layer(channels: channels) }) }
    }

    /// The settings on which training depends.
    var configuration: [String: String] {
        ["command": "vision", "pooling": pooling.rawValue, "epochs": "\(epochs)", "batch": "\(batchSize)"]
    }

    /// Trains and measures.
    ///
    /// - Parameter isQuiet: whether finished passes write no line.
    func run(_ options: TrainingOptions, isQuiet: Bool = false) throws -> Outcome {
        let model = Self.model(pooling, seed: seed)
        let batches = try Batches(of: data.training.count, size: batchSize)
        let optimizer = Muon(
            model, learningRate: Setting.peak, weightDecay: Setting.weightDecay, scaling: .likeAdamW)
        let trainer = Trainer(model, optimizer) { (model, batch: ImageBatch) in
            crossEntropy(model(batch.scaled()), batch.labels, labelSmoothing: Setting.labelSmoothing)
        }
        trainer.schedule = OneCycleSchedule(peak: Setting.peak, steps: max(2, epochs * batches.count))
        let history = try options.prepare(
            trainer, unit: "images", reserving: Double(data.test.count) * 0.0005, configuration: configuration,
            isQuiet: isQuiet, best: ("loss", .lower))
        let source = ComputedBatches(count: batches.count, threads: 1) { [data, seed] epoch in
            let order = shuffledIndices(data.training.count, seed: seed, epoch: epoch)
            return { number in
                data.training.movedBatch(
                    order[batches[number]], shift: Setting.shift, flips: true, seed: seed, epoch: epoch)
            }
        }
        let report = try trainer.fit(source, epochs: epochs)
        return Outcome(model: model, report: report, history: history, confusion: try confusion(trainer))
    }

    /// The mean of what the network says of images and of their mirror images, [N, classes].
    static func probabilities(_ model: ResidualNet, _ images: Tensor) -> Tensor {
        (softmax(model(images)) + softmax(model(images.flipped([3])))) / 2
    }

    /// How often each class of the test images was taken for each.
    private func confusion(_ trainer: Trainer<ResidualNet, ImageBatch>) throws -> ConfusionCounts {
        let batches = try Batches(of: data.test.count, size: Setting.testBatchSize)
        let source = ComputedBatches(count: batches.count) { [data] _, number in data.test.batch(batches[number]) }
        return try trainer.gather(source, into: ConfusionCounts(classCount: data.test.classCount)) { model, batch in
            Self.probabilities(model, batch.scaled())
        } _: { counts, logits, batch in
            try counts.add(logits: logits, batch.labels.cast(to: .int64))
        }
    }
}
