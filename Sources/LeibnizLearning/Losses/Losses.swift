import LeibnizCore

/// The mean squared error, (1/N) Σ (y − ŷ)².
///
/// - Parameters:
///   - prediction, target: ŷ and y, of one shape; N is the number of their elements.
/// - Returns: a scalar. Invalid where the shapes differ: to broadcast here is nearly always a mistake.
public func meanSquaredError(_ prediction: Tensor, _ target: Tensor) -> Tensor {
    if let refusal = refusal("meanSquaredError", prediction, target) { return refusal }
    let difference = prediction - target
    return mean(difference * difference)
}

/// The mean cross entropy of classes under the softmax of logits, −(1/N) Σₙ log softmax(logitsₙ)[classₙ], as in PyTorch.
///
/// - Parameters:
///   - logits: [N, C], any real numbers.
///   - classes: integers in 0 ..< C, [N]. Another is an `IndexError` of the evaluation, with its axis and position.
/// - Returns: a scalar.
public func crossEntropy(_ logits: Tensor, _ classes: Tensor) -> Tensor {
    if let refusal = refusal(of: classes, for: logits, in: "crossEntropy") { return refusal }
    return -mean(logSoftmax(logits).taking(along: -1, classes.expanded(at: -1)))
}

/// The cross entropy of a distribution ŷ under another, −Σ y log ŷ, summed over all elements.
///
/// Terms with y = 0 are 0, also where ŷ = 0, and so is their derivative; a term with y > 0 and ŷ = 0 is ∞.
/// - Parameters:
///   - probabilities: ŷ, each in 0…1.
///   - targets: y, of the same shape.
/// - Returns: a scalar.
public func crossEntropy(probabilities: Tensor, targets: Tensor) -> Tensor {
    if let refusal = refusal("crossEntropy", probabilities, targets) { return refusal }
    let isZero = targets == 0
    return -sum(which(isZero, 0, targets * log(which(isZero, 1, probabilities))))
}

/// The hinge loss, the mean of max(0, 1 − y·ŷ).
///
/// Its derivative with respect to ŷ is −y/N where y·ŷ < 1 and 0 where y·ŷ > 1. At the kink y·ŷ = 1, where every number between
/// is a subgradient, 0 is taken.
/// - Parameters:
///   - prediction: ŷ, any real numbers.
///   - target: y ∈ {−1, 1}, of the same shape.
/// - Returns: a scalar.
public func hingeLoss(_ prediction: Tensor, _ target: Tensor) -> Tensor {
    if let refusal = refusal("hingeLoss", prediction, target) { return refusal }
    return mean(relu(1 - target * prediction))
}

/// Why two tensors that belong together element by element do not, as an invalid tensor.
private func refusal(_ name: String, _ prediction: Tensor, _ target: Tensor) -> Tensor? {
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
                ? "for distributions take crossEntropy(probabilities:targets:)" : nil)
    }
    guard classes.elementType.isInteger else {
        return .refused(
            name, [logits, classes], "classes are \(classes.elementType), not integers", kind: .elementType,
            hint: "cast(to: .int64)")
    }
    return nil
}
