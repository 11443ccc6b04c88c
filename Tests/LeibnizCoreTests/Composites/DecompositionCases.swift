@testable import LeibnizCore

/// What chooses or moves elements and is made of several primitives.
let decompositions: [CompositeEntry] = [
    CompositeEntry(
        "sort",
        [([3, 5], 1), ([4, 2], 0), ([0], 0), ([1], 0), ([2, 17], 1)].enumerated().flatMap {
            (number, trial: ([Int], Int)) in
            [false, true].map { descending in
                PrimitiveCase(
                    [Operand(trial.0, .distinct, .strided)],
                    { sort($0[0], axis: trial.1, descending: descending).values }, checksDerivative: number < 2
                ) { $0[0].rows(trial.1, length: trial.0[trial.1]) { descending ? $0.sorted(by: >) : $0.sorted() } }
            }
        }),
    CompositeEntry(
        "topK",
        [([3, 5], 1, 2), ([4, 2], 0, 4), ([7], 0, 1), ([7], 0, 0)].enumerated().flatMap {
            (number, trial: ([Int], Int, Int)) in
            [false, true].map { largest in
                PrimitiveCase(
                    [Operand(trial.0, .distinct, .transposed)],
                    { topK($0[0], trial.2, axis: trial.1, largest: largest).values }, checksDerivative: number < 2
                ) {
                    $0[0].rows(trial.1, length: trial.2) {
                        Array((largest ? $0.sorted(by: >) : $0.sorted()).prefix(trial.2))
                    }
                }
            }
        }),
    CompositeEntry(
        "gather",
        [([4, 3], 0, [2, 2]), ([2, 5], 1, [3]), ([6], 0, []), ([3, 2], 0, [0])].enumerated().map {
            (number, trial: ([Int], Int, [Int])) in
            let (extents, axis, shape) = trial
            return PrimitiveCase(
                [
                    Operand(extents, .reals(-2...2), .flipped),
                    Operand(shape, .integers(0...extents[axis] - 1), .strided, .int64),
                ],
                { $0[0].gathered($0[1], axis: axis) }, checksDerivative: number < 3
            ) { blocks in
                Block(Array(extents[..<axis]) + shape + Array(extents[(axis + 1)...])) { index in
                    let place = Int(blocks[1][Array(index[axis..<(axis + shape.count)])])
                    return blocks[0][Array(index[..<axis]) + [place] + Array(index[(axis + shape.count)...])]
                }
            }
        }),
    CompositeEntry(
        "flip",
        [([3, 4], [0, 1]), ([2, 3], [1]), ([0, 2], [0]), ([1], [0])].enumerated().map {
            (number, trial: ([Int], [Int])) in
            PrimitiveCase(
                [Operand(trial.0, .reals(-2...2), .strided)], { $0[0].flipped(trial.1) }, checksDerivative: number == 0
            ) { blocks in
                Block(trial.0) { index in
                    blocks[0][index.indices.map { trial.1.contains($0) ? trial.0[$0] - 1 - index[$0] : index[$0] }]
                }
            }
        }),
    CompositeEntry(
        "padding with a value",
        [([2, 3], [(1, 0), (2, 1)]), ([4], [(0, 3)]), ([0, 2], [(1, 1), (0, 0)])].enumerated().map {
            (number, trial: ([Int], [(Int, Int)])) in
            let (extents, widths) = trial
            return PrimitiveCase(
                [Operand(extents, .reals(-2...2), .transposed)],
                { $0[0].padded(widths.map { (before: $0.0, after: $0.1) }, with: 7) }, checksDerivative: number == 0
            ) { blocks in
                Block(zip(extents, widths).map { $0 + $1.0 + $1.1 }) { index in
                    let source = zip(index, widths).map { $0 - $1.0 }
                    return zip(source, extents).allSatisfy { $0 >= 0 && $0 < $1 } ? blocks[0][source] : 7
                }
            }
        }),
]
