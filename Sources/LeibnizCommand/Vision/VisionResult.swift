import Foundation
import Leibniz

/// What `leibniz train vision` found.
struct VisionResult {
    let outcome: VisionTraining.Outcome
    let pooling: PoolingChoice
    let seconds: Double
    let peakMemory: Double

    private var report: TrainingReport { outcome.report }

    var json: JSONValue {
        .object([
            ("dataset", .text("fashion-mnist")), ("parameters", .whole(outcome.model.parameterCount)),
            ("test_accuracy", .real(outcome.confusion.accuracy)), ("pooling", .text(pooling.rawValue)),
            ("seconds", .rounded(seconds)), ("epochs", .whole(report.epochs.last?.number ?? 0)),
            ("steps", .whole(report.steps)), ("train_loss", .real(report.loss)),
            ("images_per_second", .rounded(report.examplesPerSecond)),
            ("first_step_seconds", .rounded(report.times.first)),
            ("waiting_share", .rounded(report.times.waitingShare)),
            ("pooling_parameters", VisionResult.learned(outcome.model)), ("peak_memory_mib", .rounded(peakMemory)),
            ("ending", .text(report.ending.status)),
        ])
    }

    var text: String {
        String(
            format:
                "Accuracy on images never seen: %.4f with \(pooling.rawValue) pooling after \(report.steps) steps and %.1f s "
                + "(%.0f images/s, first step %.2f s, at most %.0f MiB)",
            outcome.confusion.accuracy, seconds, report.examplesPerSecond, report.times.first, peakMemory)
    }

    /// What each pool has learned, as `pool1.rule.p`.
    static func learned(_ model: ResidualNet) -> JSONValue {
        .object(
            model.pooledParameters.map { number, path, parameter in
                let values = (try? parameter.value.doubles()) ?? []
                return (
                    "pool\(number).\(path)", values.count == 1 ? .real(values[0]) : .array(values.map(JSONValue.real))
                )
            })
    }
}
