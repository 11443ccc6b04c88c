import LeibnizCore

/// Dropout (Srivastava et al. 2014): in training each element is 0 with probability p, and the others are divided by 1 − p.
///
/// y = x·m/(1 − p) with m ∈ {0, 1}; the mean stays. In `inference { … }` the input passes through. Every pass draws anew, also each
/// step of a compiled plan; what is drawn follows from the seed of `withSeed` and the number of passes before.
public struct Dropout: Layer {
    private let mask: DropoutMask

    /// - Parameter probability: p, 0…1; 0.5 by default.
    public init(_ probability: Double = 0.5) { mask = DropoutMask("Dropout", probability) }

    /// Any shape → the same.
    public func callAsFunction(_ x: Tensor) -> Tensor { mask.applied(to: x) { x.shape } }
}

/// Dropout of whole channels (Tompson et al. 2015): neighbouring elements of a channel are alike, so only all together are missed.
///
/// y = x·m/(1 − p) with one m ∈ {0, 1} for each example and channel. In `inference { … }` the input passes through.
public struct SpatialDropout<Dimensions: SpatialDimensions>: Layer, NamedByDimensions {
    static var baseName: String { "Dropout" }
    private let mask: DropoutMask

    /// - Parameter probability: p, 0…1; 0.5 by default.
    public init(_ probability: Double = 0.5) { mask = DropoutMask(Self.moduleName, probability) }

    /// [N, C, spatial…] → the same.
    public func callAsFunction(_ x: Tensor) -> Tensor {
        if x.isInvalid { return x }
        guard x.rank == 2 + Dimensions.axes else {
            return .refused(Self.moduleName, [x], "the input must have \(2 + Dimensions.axes) axes")
        }
        return mask.applied(to: x) {
            Shape(x.shape.extents[..<2] + Array(repeating: 1, count: Dimensions.axes))
        }
    }
}

/// Dropout of channels of signals, [N, C, L].
public typealias Dropout1D = SpatialDropout<OneDimensional>
/// Dropout of channels of images, [N, C, H, W].
public typealias Dropout2D = SpatialDropout<TwoDimensional>
/// Dropout of channels of volumes, [N, C, D, H, W].
public typealias Dropout3D = SpatialDropout<ThreeDimensional>

/// Dropout that keeps mean and variance of what SELU gives (Klambauer et al. 2017): dropped elements take SELU's least value.
///
/// y = a·(x·m + α′·(1 − m)) + b with α′ = −λα, a = ((1 − p)(1 + p·α′²))^(−1/2) and b = −a·p·α′.
public struct AlphaDropout: Layer {
    private let mask: DropoutMask

    /// - Parameter probability: p, 0 ..< 1; 0.5 by default.
    public init(_ probability: Double = 0.5) { mask = DropoutMask("AlphaDropout", probability) }

    /// Any shape → the same.
    public func callAsFunction(_ x: Tensor) -> Tensor {
        guard let kept = mask.kept(for: x, { x.shape }) else { return x }
        if kept.isInvalid { return kept }
        let p = mask.probability, least = -1.0507009873554805 * 1.6732632423543772
        let a = p < 1 ? 1 / ((1 - p) * (1 + p * least * least)).squareRoot() : 0
        return which(kept, x, x.filled(least)) * a - a * p * least
    }
}

/// What dropouts have in common: a probability, and a stream of draws that goes on from pass to pass.
struct DropoutMask: Sendable {
    let probability: Double
    private let name: String
    private let stream = InitializationStream.current.stream()

    init(_ name: String, _ probability: Double) { (self.name, self.probability) = (name, probability) }

    /// True where elements are kept, of the shape that `shape` gives; `nil` where all are.
    func kept(for x: Tensor, _ shape: () -> Shape) -> Tensor? {
        if x.isInvalid { return x }
        guard (0...1).contains(probability) else {
            return .refused(name, [x], "\(probability) is no probability", kind: .value)
        }
        if probability == 0 || ExecutionMode.current == .inference { return nil }
        let shape = shape()
        return .bernoulli(shape, probability: 1 - probability, at: stream.next(shape.count))
    }

    /// x·m/(1 − p).
    func applied(to x: Tensor, _ shape: () -> Shape) -> Tensor {
        guard let kept = kept(for: x, shape) else { return x }
        if kept.isInvalid { return kept }
        // What is dropped is 0 even where the element is infinite.
        return which(kept, x * (probability < 1 ? 1 / (1 - probability) : 0), 0)
    }
}
