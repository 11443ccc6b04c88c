import Leibniz

/// A reduction over some axes.
struct RandomReduction: RandomProgram {
    static let kind = "reduction"

    enum Operation: String, Decodable, CaseIterable { case sum, mean, max, logsumexp, variance }

    let operation: Operation
    let type: RealType
    let input: [Int]
    let axes: [Int]
    let gradient: Bool

    init(drawnFrom generator: inout SplitMix) {
        operation = generator.pick(Operation.allCases)
        type = generator.realType()
        input = generator.shape(rank: Int.random(in: 1...4, using: &generator))
        let count = Int.random(in: 1...input.count, using: &generator)
        axes = generator.order(input.count).prefix(count).sorted()
        gradient = generator.chance(oneIn: 2)
    }

    var inputs: [[Int]] { [input] }

    /// A sum of numbers around 0 is what is left of great terms that cancel, which no check could judge.
    var center: Double { 1 }

    func value(of inputs: [Tensor]) -> Tensor {
        switch operation {
        case .sum: sum(inputs[0], axes: axes)
        case .mean: mean(inputs[0], axes: axes)
        case .max: max(inputs[0], axes: axes)
        case .logsumexp: logSumExp(inputs[0], axes: axes)
        case .variance: variance(inputs[0], axes: axes, correction: 0)
        }
    }

    var summary: String { "\(operation) \(input.crossed) over \(axes)" }

    var passes: [Pass] {
        let (terms, results) = (input.volume, input.indices.filter { !axes.contains($0) }.map { input[$0] }.volume)
        let operationsEach: Double =
            switch operation {
            case .sum, .mean, .max: 1
            case .variance: 4
            case .logsumexp: 10
            }
        let forward = Pass(operations: operationsEach * terms, bytes: 4 * (terms + results))
        guard gradient else { return [forward] }
        let isLinear = operation == .sum || operation == .mean
        return [
            forward, Pass(operations: operationsEach * terms, bytes: 4 * (isLinear ? terms : 2 * terms) + 4 * results),
        ]
    }

    var flaw: String? {
        !axes.isEmpty && Set(axes).count == axes.count && axes.allSatisfy(input.indices.contains)
            ? nil : "the axes are some of the input's, each once"
    }
}
