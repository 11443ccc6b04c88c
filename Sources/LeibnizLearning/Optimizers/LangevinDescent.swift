import LeibnizCore

/// Gradient descent with momentum and noise, whose positions are samples of the distribution exp(−U) instead of the least U.
///
/// v ← γ·v − α·g/m + √((1 − γ²)·T/m)·ξ and θ ← θ + α·v with ξ ~ N(0, 1): Hamiltonian dynamics with friction and without rejection
/// (Chen, Fox & Guestrin 2014). The mean of predictions over samples is that of the posterior for U = −log p(data, θ): it fits less
/// noise than the prediction of the best θ. Steps are exact for small α only; α·√(curvature/m) ≲ ½ is small enough for means.
///
/// The temperature T rises from 0 over the first steps, which are plain descent with momentum.
public final class LangevinDescent: Optimizer {
    /// Parameters, step size, state and plans.
    public let core: OptimizerCore
    private let friction: Double
    private let warmUp: Int
    private let temperature: Double
    private let noise: RandomStream

    /// An optimizer of a model's parameters. Settings out of range are a `ValueError` of the first step.
    ///
    /// - Parameters:
    ///   - learningRate: α, above 0; 0.5 by default.
    ///   - friction: 1 − γ, in 0 < … ≤ 1; 0.1 by default.
    ///   - temperature: T in the end, at least 0; 1 by default, 1/N for U/N.
    ///   - warmUp: the steps over which T rises; 0 by default.
    ///   - seed: of the noise.
    public init(
        _ model: some Module, learningRate: Double = 0.5, friction: Double = 0.1, temperature: Double = 1,
        warmUp: Int = 0,
        seed: Int = 0
    ) {
        core = OptimizerCore(
            "LangevinDescent", model, learningRate: learningRate, countsSteps: true,
            cells: [("velocity", 0), ("mass", 1)],
            rules: [
                (friction > 0 && friction <= 1, "friction is \(friction), not in 0 < … ≤ 1"),
                (temperature >= 0, "temperature is \(temperature), not at least 0"),
            ])
        (self.friction, self.warmUp, self.temperature) = (friction, warmUp, temperature)
        noise = RandomStream(from: RandomPosition(seed: seed, stream: -1))
    }

    /// Sets m, which is 1 at first: about the curvature along each element.
    ///
    /// - Parameter masses: of a parameter, of its shape or one that stretches to it.
    /// - Throws: what evaluation finds.
    public func setMasses(_ masses: (Parameter) -> Tensor) throws {
        try Variable.update {
            for (parameter, cell) in zip(core.parameters, core.cells("mass")) {
                cell.value = masses(parameter).cast(to: parameter.value.elementType).broadcast(to: parameter.shape)
            }
        }
    }

    /// One step along the gradients, by the formula above.
    public func update(with gradients: [Tensor]) {
        let kept = 1 - friction, warmUp = Double(max(1, warmUp)), top = (1 - kept * kept) * temperature
        core.update(gradients, { sqrt(top * minimum(1, $0 / warmUp)) }) { [noise] p, heat in
            let mass = p[1]
            let draw = Tensor.normal(p.value.shape, at: noise.next(p.value.shape.count)).cast(to: p.value.elementType)
            p[0] = kept * p[0] - p.rate * p.gradient / mass + p.number(heat) * draw * rsqrt(mass)
            return p.value + p.rate * p[0]
        }
    }
}
