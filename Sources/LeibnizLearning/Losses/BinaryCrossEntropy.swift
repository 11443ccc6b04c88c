import LeibnizCore

/// The binary cross entropy, −(y·log p + (1 − y)·log(1 − p)), with logarithms of at least −100 as in PyTorch.
///
/// - Parameters:
///   - probabilities: p, each in 0…1.
///   - targets: y, each in 0…1, of the same shape.
///   - weights: factors of the losses that broadcast; 1 by default.
///   - reduction: the mean by default.
public func binaryCrossEntropy(
    probabilities: Tensor, targets: Tensor, weights: Tensor? = nil, reduction: Reduction = .mean
) -> Tensor {
    if let refusal = refusal("binaryCrossEntropy", probabilities, targets) { return refusal }
    /// log p, or −100 where that is greater; the branch that is not taken must not be infinite.
    func logarithm(_ p: Tensor) -> Tensor {
        let isTiny = p <= 3.72e-44
        return which(isTiny, -100, log(which(isTiny, 1, p)))
    }
    let losses = -(targets * logarithm(probabilities) + (1 - targets) * logarithm(1 - probabilities))
    return reduction(weights.map { losses * $0 } ?? losses)
}

/// The binary cross entropy of logits, −(w₊·y·log σ(x) + (1 − y)·log(1 − σ(x))), exact also for large |x|.
///
/// - Parameters:
///   - logits: x, any real numbers.
///   - targets: y, each in 0…1, of the same shape.
///   - weights: factors of the losses that broadcast; 1 by default.
///   - positiveWeights: w₊, factors of the positive part that broadcast, for classes that are rare; 1 by default.
///   - reduction: the mean by default.
public func binaryCrossEntropy(
    logits: Tensor, targets: Tensor, weights: Tensor? = nil, positiveWeights: Tensor? = nil,
    reduction: Reduction = .mean
) -> Tensor {
    if let refusal = refusal("binaryCrossEntropy", logits, targets) { return refusal }
    // log σ(x) = −softplus(−x), and 1 − σ(x) = σ(−x).
    var positive = targets * softplus(-logits)
    if let positiveWeights { positive = positive * positiveWeights }
    let losses = positive + (1 - targets) * softplus(logits)
    return reduction(weights.map { losses * $0 } ?? losses)
}

/// The focal loss (Lin et al. 2017): the binary cross entropy of logits with less weight for what is known well,
/// −α_t·(1 − p_t)^γ·log p_t, where p_t is the probability of the truth and α_t is α for y = 1, else 1 − α.
///
/// - Parameters:
///   - logits: x, any real numbers.
///   - targets: y ∈ {0, 1}, of the same shape.
///   - alpha: α, 0…1; 0.25 by default; `nil` for no balance.
///   - gamma: γ, not negative; 2 by default.
///   - reduction: the mean by default.
public func focalLoss(
    _ logits: Tensor, _ targets: Tensor, alpha: Double? = 0.25, gamma: Double = 2, reduction: Reduction = .mean
) -> Tensor {
    if let refusal = refusal("focalLoss", logits, targets) { return refusal }
    let p = sigmoid(logits)
    let missed = p * (1 - targets) + (1 - p) * targets
    let losses = pow(missed, gamma) * binaryCrossEntropy(logits: logits, targets: targets, reduction: .none)
    return reduction(alpha.map { losses * ($0 * targets + (1 - $0) * (1 - targets)) } ?? losses)
}
