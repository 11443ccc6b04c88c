import LeibnizCore

/// Adam with the greatest gradient, fading, in the place of the root of the mean square (Kingma & Ba 2015, section 7).
///
/// m ← β₁m + (1 − β₁)g, u ← max(β₂u, |g| + ε), θ ← θ − α/(1 − β₁ᵗ)·m/u.
public final class Adamax: Optimizer {
    /// Parameters, step size, state and plans.
    public let core: OptimizerCore
    private let rule: AdaptiveMoments

    /// An optimizer of a model's parameters. Settings out of range are a `ValueError` of the first step.
    ///
    /// - Parameters:
    ///   - learningRate: α, at least 0; 0.002 by default.
    ///   - betas: β₁ and β₂, each in 0 ..< 1; (0.9, 0.999) by default.
    ///   - epsilon: ε, at least 0; 1e-8 by default.
    ///   - weightDecay: λ, at least 0, added to the gradient as λ·θ; 0 by default.
    public init(
        _ model: some Module, learningRate: Double = 0.002, betas: (Double, Double) = (0.9, 0.999),
        epsilon: Double = 1e-8, weightDecay: Double = 0
    ) {
        rule = AdaptiveMoments(betas: betas, epsilon: epsilon)
        core = rule.core("Adamax", model, learningRate: learningRate, weightDecay: weightDecay, decay: .gradient)
    }

    /// One step along the gradients, by the formula above.
    public func update(with gradients: [Tensor]) {
        core.update(gradients, rule.corrections) { p, corrections in
            let mean = p.average(0, rule.betas.0, of: p.gradient)
            let greatest = maximum(rule.betas.1 * p[1], abs(p.gradient) + rule.epsilon)
            p[1] = greatest
            return p.value - p.number(p.doubleRate * corrections.first) * mean / greatest
        }
    }
}

/// Adam with Nesterov's look ahead (Dozat 2016).
///
/// μₜ = β₁·(1 − ½·0.96^(t·ψ)), θ ← θ − α·((1 − μₜ)/(1 − Π_{i≤t} μᵢ)·g + μₜ₊₁/(1 − Π_{i≤t+1} μᵢ)·m)/(√v̂ + ε), with Adam's m and v̂.
public final class NAdam: Optimizer {
    /// Parameters, step size, state and plans.
    public let core: OptimizerCore
    private let rule: AdaptiveMoments
    private let momentumDecay: Double

    /// An optimizer of a model's parameters. Settings out of range are a `ValueError` of the first step.
    ///
    /// - Parameters:
    ///   - learningRate: α, at least 0; 0.002 by default.
    ///   - betas: β₁ and β₂, each in 0 ..< 1; (0.9, 0.999) by default.
    ///   - epsilon: ε, at least 0; 1e-8 by default.
    ///   - weightDecay: λ, at least 0; 0 by default.
    ///   - momentumDecay: ψ, 0.004 by default.
    ///   - decouplesDecay: whether decay acts on the parameters directly; false by default.
    public init(
        _ model: some Module, learningRate: Double = 0.002, betas: (Double, Double) = (0.9, 0.999),
        epsilon: Double = 1e-8, weightDecay: Double = 0, momentumDecay: Double = 0.004, decouplesDecay: Bool = false
    ) {
        rule = AdaptiveMoments(betas: betas, epsilon: epsilon)
        self.momentumDecay = momentumDecay
        core = rule.core(
            "NAdam", model, learningRate: learningRate, weightDecay: weightDecay,
            decay: decouplesDecay ? .parameter : .gradient, scalars: [("mu_product", 1)])
    }

    /// One step along the gradients, by the formula above.
    public func update(with gradients: [Tensor]) {
        core.update(gradients) { step in
            func mu(_ t: Tensor) -> Tensor { rule.betas.0 * (1 - 0.5 * pow(Tensor(0.96, .float64), t * momentumDecay)) }
            let (now, next) = (mu(step), mu(step + 1))
            let product = (core.scalar("mu_product")?.value ?? 1) * now
            core.scalar("mu_product")?.value = product
            return (
                gradient: (1 - now) / (1 - product), mean: next / (1 - product * next),
                second: rule.corrections(step).second
            )
        } _: { p, shared in
            let (mean, size) = rule.moments(p, shared.second)
            let (a, b) = (p.number(p.doubleRate * shared.gradient), p.number(p.doubleRate * shared.mean))
            return p.value - (a * p.gradient + b * mean) / size
        }
    }
}

/// Adam that trusts its own step size only when the variance of v̂ is finite (Liu et al. 2020).
///
/// With ρ∞ = 2/(1 − β₂) − 1 and ρₜ = ρ∞ − 2tβ₂ᵗ/(1 − β₂ᵗ): θ ← θ − α·m̂·r·/(√v̂ + ε) where ρₜ > 5, with
/// r² = (ρₜ − 4)(ρₜ − 2)ρ∞/((ρ∞ − 4)(ρ∞ − 2)ρₜ); else θ ← θ − α·m̂.
public final class RAdam: Optimizer {
    /// Parameters, step size, state and plans.
    public let core: OptimizerCore
    private let rule: AdaptiveMoments

    /// An optimizer of a model's parameters. Settings out of range are a `ValueError` of the first step.
    ///
    /// - Parameters:
    ///   - learningRate: α, at least 0; 0.001 by default.
    ///   - betas: β₁ and β₂, each in 0 ..< 1; (0.9, 0.999) by default.
    ///   - epsilon: ε, at least 0; 1e-8 by default.
    ///   - weightDecay: λ, at least 0; 0 by default.
    ///   - decouplesDecay: whether decay acts on the parameters directly; false by default.
    public init(
        _ model: some Module, learningRate: Double = 0.001, betas: (Double, Double) = (0.9, 0.999),
        epsilon: Double = 1e-8, weightDecay: Double = 0, decouplesDecay: Bool = false
    ) {
        rule = AdaptiveMoments(betas: betas, epsilon: epsilon)
        core = rule.core(
            "RAdam", model, learningRate: learningRate, weightDecay: weightDecay,
            decay: decouplesDecay ? .parameter : .gradient)
    }

    /// One step along the gradients, by the formula above.
    public func update(with gradients: [Tensor]) {
        let limit = 2 / (1 - rule.betas.1) - 1
        core.update(gradients) { step in
            let power = pow(Tensor(rule.betas.1, .float64), step)
            let length = limit - 2 * step * power / (1 - power)
            let isTrusted = length > 5
            // Where it is not, the root must still be one of a positive number.
            let known = which(isTrusted, length, 6)
            let square = (known - 4) * (known - 2) * limit / ((limit - 4) * (limit - 2) * known)
            let root = sqrt(square * (1 - power))
            return (isTrusted: isTrusted, root: root, first: rule.corrections(step).first)
        } _: { p, shared in
            let mean = p.average(0, rule.betas.0, of: p.gradient)
            let square = p.average(1, rule.betas.1, of: p.gradient * p.gradient)
            let scale = which(shared.isTrusted, p.number(shared.root) / (sqrt(square) + rule.epsilon), 1)
            return p.value - p.number(p.doubleRate * shared.first) * mean * scale
        }
    }
}

/// Adam whose steps are as long as the parameter's own length allows (You et al. 2020), for large batches.
///
/// r = m̂/(√v̂ + ε) + λ·θ, θ ← θ − α·(‖θ‖/‖r‖)·r, where the ratio is 1 if either length is 0.
public final class LAMB: Optimizer {
    /// Parameters, step size, state and plans.
    public let core: OptimizerCore
    private let rule: AdaptiveMoments

    /// An optimizer of a model's parameters. Settings out of range are a `ValueError` of the first step.
    ///
    /// - Parameters:
    ///   - learningRate: α, at least 0; 0.001 by default.
    ///   - betas: β₁ and β₂, each in 0 ..< 1; (0.9, 0.999) by default.
    ///   - epsilon: ε, at least 0; 1e-6 by default.
    ///   - weightDecay: λ, at least 0; 0 by default.
    public init(
        _ model: some Module, learningRate: Double = 0.001, betas: (Double, Double) = (0.9, 0.999),
        epsilon: Double = 1e-6, weightDecay: Double = 0
    ) {
        rule = AdaptiveMoments(betas: betas, epsilon: epsilon)
        core = rule.core("LAMB", model, learningRate: learningRate, weightDecay: weightDecay, decay: .rule)
    }

    /// One step along the gradients, by the formula above.
    public func update(with gradients: [Tensor]) {
        core.update(gradients, rule.corrections) { p, corrections in
            let (mean, size) = rule.moments(p, corrections.second)
            let step = p.number(corrections.first) * mean / size
            let direction = p.weightDecay == 0 ? step : step + p.weightDecay * p.value
            let (own, length) = (norm(p.value), norm(direction))
            let isPlain = (own == 0) | (length == 0)
            let ratio = which(isPlain, 1, own / which(isPlain, 1, length))
            return p.value - p.rate * ratio * direction
        }
    }
}
