import Leibniz

/// A tensor of any rank as nested loops see it: 0 outside.
struct NaiveArray {
    let numbers: [Double]
    let shape: [Int]

    init(_ tensor: Tensor) throws { (numbers, shape) = (try tensor.doubles(), tensor.shape.extents) }

    subscript(index: [Int]) -> Double {
        var place = 0
        for (i, extent) in zip(index, shape) {
            guard (0..<extent).contains(i) else { return 0 }
            place = place * extent + i
        }
        return numbers[place]
    }

    /// All places of a shape, row-major.
    static func indices(_ shape: [Int]) -> [[Int]] {
        shape.reduce([[]]) { all, extent in all.flatMap { index in (0..<extent).map { index + [$0] } } }
    }

    /// The mean and the population variance of the elements in whose places `isIncluded`.
    func statistics(where isIncluded: ([Int]) -> Bool) -> (mean: Double, variance: Double, count: Int) {
        let members = zip(NaiveArray.indices(shape), numbers).filter { isIncluded($0.0) }.map(\.1)
        let mean = members.reduce(0, +) / Double(members.count)
        return (mean, members.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(members.count), members.count)
    }

    /// (x − μ)/√(σ² + ε) with the statistics of all elements of the same group.
    func standardized(epsilon: Double, group: ([Int]) -> [Int]) -> [Double] {
        var known: [[Int]: (mean: Double, variance: Double, count: Int)] = [:]
        return zip(NaiveArray.indices(shape), numbers).map { index, x in
            let key = group(index)
            let s = known[key] ?? statistics { group($0) == key }
            known[key] = s
            return (x - s.mean) / (s.variance + epsilon).squareRoot()
        }
    }
}
