/// Divides the numbers 0 ..< count by chance into parts in given proportions; together they are all, none twice.
///
/// - Parameters:
///   - proportions: such as `[0.8, 0.1, 0.1]`; at least 0, not all 0, of any sum.
///   - classes: one per sample, if every part shall have them in their proportion; none by default.
///   - seed: the same seed gives the same parts.
/// - Returns: one list for each proportion, in increasing order.
public func randomSplit(
    _ count: Int, _ proportions: [Double], classes: [Int]? = nil, seed: Int
) throws(DataError) -> [[Int]] {
    let total = proportions.reduce(0, +)
    guard proportions.allSatisfy({ $0 >= 0 }), total > 0, total.isFinite else {
        throw DataError(
            .argument, "these are no proportions", in: "proportions", found: "\(proportions)",
            expected: "finite numbers of at least 0, not all 0")
    }
    let order = try splitOrder(count, classes, seed)
    var parts: [[Int]] = []
    var (sum, start) = (0.0, 0)
    for (place, proportion) in proportions.enumerated() {
        sum += proportion
        let isLast = place == proportions.count - 1
        let end = isLast ? order.count : max(start, Int((Double(order.count) * sum / total).rounded()))
        parts.append(order[start..<min(end, order.count)].sorted())
        start = min(end, order.count)
    }
    return parts
}

/// Divides the numbers 0 ..< count by chance into `folds` parts of nearly equal size; each serves once to validate what was learned
/// from the others.
///
/// - Parameter classes: one per sample, if every part shall have them in their proportion; none by default.
public func kFold(
    _ count: Int, folds: Int, classes: [Int]? = nil, seed: Int
) throws(DataError) -> [(training: [Int], validation: [Int])] {
    guard folds >= 2, folds <= count else {
        throw DataError(
            .argument, "the samples cannot be divided so", in: "folds", found: "\(folds) folds of \(count) samples",
            expected: "2 to \(count)")
    }
    let order = try splitOrder(count, classes, seed)
    let places = Dictionary(order.enumerated().map { ($1, $0 % folds) }) { first, _ in first }
    return (0..<folds).map { fold in
        ((0..<count).filter { places[$0] != fold }, (0..<count).filter { places[$0] == fold })
    }
}

/// An order that no pass of the same seed visits.
private func splitOrder(_ count: Int, _ classes: [Int]?, _ seed: Int) throws(DataError) -> [Int] {
    let sampling = classes.map { Sampling.stratified(classes: $0) } ?? .shuffled
    return try sampling.order(count, seed: seed, epoch: .min)
}
