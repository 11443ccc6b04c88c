import Leibniz

/// Running sums along an axis.
struct RandomPrefixSum: RandomProgram {
    static let kind = "cumulative-sum"

    let type: RealType
    let input: [Int]
    let axis: Int
    let gradient: Bool

    init(drawnFrom generator: inout SplitMix) {
        type = generator.realType()
        input = generator.shape(rank: Int.random(in: 1...3, using: &generator))
        axis = Int.random(in: input.indices, using: &generator)
        gradient = generator.chance(oneIn: 2)
    }

    var inputs: [[Int]] { [input] }
    func value(of inputs: [Tensor]) -> Tensor { cumulativeSum(inputs[0], axis: axis) }
    var summary: String { "cumulative sum \(input.crossed) along \(axis)" }

    var passes: [Pass] {
        // The gradient is the running sum of w from the other end.
        Array(repeating: Pass(operations: input.volume, bytes: 4 * 2 * input.volume), count: gradient ? 2 : 1)
    }

    var flaw: String? { input.indices.contains(axis) ? nil : "the input has no axis \(axis)" }
}
