import Foundation
import LeibnizCore

/// What the curvature of a loss and the noise of its gradient say about the step size.
///
/// Along a direction of curvature λ, a step of gradient descent multiplies the distance from the least loss by 1 − α·λ: it shrinks for
/// α < 2/λ_max in all directions, and grows beyond. Along the gradient g the best step is 1/κ with κ = gᵀHg/gᵀg. If examples disagree, a
/// gradient of B of them is g plus noise, and the best step is smaller by the factor 1 + ℬ/B with ℬ = tr Σ/|g|², the number of examples
/// whose mean is as long as its noise (McCandlish et al. 2018).
public struct CurvatureAdvice: Sendable, Hashable {
    /// What to do.
    public enum Proposal: Sendable, Hashable {
        /// Nothing.
        case keep
        /// Another step size.
        case rate(Double)
        /// Another optimizer, by name, with a step size to begin with.
        case optimizer(String, rate: Double)
    }

    /// α now.
    public let rate: Double
    /// The momentum β of the optimizer; 0 without.
    public let momentum: Double
    /// Whether the optimizer scales each parameter's step by itself, as Adam does: 2/λ_max is then no limit of α.
    public let isAdaptive: Bool
    /// The length of the gradient.
    public let gradientNorm: Double
    /// κ, the curvature along the gradient; negative where the slope grows downhill.
    public let gradientCurvature: Double
    /// λ_max, the greatest eigenvalue of the Hessian.
    public let greatestEigenvalue: Double
    /// Whether power iteration had settled to a thousandth.
    public let isConverged: Bool
    /// B, the examples of the batch.
    public let batchSize: Int
    /// ℬ, the noise scale in examples; nil where the batch cannot be cut into four parts.
    public let noiseScale: Double?

    /// The greatest stable step size, 2·(1 + β)/λ_max; infinite where no curvature is positive.
    public var stabilityLimit: Double { greatestEigenvalue > 0 ? 2 * (1 + momentum) / greatestEigenvalue : .infinity }

    /// The step size that lowers the loss most along the gradient, the noise considered, and no more than half the stable one; with
    /// momentum, whose steps add up to 1/(1 − β) of one, smaller by that.
    public var bestRate: Double {
        let noise = 1 + max(0, noiseScale ?? 0) / Double(max(1, batchSize))
        let along = gradientCurvature > 0 ? (1 - momentum) / (gradientCurvature * noise) : .infinity
        return min(along, stabilityLimit / 2)
    }

    /// What to do.
    public var proposal: Proposal { judgement.proposal }
    /// Why.
    public var reason: String { judgement.reason }

    private var judgement: (proposal: Proposal, reason: String) {
        func short(_ number: Double) -> String { String(format: "%.3g", number) }
        let (limit, best) = (stabilityLimit, bestRate)
        if gradientNorm == 0 { return (.keep, "the gradient is 0: there is nowhere to go") }
        if isAdaptive {
            return (
                .keep,
                "the optimizer scales each parameter's step by itself, so that 2/λ_max = \(short(2 / greatestEigenvalue)) is no limit of its "
                    + "step size"
            )
        }
        if !best.isFinite { return (.keep, "no curvature is positive here: the loss tells no step size") }
        if rate > limit {
            return (
                .rate(best),
                "the step size \(short(rate)) is above \(short(limit)), the limit that λ_max = \(short(greatestEigenvalue)) sets: along the "
                    + "steepest direction each step overshoots by more than the one before"
            )
        }
        if let noiseScale, noiseScale > 10 * Double(batchSize), rate > best {
            return (
                .rate(best),
                "it takes \(short(noiseScale)) examples for the gradient to be as long as its noise, and a batch has \(batchSize): smaller "
                    + "steps average more of them"
            )
        }
        if gradientCurvature > 0, greatestEigenvalue > 20 * gradientCurvature, momentum == 0 {
            return (
                .optimizer("SGD with momentum 0.9, or Adam", rate: min(limit / 2, best)),
                "the steepest direction bends \(short(greatestEigenvalue / gradientCurvature)) times as much as the one of the gradient: the "
                    + "step that the first allows is short for the second, and momentum adds such steps up"
            )
        }
        if rate < 0.1 * best {
            return (
                .rate(best), "the step size \(short(rate)) is far below \(short(best)), which curvature and noise allow"
            )
        }
        return (
            .keep,
            "the step size \(short(rate)) is below the limit \(short(limit)) and near the best along the gradient, \(short(best))"
        )
    }
}

extension CurvatureAdvice: CustomStringConvertible {
    /// One line of what to do, one of why.
    public var description: String {
        let what =
            switch proposal {
            case .keep: "keep the step size"
            case .rate(let rate): String(format: "take the step size %.3g", rate)
            case .optimizer(let name, let rate): "take \(name), step size " + String(format: "%.3g", rate)
            }
        return "\(what)\n  \(reason)"
    }
}

extension Trainer {
    /// The curvature of the loss of a batch at the parameters as they are, and what follows for the step size. Changes nothing.
    ///
    /// λ_max comes from power iteration with Hessian-vector products. Everything is computed in training mode, with the same random
    /// numbers throughout.
    ///
    /// - Parameter iterations: of the power iteration at most, 20 by default; each costs about two gradients.
    public func curvatureAdvice(on batch: Batch, iterations: Int = 20) throws -> CurvatureAdvice {
        let probe = CurvatureProbe(model, loss, batch)
        let gradient = try probe.gradient(of: batch)
        let squared = try probe.product(gradient, gradient)
        let curved = squared > 0 ? try probe.product(gradient, probe.hessianProduct(along: gradient)) / squared : 0
        let (eigenvalue, isConverged) = try probe.greatestEigenvalue(iterations: iterations)
        let count = exampleCount(batch)
        let sgd = optimizer as? SGD
        return CurvatureAdvice(
            rate: try optimizer.learningRate.item(), momentum: sgd?.momentum ?? 0, isAdaptive: sgd == nil,
            gradientNorm: squared.squareRoot(), gradientCurvature: curved, greatestEigenvalue: eigenvalue,
            isConverged: isConverged, batchSize: count, noiseScale: try probe.noiseScale(count))
    }
}

/// Looks at a loss around a model's parameters.
private struct CurvatureProbe<Model: Module, Batch: TensorGroup> {
    private let model: Model
    private let loss: Trainer<Model, Batch>.Loss
    private let batch: Batch
    private let values: [String: Tensor]

    init(_ model: Model, _ loss: @escaping Trainer<Model, Batch>.Loss, _ batch: Batch) {
        (self.model, self.loss, self.batch, values) = (model, loss, batch, model.parameterValues)
    }

    private func loss(of batch: Batch) -> ([String: Tensor]) -> Tensor {
        { values in model.withParameters(values) { loss(model, batch) } }
    }

    func gradient(of batch: Batch) throws -> [String: Tensor] {
        try evaluated(Variable.discardingWrites { LeibnizCore.gradient(of: loss(of: batch))(values) })
    }

    func hessianProduct(along v: [String: Tensor]) throws -> [String: Tensor] {
        try evaluated(Variable.discardingWrites { hessianVectorProduct(of: loss(of: batch), at: values, along: v) })
    }

    private func evaluated(_ group: @autoclosure () throws -> [String: Tensor]) throws -> [String: Tensor] {
        let group = try group()
        try evaluate(Array(group.values))
        return group
    }

    /// Σ a·b in double precision.
    func product(_ a: [String: Tensor], _ b: [String: Tensor]) throws -> Double {
        try a.keys.sorted().reduce(Tensor(0, .float64)) { total, name in
            guard let left = a[name], let right = b[name] else { return total }
            return total + sum(left.cast(to: .float64) * right.cast(to: .float64))
        }.item()
    }

    private func combination(_ a: [String: Tensor], _ s: Double, _ b: [String: Tensor], _ t: Double) -> [String: Tensor]
    {
        a.merging(b) { left, right in
            (s * left.cast(to: .float64) + t * right.cast(to: .float64)).cast(to: left.elementType)
        }
    }

    /// The greatest eigenvalue of the Hessian: the one of greatest magnitude, or, if that is negative, that of H − λ·I moved back.
    func greatestEigenvalue(iterations: Int) throws -> (value: Double, isConverged: Bool) {
        let first = try dominant(shift: 0, iterations)
        if first.value >= 0 { return first }
        let second = try dominant(shift: first.value, iterations)
        return (second.value + first.value, first.isConverged && second.isConverged)
    }

    /// The eigenvalue of greatest magnitude of H − shift·I.
    private func dominant(shift: Double, _ iterations: Int) throws -> (value: Double, isConverged: Bool) {
        var v: [String: Tensor] = [:]
        for (number, (name, value)) in values.sorted(by: { $0.key < $1.key }).enumerated() {
            v[name] = Tensor.normal(value.shape, at: RandomPosition(seed: 0, stream: number)).cast(
                to: value.elementType)
        }
        var eigenvalue = 0.0
        for _ in 0..<max(1, iterations) {
            let norm = try product(v, v).squareRoot()
            guard norm > 0 else { return (0, true) }
            v = v.mapValues { (1 / norm) * $0 }
            let image = combination(try hessianProduct(along: v), 1, v, -shift)
            let next = try product(v, image)
            if abs(next - eigenvalue) <= 1e-3 * abs(next) { return (next, true) }
            (eigenvalue, v) = (next, image)
        }
        return (eigenvalue, false)
    }

    /// tr Σ/|g|² from the gradients of four parts of the batch; nil where not all tensors have the examples along their first axis.
    func noiseScale(_ count: Int) throws -> Double? {
        let parts = 4, size = count / parts
        let tensors = batch.tensors
        guard size > 0, tensors.allSatisfy({ $0.rank > 0 && $0.shape[0] == count }) else { return nil }
        let slopes = try (0..<parts).map { part in
            var rest = tensors.map { $0.sliced(axis: 0, start: part * size, count: size) }[...]
            return try gradient(of: batch.replacing(with: &rest))
        }
        // Of k independent estimates, each of n examples: E|gᵢ|² = |g|² + tr Σ/n, and products of different ones are |g|² on average.
        var (own, crossed) = (0.0, 0.0)
        for (place, slope) in slopes.enumerated() {
            own += try product(slope, slope) / Double(parts)
            for other in slopes[..<place] { crossed += try product(slope, other) / Double(parts * (parts - 1) / 2) }
        }
        guard crossed > 0 else { return .infinity }
        return max(0, own - crossed) * Double(size) / crossed
    }
}

/// Looks at the curvature of the loss at the end of passes, and tells what follows.
public final class CurvatureWatch: TrainingCallback {
    /// What was found, with the number of the last update.
    public private(set) var advices: [(step: Int, advice: CurvatureAdvice)] = []
    private let interval: Int
    private let tell: (CurvatureAdvice) -> Void

    /// - Parameters:
    ///   - interval: after every how many passes; 1 by default.
    ///   - tell: called with each advice; by default it is written to the standard error stream.
    public init(
        everyEpochs interval: Int = 1,
        _ tell: @escaping (CurvatureAdvice) -> Void = {
            try? FileHandle.standardError.write(contentsOf: Data("\($0)\n".utf8))
        }
    ) {
        (self.interval, self.tell) = (max(1, interval), tell)
    }

    /// Looks at the last batch of the pass.
    public func didFinishEpoch(_ state: TrainingState) throws -> TrainingDecision {
        guard state.epoch % interval == 0 else { return .goOn }
        let advice = try state.curvatureAdvice()
        advices.append((state.step, advice))
        tell(advice)
        return .goOn
    }
}
