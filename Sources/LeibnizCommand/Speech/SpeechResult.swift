import Foundation
import Leibniz

/// What `leibniz train speech` found.
struct SpeechResult {
    let training: SpeechTraining
    let outcome: SpeechTraining.Outcome
    let seconds: Double
    let peakMemory: Double

    private var report: TrainingReport { outcome.report }

    var json: JSONValue {
        .object([
            ("dataset", .text("spoken digits")), ("parameters", .whole(outcome.model.parameterCount)),
            ("test_accuracy", .real(outcome.testAccuracy)), ("test_clips", .whole(training.test.count)),
            ("unseen_voices", .whole(training.test.voices.count)),
            ("human_accuracy", outcome.humanAccuracy.map { .real($0) } ?? .null),
            ("human_clips", .whole(training.human?.count ?? 0)), ("learned_filters", .flag(training.learnsFilters)),
            ("seconds", .rounded(seconds)), ("steps", .whole(report.steps)), ("train_loss", .real(report.loss)),
            ("clips_per_second", .rounded(report.examplesPerSecond)),
            ("first_step_seconds", .rounded(report.times.first)),
            ("waiting_share", .rounded(report.times.waitingShare)), ("peak_memory_mib", .rounded(peakMemory)),
            ("ending", .text(report.ending.status)),
        ])
    }

    var text: String {
        let human = outcome.humanAccuracy.map {
            String(format: ", on \(training.human?.count ?? 0) clips of a person %.2f", $0)
        }
        return String(
            format:
                "Accuracy on \(training.test.count) clips of \(training.test.voices.count) voices never heard: %.4f",
            outcome.testAccuracy) + (human ?? "")
            + String(
                format: "; after %d steps and %.1f s (%.0f clips/s, at most %.0f MiB)", report.steps, seconds,
                report.examplesPerSecond, peakMemory)
    }
}
