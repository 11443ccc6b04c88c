import LeibnizCore

/// The triplet loss, max(0, d(a, p) − d(a, n) + m): an anchor should be nearer to what is like it than to what is not, by a margin
/// (Balntas et al. 2016). The distance is d(x, y) = ‖x − y + ε‖ over the last axis.
///
/// - Parameters:
///   - anchor, positive, negative: a, p and n, […, D], of one shape.
///   - margin: m, 1 by default.
///   - norm: of the distance; 2 by default.
///   - epsilon: ε, 1e-6 by default, which keeps the derivative finite where two are equal.
///   - swaps: whether d(p, n) counts in the place of d(a, n) where it is less; false by default.
///   - reduction: the mean by default.
public func tripletMarginLoss(
    anchor: Tensor, positive: Tensor, negative: Tensor, margin: Double = 1, norm: Double = 2, epsilon: Double = 1e-6,
    swaps: Bool = false, reduction: Reduction = .mean
) -> Tensor {
    if let refusal = refusal("tripletMarginLoss", anchor, positive) ?? refusal("tripletMarginLoss", anchor, negative) {
        return refusal
    }
    func distance(_ x: Tensor, _ y: Tensor) -> Tensor { LeibnizCore.norm(x - y + epsilon, norm, axes: [-1]) }
    var far = distance(anchor, negative)
    if swaps { far = minimum(far, distance(positive, negative)) }
    return reduction(relu(distance(anchor, positive) - far + margin))
}

/// The contrastive loss (Hadsell, Chopra & LeCun 2006): ½d² for a pair that is alike, ½·max(0, m − d)² for another, with the
/// distance d = ‖a − b‖ over the last axis.
///
/// - Parameters:
///   - a, b: […, D], of one shape.
///   - alike: 1 for pairs that are alike, else 0, […].
///   - margin: m, 1 by default.
///   - reduction: the mean by default.
public func contrastiveLoss(
    _ a: Tensor, _ b: Tensor, alike: Tensor, margin: Double = 1, reduction: Reduction = .mean
) -> Tensor {
    if let refusal = refusal("contrastiveLoss", a, b) { return refusal }
    let distance = norm(a - b, axes: [-1])
    if let refusal = refusal("contrastiveLoss", distance, alike) { return refusal }
    let (near, far) = (sum((a - b) * (a - b), axes: [-1]), relu(margin - distance))
    let share = alike.cast(to: distance.elementType)
    return reduction(0.5 * (share * near + (1 - share) * far * far))
}

/// The cosine of the angle between vectors along the last axis, a·b/√((‖a‖² + ε)(‖b‖² + ε)) with ε = 10⁻¹².
///
/// - Parameters:
///   - a, b: […, D], of shapes that broadcast.
/// - Returns: […].
public func cosineSimilarity(_ a: Tensor, _ b: Tensor) -> Tensor {
    if let invalid = [a, b].first(where: \.isInvalid) { return invalid }
    let squares = (sum(a * a, axes: [-1]) + 1e-12) * (sum(b * b, axes: [-1]) + 1e-12)
    return sum(a * b, axes: [-1]) * rsqrt(squares)
}

/// The cosine embedding loss: 1 − cos(a, b) for a pair that is alike, y = 1, and max(0, cos(a, b) − m) for another, y = −1.
///
/// - Parameters:
///   - a, b: […, D], of one shape.
///   - target: y ∈ {−1, 1}, […].
///   - margin: m, −1…1; 0 by default.
///   - reduction: the mean by default.
public func cosineEmbeddingLoss(
    _ a: Tensor, _ b: Tensor, _ target: Tensor, margin: Double = 0, reduction: Reduction = .mean
) -> Tensor {
    if let refusal = refusal("cosineEmbeddingLoss", a, b) { return refusal }
    let cosine = cosineSimilarity(a, b)
    if let refusal = refusal("cosineEmbeddingLoss", cosine, target) { return refusal }
    return reduction(which(target > 0, 1 - cosine, relu(cosine - margin)))
}

/// The margin ranking loss, max(0, −y·(a − b) + m): the first should be greater where y = 1, the second where y = −1.
///
/// - Parameters:
///   - a, b: scores, of one shape.
///   - target: y ∈ {−1, 1}, of the same shape.
///   - margin: m, 0 by default.
///   - reduction: the mean by default.
public func marginRankingLoss(
    _ a: Tensor, _ b: Tensor, _ target: Tensor, margin: Double = 0, reduction: Reduction = .mean
) -> Tensor {
    if let refusal = refusal("marginRankingLoss", a, b) ?? refusal("marginRankingLoss", a, target) { return refusal }
    return reduction(relu(margin - target * (a - b)))
}
