import ArgumentParser
import Leibniz

/// `leibniz train speech`: spoken digits, from the waveform.
struct TrainSpeech: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "speech",
        abstract: "Trains a network to hear digits from waveforms, and measures it on voices that it never heard.",
        discussion: """
            Waveform → short-time Fourier transform → mel filters → logarithm → convolutions, all differentiable. Training clips \
            are made faster or slower, moved and noisy by chance. AdamW; the step size rises for a seventh of the steps and then \
            falls to almost zero along half a cosine.
            """)

    private static let defaultEpochs = 12

    @OptionGroup var options: TrainingOptions
    @Option(
        help: "A folder with train/, test/ and perhaps human/ (default: what scripts/data speech prepares).",
        transform: OptionText.path)
    var data: String?
    @Flag(help: "Learn the window and the mel filters as well.") var learnFilters = false

    func run() throws {
        options.prepare()
        let folder = try DataFolder.path("speech", given: data)
        let training = SpeechTraining(
            training: try SpeechClips(folder: "\(folder)/train"), test: try SpeechClips(folder: "\(folder)/test"),
            human: try? SpeechClips(folder: "\(folder)/human"), learnsFilters: learnFilters,
            epochs: options.epochs ?? Self.defaultEpochs, seed: options.seed)
        let outcome = try options.telling { try training.run(options) }
        if let plot = options.plot {
            try SpeechPictures(outcome: outcome, clips: training.human ?? training.test).write(to: plot)
        }
        let result = SpeechResult(
            training: training, outcome: outcome, seconds: ProcessUsage.seconds, peakMemory: ProcessUsage.peakMemory)
        try Console.write(options.json ? "\(result.json)" : result.text)
    }
}
