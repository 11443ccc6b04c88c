import Leibniz

/// A tensor with its axes in another order.
struct RandomTransposition: RandomProgram {
    static let kind = "transpose"

    let type: RealType
    let input: [Int]
    let order: [Int]

    init(drawnFrom generator: inout SplitMix) {
        type = generator.realType()
        input = generator.shape(rank: Int.random(in: 2...5, using: &generator))
        order = generator.order(input.count)
    }

    var inputs: [[Int]] { [input] }
    func value(of inputs: [Tensor]) -> Tensor { inputs[0].transposed(order) }
    var summary: String { "transpose \(input.crossed) to \(order)" }
    var passes: [Pass] { [Pass(bytes: 4 * 2 * input.volume)] }

    var flaw: String? {
        if order.sorted() != Array(input.indices) { return "order does not name each axis once" }
        // Nothing moves.
        return order == Array(input.indices) ? "order is that of the input" : nil
    }
}

/// Tensors joined along an axis.
struct RandomConcatenation: RandomProgram {
    static let kind = "concatenation"

    let type: RealType
    let inputs: [[Int]]
    let axis: Int

    init(drawnFrom generator: inout SplitMix) {
        type = generator.realType()
        let shape = generator.shape(rank: Int.random(in: 1...4, using: &generator))
        let axis = Int.random(in: shape.indices, using: &generator)
        inputs = (0..<Int.random(in: 2...5, using: &generator)).map { _ in
            var input = shape
            input[axis] = generator.chance(oneIn: 3) ? shape[axis] : generator.extent(1...2 * shape[axis])
            return input
        }
        self.axis = axis
    }

    func value(of inputs: [Tensor]) -> Tensor { concatenate(inputs, axis: axis) }
    var summary: String { "concatenate \(inputs.map(\.crossed).joined(separator: ", ")) along \(axis)" }
    var passes: [Pass] { [Pass(bytes: 4 * 2 * inputs.reduce(0) { $0 + $1.volume })] }

    var flaw: String? {
        guard inputs.count > 1, let rank = inputs.first?.count, (0..<rank).contains(axis) else {
            return "two inputs or more have the axis"
        }
        return nil
    }
}
