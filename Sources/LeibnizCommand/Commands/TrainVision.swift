import ArgumentParser
import Leibniz

/// `leibniz train vision`: a residual network with a pooling rule of one's choice on Fashion-MNIST.
struct TrainVision: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "vision",
        abstract:
            "Trains a residual network to tell clothes apart (Fashion-MNIST), with a pooling rule of one's choice.",
        discussion: """
            Muon, whose steps are orthogonal; the step size rises and falls once. Images are mirrored and moved by chance, labels \
            smoothed; of a test image and its mirror image the mean counts. --compare-pooling trains one network for each rule from the same first parameters on the same batches and \
            prints a table. leibniz predict --checkpoint uses what was learned.
            """)

    private enum Default {
        static let epochs = 5, comparedEpochs = 1
    }

    @OptionGroup var options: TrainingOptions
    @Option(
        help: """
            The folder of the four IDX files, plain or gzip (default: what scripts/data vision prepares, or else \
            \(FashionMNIST.defaultFolder)).
            """,
        transform: OptionText.path)
    var data: String?
    @Option(
        parsing: .unconditional, help: "The images of one step (default: \(VisionTraining.Setting.batchSize)).",
        transform: OptionText.whole(1...1_000_000))
    var batchSize = VisionTraining.Setting.batchSize
    @Option(help: "The pooling rule: \(PoolingChoice.allCases.map(\.rawValue).joined(separator: ", ")).")
    var pooling = PoolingChoice.max
    @Flag(help: "Train with every pooling rule and compare (default: \(Default.comparedEpochs) epoch each).")
    var comparePooling = false

    func validate() throws {
        if comparePooling && options.checkpoint != nil {
            throw ValidationError("--compare-pooling keeps no networks: leave --checkpoint out")
        }
    }

    func run() throws {
        options.prepare()
        let folder = try DataFolder.path("vision", given: data, package: FashionMNIST.defaultFolder)
        let images = try FashionMNIST(folder: folder)
        if comparePooling {
            let comparison = VisionComparison(
                data: images, epochs: options.epochs ?? Default.comparedEpochs, batchSize: batchSize)
            return try options.telling { try comparison.run(options) }
        }
        let training = VisionTraining(
            data: images, pooling: pooling, epochs: options.epochs ?? Default.epochs, batchSize: batchSize,
            seed: options.seed)
        let outcome = try options.telling { try training.run(options) }
        if let plot = options.plot {
            try VisionPictures(outcome: outcome, test: images.test).write(to: plot)
        }
        let result = VisionResult(
            outcome: outcome, pooling: pooling, seconds: ProcessUsage.seconds, peakMemory: ProcessUsage.peakMemory)
        for note in outcome.report.notes { Console.note(note) }
        try Console.write(options.json ? "\(result.json)" : result.text)
    }
}
