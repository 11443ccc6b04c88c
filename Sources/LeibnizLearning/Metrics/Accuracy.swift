import LeibnizCore

/// The share of rows whose class is among the k greatest logits; of equal logits the first count.
public struct Accuracy: Metric, Hashable {
    private let k: Int
    private var hits = RunningMean()

    /// - Parameter k: 1 by default.
    public init(top k: Int = 1) { self.k = k }

    /// Logits […, C] and classes […]. Throws what evaluation finds.
    public mutating func add(_ logits: Tensor, _ classes: Tensor) throws {
        if let refusal = refusal(of: classes, for: logits, in: "Accuracy") { return _ = try refusal.evaluated() }
        let own = logits.taking(along: -1, classes.expanded(at: -1))
        // The rank of the own class: how many are greater, or equal and earlier.
        let place = Tensor.iota(logits.shape, axis: logits.rank - 1)
        let isBefore = (logits > own) | ((logits == own) & (place < classes.expanded(at: -1).cast(to: .int64)))
        let isHit = sum(isBefore.cast(to: .int64), axes: [-1]) < Tensor(k)
        hits.add(try sum(isHit.cast(to: .int64)).item(), count: classes.count)
    }
    /// Takes in what was gathered elsewhere.
    public mutating func merge(_ other: Self) { hits.merge(other.hits) }
    /// The figure for all that was added; NaN of nothing.
    public var value: Double { hits.value }
}
