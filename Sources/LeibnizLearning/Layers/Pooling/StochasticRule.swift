import LeibnizCore

/// An element drawn with probability f/∫_R f, where f > 0; its expectation in inference (Zeiler & Fergus 2013).
///
/// A region without a positive element gives 0. The derivative goes to the element that was drawn; in inference it is that of the
/// expectation ∫_R max(f, 0)·f / ∫_R max(f, 0).
///
/// Parameters: `position`, how many numbers were drawn so far: the same seed gives the same numbers, each call draws further ones.
public struct StochasticRule: PoolingRule {
    /// How many numbers were drawn, an int64 that takes no gradient.
    public let position: Parameter
    private let seed: Int

    /// - Parameter seed: what is drawn follows from it; 0 by default.
    public init(seed: Int = 0) {
        self.seed = seed
        position = Parameter(Tensor(0), takesGradient: false)
    }

    /// One element of each region, or the expectation.
    public func pooled(_ regions: PoolingRegions) -> Tensor {
        let f = regions.values()
        if f.isInvalid { return f }
        let flat = f.flattened(from: -regions.rank)
        let weights = relu(flat)
        let total = sum(weights, axes: [-1], keepingAxes: true)
        if ExecutionMode.current == .inference {
            let isNothing = total == 0
            let expectation = sum(weights * flat, axes: [-1], keepingAxes: true) / which(isNothing, 1, total)
            return expectation.squeezed([-1])
        }
        let draws = total.shape
        let unit = Tensor.uniform(
            draws, at: RandomPosition(seed: seed).moved(by: position.value), f.elementType)
        position.value = position.value + .full([], Double(draws.count), .int64)
        // The element in whose share of the running sum the number falls; the last of them where rounding takes it to the end.
        let running = cumulativeSum(weights, axis: -1).stopGradient()
        let last = running.sliced(axis: -1, start: flat.shape[-1] - 1, count: 1)
        let isBeyond = (running > unit * last).or((running >= last).and(last > 0))
        let before = isBeyond.cast(to: .int32).padded(axis: -1, before: 1, after: 0)
            .sliced(axis: -1, start: 0, count: flat.shape[-1])
        return sum(which(isBeyond.and(before == 0), flat, 0), axes: [-1])
    }
}

extension PoolingRule where Self == StochasticRule {
    /// An element drawn in proportion to its value; the expectation in inference.
    public static func stochastic(seed: Int = 0) -> StochasticRule { StochasticRule(seed: seed) }
}
