import ArgumentParser
import Leibniz

/// `leibniz summary`: what the models of `leibniz train` consist of, and what they cost.
struct Summary: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Shows a model part by part: shapes, parameters, arithmetic and memory.",
        discussion: """
            Models are those of `leibniz train`. Their graph is traced for one batch, in the mode of inference. Rows are modules \
            with parameters, and what is computed between them. FLOP count two operations for each product that is added up and one \
            for each element of every other operation.
            """)

    /// A model, by the name of its training.
    enum Choice: String, CaseIterable, ExpressibleByArgument {
        case linearRegression = "linear-regression"
        case convnet, vision, language, speech
    }

    @Argument(help: "The model: \(Choice.allCases.map(\.rawValue).joined(separator: ", ")).") var model: Choice
    @Option(
        parsing: .unconditional, help: "Examples at once (default: 1).", transform: OptionText.whole(1...65_536))
    var batchSize = 1
    @Option(help: "Of vision: the pooling rule: \(PoolingChoice.allCases.map(\.rawValue).joined(separator: ", ")).")
    var pooling = PoolingChoice.max
    @Option(
        name: .customLong("model"),
        help: "Of language: \(CharacterModel.Kind.allCases.map(\.rawValue).joined(separator: ", ")).")
    var kind = CharacterModel.Kind.lstm
    @Option(
        parsing: .unconditional, help: "Of language: characters of a text (default: 100).",
        transform: OptionText.whole(1...65_536))
    var steps = 100
    @Option(
        parsing: .unconditional, help: "Of language: different characters (default: 65).",
        transform: OptionText.whole(1...65_536))
    var characters = 65
    @Flag(help: "Print one line of JSON.") var json = false

    func run() throws {
        let summary = try made()
        try Console.write(json ? "\(summary.json)" : summary.text)
    }

    private func made() throws -> ModelSummary {
        func input(_ extents: Int...) -> Tensor { .zeros(Shape([batchSize] + extents)) }
        switch model {
        case .linearRegression: return try Leibniz.summary(of: Linear(1, 1), at: input(1))
        case .convnet:
            let model = ConvNet()
            return try Leibniz.summary(of: model, at: input(1, ImageTraining.side, ImageTraining.side)) { model($0) }
        case .vision:
            return try Leibniz.summary(of: VisionTraining.model(pooling, seed: 0), at: input(1, 28, 28))
        case .speech: return try Leibniz.summary(of: SpeechNet(), at: input(SpeechClips.length))
        case .language:
            let model = LanguageTraining.Setting(kind: kind).model(characters: characters, seed: 0)
            let state = model.firstState(batchSize)
            return try Leibniz.summary(of: model, at: Tensor.zeros([steps, batchSize], .int32)) {
                model($0, state: state).logits
            }
        }
    }
}
