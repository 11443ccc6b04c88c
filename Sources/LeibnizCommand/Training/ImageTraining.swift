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

    /// Where training stands.
    struct Progress {
        let epoch: Int
        let epochs: Int
        let step: Int
        let stepCount: Int
        let loss: Double
        let imagesPerSecond: Double
        /// Until the last epoch ends, at the present rate.
        let secondsLeft: Double

        /// As a line shows it.
        var content: ProgressLine.Content {
            ProgressLine.Content(
                place: "epoch \(epoch)/\(epochs)  step \(step)/\(stepCount)", figures: [("loss", loss)],
                rate: (imagesPerSecond, "images"), secondsLeft: secondsLeft)
        }
    }

    /// Trains and measures.
    ///
    /// - Parameters:
    ///   - onStep: called after each step.
    ///   - onEpoch: called with the number of each finished epoch and its mean loss.
    func run(onStep: (Progress) -> Void, onEpoch: (Int, Double) throws -> Void) throws -> Outcome {
        var outcome = Outcome()
        let model = withSeed(seed) { ConvNet() }
        let batches = try Batches(of: data.training.count, size: batchSize)
        let schedule = CosineSchedule(
            peak: learningRate, steps: epochs * batches.count, warmUpSteps: epochs * batches.count / 10)
        let optimizer = AdamW(model, learningRate: learningRate)
        let step = compiled { (images: Tensor, labels: Tensor) in
            let batch = ImageBatch(images: images, labels: labels)
            let loss = crossEntropy(model(batch.scaled(paddedTo: Self.side)), batch.labels)
            optimizer.update(minimizing: loss)
            return loss
        }

        let clock = ContinuousClock()
        let start = clock.now
        func elapsed() -> Double { (clock.now - start) / .seconds(1) }
        var imagesSeen = 0
        for epoch in 1...epochs {
            let order = shuffledIndices(data.training.count, seed: seed, epoch: epoch)
            var total = 0.0
            for (number, range) in batches.enumerated() {
                let batch = data.training.batch(order[range])
                let stepNumber = (epoch - 1) * batches.count + number
                optimizer.learningRate = Tensor(schedule.rate(at: stepNumber), .float64)
                let loss = try step(batch.images, batch.labels).item()
                if stepNumber == 0 { outcome.firstStepSeconds = elapsed() }
                guard loss.isFinite else {
                    outcome.trainingLoss = loss
                    return outcome
                }
                total += loss * Double(range.count)
                imagesSeen += range.count
                outcome.imagesPerSecond = Double(imagesSeen) / elapsed()
                let imagesLeft = epochs * data.training.count - imagesSeen
                onStep(
                    Progress(
                        epoch: epoch, epochs: epochs, step: number + 1, stepCount: batches.count, loss: loss,
                        imagesPerSecond: outcome.imagesPerSecond,
                        secondsLeft: Double(imagesLeft) / outcome.imagesPerSecond))
            }
            outcome.epochs = epoch
            outcome.trainingLoss = total / Double(data.training.count)
            try onEpoch(epoch, outcome.trainingLoss)
        }
        outcome.testAccuracy = try accuracy(of: model)
        return outcome
    }

    /// The share of test images that the model puts into their class.
    private func accuracy(of model: ConvNet) throws -> Double {
        let measure = compiled { (images: Tensor, labels: Tensor) in
            let batch = ImageBatch(images: images, labels: labels)
            return Leibniz.accuracy(model(batch.scaled(paddedTo: Self.side)), batch.labels)
        }
        var correct = 0.0
        for range in try Batches(of: data.test.count, size: Self.testBatchSize) {
            let batch = data.test.batch(range)
            let share = try inference { try measure(batch.images, batch.labels).item() }
            correct += (share * Double(range.count)).rounded()
        }
        return correct / Double(data.test.count)
    }
}
