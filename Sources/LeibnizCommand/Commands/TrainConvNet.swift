import ArgumentParser
import Foundation
import Leibniz

/// `leibniz train convnet`: the article's network of 61,706 parameters on Fashion-MNIST.
struct TrainConvNet: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "convnet",
        abstract: "Trains a convolutional network to tell clothes apart (Fashion-MNIST) and measures its accuracy.",
        discussion: "AdamW; the step size rises for a tenth of the steps and then falls to zero along half a cosine.")

    private enum Default {
        static let epochs = 5, batchSize = 64, learningRate = 0.003, seed = 0
    }

    @Option(
        help: "The folder of the four IDX files, plain or gzip (default: \(FashionMNIST.defaultFolder)).",
        transform: OptionText.path)
    var data = FashionMNIST.defaultFolder
    @Option(
        parsing: .unconditional, help: "Passes over the images (default: \(Default.epochs)).",
        transform: OptionText.whole(1...1_000_000))
    var epochs = Default.epochs
    @Option(
        parsing: .unconditional, help: "The images of one step (default: \(Default.batchSize)).",
        transform: OptionText.whole(1...1_000_000))
    var batchSize = Default.batchSize
    @Option(
        parsing: .unconditional, help: "The greatest step size (default: \(Default.learningRate)).",
        transform: OptionText.positive)
    var learningRate = Default.learningRate
    @Option(
        parsing: .unconditional,
        help: "Decides the first parameters and the order of the images (default: \(Default.seed)).",
        transform: OptionText.whole(Int.min...Int.max))
    var seed = Default.seed
    @Option(
        parsing: .unconditional, help: "Threads to compute with (default: the processors this process may use).",
        transform: OptionText.whole(1...1024))
    var threads: Int?
    @Flag(help: "Print one line of JSON; progress goes to the standard error stream.") var json = false

    func run() throws {
        // Read once by the kernels, before the first of them is made.
        if let threads { setenv("LEIBNIZ_THREADS", "\(threads)", 1) }
        let images = try FashionMNIST(folder: data)
        try Self.checkSize(images.training, in: data)
        let training = ImageTraining(
            data: images, epochs: epochs, batchSize: batchSize, learningRate: learningRate, seed: seed)
        let outcome = try training.run(isQuiet: json)
        let result = ConvNetResult(
            parameters: ConvNet().parameterCount, epochs: outcome.epochs, training: outcome,
            seconds: ProcessUsage.seconds,
            peakMemory: ProcessUsage.peakMemory)
        try Console.write(json ? "\(result.json)" : result.text)
    }

    private static func checkSize(_ set: ImageSet, in folder: String) throws(DataError) {
        guard max(set.height, set.width) <= ImageTraining.side else {
            throw DataError(
                .inconsistent, "the images are too large for the network", in: folder,
                found: "\(set.height) × \(set.width) pixels",
                expected: "at most \(ImageTraining.side) × \(ImageTraining.side)")
        }
    }
}
