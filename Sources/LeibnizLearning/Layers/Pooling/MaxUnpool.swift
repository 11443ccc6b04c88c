import LeibnizCore

/// Puts pooled values back where `MaxPool.withIndices` found them, zeros elsewhere: the adjoint of choosing.
///
/// Where windows overlapped, a place may be named several times, each time with the same value: it appears once, and each of the
/// namers gets its share of the derivative.
public struct MaxUnpool<Space: PoolingSpace>: Layer {
    private let size: [Int], stride: [Int], padding: [Int]

    /// The settings of the pooling layer, from which the extents of the map are guessed.
    ///
    /// - Parameters:
    ///   - stride: `size` by default.
    ///   - padding: 0 by default.
    public init(_ size: Int, stride: Int? = nil, padding: Int = 0) {
        self.init([size], stride: stride.map { [$0] }, padding: [padding])
    }

    /// The same with one number per axis.
    public init(_ size: [Int], stride: [Int]? = nil, padding: [Int] = [0]) {
        func all(_ numbers: [Int]) -> [Int] {
            numbers.count == 1 ? Array(repeating: numbers[0], count: Space.rank) : numbers
        }
        (self.size, self.stride, self.padding) = (all(size), all(stride ?? size), all(padding))
    }

    /// Without indices nothing can be put back: a `ValueError`.
    public func callAsFunction(_ x: Tensor) -> Tensor {
        .refused(name, [x], "unpooling needs the places of the values", kind: .value, hint: "call it with indices")
    }

    /// The map of values at their places.
    ///
    /// - Parameters:
    ///   - values: [N, C, H′, W′].
    ///   - indices: row-major places within the map, of the shape of `values`. Others than the map has are an `IndexError`.
    ///   - outputExtents: H and W of the map; by default (H′ − 1)·stride − 2·padding + size.
    public func callAsFunction(_ values: Tensor, _ indices: Tensor, outputExtents: [Int]? = nil) -> Tensor {
        if let invalid = [values, indices].first(where: \.isInvalid) { return invalid }
        let rank = Space.rank
        guard values.rank >= rank, values.shape == indices.shape,
            [size, stride, padding].allSatisfy({ $0.count == rank })
        else {
            return .refused(
                name, [values, indices], "values and indices have one shape, with \(rank) pooled axes and more")
        }
        let pooled = values.shape.extents.suffix(rank)
        let extents =
            outputExtents ?? zip(pooled, zip(size, zip(stride, padding))).map { ($0 - 1) * $1.1.0 - 2 * $1.1.1 + $1.0 }
        guard extents.count == rank, extents.allSatisfy({ $0 > 0 }) else {
            return .refused(name, [values, indices], "a map of \(extents) is none", kind: .value)
        }
        let leading = values.shape.extents.dropLast(rank)
        let (maps, area) = (leading.reduce(1, *), extents.reduce(1, *))
        let rows = Shape([maps, pooled.reduce(1, *)])
        // Each map is one row: places of all maps are numbered on. A place beyond its own map is made one beyond all.
        let own = indices.cast(to: .int64).reshaped(to: rows)
        let isFit = (own >= .full([], 0, .int64)).and(own < .full([], Double(area), .int64))
        let place = own + Tensor.iota(rows, axis: 0) * .full([], Double(area), .int64)
        let places = which(isFit, place, .full([], Double(maps * area), .int64)).flattened()
        let zeros = Tensor.zeros([maps * area], values.elementType)
        let total = zeros.at[places].add(values.flattened())
        let namers = zeros.at[places].add(values.filled(1).flattened())
        return (total / maximum(namers, values.constant(1))).reshaped(to: Shape(leading + extents))
    }

    private var name: String { "MaxUnpool\(Space.rank)D" }
}

/// Signals.
public typealias MaxUnpool1D = MaxUnpool<PoolingLine>
/// Images.
public typealias MaxUnpool2D = MaxUnpool<PoolingPlane>
/// Volumes.
public typealias MaxUnpool3D = MaxUnpool<PoolingVolume>
