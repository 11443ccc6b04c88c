import LeibnizCore

/// Momentum whose steps are made orthogonal, for matrices (Jordan et al. 2024): all directions in which a matrix can change are taken
/// with about equal force.
///
/// b ← μb + (1 − μ)g, u = (1 − μ)g + μb after Nesterov, o = u with all singular values near 1, by five steps of
/// X ← aX + (bA + cA²)X, A = XXᵀ, from X = u/‖u‖; θ ← (1 − αλ)θ − α·s·o with s = √max(1, rows/columns).
///
/// A weight with more than two axes counts as [outputs, all else]. Parameters of fewer axes, such as biases, take a step of `AdamW` with
/// the same α and λ and its defaults.
public final class Muon: Optimizer {
    /// By what a step is scaled so that one α fits matrices of all shapes.
    public enum Scaling: Sendable {
        /// √max(1, rows/columns).
        case shape
        /// 0.2·√max(rows, columns), which gives steps as long as AdamW's (Liu et al. 2025).
        case likeAdamW
    }

    /// Parameters, step size, state and plans.
    public let core: OptimizerCore
    private let momentum: Double
    private let isNesterov: Bool
    private let iterations: Int
    private let scaling: Scaling
    private let rule = AdaptiveMoments(betas: (0.9, 0.999), epsilon: 1e-8)

    /// An optimizer of a model's parameters. Settings out of range are a `ValueError` of the first step.
    ///
    /// - Parameters:
    ///   - learningRate: α, at least 0; 0.001 by default.
    ///   - weightDecay: λ, at least 0; 0.1 by default.
    ///   - momentum: μ, 0 ..< 1; 0.95 by default.
    ///   - nesterov: whether the step looks ahead; true by default.
    ///   - iterations: of the orthogonalisation, at least 1; 5 by default.
    ///   - scaling: by the matrix' shape by default.
    public init(
        _ model: some Module, learningRate: Double = 0.001, weightDecay: Double = 0.1, momentum: Double = 0.95,
        nesterov: Bool = true, iterations: Int = 5, scaling: Scaling = .shape
    ) {
        (self.momentum, isNesterov, self.iterations, self.scaling) = (momentum, nesterov, iterations, scaling)
        core = OptimizerCore(
            "Muon", model, learningRate: learningRate, weightDecay: weightDecay, decay: .parameter, countsSteps: true,
            cells: [("momentum_buffer", 0), ("exp_avg_sq", 0)],
            rules: [
                ((0..<1).contains(momentum), "momentum is \(momentum), not in 0 ..< 1"),
                (iterations > 0, "iterations is \(iterations), not at least 1"),
            ])
    }

    /// One step along the gradients, by the formula above.
    public func update(with gradients: [Tensor]) {
        core.update(gradients, rule.corrections) { p, corrections in
            if p.gradient.isInvalid || p.value.rank < 2 { return rule.updated(&p, corrections) }
            let buffer = p.average(0, momentum, of: p.gradient)
            let direction = isNesterov ? (1 - momentum) * p.gradient + momentum * buffer : buffer
            let (rows, columns) = (p.value.shape[0], p.value.count / max(1, p.value.shape[0]))
            let scale =
                switch scaling {
                case .shape: max(1, Double(rows) / Double(max(1, columns))).squareRoot()
                case .likeAdamW: 0.2 * Double(max(rows, columns)).squareRoot()
                }
            let step = orthogonalized(direction.reshaped(to: [rows, columns])).reshaped(to: p.value.shape)
            return p.value - p.number(p.doubleRate * scale) * step
        }
    }

    /// The matrix with singular values near 1, by Newton–Schulz steps of degree 5.
    private func orthogonalized(_ matrix: Tensor) -> Tensor {
        let isTall = matrix.shape[0] > matrix.shape[1]
        var x = isTall ? matrix.transposed() : matrix
        x = x / maximum(norm(x), 1e-7)
        for _ in 0..<iterations {
            let a = matmul(x, x.transposed())
            x = 3.4445 * x + matmul(-4.7750 * a + 2.0315 * matmul(a, a), x)
        }
        return isTall ? x.transposed() : x
    }
}
