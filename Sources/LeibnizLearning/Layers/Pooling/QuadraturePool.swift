import LeibnizCore

/// (1/|R|) ∫_R f of a map's interpolant over a grid of regions whose bounds are real numbers and can be learned.
///
/// The bounds along each axis are fractions of the map's extent, so that one layer fits maps of any size; they begin as a partition
/// into equal parts. The derivative in a bound is Leibniz's: the interpolant at it. See `regionMeans` for regions that are no grid.
///
/// ```swift
/// let pool = QuadraturePool2D([7, 7])                         // adaptive, with parts of equal area whatever the map's extents
/// ```
///
/// Parameters: `bounds.0`, `bounds.1` … [places, 2]: where each region begins and ends along each pooled axis.
public struct QuadraturePool<Space: PoolingSpace>: Layer {
    /// For each pooled axis, begin and end of each region in fractions of the extent: [places, 2].
    public let bounds: [Parameter]
    private let interpolation: MapInterpolation
    private let rule: QuadratureRule

    /// A grid of `outputs` regions along each pooled axis.
    ///
    /// - Parameters:
    ///   - interpolation: `.linear` by default.
    ///   - rule: `.exact` by default.
    ///   - learnsBounds: whether optimizers move the bounds; true by default.
    public init(
        _ outputs: [Int], interpolation: MapInterpolation = .linear, rule: QuadratureRule = .exact,
        learnsBounds: Bool = true
    ) {
        (self.interpolation, self.rule) = (interpolation, rule)
        bounds = outputs.map { count in
            let parts = (0..<Swift.max(0, count)).flatMap {
                [Double($0) / Double(count), Double($0 + 1) / Double(count)]
            }
            let first = Tensor(parts, shape: [Swift.max(0, count), 2], .float64)
            return Parameter(first.cast(to: Initialization.elementType), takesGradient: learnsBounds)
        }
        nameParameters()
    }

    /// [N, C, H, W] → [N, C, outputs…].
    public func callAsFunction(_ x: Tensor) -> Tensor {
        if x.isInvalid { return x }
        let (name, rank) = ("QuadraturePool\(Space.rank)D", Space.rank)
        guard bounds.count == rank, bounds.allSatisfy({ $0.shape[0] > 0 }) else {
            return .refused(
                name, [x], "regions are wanted at \(bounds.map { $0.shape[0] }) places", kind: .value,
                hint: "name a positive number for each pooled axis")
        }
        guard x.rank >= rank, !x.shape.extents.suffix(rank).contains(0) else {
            return .refused(name, [x], Space.layout)
        }
        if let flaw = rule.flaw { return .refused(name, [x], flaw, kind: .value) }
        return (0..<rank).reversed().reduce(x) { y, axis in
            let place = x.rank - rank + axis
            let ends = bounds[axis].value.cast(to: x.elementType) * x.constant(Double(x.shape[place]))
            func end(_ column: Int) -> Tensor { ends.sliced(axis: 1, start: column, count: 1).squeezed([1]) }
            let weights = RegionWeights.along(extent: x.shape[place], from: end(0), to: end(1), interpolation, rule)
            let last = y.isInvalid ? place : y.rank - 1
            // The axis last, contracted, and back.
            return matmul(y.swapped(place, last), weights.transposed()).swapped(place, last)
        }
    }
}

/// Signals [N, C, L].
public typealias QuadraturePool1D = QuadraturePool<PoolingLine>
/// Images [N, C, H, W].
public typealias QuadraturePool2D = QuadraturePool<PoolingPlane>
/// Volumes [N, C, D, H, W].
public typealias QuadraturePool3D = QuadraturePool<PoolingVolume>
