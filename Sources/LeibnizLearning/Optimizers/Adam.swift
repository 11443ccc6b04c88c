import LeibnizCore

/// Adam (Kingma & Ba 2015): steps in units of the gradient's own size, with PyTorch's defaults.
///
/// m ← β₁m + (1 − β₁)g, v ← β₂v + (1 − β₂)g², θ ← θ − α·m̂/(√v̂ + ε) with m̂ = m/(1 − β₁ᵗ), v̂ = v/(1 − β₂ᵗ).
public final class Adam: Optimizer {
    /// The parameters that it changes: those of the model that take gradients.
    public var parameters: [Parameter] { moments.basis.parameters }
    /// The step size α.
    public var rate: Variable { moments.basis.rate }
    /// The plans of `minimize`.
    public let steps = StepCache()
    private let moments: AdaptiveMoments

    /// An optimizer of a model's parameters. Settings out of range are a `ValueError` of the first step.
    ///
    /// - Parameters:
    ///   - learningRate: α, at least 0; 0.001 by default.
    ///   - betas: β₁ and β₂, each in 0 ..< 1; (0.9, 0.999) by default.
    ///   - epsilon: ε, at least 0; 1e-8 by default.
    ///   - weightDecay: λ, at least 0, added to the gradient as λ·θ; 0 by default.
    public init(
        _ model: some Module, learningRate: Double = 0.001, betas: (Double, Double) = (0.9, 0.999),
        epsilon: Double = 1e-8, weightDecay: Double = 0
    ) {
        moments = AdaptiveMoments(
            "Adam", model, learningRate: learningRate, betas: betas, epsilon: epsilon, weightDecay: weightDecay,
            decouplesDecay: false)
    }

    /// One step along the gradients, by the formula above.
    public func update(with gradients: [Tensor]) { moments.update(with: gradients) }
}

/// Adam with weight decay that acts on the parameters directly (Loshchilov & Hutter 2019): θ ← (1 − αλ)θ before the step.
public final class AdamW: Optimizer {
    /// The parameters that it changes: those of the model that take gradients.
    public var parameters: [Parameter] { moments.basis.parameters }
    /// The step size α.
    public var rate: Variable { moments.basis.rate }
    /// The plans of `minimize`.
    public let steps = StepCache()
    private let moments: AdaptiveMoments

    /// An optimizer of a model's parameters. Settings out of range are a `ValueError` of the first step.
    ///
    /// - Parameters:
    ///   - learningRate: α, at least 0; 0.001 by default.
    ///   - betas: β₁ and β₂, each in 0 ..< 1; (0.9, 0.999) by default.
    ///   - epsilon: ε, at least 0; 1e-8 by default.
    ///   - weightDecay: λ, at least 0; 0.01 by default.
    public init(
        _ model: some Module, learningRate: Double = 0.001, betas: (Double, Double) = (0.9, 0.999),
        epsilon: Double = 1e-8, weightDecay: Double = 0.01
    ) {
        moments = AdaptiveMoments(
            "AdamW", model, learningRate: learningRate, betas: betas, epsilon: epsilon, weightDecay: weightDecay,
            decouplesDecay: true)
    }

    /// One step along the gradients, by the formula above.
    public func update(with gradients: [Tensor]) { moments.update(with: gradients) }
}

/// The running means of gradients and of their squares that Adam and AdamW share.
private struct AdaptiveMoments: Sendable {
    let basis: OptimizerBasis
    private let betas: (Double, Double)
    private let epsilon: Double
    private let weightDecay: Double
    /// Whether weight decay acts on the parameters instead of through the gradient.
    private let decouplesDecay: Bool
    private let count = Variable(Tensor(0, .float64))
    private let means: [Variable]
    private let squares: [Variable]

    init(
        _ name: String, _ model: some Module, learningRate: Double, betas: (Double, Double), epsilon: Double,
        weightDecay: Double, decouplesDecay: Bool
    ) {
        (self.betas, self.epsilon, self.weightDecay, self.decouplesDecay) = (
            betas, epsilon, weightDecay, decouplesDecay
        )
        basis = OptimizerBasis(
            name, model, learningRate: learningRate,
            rules: [
                ((0..<1).contains(betas.0) && (0..<1).contains(betas.1), "betas are \(betas), not each in 0 ..< 1"),
                (epsilon >= 0, "epsilon is \(epsilon), not at least 0"),
                (weightDecay >= 0, "weightDecay is \(weightDecay), not at least 0"),
            ])
        (means, squares) = (basis.zeros(), basis.zeros())
    }

    func update(with gradients: [Tensor]) {
        let (rate, step) = (basis.currentRate, count.value + 1)
        count.value = step
        // The corrections are numbers of double precision, whatever the parameters are.
        let first = rate / (1 - pow(Tensor(betas.0, .float64), step))
        let second = rsqrt(1 - pow(Tensor(betas.1, .float64), step))
        for (place, (parameter, raw)) in zip(basis.parameters, gradients).enumerated() {
            var (value, gradient) = (parameter.value, raw)
            let type = value.elementType
            if weightDecay != 0 {
                if decouplesDecay {
                    value = value * (1 - rate * weightDecay).cast(to: type)
                } else {
                    gradient = gradient + weightDecay * value
                }
            }
            let mean = betas.0 * means[place].value + (1 - betas.0) * gradient
            let square = betas.1 * squares[place].value + (1 - betas.1) * (gradient * gradient)
            (means[place].value, squares[place].value) = (mean, square)
            parameter.value = value - first.cast(to: type) * mean / (sqrt(square) * second.cast(to: type) + epsilon)
        }
    }
}
