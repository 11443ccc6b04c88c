import Foundation
import Leibniz

/// What `leibniz train recommender` found.
struct RecommenderResult {
    let ratings: Ratings
    let outcome: RecommenderTraining.Outcome
    let rank: Int
    let seconds: Double
    let peakMemory: Double

    var json: JSONValue {
        .object([
            ("dataset", .text("movielens-100k")), ("ratings", .whole(ratings.values.count)),
            ("test_rmse", .real(outcome.testError)), ("seconds", .rounded(seconds)),
            ("users", .whole(ratings.userNames.count)), ("items", .whole(ratings.itemNames.count)),
            ("training_ratings", .whole(outcome.trainingCount)), ("rank", .whole(rank)),
            ("parameters", .whole(outcome.model.parameterCount)), ("epochs", .whole(outcome.report.steps)),
            ("ratings_per_second", .rounded(outcome.report.examplesPerSecond)),
            ("first_step_seconds", .rounded(outcome.report.times.first)),
            ("peak_memory_mib", .rounded(peakMemory)), ("ending", .text(outcome.report.ending.status)),
        ])
    }

    var text: String {
        String(
            format:
                "Root mean square error on ratings never seen: %.4f stars after \(outcome.report.steps) passes and %.1f s "
                + "(%.0f ratings/s, first step %.2f s, at most %.0f MiB)",
            outcome.testError, seconds, outcome.report.examplesPerSecond, outcome.report.times.first, peakMemory)
    }
}
