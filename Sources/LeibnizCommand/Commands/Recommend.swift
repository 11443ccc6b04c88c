import ArgumentParser
import Foundation
import Leibniz

/// `leibniz recommend`: films that somebody has not rated yet and will probably like.
struct Recommend: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Suggests films to somebody of MovieLens-100k, with what leibniz train recommender has learned.")

    @Option(help: "The number of the person in the data.", transform: OptionText.path) var user: String
    @Option(help: "The folder of checkpoints that the training wrote.", transform: OptionText.path)
    var checkpoint: String
    @Option(
        help: "The folder of ml-100k.inter and ml-100k.item (default: where scripts/data recommender puts them).",
        transform: OptionText.path)
    var data: String?
    @Option(
        parsing: .unconditional, help: "How many films (default: 10).", transform: OptionText.whole(1...1_000_000))
    var count = 10
    @Flag(help: "Print one line of JSON.") var json = false

    func run() throws {
        let ratings = try Ratings(folder: DataFolder.path("recommender", given: data))
        let found = try TrainedModel.checkpoint(in: checkpoint, of: "recommender")
        guard let person = ratings.userNames.firstIndex(of: user) else {
            throw ValidationError(
                "nobody has the number \(user); there are \(ratings.userNames.first ?? "") to \(ratings.userNames.last ?? "")"
            )
        }
        let rank = found.progress.configuration["rank"].flatMap(Int.init) ?? 1
        let model = RecommenderTraining.model(ratings, rank: rank, seed: 0, mean: 0)
        try found.restore(model: model)
        let predictions = try model.predictions.sliced(axis: 0, start: person, count: 1).doubles()
        let own = ratings.users.indices.filter { ratings.users[$0] == person }
        let rated = Set(own.map { ratings.items[$0] })
        let best = predictions.indices.filter { !rated.contains($0) }
            .sorted { (predictions[$0], $1) > (predictions[$1], $0) }.prefix(count)
        if json {
            let films = best.map { item in
                JSONValue.object([
                    ("item", .text(ratings.itemNames[item])), ("title", .text(ratings.titles[item])),
                    ("predicted", .rounded(predictions[item])),
                ])
            }
            return try Console.write(
                "\(JSONValue.object([("user", .text(user)), ("rated", .whole(rated.count)), ("films", .array(films))]))"
            )
        }
        let liked = own.sorted { (ratings.values[$0], ratings.items[$1]) > (ratings.values[$1], ratings.items[$0]) }
            .prefix(5)
        try Console.write(
            "\(user) has rated \(rated.count) films and likes "
                + liked.map { ratings.titles[ratings.items[$0]] }.joined(separator: "; "))
        for item in best { try Console.write(String(format: "%.2f  ", predictions[item]) + ratings.titles[item]) }
    }
}
