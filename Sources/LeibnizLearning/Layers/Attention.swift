import LeibnizCore

/// Attention by scaled dot products (Vaswani et al. 2017): softmax(q·kᵀ/√d + m)·v.
///
/// - Parameters:
///   - query: q, […, L, d].
///   - key: k, […, S, d].
///   - value: v, […, S, e].
///   - mask: which keys a query may look at, as PyTorch's `scaled_dot_product_attention` takes it: truth values, true where it may, or
///     numbers that are added to the scores; a shape that broadcasts to […, L, S]; all keys by default.
///   - isCausal: whether query number i sees only keys up to number i; false by default.
///   - scale: 1/√d by default.
///   - dropout: of the weights; none by default.
/// - Returns: […, L, e]. A query that may look at nothing gets 0, as in PyTorch.
public func scaledDotProductAttention(
    query: Tensor, key: Tensor, value: Tensor, mask: Tensor? = nil, isCausal: Bool = false, scale: Double? = nil,
    dropout: Dropout? = nil
) -> Tensor {
    let weights = attentionWeights(query: query, key: key, mask: mask, isCausal: isCausal, scale: scale)
    return matmul(dropout.map { $0(weights) } ?? weights, value)
}

/// softmax(q·kᵀ/√d + m), […, L, S].
private func attentionWeights(query: Tensor, key: Tensor, mask: Tensor?, isCausal: Bool, scale: Double?) -> Tensor {
    if let invalid = [query, key, mask].compactMap({ $0 }).first(where: \.isInvalid) { return invalid }
    guard query.rank >= 2, key.rank >= 2 else {
        return .refused("attention", [query, key], "queries and keys are […, L, d] and […, S, d]")
    }
    let scale = scale ?? 1 / Double(max(1, query.shape[-1])).squareRoot()
    var scores = matmul(query * scale, key.swapped(-1, -2))
    if scores.isInvalid { return scores }
    if isCausal {
        let shape: Shape = [query.shape[-2], key.shape[-2]]
        scores = which(
            Tensor.iota(shape, axis: 1) <= .iota(shape, axis: 0), scores, Tensor(-.infinity, scores.elementType))
    }
    guard let mask else { return softmax(scores) }
    scores = mask.elementType == .bool ? which(mask, scores, Tensor(-.infinity, scores.elementType)) : scores + mask
    if scores.isInvalid { return scores }
    // The softmax of nothing but −∞ would be NaN, and so would be all derivatives that pass through it.
    let isOpen = max(scores, axes: [-1], keepingAxes: true) > Tensor(-.infinity, scores.elementType)
    let zero = Tensor(0, scores.elementType)
    return which(isOpen, softmax(which(isOpen, scores, zero)), zero)
}

/// Attention of several heads (Vaswani et al. 2017), each on a part of a projection of queries, keys and values.
///
/// With E the embedding and H heads: concat(head₁ … head_H)·W_Oᵀ + b_O, headₕ = attention(q·W_Qᵀ + b_Q, k·W_Kᵀ + b_K, v·W_Vᵀ + b_V) on
/// columns h·E/H ….
///
/// Parameters as in PyTorch: `in_proj_weight` [3E, E], Xavier-uniform, and `in_proj_bias` [3E], 0, for queries, keys and values one below
/// the other; or `q_proj_weight`, `k_proj_weight`, `v_proj_weight` where keys or values have another width; `out_proj.weight` [E, E] and
/// `out_proj.bias` [E], 0.
public struct MultiHeadAttention: Layer, ModuleContainer {
    private let projections: [Parameter]
    private let bias: Parameter?
    private let output: Linear
    private let embedding: Int
    private let heads: Int
    private let isBatchFirst: Bool
    private let dropout: Dropout

    /// A layer of `heads` heads, a divisor of the width `embedding` of queries and results.
    ///
    /// - Parameters:
    ///   - dropout: of the weights of attention; 0 by default.
    ///   - bias: whether the projections have biases; true by default.
    ///   - keyWidth, valueWidth: of keys and values; `embedding` by default.
    ///   - batchFirst: whether sequences are [N, L, E] instead of [L, N, E]; false by default, as in PyTorch.
    public init(
        _ embedding: Int, heads: Int, dropout: Double = 0, bias: Bool = true, keyWidth: Int? = nil,
        valueWidth: Int? = nil,
        batchFirst: Bool = false
    ) {
        (self.embedding, self.heads, isBatchFirst) = (embedding, heads, batchFirst)
        self.dropout = Dropout(dropout)
        let widths = [embedding, keyWidth ?? embedding, valueWidth ?? embedding]
        projections =
            widths == [embedding, embedding, embedding]
            ? [Parameter(Initialization.xavierUniform([3 * embedding, embedding]))]
            : widths.map { Parameter(Initialization.xavierUniform([embedding, $0])) }
        self.bias = bias ? Parameter(.zeros([3 * embedding], Initialization.elementType)) : nil
        output = Linear(embedding, embedding, bias: bias)
        output.bias?.value = .zeros([embedding], Initialization.elementType)
        nameParameters()
    }

    /// The parts under PyTorch's names.
    public var parts: [(name: String, part: any Module)] {
        let names = projections.count == 1 ? ["in_proj_weight"] : ["q_proj_weight", "k_proj_weight", "v_proj_weight"]
        return zip(names, projections).map { ($0, $1) } + [("in_proj_bias", bias), ("out_proj", output)]
    }

    /// Self-attention: every place looks at every place. [L, N, E] → the same.
    public func callAsFunction(_ x: Tensor) -> Tensor { callAsFunction(x, x, x) }

    /// Attention of queries to keys and their values.
    ///
    /// - Parameters:
    ///   - query: [L, N, E].
    ///   - key: [S, N, keyWidth].
    ///   - value: [S, N, valueWidth].
    ///   - mask: as PyTorch's `attn_mask`: true where a query may *not* look, or numbers that are added to the scores; [L, S] or
    ///     [N·H, L, S].
    ///   - keyPadding: true for keys that count for nothing, [N, S].
    ///   - isCausal: whether query number i sees only keys up to number i; false by default.
    /// - Returns: [L, N, E].
    public func callAsFunction(
        _ query: Tensor, _ key: Tensor, _ value: Tensor, mask: Tensor? = nil, keyPadding: Tensor? = nil,
        isCausal: Bool = false
    ) -> Tensor {
        let parts = prepared(query, key, value, mask, keyPadding)
        // [N, H, L, E/H] → [N, L, E].
        let heads = scaledDotProductAttention(
            query: parts.query, key: parts.key, value: parts.value, mask: parts.mask, isCausal: isCausal,
            dropout: dropout
        )
        if heads.isInvalid { return heads }
        let joined = output(heads.swapped(1, 2).flattened(from: 2))
        return isBatchFirst ? joined : joined.swapped(0, 1)
    }

    /// The weights with which queries look at keys, averaged over the heads, [N, L, S]; without dropout.
    public func weights(
        _ query: Tensor, _ key: Tensor, mask: Tensor? = nil, keyPadding: Tensor? = nil, isCausal: Bool = false
    ) -> Tensor {
        let parts = prepared(query, key, nil, mask, keyPadding)
        let weights = attentionWeights(
            query: parts.query, key: parts.key, mask: parts.mask, isCausal: isCausal, scale: nil)
        return weights.isInvalid ? weights : mean(weights, axes: [1])
    }

    /// What each head is given: projections [N, H, L, E/H], those of keys for values where there are none, and the mask.
    private typealias Parts = (query: Tensor, key: Tensor, value: Tensor, mask: Tensor?)

    private func prepared(
        _ query: Tensor, _ key: Tensor, _ value: Tensor?, _ mask: Tensor?, _ keyPadding: Tensor?
    ) -> Parts {
        func refused(_ reason: String, _ kind: TensorError.Kind = .shape) -> Parts {
            let operands = [query, key] + [value, mask, keyPadding].compactMap { $0 }
            let error = Tensor.refused("MultiHeadAttention", operands, reason, kind: kind)
            return (error, error, error, nil)
        }
        if let invalid = [query, key, value, mask, keyPadding].compactMap({ $0 }).first(where: \.isInvalid) {
            return (invalid, invalid, invalid, nil)
        }
        guard heads > 0, embedding % heads == 0 else {
            return refused("\(embedding) columns do not fall into \(heads) heads", .value)
        }
        let widths = projections.count == 1 ? [embedding, embedding, embedding] : projections.map { $0.shape[1] }
        guard query.rank == 3, key.rank == 3, query.shape[2] == widths[0], key.shape[2] == widths[1] else {
            let order = isBatchFirst ? "[N, L" : "[L, N"
            return refused("queries are \(order), \(widths[0])] and keys \(order), \(widths[1])]")
        }
        /// One of the three projections, [N, H, L, E/H].
        func projected(_ x: Tensor, _ number: Int) -> Tensor {
            let rows = isBatchFirst ? x : x.swapped(0, 1)
            let weight =
                projections.count == 1
                ? projections[0].value.sliced(axis: 0, start: number * embedding, count: embedding)
                : projections[number].value
            var y = matmul(rows, weight.transposed())
            if let bias { y = y + bias.value.sliced(axis: 0, start: number * embedding, count: embedding) }
            if y.isInvalid { return y }
            return y.reshaped(to: [y.shape[0], y.shape[1], heads, embedding / heads]).swapped(1, 2)
        }
        let (q, k) = (projected(query, 0), projected(key, 1))
        if q.isInvalid || k.isInvalid { return (q, k, k, nil) }
        let (batch, length, keys) = (q.shape[0], q.shape[2], k.shape[2])
        var allowed: Tensor?
        func combine(_ more: Tensor) { allowed = allowed.map { $0 & more } ?? more }
        var added: Tensor?
        if let mask {
            guard mask.shape == [length, keys] || mask.shape == [batch * heads, length, keys] else {
                return refused("a mask is [\(length), \(keys)] or [\(batch * heads), \(length), \(keys)]")
            }
            let shaped = mask.rank == 2 ? mask : mask.reshaped(to: [batch, heads, length, keys])
            if mask.elementType == .bool { combine(shaped == false) } else { added = shaped }
        }
        if let keyPadding {
            guard keyPadding.shape == [batch, keys] else { return refused("padding of keys is [\(batch), \(keys)]") }
            combine(keyPadding.reshaped(to: [batch, 1, 1, keys]).cast(to: .bool) == false)
        }
        if let permitted = allowed, let numbers = added {
            allowed = nil
            added = which(permitted, numbers.cast(to: q.elementType), Tensor(-.infinity, q.elementType))
        }
        return (q, k, value.map { projected($0, 2) } ?? k, allowed ?? added)
    }
}
