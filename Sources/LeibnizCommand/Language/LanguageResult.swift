import Foundation
import Leibniz

/// What `leibniz train language` found.
struct LanguageResult {
    let dataset: String
    let kind: CharacterModel.Kind
    let parameters: Int
    /// The characters that were learned from, and those that were held out.
    let characters: Int, heldOut: Int
    let report: TrainingReport
    /// The mean cross entropy of a held-out character.
    let nats: Double
    let seconds: Double
    let peakMemory: Double

    private var bits: Double { nats / log(2) }

    var json: JSONValue {
        .object([
            ("dataset", .text(dataset)), ("model", .text(kind.rawValue)), ("parameters", .whole(parameters)),
            ("training_characters", .whole(characters)), ("held_out_characters", .whole(heldOut)),
            ("steps", .whole(report.steps)), ("train_nats", .real(report.loss)), ("validation_nats", .real(nats)),
            ("bits_per_character", .real(bits)), ("characters_per_second", .rounded(report.examplesPerSecond)),
            ("seconds", .rounded(seconds)), ("first_step_seconds", .rounded(report.times.first)),
            ("peak_memory_mib", .rounded(peakMemory)), ("ending", .text(report.ending.status)),
        ])
    }

    var text: String {
        String(
            format: "Held-out text: %.4f nats (%.4f bits) per character after %d steps and %.1f s "
                + "(%.0f characters/s, at most %.0f MiB)",
            nats, bits, report.steps, seconds, report.examplesPerSecond, peakMemory)
    }
}
