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
