import ArgumentParser
import Foundation
import Leibniz

/// `leibniz train language`: a model of Shakespeare's plays, character by character.
struct TrainLanguage: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "language",
        abstract: "Trains a model of Shakespeare's plays, character by character, and measures it on their ends.",
        discussion: """
            The last \(100 - PlayCorpus.trainingShare) % of each play are held out. Texts are read side by side in windows; a \
            recurrent network's state goes from window to window. Adam; the step size rises for a twentieth of the steps and \
            then falls to almost zero along half a cosine. leibniz generate writes on from a prompt.
            """)

    private static let setting = LanguageTraining.Setting()
    private static let defaultEpochs = 2

    @OptionGroup var options: TrainingOptions
    @Option(
        help: "A folder of texts, *.txt (default: what scripts/data language prepares).", transform: OptionText.path)
    var data: String?
    @Option(help: "The network: lstm, gru or transformer (default: lstm).") var model = CharacterModel.Kind.lstm
    @Option(
        parsing: .unconditional, help: "The numbers of a state, or a transformer's width (default: \(setting.width)).",
        transform: OptionText.whole(4...8192))
    var width = setting.width
    @Option(
        parsing: .unconditional, help: "Layers one above the other (default: \(setting.layers); a transformer's: 4).",
        transform: OptionText.whole(1...64))
    var layers: Int?
    @Option(
        parsing: .unconditional, help: "The texts of one step, side by side (default: \(setting.batchSize)).",
        transform: OptionText.whole(1...65_536))
    var batchSize = setting.batchSize
    @Option(
        parsing: .unconditional, help: "The characters of each text in one step (default: \(setting.steps)).",
        transform: OptionText.whole(1...65_536))
    var steps = setting.steps
    @Option(
        parsing: .unconditional,
        help: "The greatest step size (default: \(setting.rate); a transformer's: 0.001).",
        transform: OptionText.positive)
    var learningRate: Double?

    func validate() throws {
        if model == .transformer, width % 4 != 0 {
            throw ValidationError("--width: a transformer of 4 heads needs a multiple of 4")
        }
    }

    func run() throws {
        options.prepare()
        let folder = try DataFolder.path("language", given: data)
        let corpus = try PlayCorpus(folder: folder)
        let isTransformer = model == .transformer
        let setting = LanguageTraining.Setting(
            kind: model, width: width, layers: layers ?? (isTransformer ? 4 : Self.setting.layers),
            batchSize: batchSize, steps: steps, rate: learningRate ?? (isTransformer ? 0.001 : Self.setting.rate))
        let training = LanguageTraining(
            corpus: corpus, setting: setting, epochs: options.epochs ?? Self.defaultEpochs, seed: options.seed)
        let outcome = try options.telling { try training.run(options) }
        if let plot = options.plot {
            try PictureFolder.make(plot)
            try LearningCurve(history: outcome.history, title: "Plays by characters: \(model.rawValue)").figure()
                .write(to: "\(plot)/learning-curve.svg")
        }
        let result = LanguageResult(
            dataset: data == nil ? "shakespeare" : folder, kind: model, parameters: outcome.model.parameterCount,
            characters: corpus.training.count, heldOut: corpus.heldOut.reduce(0) { $0 + max(0, $1.count - 1) },
            report: outcome.report, nats: outcome.validationNats, seconds: ProcessUsage.seconds,
            peakMemory: ProcessUsage.peakMemory)
        try Console.write(options.json ? "\(result.json)" : result.text)
    }
}

extension CharacterModel.Kind: ExpressibleByArgument {}
