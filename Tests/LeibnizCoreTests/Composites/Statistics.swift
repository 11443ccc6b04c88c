import Foundation

@testable import LeibnizCore

/// Composites that combine regions into numbers, or share one out.
let statistics: [CompositeEntry] = [
    CompositeEntry("mean", overRegions({ mean($0, axes: $1) }) { $0.reduce(0, +) / Double($0.count) }),
    CompositeEntry("variance", overRegions({ variance($0, axes: $1) }) { variance($0, 1) }),
    CompositeEntry("population variance", overRegions({ variance($0, axes: $1, correction: 0) }) { variance($0, 0) }),
    CompositeEntry("norm", overRegions({ norm($0, axes: $1) }) { $0.reduce(0) { $0 + $1 * $1 }.squareRoot() }),
    CompositeEntry(
        "norm of order 3",
        overRegions({ norm($0, 3, axes: $1) }) {
            Foundation.pow($0.reduce(0) { $0 + Foundation.pow(Swift.abs($1), 3) }, 1.0 / 3)
        }),
    CompositeEntry("norm of order 1", overRegions({ norm($0, 1, axes: $1) }) { $0.reduce(0) { $0 + Swift.abs($1) } }),
    CompositeEntry(
        "norm of order ∞",
        overRegions({ norm($0, .infinity, axes: $1) }, takesNothing: false) { $0.map { Swift.abs($0) }.max() ?? 0 }),
    CompositeEntry(
        "logSumExp",
        overRegions({ logSumExp($0, axes: $1) }, takesNothing: false) {
            Foundation.log($0.reduce(0) { $0 + Foundation.exp($1) })
        } + [
            extremeRows({ logSumExp($0, axes: [1]) }) { row in
                let peak = row.max() ?? 0
                if peak.isInfinite { return [peak] }
                return [peak + Foundation.log(row.reduce(0) { $0 + Foundation.exp($1 - peak) })]
            }
        ]),
    CompositeEntry(
        "softmax",
        alongRows({ softmax($0, axis: $1) }) { softmax($0) } + [
            extremeRows({ softmax($0) }, infinities: false) { softmax($0) }
        ]),
    CompositeEntry(
        "logSoftmax",
        alongRows({ logSoftmax($0, axis: $1) }) { logSoftmax($0) } + [
            extremeRows({ logSoftmax($0) }, infinities: false) { logSoftmax($0) }
        ]),
    CompositeEntry(
        "logAddExp",
        [([3, 1], [4]), ([], []), ([0, 2], [2]), ([7], [1])].enumerated().map { (number, shapes: ([Int], [Int])) in
            PrimitiveCase(
                [Operand(shapes.0, .reals(-3...3), .strided), Operand(shapes.1, .reals(-3...3), .flipped)],
                { logAddExp($0[0], $0[1]) }, checksDerivative: number < 2
            ) { blocks in
                Block([[3, 4], [], [0, 2], [7]][number]) {
                    Foundation.log(Foundation.exp(blocks[0].stretched($0)) + Foundation.exp(blocks[1].stretched($0)))
                }
            }
        } + [
            PrimitiveCase([Operand([7, 1], .these(ends)), Operand([7], .these(ends))], { logAddExp($0[0], $0[1]) }) {
                blocks in
                Block([7, 7]) { index in
                    let (a, b) = (blocks[0].stretched(index), blocks[1].stretched(index))
                    if a.isNaN || b.isNaN { return .nan }
                    return a == b
                        ? a + Foundation.log(2) : max(a, b) + Foundation.log1p(Foundation.exp(-Swift.abs(a - b)))
                }
            }
        ]),
]

private let ends: [Double] = [.infinity, -.infinity, 1e4, -1e4, 0, 9_999, .nan]

private func overRegions(
    _ function: @escaping @Sendable (Tensor, [Int]) -> Tensor, takesNothing: Bool = true,
    _ reference: @escaping @Sendable ([Double]) -> Double
) -> [PrimitiveCase] {
    var trials: [([Int], [Int])] = [
        ([2, 5], [1]), ([4, 3], [0]), ([2, 3, 4], [0, 2]), ([3, 19], [1]), ([0, 2], [1]),
    ]
    if takesNothing { trials.append(([2, 0], [1])) }
    return trials.enumerated().map { number, trial in
        PrimitiveCase(
            [Operand(trial.0, .reals(-2...2, kinks: [0]), number % 2 == 0 ? .transposed : .strided)],
            { function($0[0], trial.1) },
            checksDerivative: number == 0 || number == 2
        ) { $0[0].reduced(trial.1, reference) }
    }
}

private func alongRows(
    _ function: @escaping @Sendable (Tensor, Int) -> Tensor, _ reference: @escaping @Sendable ([Double]) -> [Double]
) -> [PrimitiveCase] {
    [([2, 4], 1), ([3, 2], 0), ([5], -1), ([2, 19], 1), ([0, 3], 1)].enumerated().map { (number, trial: ([Int], Int)) in
        PrimitiveCase(
            [Operand(trial.0, .reals(-3...3), .strided)], { function($0[0], trial.1) }, checksDerivative: number < 2
        ) {
            let axis = trial.1 < 0 ? trial.1 + trial.0.count : trial.1
            return $0[0].rows(axis, length: trial.0[axis], reference)
        }
    }
}

/// Rows at which careless formulas overflow.
private func extremeRows(
    _ function: @escaping @Sendable (Tensor) -> Tensor, infinities: Bool = true,
    _ reference: @escaping @Sendable ([Double]) -> [Double]
) -> PrimitiveCase {
    let finite: [[Double]] = [
        [1e4, 1e4 - 1, -1e4], [-1e4, -1e4 - 2, -1e4], [0, -.infinity, 1], [1e4, -.infinity, -1e4],
    ]
    let infinite: [[Double]] = [
        [-.infinity, -.infinity, -.infinity], [.infinity, 0, 1], [.infinity, .infinity, -.infinity],
    ]
    let rows = finite + (infinities ? infinite : [])
    return PrimitiveCase([Operand([rows.count, 3], .these(rows.flatMap { $0 }))], { function($0[0]) }) { blocks in
        let results = rows.map(reference)
        return Block(results[0].count == 1 ? [rows.count] : [rows.count, 3], results.flatMap { $0 })
    }
}

private func variance(_ row: [Double], _ correction: Double) -> Double {
    let mean = row.reduce(0, +) / Double(row.count)
    return row.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / max(0, Double(row.count) - correction)
}

@Sendable private func softmax(_ row: [Double]) -> [Double] {
    let peak = row.max() ?? 0
    let total = row.reduce(0) { $0 + Foundation.exp($1 - peak) }
    return row.map { Foundation.exp($0 - peak) / total }
}

@Sendable private func logSoftmax(_ row: [Double]) -> [Double] {
    let peak = row.max() ?? 0
    let total = row.reduce(0) { $0 + Foundation.exp($1 - peak) }
    return row.map { $0 - peak - Foundation.log(total) }
}
