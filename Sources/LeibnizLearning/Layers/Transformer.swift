import LeibnizCore

/// One layer of a transformer's encoder (Vaswani et al. 2017): self-attention, then two linear maps, each with a way past it and a
/// layer normalisation.
///
/// x ← norm₁(x + attention(x)), x ← norm₂(x + W₂·f(W₁·x)); with the normalisation first, x ← x + attention(norm₁ x) and so on.
///
/// Parameters as in PyTorch: `self_attn`, `linear1`, `linear2`, `norm1`, `norm2`.
public struct TransformerEncoderLayer: Layer, ModuleContainer {
    private let attention: MultiHeadAttention
    private let block: TransformerBlock
    private let norms: [LayerNorm]

    /// A layer for sequences of vectors of `width` numbers.
    ///
    /// - Parameters:
    ///   - heads: of the attention, a divisor of `width`.
    ///   - feedForward: the width between the two linear maps; 2048 by default.
    ///   - dropout: of attention, activation and both results; 0.1 by default.
    ///   - activation: f, the rectifier by default.
    ///   - epsilon: of the normalisations; 1e-5 by default.
    ///   - batchFirst: whether sequences are [N, L, E] instead of [L, N, E]; false by default.
    ///   - normFirst: whether normalisation comes before attention and linear maps; false by default.
    ///   - bias: whether linear maps and normalisations have biases; true by default.
    public init(
        _ width: Int, heads: Int, feedForward: Int = 2048, dropout: Double = 0.1,
        activation: @escaping @Sendable (Tensor) -> Tensor = { relu($0) }, epsilon: Double = 1e-5,
        batchFirst: Bool = false,
        normFirst: Bool = false, bias: Bool = true
    ) {
        attention = MultiHeadAttention(width, heads: heads, dropout: dropout, bias: bias, batchFirst: batchFirst)
        block = TransformerBlock(
            width, feedForward: feedForward, dropout: dropout, activation: activation, normFirst: normFirst, bias: bias,
            branches: 2)
        norms = (0..<2).map { _ in LayerNorm(width, epsilon: epsilon, bias: bias) }
        nameParameters()
    }

    /// The parts under PyTorch's names.
    public var parts: [(name: String, part: any Module)] {
        [("self_attn", attention)] + block.parts + [("norm1", norms[0]), ("norm2", norms[1])]
    }

    /// [L, N, E] → the same.
    public func callAsFunction(_ x: Tensor) -> Tensor { callAsFunction(x, mask: nil) }

    /// The same with masks: see `MultiHeadAttention`.
    public func callAsFunction(_ x: Tensor, mask: Tensor?, keyPadding: Tensor? = nil, isCausal: Bool = false) -> Tensor
    {
        let y = block.past(x, norms[0], 0) {
            attention($0, $0, $0, mask: mask, keyPadding: keyPadding, isCausal: isCausal)
        }
        return block.past(y, norms[1], 1, block.feedForward)
    }
}

/// One layer of a transformer's decoder (Vaswani et al. 2017): self-attention, attention to what the encoder gave, then two linear maps,
/// each with a way past it and a layer normalisation.
///
/// Parameters as in PyTorch: `self_attn`, `multihead_attn`, `linear1`, `linear2`, `norm1`, `norm2`, `norm3`.
public struct TransformerDecoderLayer: ModuleContainer {
    private let attention: MultiHeadAttention
    private let memoryAttention: MultiHeadAttention
    private let block: TransformerBlock
    private let norms: [LayerNorm]

    /// A layer for sequences of vectors of `width` numbers.
    ///
    /// - Parameters:
    ///   - heads: of both attentions, a divisor of `width`.
    ///   - feedForward: the width between the two linear maps; 2048 by default.
    ///   - dropout: of attention, activation and all results; 0.1 by default.
    ///   - activation: f, the rectifier by default.
    ///   - epsilon: of the normalisations; 1e-5 by default.
    ///   - batchFirst: whether sequences are [N, L, E] instead of [L, N, E]; false by default.
    ///   - normFirst: whether normalisation comes before attention and linear maps; false by default.
    ///   - bias: whether linear maps and normalisations have biases; true by default.
    public init(
        _ width: Int, heads: Int, feedForward: Int = 2048, dropout: Double = 0.1,
        activation: @escaping @Sendable (Tensor) -> Tensor = { relu($0) }, epsilon: Double = 1e-5,
        batchFirst: Bool = false,
        normFirst: Bool = false, bias: Bool = true
    ) {
        attention = MultiHeadAttention(width, heads: heads, dropout: dropout, bias: bias, batchFirst: batchFirst)
        memoryAttention = MultiHeadAttention(width, heads: heads, dropout: dropout, bias: bias, batchFirst: batchFirst)
        block = TransformerBlock(
            width, feedForward: feedForward, dropout: dropout, activation: activation, normFirst: normFirst, bias: bias,
            branches: 3)
        norms = (0..<3).map { _ in LayerNorm(width, epsilon: epsilon, bias: bias) }
        nameParameters()
    }

    /// The parts under PyTorch's names.
    public var parts: [(name: String, part: any Module)] {
        [("self_attn", attention), ("multihead_attn", memoryAttention)] + block.parts
            + norms.enumerated().map { ("norm\($0 + 1)", $1) }
    }

    /// Sequences [L, N, E] and the encoder's results [S, N, E] → [L, N, E].
    ///
    /// - Parameters:
    ///   - mask, keyPadding, isCausal: for the sequences themselves: see `MultiHeadAttention`.
    ///   - memoryMask, memoryKeyPadding: for the encoder's results.
    public func callAsFunction(
        _ x: Tensor, memory: Tensor, mask: Tensor? = nil, memoryMask: Tensor? = nil, keyPadding: Tensor? = nil,
        memoryKeyPadding: Tensor? = nil, isCausal: Bool = false
    ) -> Tensor {
        let y = block.past(x, norms[0], 0) {
            attention($0, $0, $0, mask: mask, keyPadding: keyPadding, isCausal: isCausal)
        }
        let z = block.past(y, norms[1], 1) {
            memoryAttention($0, memory, memory, mask: memoryMask, keyPadding: memoryKeyPadding)
        }
        return block.past(z, norms[2], 2, block.feedForward)
    }
}

/// What the layers of encoder and decoder have in common: the two linear maps, and the way past a branch.
private struct TransformerBlock: Sendable {
    private let linear1: Linear, linear2: Linear
    private let activation: @Sendable (Tensor) -> Tensor
    private let dropout: Dropout
    private let dropouts: [Dropout]
    private let normFirst: Bool

    init(
        _ width: Int, feedForward: Int, dropout: Double, activation: @escaping @Sendable (Tensor) -> Tensor,
        normFirst: Bool,
        bias: Bool, branches: Int
    ) {
        (linear1, linear2) = (Linear(width, feedForward, bias: bias), Linear(feedForward, width, bias: bias))
        (self.activation, self.normFirst) = (activation, normFirst)
        self.dropout = Dropout(dropout)
        dropouts = (0..<branches).map { _ in Dropout(dropout) }
    }

    var parts: [(name: String, part: any Module)] { [("linear1", linear1), ("linear2", linear2)] }

    /// W₂·f(W₁·x).
    @Sendable func feedForward(_ x: Tensor) -> Tensor { linear2(dropout(activation(linear1(x)))) }

    /// A branch with its way past it and its normalisation.
    func past(_ x: Tensor, _ norm: LayerNorm, _ number: Int, _ branch: (Tensor) -> Tensor) -> Tensor {
        normFirst ? x + dropouts[number](branch(norm(x))) : norm(x + dropouts[number](branch(x)))
    }
}

/// Layers of an encoder one after the other: `layers.0…`, and `norm` where there is a last normalisation.
public struct TransformerEncoder: Layer {
    private let layers: [TransformerEncoderLayer]
    private let norm: LayerNorm?

    /// - Parameters:
    ///   - count: how many layers.
    ///   - norm: a last normalisation; none by default.
    ///   - layer: makes one layer.
    public init(count: Int, norm: LayerNorm? = nil, _ layer: () -> TransformerEncoderLayer) {
        (layers, self.norm) = ((0..<count).map { _ in layer() }, norm)
        nameParameters()
    }

    /// [L, N, E] → the same.
    public func callAsFunction(_ x: Tensor) -> Tensor { callAsFunction(x, mask: nil) }

    /// The same with masks: see `MultiHeadAttention`.
    public func callAsFunction(_ x: Tensor, mask: Tensor?, keyPadding: Tensor? = nil, isCausal: Bool = false) -> Tensor
    {
        let y = layers.reduce(x) { $1($0, mask: mask, keyPadding: keyPadding, isCausal: isCausal) }
        return norm.map { $0(y) } ?? y
    }
}

/// Layers of a decoder one after the other: `layers.0…`, and `norm` where there is a last normalisation.
public struct TransformerDecoder: Module {
    private let layers: [TransformerDecoderLayer]
    private let norm: LayerNorm?

    /// - Parameters:
    ///   - count: how many layers.
    ///   - norm: a last normalisation; none by default.
    ///   - layer: makes one layer.
    public init(count: Int, norm: LayerNorm? = nil, _ layer: () -> TransformerDecoderLayer) {
        (layers, self.norm) = ((0..<count).map { _ in layer() }, norm)
        nameParameters()
    }

    /// Sequences [L, N, E] and the encoder's results [S, N, E] → [L, N, E]; masks as in `TransformerDecoderLayer`.
    public func callAsFunction(
        _ x: Tensor, memory: Tensor, mask: Tensor? = nil, memoryMask: Tensor? = nil, keyPadding: Tensor? = nil,
        memoryKeyPadding: Tensor? = nil, isCausal: Bool = false
    ) -> Tensor {
        let y = layers.reduce(x) {
            $1(
                $0, memory: memory, mask: mask, memoryMask: memoryMask, keyPadding: keyPadding,
                memoryKeyPadding: memoryKeyPadding, isCausal: isCausal)
        }
        return norm.map { $0(y) } ?? y
    }
}
