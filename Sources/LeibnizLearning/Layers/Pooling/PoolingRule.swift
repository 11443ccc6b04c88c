import LeibnizCore

/// What a pooling layer makes of the values of f on a region R: a mean of some kind.
///
/// All are relatives of (1/|R| ∫_R |f|^p)^{1/p}; *Documentation/Pooling.md* derives them. A rule of one's own is a function of
/// `PoolingRegions`:
///
/// ```swift
/// struct Midrange: PoolingRule {
///     func pooled(_ regions: PoolingRegions) -> Tensor {
///         let f = regions.values()
///         return (max(f, axes: regions.axes) + min(f, axes: regions.axes)) / 2
///     }
/// }
/// let pool = Pool(Midrange(), 3, stride: 2)
/// ```
public protocol PoolingRule: Module {
    /// One number per region: [leading…, places…].
    func pooled(_ regions: PoolingRegions) -> Tensor
}

/// The greatest value: the power mean in the limit p → ∞. The derivative goes to the first of equals.
public struct MaximumRule: PoolingRule {
    /// The rule has no settings.
    public init() {}
    /// max_R f; what does not belong to a region counts as −∞.
    public func pooled(_ regions: PoolingRegions) -> Tensor {
        max(regions.values(outside: -.infinity), axes: regions.axes)
    }
}

/// The least value: the power mean in the limit p → −∞. The derivative goes to the first of equals.
public struct MinimumRule: PoolingRule {
    /// The rule has no settings.
    public init() {}
    /// min_R f; what does not belong to a region counts as ∞.
    public func pooled(_ regions: PoolingRegions) -> Tensor {
        min(regions.values(outside: .infinity), axes: regions.axes)
    }
}

/// The mean: (1/|R|) ∫_R f.
public struct AverageRule: PoolingRule {
    /// The rule has no settings.
    public init() {}
    /// The mean of each region.
    public func pooled(_ regions: PoolingRegions) -> Tensor { regions.mean(regions.values()) }
}

extension PoolingRule where Self == MaximumRule {
    /// The greatest value.
    public static var maximum: MaximumRule { MaximumRule() }
}
extension PoolingRule where Self == MinimumRule {
    /// The least value.
    public static var minimum: MinimumRule { MinimumRule() }
}
extension PoolingRule where Self == AverageRule {
    /// The mean.
    public static var average: AverageRule { AverageRule() }
}

/// Any rule over windows of 1, 2, 3 or more axes.
///
/// ```swift
/// let soft = Pool(.soft(), 2)
/// let learned = Pool(.logSumExp(learning: 1, channels: 16), [3, 3], stride: [2, 2], padding: [1, 1])
/// ```
///
/// Along each pooled axis the extent n becomes (n + 2·padding − dilation·(size − 1) − 1)/stride + 1, rounded down, or up in
/// ceiling mode.
public struct Pool<Rule: PoolingRule>: Layer {
    /// What is made of each window.
    public let rule: Rule
    private let windows: PoolingWindows

    /// Windows of `size` elements along each of `dimensions` axes, the last ones.
    ///
    /// - Parameters:
    ///   - dimensions: the number of pooled axes; 2 by default.
    ///   - stride: elements between neighbouring windows; `size` by default.
    ///   - padding: elements around the map, at most half of `size`; 0 by default.
    ///   - dilation: elements between neighbours of a window; 1 by default.
    ///   - ceilMode: whether a last window may overhang; false by default.
    ///   - countsPadding: whether padding belongs to the regions, as zeros; false by default. What overhangs never does.
    public init(
        _ rule: Rule, _ size: Int, dimensions: Int = 2, stride: Int? = nil, padding: Int = 0, dilation: Int = 1,
        ceilMode: Bool = false, countsPadding: Bool = false
    ) {
        self.rule = rule
        windows = PoolingWindows(
            "Pool", rank: dimensions, size: [size], stride: stride.map { [$0] }, padding: [padding],
            dilation: [dilation], ceilMode: ceilMode, countsPadding: countsPadding)
        nameParameters()
    }

    /// The same with one number per axis: `Pool(.median, [3, 5])`.
    public init(
        _ rule: Rule, _ size: [Int], stride: [Int]? = nil, padding: [Int] = [0], dilation: [Int] = [1],
        ceilMode: Bool = false, countsPadding: Bool = false
    ) {
        self.rule = rule
        windows = PoolingWindows(
            "Pool", rank: size.count, size: size, stride: stride, padding: padding, dilation: dilation,
            ceilMode: ceilMode, countsPadding: countsPadding)
        nameParameters()
    }

    /// [leading…, map…] → [leading…, places…].
    public func callAsFunction(_ x: Tensor) -> Tensor {
        .orRefused { () throws(TensorError) in rule.pooled(try windows.regions(of: x)) }
    }
}

/// Any rule over all of a map: its last axes become one place each.
public struct GlobalPool<Rule: PoolingRule>: Layer {
    /// What is made of the map.
    public let rule: Rule
    private let dimensions: Int

    /// - Parameter dimensions: the number of pooled axes, the last ones; 2 by default.
    public init(_ rule: Rule, dimensions: Int = 2) {
        (self.rule, self.dimensions) = (rule, dimensions)
        nameParameters()
    }

    /// [N, C, H, W] → [N, C, 1, 1].
    public func callAsFunction(_ x: Tensor) -> Tensor {
        if x.isInvalid { return x }
        guard (1...Swift.max(1, x.rank)).contains(dimensions), x.rank > 0 else {
            return .refused("GlobalPool", [x], "there are \(dimensions) pooled axes")
        }
        let size = x.shape.extents.suffix(dimensions).map { $0 }
        let windows = PoolingWindows("GlobalPool", rank: dimensions, size: size)
        return .orRefused { () throws(TensorError) in rule.pooled(try windows.regions(of: x)) }
    }
}
