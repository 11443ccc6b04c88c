import Foundation
import Leibniz
import Testing

@Suite struct `Models of characters` {
    private func model(_ kind: CharacterModel.Kind) -> CharacterModel {
        withElementType(.float64) { withSeed(3) { CharacterModel(kind, characters: 5, width: 8, layers: 2) } }
    }
    private let text = Tensor([[0, 4], [1, 2], [3, 3], [2, 0], [4, 1], [1, 1]])

    @Test(arguments: [CharacterModel.Kind.lstm, .gru])
    func `a state stands for all that was read`(_ kind: CharacterModel.Kind) throws {
        let model = model(kind)
        let whole = model(text, state: model.firstState(2))
        let first = model(text[0..<4], state: model.firstState(2))
        let second = model(text[4..<6], state: first.state)
        #expect(whole.logits.shape == [6, 2, 5] && whole.state.count == (kind == .lstm ? 2 : 1))
        try expectClose(concatenate([first.logits, second.logits]), whole.logits.doubles())
        for (state, expected) in zip(second.state, whole.state) { try expectClose(state, expected.doubles()) }
        #expect(model.namedParameters.contains { $0.path == "\(kind.rawValue).weight_hh_l1" })
    }

    @Test(arguments: CharacterModel.Kind.allCases)
    func `what comes later changes nothing before`(_ kind: CharacterModel.Kind) throws {
        let model = model(kind)
        let other = concatenate([text[0..<4], Tensor([[0, 0], [0, 0]])])
        let (a, b) = (model(text, state: model.firstState(2)), model(other, state: model.firstState(2)))
        try expectClose(a.logits[0..<4], b.logits[0..<4].doubles())
        let difference = try max(abs(a.logits[4] - b.logits[4])).item()
        #expect(difference > 1e-6)
    }

    @Test(arguments: CharacterModel.Kind.allCases)
    func `a sampler follows the model's probabilities, and its seed`(_ kind: CharacterModel.Kind) throws {
        let vocabulary = CharacterVocabulary(of: ["abcde"])
        let model = model(kind)
        let sampler = TextSampler(model, vocabulary, context: 4)
        func text(_ count: Int, temperature: Double, seed: Int) throws -> String {
            var text = ""
            try sampler.write(after: "bd", count: count, temperature: temperature, seed: seed) { text += $0 }
            return text
        }
        let logits = try model(Tensor([[1], [3]]), state: model.firstState(1)).logits[1, 0].doubles()
        let best = logits.indices.max { logits[$0] < logits[$1] }
        #expect(try text(1, temperature: 0, seed: 1) == best.map { vocabulary.decoded([$0]) })
        #expect(try text(6, temperature: 1, seed: 7) == text(6, temperature: 1, seed: 7))
        #expect(try text(6, temperature: 0, seed: 1) == text(6, temperature: 0, seed: 2))
        // How often each first character is drawn, for evenly spread seeds.
        let scale = logits.reduce(0) { $0 + exp($1 / 0.5) }
        var counts = [Int](repeating: 0, count: 5)
        for seed in 0..<400 {
            let drawn = try vocabulary.encoded(text(1, temperature: 0.5, seed: seed))
            counts[Int(drawn[0])] += 1
        }
        for (count, logit) in zip(counts, logits) {
            let share = exp(logit / 0.5) / scale
            // Five deviations of a binomial distribution.
            #expect(abs(Double(count) - 400 * share) <= 5 * (400 * share * (1 - share)).squareRoot())
        }
        #expect(throws: DataError.self) { try sampler.write(after: "x", count: 1) { _ in } }
    }
}
