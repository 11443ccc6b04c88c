@testable import LeibnizCore

/// Reductions, running reductions, and what chooses by value.
let choosing: [PrimitiveEntry] = [
    PrimitiveEntry(
        Reduce.self,
        reductions({ sum($0, axes: $1, keepingAxes: $2) }, .reals(-2...2)) { $0.reduce(0, +) }
            + reductions({ product($0, axes: $1, keepingAxes: $2) }, .these([0.5, -1.5, 1.25, 2, -0.75])) {
                $0.reduce(1, *)
            }
            + reductions({ max($0, axes: $1, keepingAxes: $2) }, .distinct) { $0.max() ?? .nan }
            + reductions({ min($0, axes: $1, keepingAxes: $2) }, .distinct) { $0.min() ?? .nan }
            + reductions({ product($0, axes: $1, keepingAxes: $2) }, .these([0.5, 0, -1.5, 2, 0, 3, 1])) {
                $0.reduce(1, *)
            }
            + integerReductions),
    PrimitiveEntry(
        ArgReduce.self, derivative: .integers,
        extremeShapes.flatMap { (trial: ([Int], Int)) in
            [Domain.tied, .distinct, .these([1, .nan, 3, .nan, 0])].flatMap { domain in
                let (extents, axis) = trial
                return [
                    PrimitiveCase([Operand(extents, domain, .strided)], { argMax($0[0], axis: axis) }) {
                        $0[0].reduced([axis]) { firstExtreme($0, >) }
                    },
                    PrimitiveCase([Operand(extents, domain, .flipped)], { argMin($0[0], axis: axis) }) {
                        $0[0].reduced([axis]) { firstExtreme($0, <) }
                    },
                ]
            }
        } + [
            PrimitiveCase([Operand([2, 3, 2], .tied)], { argMax($0[0]) }, types: [.float64, .int32, .int64]) {
                $0[0].reduced([0, 1, 2]) { firstExtreme($0, >) }
            }
        ]),
    PrimitiveEntry(
        SortIndices.self, derivative: .integers,
        [([7], 0), ([3, 5], 1), ([4, 3], 0), ([0], 0), ([2, 0], 1), ([1, 1], 0), ([2, 33], 1)].flatMap {
            (trial: ([Int], Int)) in
            [Domain.tied, .distinct, .these([2, .nan, -1, 0.5])].flatMap { domain in
                [false, true].map { descending in
                    PrimitiveCase(
                        [Operand(trial.0, domain, .transposed)],
                        { sort($0[0], axis: trial.1, descending: descending).indices }
                    ) {
                        $0[0].rows(trial.1, length: trial.0[trial.1]) { row in order(row, descending).map(Double.init) }
                    }
                }
            }
        } + firstPositions),
    PrimitiveEntry(
        Prefix.self,
        [([3, 4], 1), ([5, 2], 0), ([0, 3], 0), ([1], 0), ([2, 19], 1), ([2, 3, 2], 1)].enumerated().flatMap {
            (number, trial: ([Int], Int)) in
            let (extents, axis) = trial
            return [
                PrimitiveCase(
                    [Operand(extents, .reals(-2...2), .strided)], { cumulativeSum($0[0], axis: axis) },
                    checksDerivative: number < 2
                ) {
                    $0[0].rows(axis, length: extents[axis]) { row in row.indices.map { row[...$0].reduce(0, +) } }
                },
                PrimitiveCase(
                    [Operand(extents, .these([0.5, -1.5, 1.25, 2, -0.75]), .strided)],
                    { Tensor(Prefix(operation: .product, axis: axis), $0) },
                    checksDerivative: number < 2
                ) {
                    $0[0].rows(axis, length: extents[axis]) { row in row.indices.map { row[...$0].reduce(1, *) } }
                },
            ]
        }),
]

private let extremeShapes: [([Int], Int)] = [
    ([7], 0), ([3, 5], 1), ([4, 3], 0), ([0, 3], 1), ([1, 1], 0), ([2, 3, 9], 1),
]

private func reductions(
    _ function: @escaping @Sendable (Tensor, [Int]?, Bool) -> Tensor, _ domain: Domain,
    _ reference: @escaping @Sendable ([Double]) -> Double
) -> [PrimitiveCase] {
    [
        ([2, 3], [1]), ([4, 3], [0]), ([2, 3, 4], [0, 2]), ([], []), ([1, 1], [0, 1]), ([3, 37], [1]), ([0, 2], [1]),
        ([5, 9], [0]),
    ].enumerated().map {
        (number, trial: ([Int], [Int])) in
        let (extents, axes) = trial
        return PrimitiveCase(
            [Operand(extents, domain, number % 2 == 0 ? .transposed : .strided)],
            { function($0[0], axes, number == 2) },
            checksDerivative: number < 3 || number == 4
        ) {
            let reduced = $0[0].reduced(axes, reference)
            return number == 2 ? Block([1, 3, 1], reduced.numbers) : reduced
        }
    }
}

private let integerReductions: [PrimitiveCase] =
    [
        PrimitiveCase([Operand([3, 0])], { sum($0[0], axes: [1]) }) { _ in Block([3], of: 0) },
        PrimitiveCase([Operand([3, 0])], { product($0[0], axes: [1]) }) { _ in Block([3], of: 1) },
        PrimitiveCase([Operand([2, 5], .these([1, .nan, 3, 0, -2, 5, 6, 7, 8, 9]))], { max($0[0], axes: [1]) }) { _ in
            Block([2], [.nan, 9])
        },
        PrimitiveCase([Operand([2, 5], .these([1, .nan, 3, 0, -2, 5, 6, 7, 8, 9]))], { min($0[0], axes: [1]) }) { _ in
            Block([2], [.nan, 5])
        },
        PrimitiveCase(
            [Operand([4, 5], .integers(0...1), .strided)], { any($0[0], axes: [1]) }, types: [.bool, .int32, .float64]
        ) { $0[0].reduced([1]) { $0.contains(1) ? 1 : 0 } },
        PrimitiveCase(
            [Operand([4, 3], .integers(0...1), .strided)], { all($0[0], axes: [1]) }, types: [.bool, .int32, .float64]
        ) { $0[0].reduced([1]) { $0.contains(0) ? 0 : 1 } },
        PrimitiveCase(
            [Operand([4, 5], .integers(0...1), .flipped)], { sum($0[0], axes: [0]) }, types: [.bool, .uint8]
        ) { $0[0].reduced([0]) { $0.reduce(0, +) } },
    ]
    + [ElementType.int32, .int64, .uint8].flatMap { type in
        [
            PrimitiveCase([Operand([4, 5], .integers(0...9), .transposed)], { max($0[0], axes: [1]) }, types: [type]) {
                $0[0].reduced([1]) { $0.max() ?? 0 }
            },
            PrimitiveCase([Operand([4, 5], .integers(0...9), .transposed)], { min($0[0], axes: [0]) }, types: [type]) {
                $0[0].reduced([0]) { $0.min() ?? 0 }
            },
            PrimitiveCase(
                [Operand([2, 3], .integers(1...5), .transposed)], { product($0[0], axes: [1]) }, types: [type]
            ) { $0[0].reduced([1]) { $0.reduce(1, *) } },
        ]
    }

/// The place of the first greatest (or least) number; the first NaN wins.
private func firstExtreme(_ numbers: [Double], _ isBetter: (Double, Double) -> Bool) -> Double {
    var best = 0
    for (place, number) in numbers.enumerated() {
        if numbers[best].isNaN { break }
        if number.isNaN || isBetter(number, numbers[best]) { best = place }
    }
    return Double(best)
}

/// Places in the order of their numbers; equal ones keep their order, NaN is the greatest.
private func order(_ numbers: [Double], _ descending: Bool) -> [Int] {
    func isBefore(_ a: Double, _ b: Double) -> Bool { descending ? isLess(b, a) : isLess(a, b) }
    func isLess(_ a: Double, _ b: Double) -> Bool { b.isNaN ? !a.isNaN : a < b }
    var result: [Int] = []
    for place in numbers.indices {
        let spot = result.firstIndex { isBefore(numbers[place], numbers[$0]) } ?? result.count
        result.insert(place, at: spot)
    }
    return result
}

/// The positions of what comes first in an order.
private let firstPositions: [PrimitiveCase] = {
    var cases: [PrimitiveCase] = []
    let trials: [(extents: [Int], axis: Int, count: Int)] = [
        ([7], 0, 1), ([3, 40], 1, 5), ([33, 2], 0, 30), ([4, 3], 1, 0),
    ]
    for trial in trials {
        for domain in [Domain.tied, .these([2, .nan, -1, 0.5])] {
            for largest in [false, true] {
                let operand = Operand(trial.extents, domain, .transposed)
                cases.append(
                    PrimitiveCase([operand], { topK($0[0], trial.count, axis: trial.axis, largest: largest).indices }) {
                        $0[0].rows(trial.axis, length: trial.count) { row in
                            order(row, largest).prefix(trial.count).map(Double.init)
                        }
                    })
            }
        }
    }
    return cases
}()
