import LeibnizCore

/// An optimizer whose gradients are changed before each step: clipped, centred, made noisy.
public final class TransformingOptimizer<Base: Optimizer>: Optimizer {
    /// Parameters, step size, state and plans.
    public let core: OptimizerCore
    private let base: Base
    private let transform: @Sendable ([Tensor]) -> [Tensor]

    init(_ base: Base, _ transform: @escaping @Sendable ([Tensor]) -> [Tensor]) {
        (self.base, self.transform) = (base, transform)
        core = OptimizerCore(around: base.core)
    }

    /// The other optimizer's step along what becomes of the gradients.
    public func update(with gradients: [Tensor]) { base.update(with: transform(gradients)) }
}

extension Optimizer {
    /// This optimizer behind a change of all gradients at once; parameters, rate and state are shared.
    ///
    /// - Parameter transform: as many gradients of the same shapes.
    public func transformingGradients(
        _ transform: @escaping @Sendable ([Tensor]) -> [Tensor]
    ) -> TransformingOptimizer<Self> { TransformingOptimizer(self, transform) }

    /// This optimizer along gradients that are together at most as long as `limit`: see `Gradients.clipped(norm:)`.
    ///
    /// ```swift
    /// let optimizer = AdamW(model).clippingGradients(norm: 1)
    /// ```
    public func clippingGradients(norm limit: Double) -> TransformingOptimizer<Self> {
        transformingGradients { GradientClipping.clipped($0, norm: limit) }
    }

    /// This optimizer along gradients whose elements are kept within ±`limit`.
    public func clippingGradients(value limit: Double) -> TransformingOptimizer<Self> {
        transformingGradients { $0.map { clamp($0, -limit, limit) } }
    }

    /// This optimizer with one step for every `count` gradients, along their mean: batches that are `count` times as large, in the
    /// memory of one.
    public func accumulating(_ count: Int) -> AccumulatingOptimizer<Self> { AccumulatingOptimizer(self, count) }
}

/// How gradients are made shorter.
enum GradientClipping {
    /// √Σ g² over all gradients, in double precision where one of them has it.
    static func norm(of gradients: [Tensor]) -> Tensor {
        let type: ElementType = gradients.contains { $0.elementType == .float64 } ? .float64 : .float32
        return sqrt(gradients.reduce(Tensor(0, type)) { $0 + sum($1 * $1).cast(to: type) })
    }

    /// g·min(1, limit/(‖g‖ + 10⁻⁶)).
    static func clipped(_ gradients: [Tensor], norm limit: Double) -> [Tensor] {
        let scale = minimum(1, limit / (norm(of: gradients) + 1e-6))
        return gradients.map { $0 * scale.cast(to: $0.elementType) }
    }
}

/// An optimizer that adds gradients up and makes a step for every few of them.
///
/// The steps in between leave the parameters as they are; which step it is, is a cell, so that all are one plan.
public final class AccumulatingOptimizer<Base: Optimizer>: Optimizer {
    /// Parameters, step size, state and plans.
    public let core: OptimizerCore
    private let base: Base
    private let count: Int

    init(_ base: Base, _ count: Int) {
        (self.base, self.count) = (base, max(1, count))
        core = OptimizerCore(around: base.core, scalars: [("accumulated", 0)], cells: [("accumulated_grad", 0)])
    }

    /// Adds the gradients; the other optimizer's step along their mean if they are enough.
    public func update(with gradients: [Tensor]) {
        guard let gathered = core.scalar("accumulated") else { return }
        let number = gathered.value + 1
        let isDue = number > Double(count) - 0.5
        let sums = zip(core.cells("accumulated_grad"), gradients).map { $0.value + $1 }
        Variable.writing(where: isDue) { base.update(with: sums.map { $0 * (1 / Double(count)) }) }
        for (cell, sum) in zip(core.cells("accumulated_grad"), sums) { cell.value = which(isDue, sum.filled(0), sum) }
        gathered.value = which(isDue, number.filled(0), number)
    }
}
