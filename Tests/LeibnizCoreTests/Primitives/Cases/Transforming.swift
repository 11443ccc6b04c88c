@testable import LeibnizCore

/// What transforms the graph of a body: as an operation it has values and derivatives like any other.
let transforming: [PrimitiveEntry] = [
    .binary(Barrier.self, { Tensor(Barrier(), [($0 + 0 * $1) * 2, sum($1)]) }, checksExtremes: false) { a, _ in 2 * a },
    .unary(Recomputation.self, checkpoint { $0 * $0 * 0.5 }) { 0.5 * $0 * $0 },
    .unary(RuledValue.self, { cube($0) }) { $0 * $0 * $0 },
    .unary(Integral.self, { a in integrate({ x in x * a }, from: 0, to: 2).cast(to: a.elementType) }) { 2 * $0 },
]

private let cube = CustomRule(
    { $0 * $0 * $0 }, forward: { x, _, dx in 3 * x * x * dx }, reverse: { x, _, dy in 3 * x * x * dy })
