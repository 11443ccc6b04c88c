import LeibnizCore

/// The mean of each window: (1/|R|) ∫_R f.
///
/// Large windows that overlap are summed by antiderivatives, in time that does not depend on their size; see `WindowSums`.
public struct AveragePool<Space: PoolingSpace>: Layer {
    private let windows: PoolingWindows
    private let usesAntiderivative: Bool?

    /// Windows of `size` elements along each pooled axis.
    ///
    /// - Parameters:
    ///   - stride: elements between neighbouring windows; `size` by default.
    ///   - padding: elements of 0 around the map, at most half of `size`; 0 by default.
    ///   - dilation: elements between neighbours of a window; 1 by default.
    ///   - ceilMode: whether a last window may overhang; false by default. What overhangs does not count.
    ///   - countsPadding: whether padding counts as values, as in PyTorch; true by default.
    ///   - usesAntiderivative: whether windows are summed by antiderivatives; by default where that is less work.
    public init(
        _ size: Int, stride: Int? = nil, padding: Int = 0, dilation: Int = 1, ceilMode: Bool = false,
        countsPadding: Bool = true, usesAntiderivative: Bool? = nil
    ) {
        self.init(
            [size], stride: stride.map { [$0] }, padding: [padding], dilation: [dilation], ceilMode: ceilMode,
            countsPadding: countsPadding, usesAntiderivative: usesAntiderivative)
    }

    /// The same with one number per axis, such as `AveragePool2D([2, 3])`.
    public init(
        _ size: [Int], stride: [Int]? = nil, padding: [Int] = [0], dilation: [Int] = [1], ceilMode: Bool = false,
        countsPadding: Bool = true, usesAntiderivative: Bool? = nil
    ) {
        windows = PoolingWindows(
            "AveragePool\(Space.rank)D", rank: Space.rank, size: size, stride: stride, padding: padding,
            dilation: dilation, ceilMode: ceilMode, countsPadding: countsPadding)
        self.usesAntiderivative = usesAntiderivative
    }

    /// [N, C, H, W] → [N, C, H′, W′] with H′ = (H + 2·padding − dilation·(size − 1) − 1)/stride + 1, rounded down (up in
    /// ceiling mode); W′ likewise.
    public func callAsFunction(_ x: Tensor) -> Tensor {
        .orRefused { () throws(TensorError) in
            let axes = try windows.axes(of: x)
            let regions = PoolingRegions(
                name: windows.name, windows: axes, of: x, countingPadding: windows.countsPadding)
            guard x.elementType.isFloatingPoint, usesAntiderivative ?? WindowSums.pay(for: axes),
                axes.allSatisfy({ $0.dilation == 1 })
            else { return AverageRule().pooled(regions) }
            let measure = regions.measure(x.elementType)
            let share = measure.rank == 0 ? measure : measure.squeezed(regions.axes)
            return WindowSums.of(x, axes) * (1 / share)
        }
    }
}

/// Signals [N, C, L].
public typealias AveragePool1D = AveragePool<PoolingLine>
/// Images [N, C, H, W].
public typealias AveragePool2D = AveragePool<PoolingPlane>
/// Volumes [N, C, D, H, W].
public typealias AveragePool3D = AveragePool<PoolingVolume>
