import LeibnizCore

/// Gradient descent, θ ← θ − α·g, with momentum, Nesterov's variant and weight decay as in PyTorch.
///
/// g = ∇L + λ·θ; with momentum v ← μ·v + (1 − τ)·g, where v starts as g, and θ ← θ − α·v, or θ ← θ − α·(g + μ·v) after
/// Nesterov (Sutskever et al. 2013).
public final class SGD: Optimizer {
    /// Parameters, step size, state and plans.
    public let core: OptimizerCore
    let momentum: Double
    private let dampening: Double
    private let isNesterov: Bool

    /// An optimizer of a model's parameters. Settings out of range are a `ValueError` of the first step.
    ///
    /// - Parameters:
    ///   - learningRate: α, at least 0.
    ///   - momentum: μ, at least 0; 0 by default.
    ///   - dampening: τ, 0 by default.
    ///   - nesterov: whether the step looks ahead, which needs momentum and no dampening; false by default.
    ///   - weightDecay: λ, at least 0; 0 by default.
    public init(
        _ model: some Module, learningRate: Double, momentum: Double = 0, dampening: Double = 0, nesterov: Bool = false,
        weightDecay: Double = 0
    ) {
        core = OptimizerCore(
            "SGD", model, learningRate: learningRate, weightDecay: weightDecay,
            // Dampening alone asks which step it is: the first velocity is not dampened.
            countsSteps: momentum != 0 && dampening != 0, cells: momentum == 0 ? [] : [("momentum_buffer", 0)],
            rules: [
                (momentum >= 0, "momentum is \(momentum), not at least 0"),
                (!nesterov || momentum > 0 && dampening == 0, "nesterov needs momentum and no dampening"),
            ])
        (self.momentum, self.dampening, isNesterov) = (momentum, dampening, nesterov)
    }

    /// One step along the gradients, by the formula above.
    public func update(with gradients: [Tensor]) {
        core.update(gradients, { which($0 == 1, 1, Tensor(1 - dampening, .float64)) }) { p, share in
            if momentum == 0 { return p.value - p.rate * p.gradient }
            let velocity = momentum * p[0] + (dampening == 0 ? p.gradient : p.number(share) * p.gradient)
            p[0] = velocity
            return p.value - p.rate * (isNesterov ? p.gradient + momentum * velocity : velocity)
        }
    }
}
