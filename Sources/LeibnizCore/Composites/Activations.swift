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

/// x·Φ(x), with Φ the normal distribution (Hendrycks & Gimpel 2016).
public func gelu(_ x: Tensor) -> Tensor { x * 0.5 * (1 + erf(x * Tensor(weak: 0.5.squareRoot()))) }

/// x·σ(x), also called swish.
public func silu(_ x: Tensor) -> Tensor { x * sigmoid(x) }

/// x·tanh(log(1 + eˣ)) (Misra 2019).
public func mish(_ x: Tensor) -> Tensor { x * tanh(softplus(x)) }

/// min(max(x, 0), 6). Derivative 1 at 0 and at 6.
public func relu6(_ x: Tensor) -> Tensor { clamp(x, 0, 6) }

/// x·relu6(x + 3)/6 (Howard et al. 2019).
public func hardSwish(_ x: Tensor) -> Tensor { x * relu6(x + 3) * Tensor(weak: 1.0 / 6) }

/// log σ(x) = −log(1 + e⁻ˣ), exact also where σ is tiny.
public func logSigmoid(_ x: Tensor) -> Tensor { -softplus(-x) }

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
