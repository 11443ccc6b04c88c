import LeibnizCore

/// Connectionist temporal classification (Graves et al. 2006): −log of the probability that a sequence of classes, of which each may
/// be repeated and blanks may stand between, spells the target.
///
/// With l′ the target with blanks between, before and after, αₜ(s) is the probability of all prefixes that end at l′_s:
/// αₜ(s) = (αₜ₋₁(s) + αₜ₋₁(s − 1) + [l′_s ≠ l′_{s−2}]·αₜ₋₁(s − 2))·pₜ(l′_s), computed with logarithms. The steps are one loop of the
/// plan (`scan`): compiling takes the same time for any T.
///
/// - Parameters:
///   - logProbabilities: logarithms of probabilities, [T, N, C].
///   - targets: classes, [N, S]; those beyond a target's length do not count.
///   - inputLengths: how many of the T steps count, integers, [N].
///   - targetLengths: how many of the S classes count, integers, [N].
///   - blank: the class that stands for nothing; 0 by default.
///   - reduction: by default the mean over the batch of losses divided by the targets' lengths, as in PyTorch.
///   - zeroesInfinite: whether targets that do not fit their inputs have loss 0 instead of ∞; false by default.
public func ctcLoss(
    _ logProbabilities: Tensor, _ targets: Tensor, inputLengths: Tensor, targetLengths: Tensor, blank: Int = 0,
    reduction: Reduction = .mean, zeroesInfinite: Bool = false
) -> Tensor {
    let operands = [logProbabilities, targets, inputLengths, targetLengths]
    if let invalid = operands.first(where: \.isInvalid) { return invalid }
    let shape = logProbabilities.shape
    guard shape.rank == 3, targets.rank == 2, targets.shape[0] == shape[1], inputLengths.shape == [shape[1]],
        targetLengths.shape == [shape[1]], shape[0] > 0
    else {
        return .refused("ctcLoss", operands, "the operands are [T, N, C], [N, S], [N] and [N], with T at least 1")
    }
    guard (0..<shape[2]).contains(blank), operands[1...].allSatisfy(\.elementType.isInteger) else {
        return .refused(
            "ctcLoss", operands,
            "targets and lengths are integers, and the blank \(blank) is one of \(shape[2]) classes",
            kind: .value)
    }
    let (steps, batch, width) = (shape[0], shape[1], 2 * targets.shape[1] + 1)
    // Far below every logarithm of a probability that occurs, and yet finite: ∞ − ∞ must not arise in derivatives.
    let never = -1e30
    // l′ = blank, l₁, blank, l₂, … blank.
    let blanks = targets.filled(Double(blank))
    let labels = concatenate(
        [
            stack([blanks, targets], axis: 2).reshaped(to: [batch, width - 1]),
            .full([batch, 1], Double(blank), targets.elementType),
        ],
        axis: 1)
    let place = Tensor.iota([batch, width], axis: 1)
    let mayFollowDirectly: Tensor =
        width > 2
        ? concatenate(
            [
                .full([batch, 2], 0, .bool),
                labels.sliced(axis: 1, start: 2, count: width - 2)
                    != labels.sliced(axis: 1, start: 0, count: width - 2),
            ],
            axis: 1) : .full([batch, width], 0, .bool)
    // Labels beyond a target's length may be anything; they are not read.
    let isOwn = place <= (2 * targetLengths).expanded(at: 1)
    let emissions = logProbabilities.taking(
        along: 2, which(isOwn, labels, 0).expanded(at: 0).broadcast(to: [steps, batch, width]))
    func moved(_ alpha: Tensor, by count: Int) -> Tensor {
        guard count < width else { return alpha.filled(never) }
        return concatenate(
            [.full([batch, count], never, alpha.elementType), alpha.sliced(axis: 1, start: 0, count: width - count)],
            axis: 1)
    }
    var alpha = which(place < 2, emissions[0], Tensor(never, emissions.elementType))
    let counts = Tensor.arange(steps).expanded(at: 1) < inputLengths
    alpha = fold(alpha, over: [emissions[1...], counts[1...]]) { (alpha: Tensor, step: [Tensor]) -> Tensor in
        let direct = which(mayFollowDirectly, moved(alpha, by: 2), alpha.filled(never))
        let next = logSumExp(stack([alpha, moved(alpha, by: 1), direct], axis: 2), axes: [2]) + step[0]
        return which(step[1].expanded(at: 1), next, alpha)
    }
    let ends = place == (2 * targetLengths).expanded(at: 1)
    let isEnd = ends | (place == (2 * targetLengths - 1).expanded(at: 1))
    let total = logSumExp(which(isEnd, alpha, alpha.filled(never)), axes: [1])
    let isImpossible = total < never / 2
    let losses = which(isImpossible, total.filled(zeroesInfinite ? 0 : .infinity), -total)
    guard reduction == .mean else { return reduction(losses) }
    return mean(losses / maximum(targetLengths, 1).cast(to: losses.elementType))
}
