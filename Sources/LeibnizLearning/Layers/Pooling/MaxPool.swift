import LeibnizCore

/// The greatest value of each window: the integral in the limit p → ∞. The derivative goes to the first of equals.
public struct MaxPool<Space: PoolingSpace>: Layer {
    private let windows: PoolingWindows

    /// Windows of `size` elements along each pooled axis.
    ///
    /// - Parameters:
    ///   - stride: elements between neighbouring windows; `size` by default, so that they do not overlap.
    ///   - padding: elements of −∞ around the map, at most half of `size`; 0 by default.
    ///   - dilation: elements between neighbours of a window; 1 by default.
    ///   - ceilMode: whether a last window may overhang; false by default.
    public init(_ size: Int, stride: Int? = nil, padding: Int = 0, dilation: Int = 1, ceilMode: Bool = false) {
        self.init(
            [size], stride: stride.map { [$0] }, padding: [padding], dilation: [dilation], ceilMode: ceilMode)
    }

    /// The same with one number per axis, such as `MaxPool2D([2, 3])`.
    public init(
        _ size: [Int], stride: [Int]? = nil, padding: [Int] = [0], dilation: [Int] = [1], ceilMode: Bool = false
    ) {
        windows = PoolingWindows(
            "MaxPool\(Space.rank)D", rank: Space.rank, size: size, stride: stride, padding: padding,
            dilation: dilation, ceilMode: ceilMode)
    }

    /// [N, C, H, W] → [N, C, H′, W′] with H′ = (H + 2·padding − dilation·(size − 1) − 1)/stride + 1, rounded down (up in
    /// ceiling mode); W′ likewise.
    public func callAsFunction(_ x: Tensor) -> Tensor {
        .orRefused { () throws(TensorError) in MaximumRule().pooled(try windows.regions(of: x)) }
    }

    /// The greatest values and where in the map they are: row-major places within the pooled axes, int64, as PyTorch's.
    public func withIndices(_ x: Tensor) -> (values: Tensor, indices: Tensor) {
        PoolingRegions.orRefused { () throws(TensorError) in try windows.regions(of: x).maximumWithIndices() }
    }
}

/// Signals [N, C, L].
public typealias MaxPool1D = MaxPool<PoolingLine>
/// Images [N, C, H, W].
public typealias MaxPool2D = MaxPool<PoolingPlane>
/// Volumes [N, C, D, H, W].
public typealias MaxPool3D = MaxPool<PoolingVolume>

extension AdaptivePool where Rule == MaximumRule {
    /// The greatest values and where in the map they are: row-major places within the pooled axes, int64.
    public func withIndices(_ x: Tensor) -> (values: Tensor, indices: Tensor) {
        PoolingRegions.orRefused { () throws(TensorError) in try regions(of: x).maximumWithIndices() }
    }
}

extension PoolingRegions {
    /// The greatest values and where in the map they are. The derivative is that of taking the elements at these places.
    func maximumWithIndices() -> (values: Tensor, indices: Tensor) {
        let values = values(outside: -.infinity)
        if values.isInvalid { return (values, values) }
        let flat = values.flattened(from: -rank)
        let choice = argMax(flat, axis: -1, keepingAxis: true)
        var (place, stride) = (Tensor.full([], 0, .int64), 1)
        for axis in (0..<rank).reversed() {
            place = place + coordinates[axis] * .full([], Double(stride), .int64)
            stride *= mapExtents[axis]
        }
        let places = place.broadcast(to: values.shape).reshaped(to: flat.shape)
        func taken(_ x: Tensor) -> Tensor { x.taking(along: -1, choice).squeezed([-1]) }
        return (taken(flat), taken(places))
    }

    static func orRefused(
        _ body: () throws(TensorError) -> (values: Tensor, indices: Tensor)
    ) -> (values: Tensor, indices: Tensor) {
        do throws(TensorError) {
            return try body()
        } catch {
            return (Tensor(invalid: error), Tensor(invalid: error))
        }
    }
}
