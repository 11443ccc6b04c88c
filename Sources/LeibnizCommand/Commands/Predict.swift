import ArgumentParser
import Foundation
import Leibniz

/// `leibniz predict`: what is on images or said in sounds, by a network that `leibniz train vision` or `speech` has trained.
struct Predict: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Tells what clothes are on images, or what digits are said, with what leibniz train has learned.",
        discussion: """
            The checkpoint decides. For that of leibniz train vision, files are PNG images, or IDX files of many of 28 × 28 pixels, \
            plain or gzip. A PNG image is made grey and brought to 28 × 28 pixels; as in Fashion-MNIST, clothes are bright on a dark \
            ground: --invert is for dark ones on a bright ground. For that of leibniz train speech, files are WAV sounds of one \
            spoken digit each, of any sample rate.
            """)

    @Argument(help: "PNG or IDX files, or WAV files.") var files: [String]
    @Option(help: "The folder of checkpoints that the training wrote.", transform: OptionText.path)
    var checkpoint: String
    @Flag(help: "Take the checkpoint after the pass with the least loss instead of the newest one.") var best = false
    @Flag(help: "Of images: make bright what is dark.") var invert = false
    @Option(
        parsing: .unconditional, help: "Images of an IDX file, from its first (default: 10).",
        transform: OptionText.whole(1...1_000_000_000))
    var count = 10
    @Flag(help: "Print one line of JSON for each image or sound.") var json = false

    func run() throws {
        let found = try TrainedModel.checkpoint(in: checkpoint, of: "vision", "speech", best: best)
        let isSpeech = found.progress.configuration["command"] == "speech"
        try isSpeech ? hear(found) : see(found)
    }

    // MARK: Images

    private func see(_ found: Checkpoint) throws {
        let pooling = found.progress.configuration["pooling"].flatMap(PoolingChoice.init) ?? .max
        let model = VisionTraining.model(pooling, seed: 0)
        try found.restore(model: model)
        let classify = compiled { (x: Tensor) in VisionTraining.probabilities(model, x) }
        for path in files {
            let pictures = try ImageInput(path: path, isInverted: invert, count: count)
            for start in stride(from: 0, to: pictures.count, by: ImageInput.batchSize) {
                let batch = pictures.batch(from: start)
                let shares = try inference { try classify(batch) }.doubles()
                for place in 0..<batch.shape[0] {
                    let own = Array(shares[place * 10..<(place + 1) * 10])
                    let number = pictures.isSingle ? nil : start + place
                    let name = path + (number.map { "[\($0)]" } ?? "")
                    try write(name, own, FashionMNIST.classNames) { best in
                        [
                            ("file", .text(path)), ("image", number.map(JSONValue.whole) ?? .null),
                            ("class", .text(FashionMNIST.classNames[best])), ("label", .whole(best)),
                        ]
                    }
                }
            }
        }
    }

    // MARK: Sounds

    private func hear(_ found: Checkpoint) throws {
        let model = SpeechNet(learnsFilters: found.progress.configuration["learn-filters"] == "true")
        try found.restore(model: model)
        let classify = compiled { (x: Tensor) in softmax(model(x)) }
        for (path, waveform) in zip(files, try SpeechClips.waveforms(of: files)) {
            let clip = Tensor(waveform, shape: [1, waveform.count])
            let shares = try inference { try classify(clip) }.doubles()
            try write(path, shares, shares.indices.map { "\($0)" }) { best in
                [("file", .text(path)), ("digit", .whole(best))]
            }
        }
    }

    // MARK: Output

    /// Writes what something is taken for: the three most probable classes, or all in JSON.
    ///
    /// - Parameter members: JSON's first members, given the most probable class.
    private func write(
        _ title: String, _ shares: [Double], _ names: [String], _ members: (Int) -> [(String, JSONValue)]
    ) throws {
        let order = shares.indices.sorted { (shares[$0], $1) > (shares[$1], $0) }
        if json {
            let probabilities: [(String, JSONValue)] = [
                ("probability", .real(shares[order[0]])), ("probabilities", .array(shares.map(JSONValue.real))),
            ]
            try Console.write("\(JSONValue.object(members(order[0]) + probabilities))")
        } else {
            let guesses = order.prefix(3).map { "\(names[$0]) " + String(format: "%.3f", shares[$0]) }
            try Console.write("\(title): " + guesses.joined(separator: ", "))
        }
    }
}
