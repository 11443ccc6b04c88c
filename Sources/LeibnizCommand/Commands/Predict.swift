import ArgumentParser
import Foundation
import Leibniz

/// `leibniz predict`: the classes of images, by a network that `leibniz train vision` has trained.
struct Predict: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Tells what clothes are on images, with what leibniz train vision has learned.",
        discussion: """
            Images are PNG files, or IDX files of many of 28 × 28 pixels, plain or gzip. A PNG image is made grey and brought to \
            28 × 28 pixels; as in Fashion-MNIST, clothes are bright on a dark ground: --invert is for dark ones on a bright ground.
            """)

    @Argument(help: "PNG or IDX files.") var images: [String]
    @Option(help: "The folder of checkpoints that the training wrote.", transform: OptionText.path)
    var checkpoint: String
    @Flag(help: "Take the best checkpoint instead of the newest one.") var best = false
    @Flag(help: "Make bright what is dark.") var invert = false
    @Option(
        parsing: .unconditional, help: "Images of an IDX file, from its first (default: 10).",
        transform: OptionText.whole(1...1_000_000_000))
    var count = 10
    @Flag(help: "Print one line of JSON for each image.") var json = false

    func run() throws {
        let found = try TrainedModel.checkpoint(in: checkpoint, of: "vision", best: best)
        let pooling = found.progress.configuration["pooling"].flatMap(PoolingChoice.init) ?? .max
        let model = VisionTraining.model(pooling, seed: 0)
        try found.restore(model: model)
        let classify = compiled { (x: Tensor) in VisionTraining.probabilities(model, x) }
        for path in images {
            let pictures = try ImageInput(path: path, isInverted: invert, count: count)
            for start in stride(from: 0, to: pictures.count, by: ImageInput.batchSize) {
                let batch = pictures.batch(from: start)
                let shares = try inference { try classify(batch) }.doubles()
                for place in 0..<batch.shape[0] {
                    let own = Array(shares[place * 10..<(place + 1) * 10])
                    let number = pictures.isSingle ? nil : start + place
                    try Console.write(json ? "\(Self.json(path, number, own))" : Self.text(path, number, own))
                }
            }
        }
    }

    /// The places of the shares, the greatest first.
    private static func order(_ shares: [Double]) -> [Int] {
        shares.indices.sorted { (shares[$0], $1) > (shares[$1], $0) }
    }

    private static func text(_ path: String, _ number: Int?, _ shares: [Double]) -> String {
        let guesses = order(shares).prefix(3).map {
            "\(FashionMNIST.classNames[$0]) " + String(format: "%.3f", shares[$0])
        }
        return "\(path)\(number.map { "[\($0)]" } ?? ""): " + guesses.joined(separator: ", ")
    }

    private static func json(_ path: String, _ number: Int?, _ shares: [Double]) -> JSONValue {
        let best = order(shares)[0]
        return .object([
            ("file", .text(path)), ("image", number.map(JSONValue.whole) ?? .null),
            ("class", .text(FashionMNIST.classNames[best])), ("label", .whole(best)),
            ("probability", .real(shares[best])), ("probabilities", .array(shares.map(JSONValue.real))),
        ])
    }
}
