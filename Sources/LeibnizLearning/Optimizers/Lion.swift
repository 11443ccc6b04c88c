import LeibnizCore

/// Steps of one length in every coordinate, along the sign of a mean of gradients (Chen et al. 2023).
///
/// c = β₁m + (1 − β₁)g, θ ← (1 − αλ)θ − α·sign c, m ← β₂m + (1 − β₂)g.
public final class Lion: Optimizer {
    /// Parameters, step size, state and plans.
    public let core: OptimizerCore
    private let betas: (Double, Double)

    /// An optimizer of a model's parameters. Settings out of range are a `ValueError` of the first step.
    ///
    /// - Parameters:
    ///   - learningRate: α, at least 0; 0.0001 by default, three to ten times less than Adam's.
    ///   - betas: β₁ and β₂, each in 0 ..< 1; (0.9, 0.99) by default.
    ///   - weightDecay: λ, at least 0, acting on the parameters directly; 0 by default.
    public init(
        _ model: some Module, learningRate: Double = 0.0001, betas: (Double, Double) = (0.9, 0.99),
        weightDecay: Double = 0
    ) {
        self.betas = betas
        core = OptimizerCore(
            "Lion", model, learningRate: learningRate, weightDecay: weightDecay, decay: .parameter,
            cells: [("exp_avg", 0)],
            rules: [
                ((0..<1).contains(betas.0) && (0..<1).contains(betas.1), "betas are \(betas), not each in 0 ..< 1")
            ])
    }

    /// One step along the gradients, by the formula above.
    public func update(with gradients: [Tensor]) {
        core.update(gradients) { p in
            let direction = sign(betas.0 * p[0] + (1 - betas.0) * p.gradient)
            _ = p.average(0, betas.1, of: p.gradient)
            return p.value - p.rate * direction
        }
    }
}
