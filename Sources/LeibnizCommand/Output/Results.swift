import Foundation
import Leibniz

/// What `leibniz train linear-regression` found.
struct LinearRegressionResult {
    let w: Double
    let b: Double
    let loss: Double
    let epochs: Int
    let converged: Bool
    let seconds: Double

    var json: JSONValue {
        .result(
            [
                ("w", .real(w)), ("b", .real(b)), ("loss", .real(loss)), ("epochs", .whole(epochs)),
                ("converged", .flag(converged)), ("seconds", .rounded(seconds)),
            ], diverged: isDiverged)
    }

    private var isDiverged: Bool { ![w, b, loss].allSatisfy(\.isFinite) }

    func text(leastSquares: (w: Double, b: Double)) -> String {
        guard !isDiverged else { return divergence(afterEpochs: epochs) }
        return String(
            format: "w = %.5f, b = %.5f after %d epochs; the line of least squares has w = %.5f, b = %.5f",
            w, b, epochs, leastSquares.w, leastSquares.b)
    }
}

/// What `leibniz train convnet` found.
struct ConvNetResult {
    let parameters: Int
    let epochs: Int
    let training: ImageTraining.Outcome
    let seconds: Double
    let peakMemory: Double

    var json: JSONValue {
        .result(
            [
                ("dataset", .text("fashion-mnist")), ("parameters", .whole(parameters)), ("epochs", .whole(epochs)),
                ("train_loss", .real(training.trainingLoss)), ("test_accuracy", .real(training.testAccuracy)),
                ("seconds", .rounded(seconds)), ("images_per_second", .rounded(training.imagesPerSecond)),
                ("first_step_seconds", .rounded(training.firstStepSeconds)),
                ("peak_memory_mib", .rounded(peakMemory)),
            ], diverged: isDiverged)
    }

    private var isDiverged: Bool { !training.trainingLoss.isFinite }

    var text: String {
        guard !isDiverged else { return divergence(afterEpochs: epochs) }
        return String(
            format: "Accuracy on images never seen: %.4f after \(epochs) epoch\(epochs == 1 ? "" : "s") and %.1f s "
                + "(%.0f images/s, first step %.2f s, at most %.0f MiB)",
            training.testAccuracy, seconds, training.imagesPerSecond, training.firstStepSeconds, peakMemory)
    }
}

/// What `leibniz train control` found.
struct ControlResult {
    let environment: String
    let method: String
    let seed: Int
    var outcome = ControlTraining.Outcome()
    /// Of the exact methods: the best value of the start, and the one that ascent along the gradient reached.
    var startValue, ascentValue: Double?
    var seconds = 0.0

    private var meanReturn: Double { outcome.rewards.reduce(0, +) / Double(outcome.rewards.count) }
    /// Of single episodes.
    private var deviation: Double {
        let (mean, count) = (meanReturn, Double(outcome.rewards.count))
        return (outcome.rewards.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / count).squareRoot()
    }

    var json: JSONValue {
        let exact = [("start_value", startValue), ("ascent_value", ascentValue)]
        return .result(
            [
                ("environment", .text(environment)), ("method", .text(method)), ("mean_return", .real(meanReturn)),
                ("episodes", .whole(outcome.rewards.count)), ("environment_steps", .whole(outcome.environmentSteps)),
                ("seconds", .rounded(seconds)), ("return_deviation", .real(deviation)),
                ("least_return", .real(outcome.rewards.min() ?? .nan)), ("rounds", .whole(outcome.rounds)),
                ("steps_per_second", .rounded(outcome.stepsPerSecond)), ("seed", .whole(seed)),
            ] + exact.compactMap { name, value in value.map { (name, .real($0)) } }, diverged: outcome.isDiverged)
    }

    var text: String {
        guard !outcome.isDiverged else { return divergence(afterEpochs: outcome.rounds) }
        let measured = String(
            format:
                "Mean return of \(outcome.rewards.count) fresh episodes of \(environment): %.2f ± %.2f, at least %.2f",
            meanReturn, deviation, outcome.rewards.min() ?? .nan)
        if let startValue, let ascentValue {
            return String(
                format: "Best value of the start: %.10f by value iteration, %.10f by ascent along the gradient\n",
                startValue, ascentValue) + measured
        }
        return measured
            + String(
                format: " (\(method), \(outcome.rounds) rounds, \(outcome.environmentSteps) steps, %.1f s)", seconds)
    }
}

/// What people read where training left the finite numbers.
private func divergence(afterEpochs epochs: Int) -> String {
    "Training diverged after \(epochs) epochs: the loss is no finite number any more. Try a smaller --learning-rate."
}

extension JSONValue {
    /// The members of a result, with a word about it where training left the finite numbers.
    fileprivate static func result(_ members: [(String, JSONValue)], diverged: Bool) -> JSONValue {
        .object(members + (diverged ? [("status", .text("diverged"))] : []))
    }
}
