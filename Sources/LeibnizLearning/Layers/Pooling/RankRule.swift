import LeibnizCore

/// Σ_r w_r·f_(r) over the values of a region in descending order: ordinal pooling (Shi, Ye & Wu 2016; Deliège et al. 2019).
///
/// Weights (1, 0, …) are the maximum, (1/n, …) the mean, (0, …, 1) the minimum. The derivative of the r-th greatest goes to where
/// it stood; of equals the first stands first. Regions must be whole: padding counts or there is none.
///
/// Parameters: `weights` [elements of a window] where they are learned.
public struct RankRule: PoolingRule {
    /// w, where it is learned: one number per element of a window, for the greatest first.
    public let weights: Parameter?
    private let fixed: [Double]

    /// - Parameter weights: one number per element of a window, for the greatest first.
    public init(weights: [Double]) { (self.weights, fixed) = (nil, weights) }

    /// Learned weights, which begin as those of the mean.
    ///
    /// - Parameter count: the elements of a window.
    public init(learning count: Int) {
        weights = Parameter(.full([Swift.max(0, count)], 1 / Double(Swift.max(1, count)), Initialization.elementType))
        fixed = []
    }

    /// The weighted sum of each region in order.
    public func pooled(_ regions: PoolingRegions) -> Tensor {
        let f = regions.values()
        if f.isInvalid { return f }
        let w = (weights?.value ?? Tensor(fixed, shape: [fixed.count], .float64)).cast(to: f.elementType)
        let count = regions.extents.reduce(1, *)
        guard regions.isFull, w.shape == [count] else {
            return .refused(
                regions.name, [f, w],
                regions.isFull ? "a window has \(count) elements to rank" : "only whole windows can be ranked",
                hint: regions.isFull ? "give one weight per element" : "let padding count, or take none")
        }
        let ordered = sort(f.flattened(from: -regions.rank), axis: -1, descending: true).values
        return sum(ordered * w, axes: [-1])
    }
}

/// The median of each region, which the mean of |f − c| is least for; the mean of the middle two where the number is even.
public struct MedianRule: PoolingRule {
    /// The rule has no settings.
    public init() {}

    /// The median of each region.
    public func pooled(_ regions: PoolingRegions) -> Tensor {
        let n = regions.extents.reduce(1, *)
        let weights = (0..<n).map { (($0 == (n - 1) / 2) ? 0.5 : 0) + (($0 == n / 2) ? 0.5 : 0) }
        return RankRule(weights: weights).pooled(regions)
    }
}

extension PoolingRule where Self == RankRule {
    /// A weight for each rank, the greatest value's first.
    public static func rank(weights: [Double]) -> RankRule { RankRule(weights: weights) }
    /// Learned weights for windows of `count` elements.
    public static func rank(learning count: Int) -> RankRule { RankRule(learning: count) }
}

extension PoolingRule where Self == MedianRule {
    /// The median.
    public static var median: MedianRule { MedianRule() }
}
