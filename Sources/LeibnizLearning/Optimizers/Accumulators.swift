import LeibnizCore

/// Steps divided by the root of the gradient's running mean square (Tieleman & Hinton 2012).
///
/// v ← ρv + (1 − ρ)g², θ ← θ − α·g/(√v + ε); centred, √(v − ḡ²) stands in the place of √v, with the running mean ḡ of g; with momentum
/// b ← μb + g/(√v + ε) and θ ← θ − α·b.
public final class RMSProp: Optimizer {
    /// Parameters, step size, state and plans.
    public let core: OptimizerCore
    private let smoothing: Double
    private let epsilon: Double
    private let momentum: Double
    private let isCentred: Bool

    /// An optimizer of a model's parameters. Settings out of range are a `ValueError` of the first step.
    ///
    /// - Parameters:
    ///   - learningRate: α, at least 0; 0.01 by default.
    ///   - smoothing: ρ, 0 ..< 1; 0.99 by default.
    ///   - epsilon: ε, at least 0; 1e-8 by default.
    ///   - weightDecay: λ, at least 0, added to the gradient as λ·θ; 0 by default.
    ///   - momentum: μ, at least 0; 0 by default.
    ///   - centred: whether the mean square is that about the mean; false by default.
    public init(
        _ model: some Module, learningRate: Double = 0.01, smoothing: Double = 0.99, epsilon: Double = 1e-8,
        weightDecay: Double = 0, momentum: Double = 0, centred: Bool = false
    ) {
        (self.smoothing, self.epsilon, self.momentum, isCentred) = (smoothing, epsilon, momentum, centred)
        core = OptimizerCore(
            "RMSProp", model, learningRate: learningRate, weightDecay: weightDecay,
            cells: [("square_avg", 0)] + (momentum == 0 ? [] : [("momentum_buffer", 0)])
                + (centred ? [("grad_avg", 0)] : []),
            rules: [
                ((0..<1).contains(smoothing), "smoothing is \(smoothing), not in 0 ..< 1"),
                (epsilon >= 0, "epsilon is \(epsilon), not at least 0"),
                (momentum >= 0, "momentum is \(momentum), not at least 0"),
            ])
    }

    /// One step along the gradients, by the formula above.
    public func update(with gradients: [Tensor]) {
        core.update(gradients) { p in
            var square = p.average(0, smoothing, of: p.gradient * p.gradient)
            if isCentred {
                let mean = p.average(momentum == 0 ? 1 : 2, smoothing, of: p.gradient)
                square = square - mean * mean
            }
            let step = p.gradient / (sqrt(square) + epsilon)
            if momentum == 0 { return p.value - p.rate * step }
            let velocity = momentum * p[1] + step
            p[1] = velocity
            return p.value - p.rate * velocity
        }
    }
}

/// Steps divided by the root of the sum of all squared gradients (Duchi, Hazan & Singer 2011): rare features keep long steps.
///
/// s ← s + g², θ ← θ − α/(1 + (t − 1)η)·g/(√s + ε).
public final class Adagrad: Optimizer {
    /// Parameters, step size, state and plans.
    public let core: OptimizerCore
    private let rateDecay: Double
    private let epsilon: Double

    /// An optimizer of a model's parameters. Settings out of range are a `ValueError` of the first step.
    ///
    /// - Parameters:
    ///   - learningRate: α, at least 0; 0.01 by default.
    ///   - rateDecay: η, at least 0; 0 by default.
    ///   - weightDecay: λ, at least 0, added to the gradient as λ·θ; 0 by default.
    ///   - initialSum: s before the first step, at least 0; 0 by default.
    ///   - epsilon: ε, at least 0; 1e-10 by default.
    public init(
        _ model: some Module, learningRate: Double = 0.01, rateDecay: Double = 0, weightDecay: Double = 0,
        initialSum: Double = 0, epsilon: Double = 1e-10
    ) {
        (self.rateDecay, self.epsilon) = (rateDecay, epsilon)
        core = OptimizerCore(
            "Adagrad", model, learningRate: learningRate, weightDecay: weightDecay, countsSteps: rateDecay != 0,
            cells: [("sum", initialSum)],
            rules: [
                (rateDecay >= 0, "rateDecay is \(rateDecay), not at least 0"),
                (initialSum >= 0, "initialSum is \(initialSum), not at least 0"),
                (epsilon >= 0, "epsilon is \(epsilon), not at least 0"),
            ])
    }

    /// One step along the gradients, by the formula above.
    public func update(with gradients: [Tensor]) {
        core.update(gradients, { 1 / (1 + rateDecay * ($0 - 1)) }) { p, share in
            let total = p[0] + p.gradient * p.gradient
            p[0] = total
            let rate = rateDecay == 0 ? p.rate : p.number(p.doubleRate * share)
            return p.value - rate * p.gradient / (sqrt(total) + epsilon)
        }
    }
}

/// Steps in the units of the parameters: the root of past steps' mean square over that of the gradients' (Zeiler 2012).
///
/// v ← ρv + (1 − ρ)g², d = √(u + ε)/√(v + ε)·g, u ← ρu + (1 − ρ)d², θ ← θ − α·d.
public final class Adadelta: Optimizer {
    /// Parameters, step size, state and plans.
    public let core: OptimizerCore
    private let smoothing: Double
    private let epsilon: Double

    /// An optimizer of a model's parameters. Settings out of range are a `ValueError` of the first step.
    ///
    /// - Parameters:
    ///   - learningRate: α, at least 0; 1 by default.
    ///   - smoothing: ρ, 0…1; 0.9 by default.
    ///   - epsilon: ε, at least 0; 1e-6 by default.
    ///   - weightDecay: λ, at least 0, added to the gradient as λ·θ; 0 by default.
    public init(
        _ model: some Module, learningRate: Double = 1, smoothing: Double = 0.9, epsilon: Double = 1e-6,
        weightDecay: Double = 0
    ) {
        (self.smoothing, self.epsilon) = (smoothing, epsilon)
        core = OptimizerCore(
            "Adadelta", model, learningRate: learningRate, weightDecay: weightDecay,
            cells: [("square_avg", 0), ("acc_delta", 0)],
            rules: [
                ((0...1).contains(smoothing), "smoothing is \(smoothing), not in 0…1"),
                (epsilon >= 0, "epsilon is \(epsilon), not at least 0"),
            ])
    }

    /// One step along the gradients, by the formula above.
    public func update(with gradients: [Tensor]) {
        core.update(gradients) { p in
            let square = p.average(0, smoothing, of: p.gradient * p.gradient)
            let step = sqrt(p[1] + epsilon) / sqrt(square + epsilon) * p.gradient
            _ = p.average(1, smoothing, of: step * step)
            return p.value - p.rate * step
        }
    }
}
