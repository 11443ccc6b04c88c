import LeibnizKernels

/// x for x > 0, else slope·x. Derivative `slope` at 0, as in PyTorch.
public func leakyRelu(_ x: Tensor, slope: Double = 0.01) -> Tensor { which(x > 0, x, x * Tensor(weak: slope)) }

/// x for x > 0, else α(eˣ − 1) (Clevert et al. 2016). Derivative α at 0.
public func elu(_ x: Tensor, alpha: Double = 1) -> Tensor {
    // The branch that is not taken must not overflow.
    which(x > 0, x, expm1(which(x > 0, 0, x)) * Tensor(weak: alpha))
}

/// λ·elu(x, α) with the α and λ that keep mean 0 and variance 1 (Klambauer et al. 2017).
public func selu(_ x: Tensor) -> Tensor { elu(x, alpha: 1.6732632423543772) * Tensor(weak: 1.0507009873554805) }

/// max(x, 0) + min(0, α(e^(x/α) − 1)): elu whose derivative is continuous for every α (Barron 2017).
public func celu(_ x: Tensor, alpha: Double = 1) -> Tensor {
    which(x > 0, x, expm1(which(x > 0, 0, x) * Tensor(weak: 1 / alpha)) * Tensor(weak: alpha))
}

/// x for x > 0, else a·x with slopes a that broadcast (He et al. 2015).
public func prelu(_ x: Tensor, _ slopes: Tensor) -> Tensor { which(x > 0, x, x * slopes) }

/// How `gelu` computes the normal distribution.
public enum GELUApproximation: Hashable, Sendable {
    /// By the error function.
    case none
    /// By ½(1 + tanh(√(2/π)·(x + 0.044715·x³))), right to 5·10⁻⁴.
    case tanh
}

/// x·Φ(x), with Φ the normal distribution (Hendrycks & Gimpel 2016).
///
/// - Parameter approximation: none by default.
public func gelu(_ x: Tensor, approximation: GELUApproximation = .none) -> Tensor {
    switch approximation {
    case .none: x * 0.5 * (1 + erf(x * Tensor(weak: 0.5.squareRoot())))
    case .tanh: x * 0.5 * (1 + tanh((x + 0.044715 * x * x * x) * Tensor(weak: (2 / Double.pi).squareRoot())))
    }
}

/// x·σ(x), also called swish.
public func silu(_ x: Tensor) -> Tensor { x * sigmoid(x) }

/// x·tanh(log(1 + eˣ)) (Misra 2019).
public func mish(_ x: Tensor) -> Tensor { x * tanh(softplus(x)) }

/// min(max(x, 0), 6). Derivative 1 at 0 and at 6.
public func relu6(_ x: Tensor) -> Tensor { clamp(x, 0, 6) }

/// relu6(x + 3)/6 (Courbariaux et al. 2015).
public func hardSigmoid(_ x: Tensor) -> Tensor { relu6(x + 3) * Tensor(weak: 1.0 / 6) }

/// x·relu6(x + 3)/6 (Howard et al. 2019).
public func hardSwish(_ x: Tensor) -> Tensor { x * relu6(x + 3) * Tensor(weak: 1.0 / 6) }

/// log σ(x) = −log(1 + e⁻ˣ), exact also where σ is tiny.
public func logSigmoid(_ x: Tensor) -> Tensor { -softplus(-x) }

/// (1/β)·log(1 + e^(βx)), exact also where βx is large.
public func softplus(_ x: Tensor, beta: Double) -> Tensor {
    beta == 1 ? softplus(x) : softplus(x * Tensor(weak: beta)) * Tensor(weak: 1 / beta)
}

/// x/(1 + |x|).
public func softSign(_ x: Tensor) -> Tensor { x / (1 + abs(x)) }

/// x − tanh x.
public func tanhShrink(_ x: Tensor) -> Tensor { x - tanh(x) }

/// x moved towards 0 by λ, at most as far as 0. Derivative 0 at ±λ.
public func softShrink(_ x: Tensor, lambda: Double = 0.5) -> Tensor {
    which(
        x > Tensor(weak: lambda), x - Tensor(weak: lambda),
        which(x < Tensor(weak: -lambda), x + Tensor(weak: lambda), 0))
}

/// x where |x| > λ, else 0.
public func hardShrink(_ x: Tensor, lambda: Double = 0.5) -> Tensor { which(abs(x) > Tensor(weak: lambda), x, 0) }

/// The gated linear unit a·σ(b), with a and b the first and second half of an axis (Dauphin et al. 2017).
///
/// - Parameter axis: of even extent; the last by default.
public func glu(_ x: Tensor, axis: Int = -1) -> Tensor {
    let halves = x.split(into: 2, axis: axis)
    return halves[0] * sigmoid(halves[1])
}

extension Tensor {
    /// 1 in the place that each integer names along a new last axis, else 0.
    ///
    /// - Parameter classCount: the extent of the new axis. Integers outside 0 ..< classCount give zeros.
    public func oneHot(_ classCount: Int, _ elementType: ElementType = .float32) -> Tensor {
        if isInvalid { return self }
        let shape = Shape(type.shape.extents + [classCount])
        return (expanded(at: -1).cast(to: .int64).broadcast(to: shape) == .iota(shape, axis: type.shape.rank)).cast(
            to: elementType)
    }
}
