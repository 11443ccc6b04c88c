import LeibnizCore

/// A model of language by characters: the logits of each character's successor.
///
/// embedding → recurrent network (LSTM or GRU) → linear map; or embedding with waves of place → causal transformer, normalisation
/// first → linear map.
///
/// Parameters: `embedding`, `lstm`, `gru` or `transformer`, `head`.
public struct CharacterModel: Module {
    /// What stands between embedding and head.
    public enum Kind: String, Sendable, Hashable, CaseIterable {
        case lstm, gru, transformer
    }

    private let embedding: Embedding
    private let lstm: LSTM?
    private let gru: GRU?
    private let transformer: TransformerEncoder?
    private let head: Linear
    private let width: Int
    private let layers: Int

    /// A model of `characters` characters.
    ///
    /// - Parameters:
    ///   - width: the numbers of a state, or the transformer's width, a multiple of 4; 256 by default.
    ///   - layers: 1 by default.
    public init(_ kind: Kind, characters: Int, width: Int = 256, layers: Int = 1) {
        (self.width, self.layers) = (width, layers)
        let embedded = kind == .transformer ? width : min(64, width)
        embedding = Embedding(characters, embedded)
        lstm = kind == .lstm ? LSTM(embedded, width, layers: layers) : nil
        gru = kind == .gru ? GRU(embedded, width, layers: layers) : nil
        transformer =
            kind == .transformer
            ? TransformerEncoder(count: layers, norm: LayerNorm(width)) {
                TransformerEncoderLayer(width, heads: 4, feedForward: 4 * width, dropout: 0, normFirst: true)
            } : nil
        head = Linear(width, characters)
    }

    /// The state before the first character of `count` texts: zeros, each [layers, count, width]; nothing for a transformer, which sees
    /// what it is given and no more.
    public func firstState(_ count: Int) -> [Tensor] {
        let states = lstm != nil ? 2 : gru != nil ? 1 : 0
        return (0..<states).map { _ in .zeros([layers, count, width], embedding.weight.value.elementType) }
    }

    /// Characters [T, N] and the state before them → logits of their successors [T, N, characters], and the state behind them.
    public func callAsFunction(_ characters: Tensor, state: [Tensor]) -> (logits: Tensor, state: [Tensor]) {
        let x = embedding(characters)
        if let lstm {
            let (output, state) = lstm(x, state: state)
            return (head(output), state)
        }
        if let gru {
            let (output, state) = gru(x, state: state)
            return (head(output), state)
        }
        guard let transformer else { return (head(x), state) }
        return (head(transformer(SinusoidalEncoding()(x), mask: nil, isCausal: true)), state)
    }
}
