import LeibnizCore

/// A table of learned vectors, one for each of a number of things: y[i…] = W[x[i…]].
///
/// The gradient touches only rows that were looked up, and an optimizer without momentum and decay changes only those.
///
/// Parameter: `weight` W [count, width], drawn from the normal distribution; the row of the padding index is 0 at first and takes no
/// gradient.
public struct Embedding: Layer {
    /// W, [count, width].
    public let weight: Parameter
    private let paddingIndex: Int?

    /// A table of `count` vectors of `width` numbers.
    ///
    /// - Parameter paddingIndex: the thing that stands for nothing, 0 ..< count, or from −1 down counted from the end; none by default.
    public init(_ count: Int, _ width: Int, paddingIndex: Int? = nil) {
        let padding = paddingIndex.map { $0 < 0 ? $0 + count : $0 }
        self.paddingIndex = padding
        guard count > 0, width > 0, padding.map((0..<count).contains) ?? true else {
            let error = TensorError(
                "Embedding", [],
                "\(count) vectors of \(width) numbers with padding index \(paddingIndex.map(String.init) ?? "none")",
                kind: .value, hint: "there is at least one vector, and the padding index is one of them")
            weight = Parameter(Tensor(invalid: error.located(among: [])))
            return
        }
        let drawn = Initialization.normal([count, width])
        weight = Parameter(padding.map { drawn.at[$0].set(0) } ?? drawn)
        nameParameters()
    }

    /// Integers of any shape […] → […, width]. One that is not in 0 ..< count is an `IndexError` of the evaluation.
    public func callAsFunction(_ indices: Tensor) -> Tensor {
        let rows = weight.value.gathered(indices)
        guard let paddingIndex, !rows.isInvalid else { return rows }
        return which((indices == Tensor(paddingIndex)).expanded(at: -1), rows.stopGradient(), rows)
    }
}
