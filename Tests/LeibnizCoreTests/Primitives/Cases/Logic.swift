@testable import LeibnizCore

private let both: [ElementType] = [.float64, .float32, .int32, .bool]

/// Comparisons, logic, bits, predicates, and the choice between two tensors.
let logic: [PrimitiveEntry] = [
    .binary(Compare.self, { $0 < $1 }, in: .integers(0...1), .integers(0...1), types: both, derivative: .truth) {
        $0 < $1 ? 1 : 0
    }.adding(
        [
            comparison({ $0 == $1 }) { $0 == $1 }, comparison({ $0 != $1 }) { $0 != $1 },
            comparison({ $0 <= $1 }) { $0 <= $1 },
            comparison({ $0 > $1 }) { $0 > $1 }, comparison({ $0 >= $1 }) { $0 >= $1 },
        ]),
    .binary(
        Bitwise.self, { $0 & $1 }, in: .integers(0...1), .integers(0...1), types: [.bool, .uint8], derivative: .integers
    ) { $0 * $1 }.adding(
        [
            bits({ $0 & $1 }) { $0 & $1 }, bits({ $0 | $1 }) { $0 | $1 }, bits({ $0 ^ $1 }) { $0 ^ $1 },
            bits({ $0 << ($1 & 7) }) { $0 << ($1 & 7) }, bits({ $0 >> ($1 & 7) }) { $0 >> ($1 & 7) },
        ]),
    .unary(Not.self, { ~$0 }, in: .integers(0...1), types: [.bool], derivative: .integers) { 1 - $0 }.adding([
        PrimitiveCase([Operand([9], .integers(-9...9))], { ~$0[0] }, types: [.int32, .int64]) {
            Block($0[0].extents, $0[0].numbers.map { -$0 - 1 })
        },
        PrimitiveCase([Operand([9], .integers(0...255))], { ~$0[0] }, types: [.uint8]) {
            Block($0[0].extents, $0[0].numbers.map { 255 - $0 })
        },
    ]),
    .unary(IsNaN.self, { isNaN($0) }, derivative: .truth) { $0.isNaN ? 1 : 0 },
    .unary(IsFinite.self, { isFinite($0) }, derivative: .truth) { $0.isFinite ? 1 : 0 },
    PrimitiveEntry(
        Select.self,
        [([3, 3], [3, 1], [2, 1, 1]), ([], [], []), ([4], [0, 1], [4]), ([1, 9], [5, 1], []), ([7], [7], [7])]
            .enumerated().map {
                number, shapes in
                PrimitiveCase(
                    [
                        Operand(shapes.0, .integers(0...1), .flipped, .bool),
                        Operand(shapes.1, .reals(-2...2), .strided), Operand(shapes.2, .reals(-2...2), .transposed),
                    ],
                    { which($0[0], $0[1] * $0[1], $0[2] * $0[2]) }, checksDerivative: number == 0
                ) { blocks in
                    let extents = [[2, 3, 3], [], [0, 4], [5, 9], [7]][number]
                    return Block(extents) { index in
                        let chosen = blocks[blocks[0].stretched(index) != 0 ? 1 : 2].stretched(index)
                        return chosen * chosen
                    }
                }
            }),
]

private func comparison(
    _ function: @escaping @Sendable (Tensor, Tensor) -> Tensor,
    _ reference: @escaping @Sendable (Double, Double) -> Bool
) -> PrimitiveCase {
    let numbers: [Double] = [.nan, .infinity, -.infinity, 0, 1, -1]
    return PrimitiveCase(
        [Operand([6, 1], .these(numbers)), Operand([6], .these(numbers))], { function($0[0], $0[1]) }
    ) { blocks in
        Block([6, 6]) { reference(blocks[0].stretched($0), blocks[1].stretched($0)) ? 1 : 0 }
    }
}

private func bits(
    _ function: @escaping @Sendable (Tensor, Tensor) -> Tensor, _ reference: @escaping @Sendable (Int, Int) -> Int
) -> PrimitiveCase {
    PrimitiveCase(
        [Operand([5, 1], .integers(-99...99), .strided), Operand([7], .integers(-99...99))], { function($0[0], $0[1]) },
        types: [.int32, .int64]
    ) { blocks in
        Block([5, 7]) { Double(reference(Int(blocks[0].stretched($0)), Int(blocks[1].stretched($0)))) }
    }
}
