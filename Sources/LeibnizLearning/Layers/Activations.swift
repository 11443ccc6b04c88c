import LeibnizCore

// The activations as layers, for `Sequential`. Each does what the function of its name does; see there for derivatives and sources.

/// max(x, 0) of each element.
public struct ReLU: Layer {
    /// The activation as a layer.
    public init() {}
    /// Any shape → the same.
    public func callAsFunction(_ x: Tensor) -> Tensor { relu(x) }
}

/// min(max(x, 0), 6) of each element.
public struct ReLU6: Layer {
    /// The activation as a layer.
    public init() {}
    /// Any shape → the same.
    public func callAsFunction(_ x: Tensor) -> Tensor { relu6(x) }
}

/// x for x > 0, else slope·x.
public struct LeakyReLU: Layer {
    private let slope: Double

    /// - Parameter slope: of negative numbers; 0.01 by default.
    public init(slope: Double = 0.01) { self.slope = slope }
    /// Any shape → the same.
    public func callAsFunction(_ x: Tensor) -> Tensor { leakyRelu(x, slope: slope) }
}

/// x for x > 0, else α(eˣ − 1).
public struct ELU: Layer {
    private let alpha: Double

    /// - Parameter alpha: α, 1 by default.
    public init(alpha: Double = 1) { self.alpha = alpha }
    /// Any shape → the same.
    public func callAsFunction(_ x: Tensor) -> Tensor { elu(x, alpha: alpha) }
}

/// max(x, 0) + min(0, α(e^(x/α) − 1)): ELU with a continuous derivative.
public struct CELU: Layer {
    private let alpha: Double

    /// - Parameter alpha: α, 1 by default.
    public init(alpha: Double = 1) { self.alpha = alpha }
    /// Any shape → the same.
    public func callAsFunction(_ x: Tensor) -> Tensor { celu(x, alpha: alpha) }
}

/// λ·elu(x, α) with the α and λ that keep mean 0 and variance 1.
public struct SELU: Layer {
    /// The activation as a layer.
    public init() {}
    /// Any shape → the same.
    public func callAsFunction(_ x: Tensor) -> Tensor { selu(x) }
}

/// x·Φ(x) with Φ the normal distribution.
public struct GELU: Layer {
    private let approximation: GELUApproximation

    /// - Parameter approximation: how Φ is computed; exactly by default.
    public init(approximation: GELUApproximation = .none) { self.approximation = approximation }
    /// Any shape → the same.
    public func callAsFunction(_ x: Tensor) -> Tensor { gelu(x, approximation: approximation) }
}

/// x·σ(x), also called swish.
public struct SiLU: Layer {
    /// The activation as a layer.
    public init() {}
    /// Any shape → the same.
    public func callAsFunction(_ x: Tensor) -> Tensor { silu(x) }
}

/// x·tanh(log(1 + eˣ)).
public struct Mish: Layer {
    /// The activation as a layer.
    public init() {}
    /// Any shape → the same.
    public func callAsFunction(_ x: Tensor) -> Tensor { mish(x) }
}

/// σ(x) = 1/(1 + e⁻ˣ) of each element.
public struct Sigmoid: Layer {
    /// The activation as a layer.
    public init() {}
    /// Any shape → the same.
    public func callAsFunction(_ x: Tensor) -> Tensor { sigmoid(x) }
}

/// log σ(x) of each element.
public struct LogSigmoid: Layer {
    /// The activation as a layer.
    public init() {}
    /// Any shape → the same.
    public func callAsFunction(_ x: Tensor) -> Tensor { logSigmoid(x) }
}

/// The hyperbolic tangent of each element.
public struct Tanh: Layer {
    /// The activation as a layer.
    public init() {}
    /// Any shape → the same.
    public func callAsFunction(_ x: Tensor) -> Tensor { tanh(x) }
}

/// x − tanh x of each element.
public struct Tanhshrink: Layer {
    /// The activation as a layer.
    public init() {}
    /// Any shape → the same.
    public func callAsFunction(_ x: Tensor) -> Tensor { tanhShrink(x) }
}

/// (1/β)·log(1 + e^(βx)), a smooth rectifier.
public struct Softplus: Layer {
    private let beta: Double

    /// - Parameter beta: β, 1 by default; the larger, the sharper the bend.
    public init(beta: Double = 1) { self.beta = beta }
    /// Any shape → the same.
    public func callAsFunction(_ x: Tensor) -> Tensor { softplus(x, beta: beta) }
}

/// x/(1 + |x|) of each element.
public struct Softsign: Layer {
    /// The activation as a layer.
    public init() {}
    /// Any shape → the same.
    public func callAsFunction(_ x: Tensor) -> Tensor { softSign(x) }
}

/// x moved towards 0 by λ, at most as far as 0.
public struct Softshrink: Layer {
    private let lambda: Double

    /// - Parameter lambda: λ, 0.5 by default.
    public init(lambda: Double = 0.5) { self.lambda = lambda }
    /// Any shape → the same.
    public func callAsFunction(_ x: Tensor) -> Tensor { softShrink(x, lambda: lambda) }
}

/// x where |x| > λ, else 0.
public struct Hardshrink: Layer {
    private let lambda: Double

    /// - Parameter lambda: λ, 0.5 by default.
    public init(lambda: Double = 0.5) { self.lambda = lambda }
    /// Any shape → the same.
    public func callAsFunction(_ x: Tensor) -> Tensor { hardShrink(x, lambda: lambda) }
}

/// x kept within low … high.
public struct Hardtanh: Layer {
    private let low: Double
    private let high: Double

    /// - Parameters:
    ///   - low: −1 by default.
    ///   - high: 1 by default.
    public init(_ low: Double = -1, _ high: Double = 1) { (self.low, self.high) = (low, high) }
    /// Any shape → the same.
    public func callAsFunction(_ x: Tensor) -> Tensor { clamp(x, low, high) }
}

/// min(max(x + 3, 0), 6)/6 of each element.
public struct Hardsigmoid: Layer {
    /// The activation as a layer.
    public init() {}
    /// Any shape → the same.
    public func callAsFunction(_ x: Tensor) -> Tensor { hardSigmoid(x) }
}

/// x·min(max(x + 3, 0), 6)/6 of each element.
public struct Hardswish: Layer {
    /// The activation as a layer.
    public init() {}
    /// Any shape → the same.
    public func callAsFunction(_ x: Tensor) -> Tensor { hardSwish(x) }
}

/// x where it is greater than a threshold, else another value.
public struct Threshold: Layer {
    private let threshold: Double
    private let value: Double

    /// - Parameters:
    ///   - threshold: what x must exceed.
    ///   - value: what stands in the place of the others.
    public init(_ threshold: Double, _ value: Double) { (self.threshold, self.value) = (threshold, value) }
    /// Any shape → the same.
    public func callAsFunction(_ x: Tensor) -> Tensor { which(x > threshold, x, Tensor(value, x.elementType)) }
}

/// eˣ/Σ eˣ along an axis.
public struct Softmax: Layer {
    private let axis: Int

    /// - Parameter axis: the axis whose elements add up to 1; the last by default.
    public init(_ axis: Int = -1) { self.axis = axis }
    /// Any shape → the same.
    public func callAsFunction(_ x: Tensor) -> Tensor { softmax(x, axis: axis) }
}

/// log softmax along an axis.
public struct LogSoftmax: Layer {
    private let axis: Int

    /// - Parameter axis: the axis; the last by default.
    public init(_ axis: Int = -1) { self.axis = axis }
    /// Any shape → the same.
    public func callAsFunction(_ x: Tensor) -> Tensor { logSoftmax(x, axis: axis) }
}

/// e⁻ˣ/Σ e⁻ˣ along an axis.
public struct Softmin: Layer {
    private let axis: Int

    /// - Parameter axis: the axis whose elements add up to 1; the last by default.
    public init(_ axis: Int = -1) { self.axis = axis }
    /// Any shape → the same.
    public func callAsFunction(_ x: Tensor) -> Tensor { softmax(-x, axis: axis) }
}

/// The gated linear unit a·σ(b), with a and b the halves of an axis.
public struct GLU: Layer {
    private let axis: Int

    /// - Parameter axis: the axis, of even extent; the last by default.
    public init(_ axis: Int = -1) { self.axis = axis }
    /// An axis of even extent → half as long.
    public func callAsFunction(_ x: Tensor) -> Tensor { glu(x, axis: axis) }
}

/// x for x > 0, else a·x with learned slopes a (He et al. 2015).
///
/// Parameter: `weight` a, one number or one per channel, 0.25 at first.
public struct PReLU: Layer {
    /// a, [1] or [C].
    public let weight: Parameter

    /// - Parameters:
    ///   - count: 1, or the number of channels; 1 by default.
    ///   - slope: the first value; 0.25 by default.
    public init(_ count: Int = 1, slope: Double = 0.25) {
        weight = Parameter(.full([count], slope, Initialization.elementType))
        nameParameters()
    }

    /// Any shape → the same; with a slope per channel [N, C, …].
    public func callAsFunction(_ x: Tensor) -> Tensor {
        let slopes = weight.value
        if x.isInvalid || slopes.isInvalid { return x + slopes }
        if slopes.count == 1 { return prelu(x, slopes) }
        guard x.rank >= 2, x.shape[1] == slopes.count else {
            return .refused("PReLU", [x, slopes], "axis 1 must have a channel for each slope")
        }
        return prelu(x, slopes.reshaped(to: Shape([-1] + Array(repeating: 1, count: x.rank - 2))))
    }
}
