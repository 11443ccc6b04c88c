import ArgumentParser
import Foundation
import Leibniz

/// `leibniz train recommender`: factors of films and people from MovieLens-100k.
struct TrainRecommender: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "recommender",
        abstract: "Learns what people will think of films (MovieLens-100k) by a factorisation of their ratings.",
        discussion: """
            A tenth of the ratings, drawn by the seed, is held out for testing. Gradient descent with momentum and noise walks \
            through the factorisations that fit the others, and the mean of their predictions is taken. leibniz recommend \
            --checkpoint --user suggests films.
            """)

    private enum Default {
        static let epochs = 300, rank = 10
    }

    @OptionGroup var options: TrainingOptions
    @Option(
        help: "The folder of ml-100k.inter and ml-100k.item (default: where scripts/data recommender puts them).",
        transform: OptionText.path)
    var data: String?
    @Option(
        parsing: .unconditional, help: "Factors of each person and film (default: \(Default.rank)).",
        transform: OptionText.whole(1...1024))
    var rank = Default.rank

    func run() throws {
        options.prepare()
        let ratings = try Ratings(folder: DataFolder.path("recommender", given: data))
        let training = RecommenderTraining(
            ratings: ratings, rank: rank, epochs: options.epochs ?? Default.epochs, seed: options.seed)
        let outcome = try options.telling { try training.run(options) }
        if let plot = options.plot {
            try PictureFolder.make(plot)
            try LearningCurve(history: outcome.history, title: "MovieLens-100k, energy of the training ratings")
                .figure().write(to: "\(plot)/learning-curve.svg")
        }
        for note in outcome.report.notes { Console.note(note) }
        let result = RecommenderResult(
            ratings: ratings, outcome: outcome, rank: rank, seconds: ProcessUsage.seconds,
            peakMemory: ProcessUsage.peakMemory)
        try Console.write(options.json ? "\(result.json)" : result.text)
    }
}
