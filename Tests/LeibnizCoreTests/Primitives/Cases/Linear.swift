@testable import LeibnizCore

/// Products along the first, the last and a middle axis, one after the other, between views and beside sums.
private let fixedProducts: [PrimitiveCase] = [
    ([3, 5], 0, [[1, -1, 0.5], [0, 2, 0]], false), ([4, 2, 3], 1, [[1, 1], [0.25, -0.25], [0, 0], [3, 0]], true),
    ([2, 9, 4], 2, [[0, 0, 0, 1], [1, -0.5, 0.5, -1]], true), ([1, 1], 0, [[-2]], false),
    ([0, 2], 1, [[1, 1]], false),
].map { (trial: ([Int], Int, [[Double]], Bool)) in
    let (extents, axis, matrix, isTwice) = trial
    let back = (0..<extents[axis]).map { column in matrix.map { $0[column] } }
    @Sendable func multiplied(_ x: Block, _ matrix: [[Double]]) -> Block {
        var shape = x.extents
        shape[axis] = matrix.count
        return Block(shape) { index in
            matrix[index[axis]].enumerated().reduce(0) { sum, each in
                var source = index
                source[axis] = each.offset
                return sum + each.element * x[source]
            }
        }
    }
    return PrimitiveCase(
        [Operand(extents, .reals(-2...2), .strided)],
        {
            let once = Tensor(FixedProduct(axis: axis, matrix: matrix), [$0[0]])
            return isTwice ? Tensor(FixedProduct(axis: axis, matrix: back), [once * 2]) : once
        }, checksDerivative: extents.count == 3
    ) { blocks in
        let once = multiplied(blocks[0], matrix)
        return isTwice ? multiplied(once, back.map { $0.map { 2 * $0 } }) : once
    }
}

/// Linear operations that compute or move by index, and generators.
let linear: [PrimitiveEntry] = [
    PrimitiveEntry(
        Concatenate.self,
        [
            ([[2, 3], [2, 1]], 1), ([[0, 2], [3, 2], [1, 2]], 0), ([[1], [1]], 0), ([[5, 9], [5, 8]], 1),
            ([[2, 1, 2], [2, 3, 2]], 1),
        ].enumerated().map {
            (number, trial: ([[Int]], Int)) in
            let (shapes, axis) = trial
            return PrimitiveCase(
                shapes.map { Operand($0, .reals(-2...2), .strided) }, { concatenate($0, axis: axis) },
                types: [.float64, .float32, .int32], checksDerivative: number < 2
            ) { blocks in
                var shape = shapes[0]
                shape[axis] = shapes.reduce(0) { $0 + $1[axis] }
                return Block(shape) { index in
                    var source = index
                    for block in blocks {
                        if source[axis] < block.extents[axis] { return block[source] }
                        source[axis] -= block.extents[axis]
                    }
                    return .nan
                }
            }
        }),
    PrimitiveEntry(Contraction.self, contractions),
    PrimitiveEntry(FixedProduct.self, fixedProducts),
    PrimitiveEntry(TakeAlong.self, takes),
    PrimitiveEntry(ScatterAdd.self, scatters),
    PrimitiveEntry(
        Fill.self, derivative: .none(because: "it has no operands"),
        [[], [0], [2, 3], [17]].map { (extents: [Int]) in
            PrimitiveCase([], { _ in .full(Shape(extents), -2.5, .float64) }, types: [.float64]) { _ in
                Block(extents, of: -2.5)
            }
        }),
    PrimitiveEntry(
        Iota.self, derivative: .integers,
        [([3, 4], 0), ([3, 4], 1), ([0], 0), ([2, 1, 9], 2)].map { (trial: ([Int], Int)) in
            PrimitiveCase([], { _ in .iota(Shape(trial.0), axis: trial.1) }, types: [.int64]) { _ in
                Block(trial.0) { Double($0[trial.1]) }
            }
        }),
    PrimitiveEntry(
        RandomBits.self, derivative: .integers,
        [[], [0], [5], [3, 7]].map { (extents: [Int]) in
            PrimitiveCase(
                [
                    Operand([], .integers(1...1_000_000), .plain, .int64),
                    Operand([], .integers(0...1000), .plain, .int64),
                ],
                { Tensor(RandomBits(shape: Shape(extents), word: 2), $0) }, types: [.int64]
            ) { blocks in
                Block(
                    extents,
                    (0..<extents.reduce(1, *)).map {
                        Philox.word(2, key: blocks[0].numbers[0], counter: blocks[1].numbers[0] + Double($0))
                    })
            }
        }),
]

private let contractions: [PrimitiveCase] =
    [
        ([0, 1], [1, 2], [0, 2], [2, 3], [3, 4]), ([0, 1], [1, 2], [2, 0], [5, 2], [2, 3]), ([1], [1], [], [7], [7]),
        ([0], [1], [0, 1], [3], [4]), ([0, 1], [1, 2], [0, 2], [3, 0], [0, 2]),
        ([0, 1], [1, 2], [0, 2], [0, 3], [3, 2]),
        ([3, 0, 1], [3, 1, 2], [3, 0, 2], [2, 3, 4], [2, 4, 5]), ([0, 1], [1, 2], [0, 2], [13, 19], [19, 33]),
        ([0, 1, 2], [1, 2], [0], [3, 2, 5], [2, 5]), ([0, 1], [0, 1], [1, 0], [2, 3], [2, 3]),
        ([0, 1], [1, 2], [0, 2], [1, 1], [1, 1]),
        ([0, 1], [1], [0], [9, 17], [17]),
    ].enumerated().map { (number, trial: ([Int], [Int], [Int], [Int], [Int])) in
        let (left, right, output, a, b) = trial
        return PrimitiveCase(
            [
                Operand(a, .reals(-2...2), number % 2 == 0 ? .transposed : .strided),
                Operand(b, .reals(-2...2), .flipped),
            ],
            { Tensor(Contraction(left: left, right: right, output: output), $0) },
            checksDerivative: ![4, 5, 7].contains(number)
        ) { blocks in
            var extents: [Int: Int] = [:]
            for (label, extent) in zip(left + right, a + b) { extents[label] = extent }
            let summed = Set(left + right).subtracting(output).sorted()
            return Block(output.map { extents[$0] ?? 0 }) { index in
                var total = 0.0
                for inner in Block.indices(summed.map { extents[$0] ?? 0 }) {
                    let places = Dictionary(uniqueKeysWithValues: zip(output + summed, index + inner))
                    total += blocks[0][left.map { places[$0] ?? 0 }] * blocks[1][right.map { places[$0] ?? 0 }]
                }
                return total
            }
        }
    }
    + [
        PrimitiveCase(
            [Operand([3, 4], .integers(-9...9), .transposed), Operand([4, 2], .integers(-9...9))],
            { matmul($0[0], $0[1]) }, types: [.int32, .int64]
        ) { blocks in
            Block([3, 2]) { index in (0..<4).reduce(0) { $0 + blocks[0][[index[0], $1]] * blocks[1][[$1, index[1]]] } }
        }
    ]

private let takes: [PrimitiveCase] = [
    ([4, 3], [2, 3], 0), ([3, 5], [3, 7], 1), ([6], [0], 0), ([0, 4], [0, 2], 1), ([2, 4, 3], [2, 1, 3], 1),
    ([5, 1], [9, 1], 0), ([3, 5], [3, 1], 1), ([1], [1], 0),
].enumerated().map { (number, trial: ([Int], [Int], Int)) in
    let (extents, indices, axis) = trial
    return PrimitiveCase(
        [
            Operand(extents, .reals(-2...2), .strided),
            Operand(indices, .integers(0...extents[axis] - 1), .flipped, number % 2 == 0 ? .int64 : .int32),
        ],
        { $0[0].taking(along: axis, $0[1]) }, types: [.float64, .float32, .int32],
        checksDerivative: ![2, 3, 7].contains(number)
    ) { blocks in
        Block(indices) { index in
            var source = index
            source[axis] = Int(blocks[1][index])
            return blocks[0][source]
        }
    }
}

private let scatters: [PrimitiveCase] = [
    ([4, 3], 0, 5), ([3, 5], 1, 2), ([0, 3], 0, 4), ([1], 0, 1), ([2, 7, 3], 1, 9), ([2, 3], 1, 3), ([13], 0, 4),
].enumerated().map { (number, trial: ([Int], Int, Int)) in
    let (extents, axis, extent) = trial
    return PrimitiveCase(
        [Operand(extents, .reals(-2...2), .transposed), Operand(extents, .integers(0...extent - 1), .plain, .int64)],
        { Tensor(ScatterAdd(axis: axis, extent: extent), $0) }, types: [.float64, .float32, .int32],
        checksDerivative: number < 2
    ) { blocks in
        var shape = extents
        shape[axis] = extent
        var result = Block(shape, of: 0)
        for index in Block.indices(extents) {
            var target = index
            target[axis] = Int(blocks[1][index])
            result[target] += blocks[0][index]
        }
        return result
    }
}

/// Philox4x32-10 (Salmon et al., SC 2011), one block at a time.
private enum Philox {
    static func word(_ word: Int, key: Double, counter: Double) -> Double {
        let (key, counter) = (UInt64(key), UInt64(counter))
        var (k0, k1) = (UInt32(truncatingIfNeeded: key), UInt32(truncatingIfNeeded: key >> 32))
        var c: [UInt32] = [UInt32(truncatingIfNeeded: counter), UInt32(truncatingIfNeeded: counter >> 32), 0, 0]
        for _ in 0..<10 {
            let (p, q) = (UInt64(c[0]) * 0xD251_1F53, UInt64(c[2]) * 0xCD9E_8D57)
            c = [
                UInt32(q >> 32) ^ c[1] ^ k0, UInt32(truncatingIfNeeded: q), UInt32(p >> 32) ^ c[3] ^ k1,
                UInt32(truncatingIfNeeded: p),
            ]
            k0 = k0 &+ 0x9E37_79B9
            k1 = k1 &+ 0xBB67_AE85
        }
        return Double(Int32(bitPattern: c[word]))
    }
}
