import Foundation
import Leibniz

/// Trains the network on images, epoch by epoch, and measures it on images that it never saw.
struct ImageTraining {
    let data: FashionMNIST
    let epochs: Int
    let batchSize: Int
    let learningRate: Double
    let seed: Int

    /// The pixels per side for which the network is made; smaller images are padded.
    static let side = 32
    /// The images of one measurement.
    private static let testBatchSize = 500

    /// What came of it.
    struct Outcome {
        /// The mean loss of the last epoch, as its steps saw it; not finite if training diverged and was given up.
        var trainingLoss = Double.nan
        /// The share of test images put into their class, in 0…1.
        var testAccuracy = Double.nan
        /// The epochs that were finished.
        var epochs = 0
        /// From the moment there is a model to the first loss, compilation included.
        var firstStepSeconds = 0.0
        /// Training alone, without reading and measuring.
        var imagesPerSecond = 0.0
    }

    /// Trains and measures.
    ///
    /// - Parameter isQuiet: whether the lines of finished epochs are notes beside a result in JSON.
    func run(isQuiet: Bool) throws -> Outcome {
        let model = withSeed(seed) { ConvNet() }
        let batches = try Batches(of: data.training.count, size: batchSize)
        let trainer = Trainer(model, AdamW(model, learningRate: learningRate), check: .none) {
            (model, batch: ImageBatch) in crossEntropy(model(batch.scaled(paddedTo: Self.side)), batch.labels)
        }
        trainer.schedule = CosineSchedule(
            peak: learningRate, steps: epochs * batches.count, warmUpSteps: epochs * batches.count / 10)
        trainer.stopsOnInterrupt = false  // Nothing would be kept.
        let course = Course(imageCount: data.training.count)
        trainer.callbacks = [course, ProgressBar(unit: "images"), EpochLines(isNote: isQuiet)]
        let source = ComputedBatches(count: batches.count, threads: 1) { [data, seed] epoch in
            let order = shuffledIndices(data.training.count, seed: seed, epoch: epoch + 1)
            return { number in data.training.batch(order[batches[number]]) }
        }
        do {
            try trainer.fit(source, epochs: epochs)
        } catch let error as NonFiniteLoss {
            course.outcome.trainingLoss = error.loss
            return course.outcome
        }
        course.outcome.testAccuracy = try accuracy(trainer)
        return course.outcome
    }

    /// The share of test images that the model puts into their class.
    private func accuracy(_ trainer: Trainer<ConvNet, ImageBatch>) throws -> Double {
        let batches = try Batches(of: data.test.count, size: Self.testBatchSize)
        let source = ComputedBatches(count: batches.count) { [data] _, number in data.test.batch(batches[number]) }
        return try trainer.gather(source, into: ConfusionCounts(classCount: data.test.classCount)) { model, batch in
            model(batch.scaled(paddedTo: Self.side))
        } _: { counts, logits, batch in
            try counts.add(logits: logits, batch.labels.cast(to: .int64))
        }.accuracy
    }
}

/// Times a training from the moment there is a model, and keeps how far it came.
private final class Course: TrainingCallback {
    var outcome = ImageTraining.Outcome()
    private let imageCount: Int
    private let start = ContinuousClock.now
    private var steps = 0

    init(imageCount: Int) { self.imageCount = imageCount }

    private var seconds: Double { (ContinuousClock.now - start) / .seconds(1) }

    func didStep(_ state: TrainingState) -> TrainingDecision {
        if steps == 0 { outcome.firstStepSeconds = seconds }
        steps += 1
        return .goOn
    }

    func didFinishEpoch(_ state: TrainingState) -> TrainingDecision {
        (outcome.epochs, outcome.trainingLoss) = (state.epoch, state.meanLoss)
        outcome.imagesPerSecond = Double(state.epoch * imageCount) / seconds
        return .goOn
    }
}
