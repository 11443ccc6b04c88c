import LeibnizCore

/// A training that left the finite numbers: at which step, and which operation did it.
///
/// ```
/// NonFiniteLoss: the loss is nan at step 17 (epoch 2, batch 3)
///   log of [64, 10] gave 3 of 640 numbers that are not finite, in or after Classifier.head
/// ```
/// The parameters are as they were before the step, unless the trainer's check is `.none`.
public struct NonFiniteLoss: Error, Sendable, Hashable {
    /// What is not finite: the loss, or else the gradients.
    public let loss: Double
    /// The number of the update, from 1.
    public let step: Int
    /// The number of the pass, from 1.
    public let epoch: Int
    /// The number of the batch in the pass, from 1.
    public let batch: Int
    /// Where it came from; nil where the step, computed again, was finite, as with other random numbers.
    public let origin: NonFiniteOrigin?
}

extension NonFiniteLoss: CustomStringConvertible {
    /// The step, then the operation.
    public var description: String {
        let what = loss.isFinite ? "the gradients are not finite" : "the loss is \(loss)"
        let cause =
            origin.map { "\($0)" }
            ?? "the step, computed again, is finite: it depends on random numbers or on the update before"
        return "NonFiniteLoss: \(what) at step \(step) (epoch \(epoch), batch \(batch))\n  \(cause)"
    }
}

extension Trainer {
    /// The error of a step, with the operation that is to blame.
    func nonFiniteLoss(
        _ outcome: TrainingStep<Model, Batch>.Outcome, on batch: Batch, at state: TrainingState
    ) throws -> NonFiniteLoss {
        NonFiniteLoss(
            loss: outcome.loss, step: state.step + 1, epoch: state.epoch, batch: state.batch + 1,
            origin: try nonFiniteOrigin(on: batch))
    }

    /// The first operation that gives NaN or an infinity when the loss of a batch and its gradients are computed, at the parameters as
    /// they are; nil if none does. Changes nothing.
    public func nonFiniteOrigin(on batch: Batch) throws -> NonFiniteOrigin? {
        try Variable.discardingWrites {
            let loss = loss(model, batch)
            if let origin = try LeibnizCore.nonFiniteOrigin(of: [loss]) { return origin }
            let slopes = try gradients(of: loss, withRespectTo: optimizer.parameters.map(\.variable))
            return try LeibnizCore.nonFiniteOrigin(of: slopes)
        }
    }
}
