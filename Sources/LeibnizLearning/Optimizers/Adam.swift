import LeibnizCore

/// Adam (Kingma & Ba 2015): steps in units of the gradient's own size, with PyTorch's defaults.
///
/// m ← β₁m + (1 − β₁)g, v ← β₂v + (1 − β₂)g², θ ← θ − α·m̂/(√v̂ + ε) with m̂ = m/(1 − β₁ᵗ), v̂ = v/(1 − β₂ᵗ). In the variant AMSGrad
/// the greatest v so far stands in the place of v there (Reddi et al. 2018).
public final class Adam: Optimizer {
    /// Parameters, step size, state and plans.
    public let core: OptimizerCore
    private let rule: AdaptiveMoments

    /// An optimizer of a model's parameters. Settings out of range are a `ValueError` of the first step.
    ///
    /// - Parameters:
    ///   - learningRate: α, at least 0; 0.001 by default.
    ///   - betas: β₁ and β₂, each in 0 ..< 1; (0.9, 0.999) by default.
    ///   - epsilon: ε, at least 0; 1e-8 by default.
    ///   - weightDecay: λ, at least 0, added to the gradient as λ·θ; 0 by default.
    ///   - amsgrad: whether v never falls; false by default.
    public init(
        _ model: some Module, learningRate: Double = 0.001, betas: (Double, Double) = (0.9, 0.999),
        epsilon: Double = 1e-8, weightDecay: Double = 0, amsgrad: Bool = false
    ) {
        rule = AdaptiveMoments(betas: betas, epsilon: epsilon, amsgrad: amsgrad)
        core = rule.core("Adam", model, learningRate: learningRate, weightDecay: weightDecay, decay: .gradient)
    }

    /// One step along the gradients, by the formula above.
    public func update(with gradients: [Tensor]) { core.update(gradients, rule.corrections, rule.updated) }
}

/// Adam with weight decay that acts on the parameters directly (Loshchilov & Hutter 2019): θ ← (1 − αλ)θ before the step.
public final class AdamW: Optimizer {
    /// Parameters, step size, state and plans.
    public let core: OptimizerCore
    private let rule: AdaptiveMoments

    /// An optimizer of a model's parameters. Settings out of range are a `ValueError` of the first step.
    ///
    /// - Parameters:
    ///   - learningRate: α, at least 0; 0.001 by default.
    ///   - betas: β₁ and β₂, each in 0 ..< 1; (0.9, 0.999) by default.
    ///   - epsilon: ε, at least 0; 1e-8 by default.
    ///   - weightDecay: λ, at least 0; 0.01 by default.
    ///   - amsgrad: whether v never falls; false by default.
    public init(
        _ model: some Module, learningRate: Double = 0.001, betas: (Double, Double) = (0.9, 0.999),
        epsilon: Double = 1e-8, weightDecay: Double = 0.01, amsgrad: Bool = false
    ) {
        rule = AdaptiveMoments(betas: betas, epsilon: epsilon, amsgrad: amsgrad)
        core = rule.core("AdamW", model, learningRate: learningRate, weightDecay: weightDecay, decay: .parameter)
    }

    /// One step along the gradients, by the formula above.
    public func update(with gradients: [Tensor]) { core.update(gradients, rule.corrections, rule.updated) }
}

/// The running means of gradients and of their squares that Adam and its relatives step by.
struct AdaptiveMoments: Sendable {
    let betas: (Double, Double)
    let epsilon: Double
    var amsgrad = false

    /// The core of an optimizer with these moments.
    func core(
        _ name: String, _ model: some Module, learningRate: Double, weightDecay: Double, decay: OptimizerCore.Decay,
        scalars: [(name: String, first: Double)] = []
    ) -> OptimizerCore {
        OptimizerCore(
            name, model, learningRate: learningRate, weightDecay: weightDecay, decay: decay, countsSteps: true,
            cells: [("exp_avg", 0), ("exp_avg_sq", 0)] + (amsgrad ? [("max_exp_avg_sq", 0)] : []), scalars: scalars,
            rules: [
                ((0..<1).contains(betas.0) && (0..<1).contains(betas.1), "betas are \(betas), not each in 0 ..< 1"),
                (epsilon >= 0, "epsilon is \(epsilon), not at least 0"),
            ])
    }

    /// 1/(1 − β₁ᵗ) and 1/√(1 − β₂ᵗ), in double precision whatever the parameters are.
    func corrections(_ step: Tensor) -> (first: Tensor, second: Tensor) {
        (1 / (1 - pow(Tensor(betas.0, .float64), step)), rsqrt(1 - pow(Tensor(betas.1, .float64), step)))
    }

    /// m and √v̂ + ε after this step.
    func moments(_ p: ParameterStep, _ second: Tensor) -> (mean: Tensor, size: Tensor) {
        let mean = p.average(0, betas.0, of: p.gradient)
        var square = p.average(1, betas.1, of: p.gradient * p.gradient)
        if amsgrad {
            square = maximum(p[2], square)
            p[2] = square
        }
        return (mean, sqrt(square) * p.number(second) + epsilon)
    }

    /// θ − α·m̂/(√v̂ + ε).
    func updated(_ p: inout ParameterStep, _ corrections: (first: Tensor, second: Tensor)) -> Tensor {
        let (mean, size) = moments(p, corrections.second)
        return p.value - p.number(p.doubleRate * corrections.first) * mean / size
    }
}
