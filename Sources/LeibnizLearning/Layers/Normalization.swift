import LeibnizCore

/// Layer normalisation (Ba et al. 2016): the last axes of each example with mean 0 and variance 1, then scaled and moved.
///
/// y = γ·(x − μ)/√(σ² + ε) + β with μ and σ² over the last axes.
///
/// Parameters: `weight` γ, 1 at first, and `bias` β, 0 at first, both of the shape of the normalised axes.
public struct LayerNorm: Layer {
    /// γ.
    public let weight: Parameter?
    /// β.
    public let bias: Parameter?
    private let extents: [Int]
    private let epsilon: Double

    /// A layer for inputs whose last axes have the given extents: `LayerNorm(512)`, `LayerNorm([8, 16])`.
    ///
    /// - Parameters:
    ///   - epsilon: ε, 1e-5 by default.
    ///   - affine: whether there is γ; true by default.
    ///   - bias: whether there is β, too; true by default.
    public init(_ extents: some PerAxis, epsilon: Double = 1e-5, affine: Bool = true, bias: Bool = true) {
        (self.extents, self.epsilon) = (extents.perAxis, epsilon)
        (weight, self.bias) = Normalization.scale(Shape(extents.perAxis), affine: affine, bias: affine && bias)
        nameParameters()
    }

    /// […, extents…] → the same.
    public func callAsFunction(_ x: Tensor) -> Tensor {
        if let refusal = Normalization.refusal("LayerNorm", x, extents) { return refusal }
        let axes = Array(x.rank - extents.count..<x.rank)
        return Normalization.scaled(
            Normalization.standardized(x, axes: axes, epsilon: epsilon), by: weight?.value, bias?.value)
    }
}

/// Normalisation by the root mean square (Zhang & Sennrich 2019): the last axes of each example divided by their quadratic mean.
///
/// y = γ·x/√(x̄² + ε) with the mean of squares over the last axes.
///
/// Parameter: `weight` γ, 1 at first, of the shape of the normalised axes.
public struct RMSNorm: Layer {
    /// γ.
    public let weight: Parameter?
    private let extents: [Int]
    private let epsilon: Double?

    /// A layer for inputs whose last axes have the given extents.
    ///
    /// - Parameters:
    ///   - epsilon: ε; by default the distance from 1 to the next number of the input's type, 2⁻²³ or 2⁻⁵².
    ///   - affine: whether there is γ; true by default.
    public init(_ extents: some PerAxis, epsilon: Double? = nil, affine: Bool = true) {
        (self.extents, self.epsilon) = (extents.perAxis, epsilon)
        weight = Normalization.scale(Shape(extents.perAxis), affine: affine, bias: false).weight
        nameParameters()
    }

    /// […, extents…] → the same.
    public func callAsFunction(_ x: Tensor) -> Tensor {
        if let refusal = Normalization.refusal("RMSNorm", x, extents) { return refusal }
        let axes = Array(x.rank - extents.count..<x.rank)
        let epsilon = epsilon ?? (x.elementType == .float64 ? Double.ulpOfOne : Double(Float.ulpOfOne))
        return Normalization.scaled(
            x * rsqrt(mean(x * x, axes: axes, keepingAxes: true) + epsilon), by: weight?.value, nil)
    }
}

/// Group normalisation (Wu & He 2018): groups of channels of each example with mean 0 and variance 1, then scaled and moved.
///
/// y = γ·(x − μ)/√(σ² + ε) + β with μ and σ² over the group's channels and all spatial axes.
///
/// Parameters: `weight` γ [C], 1 at first, and `bias` β [C], 0 at first.
public struct GroupNorm: Layer {
    /// γ, [C].
    public let weight: Parameter?
    /// β, [C].
    public let bias: Parameter?
    private let groups: Int
    private let channels: Int
    private let epsilon: Double

    /// A layer for inputs of `channels` channels in `groups` groups of neighbours.
    ///
    /// - Parameters:
    ///   - groups: a divisor of `channels`.
    ///   - epsilon: ε, 1e-5 by default.
    ///   - affine: whether there are γ and β; true by default.
    public init(_ groups: Int, _ channels: Int, epsilon: Double = 1e-5, affine: Bool = true) {
        (self.groups, self.channels, self.epsilon) = (groups, channels, epsilon)
        (weight, bias) = Normalization.scale([channels], affine: affine, bias: affine)
        nameParameters()
    }

    /// [N, C, spatial…] → the same.
    public func callAsFunction(_ x: Tensor) -> Tensor {
        if x.isInvalid { return x }
        guard groups > 0, channels % groups == 0 else {
            return .refused(
                "GroupNorm", [x], "\(channels) channels do not fall into \(groups) groups", kind: .value)
        }
        guard x.rank >= 2, x.shape[1] == channels else {
            return .refused("GroupNorm", [x], "axis 1 must have \(channels) channels")
        }
        let grouped = x.reshaped(to: Shape([x.shape[0], groups, channels / groups] + x.shape.extents[2...]))
        let y = Normalization.standardized(grouped, axes: Array(2..<grouped.rank), epsilon: epsilon).reshaped(
            to: x.shape)
        let perChannel = Shape([channels] + Array(repeating: 1, count: x.rank - 2))
        return Normalization.scaled(
            y, by: weight?.value.reshaped(to: perChannel), bias?.value.reshaped(to: perChannel))
    }
}

/// What normalisations have in common.
enum Normalization {
    /// γ = 1 and β = 0, where they are wanted.
    static func scale(_ shape: Shape, affine: Bool, bias: Bool) -> (weight: Parameter?, bias: Parameter?) {
        let type = Initialization.elementType
        return (affine ? Parameter(.ones(shape, type)) : nil, bias ? Parameter(.zeros(shape, type)) : nil)
    }

    /// (x − μ)/√(σ² + ε) with mean and variance over `axes`.
    static func standardized(_ x: Tensor, axes: [Int], epsilon: Double) -> Tensor {
        let centred = x - mean(x, axes: axes, keepingAxes: true)
        return centred * rsqrt(mean(centred * centred, axes: axes, keepingAxes: true) + epsilon)
    }

    /// γ·x + β, each where it exists.
    static func scaled(_ x: Tensor, by weight: Tensor?, _ bias: Tensor?) -> Tensor {
        let y = weight.map { x * $0 } ?? x
        return bias.map { y + $0 } ?? y
    }

    /// Why the last axes are not those that a layer was made for, as an invalid tensor.
    static func refusal(_ name: String, _ x: Tensor, _ extents: [Int]) -> Tensor? {
        if x.isInvalid { return x }
        if x.rank >= extents.count, Array(x.shape.extents.suffix(extents.count)) == extents, !extents.isEmpty {
            return nil
        }
        return .refused(name, [x], "the last axes must be \(Shape(extents))")
    }
}
