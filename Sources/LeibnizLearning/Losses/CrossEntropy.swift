import LeibnizCore

/// The mean cross entropy of classes under the softmax of logits, −(1/N) Σₙ log softmax(logitsₙ)[classₙ], as in PyTorch.
///
/// With weights w the mean is Σₙ w[classₙ]·ℓₙ / Σₙ w[classₙ]. With smoothing ε the class has the share 1 − ε and all classes share
/// ε among them (Szegedy et al. 2016): ℓ = −(1 − ε)·w_y·log p_y − (ε/C)·Σ_c w_c·log p_c.
///
/// - Parameters:
///   - logits: [N, C], any real numbers.
///   - classes: integers in 0 ..< C, [N]. Another is an `IndexError` of the evaluation, with its axis and position.
///   - weights: w, one number per class; 1 by default.
///   - ignored: a class, perhaps out of range, whose rows count for nothing; none by default.
///   - labelSmoothing: ε, 0…1; 0 by default.
///   - reduction: the mean by default.
/// - Returns: a scalar, or [N].
public func crossEntropy(
    _ logits: Tensor, _ classes: Tensor, weights: Tensor? = nil, ignoring ignored: Int? = nil,
    labelSmoothing: Double = 0,
    reduction: Reduction = .mean
) -> Tensor {
    if let refusal = refusal(of: classes, for: logits, in: "crossEntropy") { return refusal }
    if let refusal = refusal(of: weights, for: logits, in: "crossEntropy") { return refusal }
    guard (0...1).contains(labelSmoothing) else {
        return .refused("crossEntropy", [logits, classes], "\(labelSmoothing) is no share of 0…1", kind: .value)
    }
    let logarithms = logSoftmax(logits)
    return classLosses(
        logarithms, classes, weights: weights, ignoring: ignored, reduction: reduction,
        smoothing: labelSmoothing == 0 ? nil : labelSmoothing)
}

/// The negative log likelihood of classes, −(1/N) Σₙ w[classₙ]·ℓₙ[classₙ] for logarithms ℓ of probabilities, such as `logSoftmax` gives.
///
/// - Parameters:
///   - logProbabilities: ℓ, [N, C].
///   - classes: integers in 0 ..< C, [N].
///   - weights: w, one number per class, by whose sum the mean divides; 1 by default.
///   - ignored: a class, perhaps out of range, whose rows count for nothing; none by default.
///   - reduction: the mean by default.
public func negativeLogLikelihood(
    _ logProbabilities: Tensor, _ classes: Tensor, weights: Tensor? = nil, ignoring ignored: Int? = nil,
    reduction: Reduction = .mean
) -> Tensor {
    if let refusal = refusal(of: classes, for: logProbabilities, in: "negativeLogLikelihood") { return refusal }
    if let refusal = refusal(of: weights, for: logProbabilities, in: "negativeLogLikelihood") { return refusal }
    return classLosses(
        logProbabilities, classes, weights: weights, ignoring: ignored, reduction: reduction, smoothing: nil)
}

/// The losses of classes by logarithms of probabilities, weighted, smoothed and reduced.
private func classLosses(
    _ logarithms: Tensor, _ classes: Tensor, weights: Tensor?, ignoring ignored: Int?, reduction: Reduction,
    smoothing: Double?
) -> Tensor {
    let isIgnored = ignored.map { classes == Tensor($0) }
    let known = isIgnored.map { which($0, 0, classes) } ?? classes
    func share(of tensor: Tensor) -> Tensor { isIgnored.map { which($0, 0, tensor) } ?? tensor }
    var losses = -logarithms.taking(along: -1, known.expanded(at: -1)).squeezed([-1])
    let own = weights.map { $0.cast(to: logarithms.elementType).gathered(known) }
    if let own { losses = losses * own }
    if let smoothing {
        let all = weights.map { logarithms * $0.cast(to: logarithms.elementType) } ?? logarithms
        losses = (1 - smoothing) * losses - smoothing / Double(max(1, logarithms.shape[-1])) * sum(all, axes: [-1])
    }
    losses = share(of: losses)
    if own == nil && isIgnored == nil { return reduction(losses) }
    return reduction(losses, weights: share(of: own ?? losses.filled(1)))
}

/// The mean cross entropy of distributions under the softmax of logits, −(1/N) Σₙ Σ_c w_c·y_nc·log softmax(logitsₙ)_c.
///
/// - Parameters:
///   - logits: [N, C], any real numbers.
///   - targets: y, of the same shape; each row adds up to 1.
///   - weights: w, one number per class; 1 by default.
///   - labelSmoothing: ε, 0…1, the share that is spread over all classes, y ← (1 − ε)·y + ε/C; 0 by default.
///   - reduction: the mean over the rows by default.
public func crossEntropy(
    logits: Tensor, targets: Tensor, weights: Tensor? = nil, labelSmoothing: Double = 0, reduction: Reduction = .mean
) -> Tensor {
    if let refusal = refusal("crossEntropy", logits, targets) { return refusal }
    if let refusal = refusal(of: weights, for: logits, in: "crossEntropy") { return refusal }
    guard (0...1).contains(labelSmoothing), logits.rank > 0 else {
        return .refused("crossEntropy", [logits, targets], "\(labelSmoothing) is no share of 0…1", kind: .value)
    }
    let shares =
        labelSmoothing == 0
        ? targets : (1 - labelSmoothing) * targets + labelSmoothing / Double(max(1, logits.shape[-1]))
    var terms = shares * logSoftmax(logits)
    if let weights { terms = terms * weights.cast(to: terms.elementType) }
    return reduction(-sum(terms, axes: [-1]))
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

/// The Kullback–Leibler divergence of a distribution y from one that is given by logarithms, Σ y·(log y − ℓ).
///
/// Terms with y = 0 are 0.
/// - Parameters:
///   - logProbabilities: ℓ, any shape.
///   - targets: y, of the same shape; or log y.
///   - targetsAreLogarithms: false by default.
///   - reduction: the mean over all elements by default, as in PyTorch; `.batchMean` is the divergence itself, averaged over the
///     examples.
public func klDivergence(
    _ logProbabilities: Tensor, _ targets: Tensor, targetsAreLogarithms: Bool = false, reduction: Reduction = .mean
) -> Tensor {
    if let refusal = refusal("klDivergence", logProbabilities, targets) { return refusal }
    if targetsAreLogarithms { return reduction(exp(targets) * (targets - logProbabilities)) }
    let isZero = targets == 0
    return reduction(which(isZero, 0, targets * (log(which(isZero, 1, targets)) - logProbabilities)))
}
