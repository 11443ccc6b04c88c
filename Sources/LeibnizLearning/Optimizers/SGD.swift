import LeibnizCore

/// Gradient descent, θ ← θ − α·g, with momentum, Nesterov's variant and weight decay as in PyTorch.
///
/// g = ∇L + λ·θ; with momentum v ← μ·v + (1 − τ)·g, where v starts as g, and θ ← θ − α·v, or θ ← θ − α·(g + μ·v) after
/// Nesterov (Sutskever et al. 2013).
public final class SGD: Optimizer {
    /// The parameters that it changes: those of the model that take gradients.
    public var parameters: [Parameter] { basis.parameters }
    /// The step size α.
    public var rate: Variable { basis.rate }
    /// The plans of `minimize`.
    public let steps = StepCache()
    private let basis: OptimizerBasis
    private let momentum: Double
    private let dampening: Double
    private let isNesterov: Bool
    private let weightDecay: Double
    private let velocities: [Variable]
    /// 1 before the first step, then 0. Needed with dampening only: the first velocity is not dampened.
    private let isFirst: Variable?

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
        basis = OptimizerBasis(
            "SGD", model, learningRate: learningRate,
            rules: [
                (momentum >= 0, "momentum is \(momentum), not at least 0"),
                (weightDecay >= 0, "weightDecay is \(weightDecay), not at least 0"),
                (!nesterov || momentum > 0 && dampening == 0, "nesterov needs momentum and no dampening"),
            ])
        (self.momentum, self.dampening, isNesterov, self.weightDecay) = (momentum, dampening, nesterov, weightDecay)
        velocities = momentum == 0 ? [] : basis.zeros()
        isFirst = momentum == 0 || dampening == 0 ? nil : Variable(Tensor(1, .float64))
    }

    /// One step along the gradients, by the formula above.
    public func update(with gradients: [Tensor]) {
        let share = isFirst.map { 1 - dampening * (1 - $0.value) }
        for (place, (parameter, gradient)) in zip(parameters, gradients).enumerated() {
            let value = parameter.value
            var direction = weightDecay == 0 ? gradient : gradient + weightDecay * value
            if momentum != 0 {
                let entering = share.map { $0.cast(to: value.elementType) * direction } ?? direction
                let velocity = momentum * velocities[place].value + entering
                velocities[place].value = velocity
                direction = isNesterov ? direction + momentum * velocity : velocity
            }
            parameter.value = value - basis.currentRate.cast(to: value.elementType) * direction
        }
        isFirst?.value = Tensor(0, .float64)
    }
}
