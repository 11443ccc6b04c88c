import Foundation
import Leibniz
import TestFiles
import Testing

/// Ratings by thirty people of twenty films, of which the people of even numbers like the even ones and the others the odd ones.
struct SmallRatings {
    let folder: TemporaryFolder
    var path: String { folder.path }

    init() throws {
        folder = try TemporaryFolder()
        var lines = ["user_id:token\titem_id:token\trating:float\ttimestamp:float"]
        for user in 1...30 {
            for item in 1...20 where (user * 7 + item * 3) % 5 != 0 {
                lines.append("\(user)\t\(item)\t\((user + item) % 2 == 0 ? 5 : 2)\t88125\(user)")
            }
        }
        try folder.write(Array(lines.joined(separator: "\n").utf8), as: "ml-100k.inter")
        var films = ["item_id:token\tmovie_title:token_seq\trelease_year:token\tclass:token_seq"]
        for item in 1...20 { films.append("\(item)\tFilm No. \(item)\t\(1980 + item)\tDrama") }
        try folder.write(Array(films.joined(separator: "\n").utf8), as: "ml-100k.item")
    }
}

@Suite struct RecommenderTests {
    @Test func `films are rated and recommended`() throws {
        let data = try SmallRatings()
        let folder = try TemporaryFolder()
        let options = ["--data", data.path, "--checkpoint", folder.path]
        let run = try leibniz(["train", "recommender", "--json", "--rank", "3"] + options)
        #expect(run.status == 0, "\(run.errors)")
        let result = try run.json()
        #expect(result["dataset"] as? String == "movielens-100k" && result["ratings"] as? Int == 480)
        #expect(
            result["training_ratings"] as? Int == 432 && result["users"] as? Int == 30 && result["items"] as? Int == 20)
        // The mean of 2 and 5 is wrong by 1.5.
        #expect(try #require(result["test_rmse"] as? Double) < 0.8)

        let user = 8
        let films = try leibniz(["recommend", "--user", "\(user)", "--count", "4", "--json"] + options).json()
        #expect(films["rated"] as? Int == 16)
        let list = try #require(films["films"] as? [[String: Any]])
        let items = list.compactMap { ($0["item"] as? String).flatMap(Int.init) }
        #expect(items.count == 4 && items.allSatisfy { (user * 7 + $0 * 3) % 5 == 0 }, "those that were not rated")
        #expect(items.prefix(2).allSatisfy { $0 % 2 == 0 }, "those that are liked come first: \(items)")
        #expect(list.first?["title"] as? String == "Film No. \(items[0]) (\(1980 + items[0]))")
        let text = try leibniz(["recommend", "--user", "\(user)"] + options)
        #expect(text.output.contains("8 has rated 16 films") && text.output.contains("Film No."))

        let nobody = try leibniz(["recommend", "--user", "99"] + options)
        #expect(nobody.status == 64 && nobody.errors.contains("1 to 30"))
        let other = try leibniz(["predict", "--checkpoint", folder.path, "x.png"])
        #expect(other.status == 65 && other.errors.contains("recommender"))
    }

    @Test func `the same seed gives the same error, another another`() throws {
        let data = try SmallRatings()
        func error(_ seed: String) throws -> Double {
            let run = try leibniz([
                "train", "recommender", "--json", "--rank", "3", "--epochs", "40", "--data", data.path, "--seed", seed,
            ])
            return try #require(try run.json()["test_rmse"] as? Double)
        }
        let first = try error("1")
        #expect(try error("1") == first && error("2") != first)
    }

    @Test func `missing data tell how to get them`() throws {
        let folder = try TemporaryFolder()
        let run = try leibniz(["train", "recommender"], environment: ["LEIBNIZ_DATA": folder.path])
        #expect(run.status == 66 && run.errors.contains("scripts/data recommender") && run.errors.contains(folder.path))
        let empty = try leibniz(["train", "recommender", "--data", folder.path])
        #expect(empty.status == 66 && empty.errors.contains("ml-100k.inter"))
    }
}
