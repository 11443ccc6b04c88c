import LeibnizCore

/// The share of rows whose greatest logit is that of the class, in 0…1; of equal logits the first counts.
///
/// - Parameters:
///   - logits: [N, C].
///   - classes: integers, [N].
/// - Returns: a float32 scalar; NaN where there are no rows.
public func accuracy(_ logits: Tensor, _ classes: Tensor) -> Tensor {
    if let refusal = refusal(of: classes, for: logits, in: "accuracy") { return refusal }
    return mean((argMax(logits, axis: -1) == classes).cast(to: .float32))
}

/// How often each class (row) was taken for each class (column), [C, C] of int64.
///
/// - Parameters:
///   - predicted, actual: integers in 0 ..< C, [N]. Another is an `IndexError` of the evaluation.
///   - classCount: C.
public func confusionMatrix(_ predicted: Tensor, _ actual: Tensor, classCount: Int) -> Tensor {
    if let invalid = [predicted, actual].first(where: \.isInvalid) { return invalid }
    guard predicted.rank == 1, predicted.shape == actual.shape, classCount > 0 else {
        return .refused("confusionMatrix", [predicted, actual], "both are [N], and there is at least one class")
    }
    // A row of the unit matrix has a one at its class; to take it checks the class.
    let unit = Tensor.eye(classCount, nil, .int64)
    return matmul(unit.gathered(actual).transposed(), unit.gathered(predicted))
}
