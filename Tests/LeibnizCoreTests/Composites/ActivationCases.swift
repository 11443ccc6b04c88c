import Foundation

@testable import LeibnizCore

/// relu's family, and one-hot vectors.
let activations: [CompositeEntry] = [
    activation("leakyRelu", { leakyRelu($0, slope: 0.1) }) { $0 > 0 ? $0 : 0.1 * $0 },
    activation("elu", { elu($0, alpha: 1.5) }) { $0 > 0 ? $0 : 1.5 * Foundation.expm1($0) },
    activation("selu", { selu($0) }) { 1.0507009873554805 * ($0 > 0 ? $0 : 1.6732632423543772 * Foundation.expm1($0)) },
    activation("gelu", { gelu($0) }) { 0.5 * $0 * (1 + Foundation.erf($0 / 2.0.squareRoot())) },
    activation("silu", { silu($0) }) { $0 / (1 + Foundation.exp(-$0)) },
    activation("mish", { mish($0) }) { $0 * Foundation.tanh($0 > 40 ? $0 : Foundation.log1p(Foundation.exp($0))) },
    activation("relu6", { relu6($0) }) { min(max($0, 0), 6) },
    activation("hardSwish", { hardSwish($0) }) { $0 * min(max($0 + 3, 0), 6) / 6 },
    activation("logSigmoid", { logSigmoid($0) }) { $0 < -40 ? $0 : -Foundation.log1p(Foundation.exp(-$0)) },
    CompositeEntry(
        "oneHot",
        [[5], [2, 3], [], [0]].map { (extents: [Int]) in
            PrimitiveCase(
                [Operand(extents, .integers(-1...4), .flipped)], { $0[0].oneHot(4, .float64) }, types: [.int32, .int64]
            ) { blocks in
                Block(extents + [4]) { blocks[0][Array($0.dropLast())] == Double($0[$0.count - 1]) ? 1 : 0 }
            }
        }),
]

private func activation(
    _ name: String, _ function: @escaping @Sendable (Tensor) -> Tensor,
    _ reference: @escaping @Sendable (Double) -> Double
) -> CompositeEntry {
    let domain = Domain.reals(-4...4, kinks: [0, 3, -3])
    let operands = [
        Operand([2, 3], domain, .transposed), Operand([]), Operand([0, 2]), Operand([3, 11], domain, .strided),
        Operand([4], .these([800, -800, 1e4, -1e4])),
    ]
    return CompositeEntry(
        name,
        operands.enumerated().map { number, operand in
            PrimitiveCase([operand], { function($0[0]) }, checksDerivative: number == 0) {
                Block($0[0].extents, $0[0].numbers.map(reference))
            }
        })
}
