import Foundation
import LeibnizCore
import LeibnizData

/// Continues texts by a model of characters, one character after the other, each drawn by its probability.
///
/// ```swift
/// let sampler = TextSampler(model, vocabulary)
/// try sampler.write(after: "ROMEO.", count: 200, seed: 1) { print($0, terminator: "") }
/// ```
public struct TextSampler: Sendable {
    private let vocabulary: CharacterVocabulary
    private let context: Int
    private let firstState: [Tensor]
    private let step: @Sendable (Tensor, [Tensor]) throws -> [Tensor]
    private let whole: @Sendable (Tensor, Tensor) throws -> Tensor

    /// A sampler.
    ///
    /// - Parameters:
    ///   - vocabulary: that with which the model was trained.
    ///   - context: the last characters that a model without state sees, at least 1; 100 by default.
    public init(_ model: CharacterModel, _ vocabulary: CharacterVocabulary, context: Int = 100) {
        (self.vocabulary, self.context, firstState) = (vocabulary, max(1, context), model.firstState(1))
        step = compiled { (character: Tensor, state: [Tensor]) in
            let (logits, next) = model(character, state: state)
            return [logits] + next
        }
        whole = compiled { (characters: Tensor, last: Tensor) in
            model(characters, state: []).logits.gathered(last)
        }
    }

    /// Draws characters.
    ///
    /// - Parameters:
    ///   - prompt: the text before, all of it known to the vocabulary; the first character of the vocabulary stands for an empty one.
    ///   - count: how many characters.
    ///   - temperature: τ, with which logits are divided: below 1 likely characters become likelier; 0 takes the likeliest. 1 by default.
    ///   - seed: of the drawing; 0 by default.
    ///   - next: gets each character.
    /// - Throws: a `DataError` for a character of the prompt that is not in the vocabulary; what `next` throws.
    public func write(
        after prompt: String, count: Int, temperature: Double = 1, seed: Int = 0, _ next: (String) throws -> Void
    ) throws {
        var text = try vocabulary.encoded(prompt)
        if text.isEmpty { text = [0] }
        var random = SampleRandom(seed: seed, epoch: 0, sample: 0)
        var (state, read) = (firstState, 0)
        for _ in 0..<max(0, count) {
            var logits: [Double] = []
            if firstState.isEmpty {
                logits = try self.logits(of: text)
            } else {
                for character in text[read...] {
                    let results = try inference { try step(Tensor([[Int(character)]]), state) }
                    logits = try results[0].doubles()
                    state = Array(results[1...])
                }
            }
            read = text.count
            let drawn = Self.drawn(logits, temperature: temperature, by: random.unit())
            text.append(Int32(drawn))
            try next(vocabulary.decoded([drawn]))
        }
    }

    /// The logits of what follows a text, from the last characters of it; those behind the end are not seen.
    private func logits(of text: [Int32]) throws -> [Double] {
        let seen = text.suffix(context).map { Int($0) }
        let filled = seen + Array(repeating: 0, count: context - seen.count)
        return try inference { try whole(Tensor(filled.map { [$0] }), Tensor(seen.count - 1)) }.doubles()
    }

    /// The number whose share of exp(logits/τ) a number in 0 ..< 1 falls into.
    static func drawn(_ logits: [Double], temperature: Double, by place: Double) -> Int {
        guard let greatest = logits.max(), let best = logits.firstIndex(of: greatest), temperature > 0 else {
            return logits.indices.max { logits[$0] < logits[$1] } ?? 0
        }
        let shares = logits.map { exp(($0 - greatest) / temperature) }
        var rest = place * shares.reduce(0, +)
        for (number, share) in shares.enumerated() {
            rest -= share
            if rest < 0 { return number }
        }
        return best
    }
}
