import LeibnizCore

/// ∫_R w·f / ∫_R w with binomial weights along each axis, (1, 2, 1) for windows of 3: the mean against a bell in the place of a box.
public struct BinomialRule: PoolingRule {
    /// The rule has no settings.
    public init() {}

    /// The weighted mean of each region.
    public func pooled(_ regions: PoolingRegions) -> Tensor {
        let f = regions.values()
        if f.isInvalid { return f }
        let weights = regions.extents.enumerated().map { axis, size in
            var extents = Array(repeating: 1, count: regions.rank)
            extents[axis] = size
            return Tensor(Self.weights(size), shape: Shape(extents), f.elementType)
        }
        let w = weights.dropFirst().reduce(weights[0]) { $0 * $1 }
        let total = sum(f * w, axes: regions.axes)
        guard let isInside = regions.isInside else { return total }
        return total / sum(which(isInside, w, 0), axes: regions.axes)
    }

    /// Row number size − 1 of Pascal's triangle, divided by its sum.
    static func weights(_ size: Int) -> [Double] {
        var row = [1.0]
        for n in 1..<Swift.max(1, size) + 1 where n < size {
            row = (0...n).map { ($0 < n ? row[$0] : 0) / 2 + ($0 > 0 ? row[$0 - 1] : 0) / 2 }
        }
        return row
    }
}

extension PoolingRule where Self == BinomialRule {
    /// The mean against binomial weights.
    public static var binomial: BinomialRule { BinomialRule() }
}

/// Blurs with a binomial kernel before it leaves elements out, so that what is shifted by one stays nearly the same (Zhang 2019).
///
/// In the place of a max pool it follows one of stride 1: `Sequential(MaxPool2D(2, stride: 1), BlurPool2D(3))`.
public struct BlurPool<Space: PoolingSpace>: Layer {
    private let size: Int
    private let stride: Int

    /// A kernel of `size` elements along each pooled axis.
    ///
    /// - Parameters:
    ///   - size: 3 by default.
    ///   - stride: elements between neighbouring results; 2 by default.
    public init(_ size: Int = 3, stride: Int = 2) { (self.size, self.stride) = (size, stride) }

    /// [N, C, H, W] → [N, C, ⌊(H − 1)/stride⌋ + 1, …]: the map is reflected at its borders, by ⌊(size − 1)/2⌋ elements before and
    /// ⌈(size − 1)/2⌉ after, and so must have more elements.
    public func callAsFunction(_ x: Tensor) -> Tensor {
        if x.isInvalid { return x }
        let (name, before, after) = ("BlurPool\(Space.rank)D", (size - 1) / 2, size / 2)
        guard x.rank >= Space.rank else { return .refused(name, [x], Space.layout) }
        guard size > 0, stride > 0, x.shape.extents.suffix(Space.rank).allSatisfy({ $0 > after }) else {
            return .refused(
                name, [x], "a kernel of \(size) with stride \(stride) does not fit", kind: .value,
                hint: "size and stride are positive, and half of the size is less than each extent")
        }
        let reflected = (x.rank - Space.rank..<x.rank).reduce(x) {
            $0.padded(axis: $1, before: before, after: after, mode: .reflect)
        }
        let windows = PoolingWindows(name, rank: Space.rank, size: [size], stride: [stride])
        return .orRefused { () throws(TensorError) in BinomialRule().pooled(try windows.regions(of: reflected)) }
    }
}

/// Signals [N, C, L].
public typealias BlurPool1D = BlurPool<PoolingLine>
/// Images [N, C, H, W].
public typealias BlurPool2D = BlurPool<PoolingPlane>
/// Volumes [N, C, D, H, W].
public typealias BlurPool3D = BlurPool<PoolingVolume>
