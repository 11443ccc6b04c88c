import ArgumentParser
import Foundation
import Leibniz

/// `leibniz generate`: text by a model that `leibniz train language` has trained.
struct Generate: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Writes on from a prompt, by a model of characters.",
        discussion: "The model is the newest of a folder that leibniz train language --checkpoint has filled.")

    @Option(help: "The folder of checkpoints.", transform: OptionText.path) var checkpoint: String
    @Option(help: "The text to go on from.") var prompt = "ROMEO."
    @Option(
        parsing: .unconditional, help: "How many characters to write (default: 500).",
        transform: OptionText.whole(0...1_000_000_000))
    var count = 500
    @Option(
        parsing: .unconditional,
        help:
            "With what logits are divided: below 1 likely characters become likelier, 0 takes the likeliest (default: 0.8).",
        transform: OptionText.notNegative)
    var temperature = 0.8
    @Option(
        parsing: .unconditional, help: "Decides what is drawn (default: 0).",
        transform: OptionText.whole(Int.min...Int.max))
    var seed = 0
    @Flag(help: "Print one line of JSON.") var json = false

    func run() throws {
        let found = try TrainedModel.checkpoint(in: checkpoint, of: "language")
        let settings = found.progress.configuration
        guard let kind = settings["model"].flatMap(CharacterModel.Kind.init), let characters = settings["characters"],
            let width = settings["width"].flatMap({ Int($0) }), let layers = settings["layers"].flatMap({ Int($0) }),
            let steps = settings["steps"].flatMap({ Int($0) }), let batch = settings["batch"].flatMap({ Int($0) })
        else {
            throw DataError(
                .malformed, "the checkpoint's configuration lacks a setting", in: found.path,
                found: settings.keys.sorted().joined(separator: ", "),
                expected: "model, characters, width, layers, batch and steps")
        }
        let vocabulary = CharacterVocabulary(of: [characters])
        let model = CharacterModel(kind, characters: vocabulary.count, width: width, layers: layers)
        // A training keeps the states of its texts as well.
        let states = model.firstState(batch).enumerated().map { ("state.\($0)", Variable($1)) }
        try found.restore(model: model, streams: Dictionary(uniqueKeysWithValues: states))
        let sampler = TextSampler(model, vocabulary, context: steps)
        var text = ""
        if !json { try Console.write(part: prompt) }
        try sampler.write(after: prompt, count: count, temperature: temperature, seed: seed) { character in
            text += character
            if !json { try Console.write(part: character) }
        }
        if json {
            try Console.write(json: [
                ("prompt", .text(prompt)), ("text", .text(text)), ("temperature", .real(temperature)),
                ("seed", .whole(seed)),
            ])
        } else {
            try Console.write("")
        }
    }
}
