/// In which order a pass visits the samples, and which.
public enum Sampling: Sendable, Hashable {
    /// 0, 1, 2, …
    case sequential
    /// Every sample once, in an order that follows from seed and epoch.
    case shuffled
    /// `count` samples with replacement, each drawn in proportion to its weight.
    case weighted([Double], count: Int)
    /// Every sample once, shuffled, so that every stretch of the pass has the classes in their proportion. One class per sample.
    case stratified(classes: [Int])

    /// The numbers of the samples of one pass.
    ///
    /// - Throws: an error of kind `argument` where weights or classes do not fit the number of samples.
    func order(_ count: Int, seed: Int, epoch: Int) throws(DataError) -> [Int] {
        switch self {
        case .sequential: return Array(0..<count)
        case .shuffled: return shuffledIndices(count, seed: seed, epoch: epoch)
        case .weighted(let weights, let draws): return try weightedOrder(weights, draws, count, seed, epoch)
        case .stratified(let classes):
            guard classes.count == count else {
                throw DataError(
                    .argument, "there is not one class per sample", in: "classes", found: "\(classes.count) classes",
                    expected: "\(count)")
            }
            return spread(classes, over: shuffledIndices(count, seed: seed, epoch: epoch))
        }
    }

    private func weightedOrder(
        _ weights: [Double], _ draws: Int, _ count: Int, _ seed: Int, _ epoch: Int
    ) throws(DataError) -> [Int] {
        var sums: [Double] = []
        sums.reserveCapacity(weights.count)
        for weight in weights { sums.append((sums.last ?? 0) + weight) }
        guard weights.count == count, draws >= 0, let total = sums.last, total > 0, total.isFinite,
            weights.allSatisfy({ $0 >= 0 })
        else {
            throw DataError(
                .argument, "these are no weights of the samples", in: "weights",
                found: "\(weights.count) weights with the sum \(sums.last ?? 0), \(draws) draws",
                expected: "\(count) finite numbers of at least 0, not all 0")
        }
        var random = SampleRandom(seed: seed, epoch: epoch, sample: -1)
        let last = weights.lastIndex { $0 > 0 } ?? 0
        return (0..<draws).map { _ in
            let place = random.unit() * total
            // The first sum above the place.
            var (low, high) = (0, last)
            while low < high {
                let middle = (low + high) / 2
                if sums[middle] > place { high = middle } else { low = middle + 1 }
            }
            return low
        }
    }
}

/// Members of classes, in the order in which `order` has them within each class, spread evenly: member i of n stands at (i + ½)/n of
/// the way.
private func spread(_ classes: [Int], over order: [Int]) -> [Int] {
    var sizes: [Int: Int] = [:]
    for name in classes { sizes[name, default: 0] += 1 }
    var seen: [Int: Int] = [:]
    let places = order.enumerated().map { rank, index in
        let name = classes[index]
        let member = seen[name, default: 0]
        seen[name] = member + 1
        return (place: (Double(member) + 0.5) / Double(sizes[name] ?? 1), rank: rank, index: index)
    }
    return places.sorted { ($0.place, $0.rank) < ($1.place, $1.rank) }.map(\.index)
}
