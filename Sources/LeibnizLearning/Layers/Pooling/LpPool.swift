import LeibnizCore

/// The L_p mean of each window: (1/|R| ∫_R |f|^p)^{1/p}. See `PowerMean` for what p may be and for derivatives at 0.
///
/// ```swift
/// let energy = LpPool2D(2, 2)                                          // the root of the mean square of 2×2
/// let learned = LpPool2D(learning: 3, 2, channels: 16)                 // a p per channel
/// let onnx = LpPool2D(3, 2, convention: .sum)
/// ```
///
/// Parameters: `rule.p` where the exponent is learned, [] or [channels].
public struct LpPool<Space: PoolingSpace>: Layer {
    /// The power mean.
    public let rule: PowerMean
    private let windows: PoolingWindows

    /// Windows of `size` elements along each pooled axis.
    ///
    /// - Parameters:
    ///   - p: the exponent: any number, ∞ or −∞.
    ///   - stride: elements between neighbouring windows; `size` by default.
    ///   - padding: elements around the map, at most half of `size`, which do not belong to the regions; 0 by default.
    ///   - dilation: elements between neighbours of a window; 1 by default.
    ///   - ceilMode: whether a last window may overhang; false by default.
    ///   - convention: the article's mean by default; see `PowerConvention`.
    public init(
        _ p: Double, _ size: Int, stride: Int? = nil, padding: Int = 0, dilation: Int = 1, ceilMode: Bool = false,
        convention: PowerConvention = .mean
    ) {
        self.init(
            p, [size], stride: stride.map { [$0] }, padding: [padding], dilation: [dilation], ceilMode: ceilMode,
            convention: convention)
    }

    /// The same with one number per axis, such as `LpPool2D(2, [2, 3])`.
    public init(
        _ p: Double, _ size: [Int], stride: [Int]? = nil, padding: [Int] = [0], dilation: [Int] = [1],
        ceilMode: Bool = false, convention: PowerConvention = .mean
    ) {
        rule = PowerMean(p, convention: convention)
        windows = Self.windows(size, stride, padding, dilation, ceilMode)
    }

    /// Windows whose exponent is learned.
    ///
    /// - Parameters:
    ///   - first: the exponent to begin with.
    ///   - channels: how many channels have an exponent each; `nil` by default, for one that is the same for all.
    public init(
        learning first: Double, _ size: Int, channels: Int? = nil, stride: Int? = nil, padding: Int = 0,
        dilation: Int = 1, ceilMode: Bool = false, convention: PowerConvention = .mean
    ) {
        rule = PowerMean(learning: first, channels: channels, convention: convention)
        windows = Self.windows([size], stride.map { [$0] }, [padding], [dilation], ceilMode)
        nameParameters()
    }

    private static func windows(
        _ size: [Int], _ stride: [Int]?, _ padding: [Int], _ dilation: [Int], _ ceilMode: Bool
    ) -> PoolingWindows {
        PoolingWindows(
            "LpPool\(Space.rank)D", rank: Space.rank, size: size, stride: stride, padding: padding,
            dilation: dilation, ceilMode: ceilMode)
    }

    /// [N, C, H, W] → [N, C, H′, W′] with H′ = (H + 2·padding − dilation·(size − 1) − 1)/stride + 1, rounded down (up in
    /// ceiling mode); W′ likewise.
    public func callAsFunction(_ x: Tensor) -> Tensor {
        .orRefused { () throws(TensorError) in rule.pooled(try windows.regions(of: x)) }
    }
}

/// Signals [N, C, L].
public typealias LpPool1D = LpPool<PoolingLine>
/// Images [N, C, H, W].
public typealias LpPool2D = LpPool<PoolingPlane>
/// Volumes [N, C, D, H, W].
public typealias LpPool3D = LpPool<PoolingVolume>
