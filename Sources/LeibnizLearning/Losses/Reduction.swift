import LeibnizCore

/// What becomes of the losses of single examples or elements.
public enum Reduction: Sendable, Hashable {
    /// Their mean, a scalar.
    case mean
    /// Their sum, a scalar.
    case sum
    /// Their sum divided by the extent of the first axis, a scalar.
    case batchMean
    /// They stay as they are.
    case none

    /// - Parameter batch: the extent of the first axis, where the losses no longer have it.
    func callAsFunction(_ losses: Tensor, batch: Int? = nil) -> Tensor {
        if losses.isInvalid { return losses }
        return switch self {
        case .mean: LeibnizCore.mean(losses)
        case .sum: LeibnizCore.sum(losses)
        case .batchMean:
            LeibnizCore.sum(losses) / Double(batch ?? (losses.rank == 0 ? 1 : losses.shape[0]))
        case .none: losses
        }
    }

    /// The mean with weights, Σ losses/Σ weights, in the place of the plain one.
    func callAsFunction(_ losses: Tensor, weights: Tensor) -> Tensor {
        self == .mean ? LeibnizCore.sum(losses) / LeibnizCore.sum(weights) : self(losses)
    }
}

/// Why two tensors that belong together element by element do not, as an invalid tensor.
func refusal(_ name: String, _ prediction: Tensor, _ target: Tensor) -> Tensor? {
    if let invalid = [prediction, target].first(where: \.isInvalid) { return invalid }
    let (p, t) = (prediction.shape, target.shape)
    if p == t { return nil }
    let isColumn = p.count == t.count && abs(p.rank - t.rank) == 1
    return .refused(
        name, [prediction, target], "prediction and target must have one shape",
        hint: isColumn ? "reshaped(to: \(p)) gives the target the prediction's shape" : nil)
}

/// Why integers do not name classes of logits, as an invalid tensor.
func refusal(of classes: Tensor, for logits: Tensor, in name: String) -> Tensor? {
    if let invalid = [logits, classes].first(where: \.isInvalid) { return invalid }
    guard logits.rank > 0, Array(logits.shape.extents.dropLast()) == classes.shape.extents else {
        return .refused(
            name, [logits, classes], "logits are [N, C] and classes [N]",
            hint: classes.shape == logits.shape
                ? "for distributions take crossEntropy(probabilities:targets:) or crossEntropy(logits:targets:)" : nil)
    }
    guard classes.elementType.isInteger else {
        return .refused(
            name, [logits, classes], "classes are \(classes.elementType), not integers", kind: .elementType,
            hint: "cast(to: .int64)")
    }
    return nil
}

/// Why there is not one weight per class, as an invalid tensor.
func refusal(of weights: Tensor?, for logits: Tensor, in name: String) -> Tensor? {
    guard let weights else { return nil }
    if weights.isInvalid { return weights }
    if weights.rank == 1, weights.count == logits.shape[-1] { return nil }
    return .refused(name, [logits, weights], "there is one weight for each class")
}
