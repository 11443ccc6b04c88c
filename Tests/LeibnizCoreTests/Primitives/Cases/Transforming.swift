import Foundation

@testable import LeibnizCore

/// What transforms the graph of a body: as an operation it has values and derivatives like any other.
let transforming: [PrimitiveEntry] = [
    .binary(Barrier.self, { Tensor(Barrier(), [($0 + 0 * $1) * 2, sum($1)]) }, checksExtremes: false) { a, _ in 2 * a },
    .unary(Recomputation.self, checkpoint { $0 * $0 * 0.5 }) { 0.5 * $0 * $0 },
    .unary(Shares.self, { x in softmax(stack([x, 2 * x]), axis: 0)[0] }, extremes: [0, 1, -1, 20, -20]) {
        1 / (1 + exp($0))
    },
    .unary(RuledValue.self, { cube($0) }) { $0 * $0 * $0 },
    .unary(
        Integral.self, { a in integrate({ x in x * a }, from: 0, to: 2).cast(to: a.elementType) },
        extremes: [0, 0.5, -0.5, 1]
    ) { 2 * $0 },
    .binary(Tuple.self, { pair($0 * 2, $1) }, checksExtremes: false) { a, b in 2 * a * b },
    .binary(Part.self, { pair($0, $1 * 3) }, checksExtremes: false) { a, b in 3 * a * b },
    PrimitiveEntry(Scan.self, scans),
    .unary(Branch.self, { x in cond(Tensor(copying: [true], []), then: { x * x }, else: { 2 * x }) }) { $0 * $0 },
    .unary(WhileLoop.self, { doubled($0) }) { 8 * $0 },
    .binary(Solution.self, { solved($0, $1) }, checksExtremes: false) { a, b in b / (a * a + 2) },
    .binary(
        OdeRule.self, { relaxed($0, $1) }, in: .reals(-1...1), .reals(-1...1), types: [.float64], checksExtremes: false,
        tolerance: 1e-8
    ) { a, b in
        a * exp(-0.5) + b * (1 - exp(-0.5))
    },
    .unary(Implicit.self, { cubeRoot($0) }, extremes: [0, 0.5, -0.5, 1], tolerance: 1e-9, tolerance32: 1e-4) { x in
        cbrt(x * x + 1)
    },
]

/// Three times doubled.
private func doubled(_ x: Tensor) -> Tensor {
    let state: [Tensor] = whileLoop([x, Tensor(copying: [Int64(0)], [])], while: { $0[1] < 3 }, limit: 3) {
        (state: [Tensor]) -> [Tensor] in [2 * state[0], state[1] + 1]
    }
    return state[0]
}

/// b / (a² + 2), each element as a system of one equation.
private func solved(_ a: Tensor, _ b: Tensor) -> Tensor {
    let matrix: Tensor = a * a + 2 + 0 * b
    let shape = matrix.type.shape
    return LinearSystem.solve(
        matrix.reshaped(to: Shape(shape.extents + [1, 1])), (b + 0 * a).reshaped(to: Shape(shape.extents + [1]))
    ).reshaped(to: shape)
}

/// ∛(x² + 1), by Newton's method.
private func cubeRoot(_ x: Tensor) -> Tensor {
    let target: Tensor = x * x + 1
    return root(of: { $0 * $0 * $0 - target }, between: 0.0 * target, and: target)
}

/// The product of both parts of a tuple.
private func pair(_ a: Tensor, _ b: Tensor) -> Tensor {
    let tuple = Tensor(Tuple(places: [1, 0]), [a, b])
    return Tensor(Part(place: 0, count: 2, type: b.type), [tuple])
        * Tensor(Part(place: 1, count: 2, type: a.type), [tuple])
}

/// A state that is bent and multiplied at every step, added to the sum of what the steps give.
private let scans: [PrimitiveCase] = [(3, 5), (1, 1), (0, 2), (4, 0), (2, 9)].enumerated().map { number, trial in
    let (steps, count) = trial
    return PrimitiveCase(
        [Operand([count], .reals(-1...1), .flipped), Operand([steps, count], .reals(-1...1), .transposed)],
        { x in
            let (c, ys) = scan(x[0], over: x[1], reversed: number % 2 == 1) { c, x in (0.5 * c * c + x, c * x) }
            return c + sum(ys, axes: [0])
        }, checksDerivative: steps > 0 && count > 0
    ) { blocks in
        var (c, total) = (blocks[0], Block([count], of: 0))
        for t in number % 2 == 1 ? Array((0..<steps).reversed()) : Array(0..<steps) {
            for i in 0..<count {
                let (old, x) = (c[[i]], blocks[1][[t, i]])
                total[[i]] += old * x
                c[[i]] = 0.5 * old * old + x
            }
        }
        return Block([count]) { c[$0] + total[$0] }
    }
}

private let cube = CustomRule(
    { $0 * $0 * $0 }, forward: { x, _, dx in 3 * x * x * dx }, reverse: { x, _, dy in 3 * x * x * dy })

/// What ẏ = (b − y)/2 makes of a until t = 1.
private func relaxed(_ a: Tensor, _ b: Tensor) -> Tensor {
    let (start, goal): (Tensor, Tensor) = (a + 0 * b, b + 0 * a)
    let shape = start.type.shape
    let path = odeSolve(
        { _, y in 0.5 * (goal - y) }, from: start, at: Tensor([0.0, 1], .float64), tolerance: 1e-11, stepLimit: 60,
        gradient: .adjoint)
    return path.sliced(axis: 0, start: 1, count: 1).reshaped(to: shape)
}
