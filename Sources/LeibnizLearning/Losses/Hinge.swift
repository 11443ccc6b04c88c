import LeibnizCore

/// The hinge loss, the mean of max(0, 1 − y·ŷ).
///
/// Its derivative with respect to ŷ is −y/N where y·ŷ < 1 and 0 where y·ŷ > 1. At the kink y·ŷ = 1, where every number between
/// is a subgradient, 0 is taken.
/// - Parameters:
///   - prediction: ŷ, any real numbers.
///   - target: y ∈ {−1, 1}, of the same shape.
///   - reduction: the mean by default.
/// - Returns: a scalar.
public func hingeLoss(_ prediction: Tensor, _ target: Tensor, reduction: Reduction = .mean) -> Tensor {
    if let refusal = refusal("hingeLoss", prediction, target) { return refusal }
    return reduction(relu(1 - target * prediction))
}

/// The hinge loss of several classes, (1/C) Σ_{c≠y} w_y·max(0, m − x_y + x_c)^p (Crammer & Singer 2001, summed), PyTorch's
/// `multi_margin_loss`.
///
/// - Parameters:
///   - scores: x, [N, C].
///   - classes: y, integers in 0 ..< C, [N].
///   - margin: m, 1 by default.
///   - exponent: p, 1 or 2; 1 by default.
///   - weights: w, one number per class; 1 by default.
///   - reduction: the mean over the rows by default.
public func multiClassHingeLoss(
    _ scores: Tensor, _ classes: Tensor, margin: Double = 1, exponent: Int = 1, weights: Tensor? = nil,
    reduction: Reduction = .mean
) -> Tensor {
    if let refusal = refusal(of: classes, for: scores, in: "multiClassHingeLoss") { return refusal }
    if let refusal = refusal(of: weights, for: scores, in: "multiClassHingeLoss") { return refusal }
    guard exponent == 1 || exponent == 2 else {
        return .refused(
            "multiClassHingeLoss", [scores, classes], "the exponent is \(exponent), not 1 or 2", kind: .value)
    }
    let own = scores.taking(along: -1, classes.expanded(at: -1))
    let excess = relu(margin - own + scores)
    let powers = exponent == 1 ? excess : excess * excess
    let others = which(classes.oneHot(scores.shape[-1], .bool), 0, powers)
    let losses = mean(others, axes: [-1])
    return reduction(weights.map { losses * $0.cast(to: losses.elementType).gathered(classes) } ?? losses)
}
