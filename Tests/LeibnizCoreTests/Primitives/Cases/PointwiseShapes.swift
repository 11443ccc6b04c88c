@testable import LeibnizCore

/// Numbers at which functions of one number show what they do at their ends.
private let extremes: [Double] = [.nan, .infinity, -.infinity, 0, -0.0, 1, -1, 1e-30, 90, -90, 0.5, -0.5]

extension PrimitiveEntry {
    /// A function of one number, over shapes, presentations and the ends of the number line.
    static func unary(
        _ primitive: any Primitive.Type, _ function: @escaping @Sendable (Tensor) -> Tensor,
        in domain: Domain = .reals(-3...3),
        types: [ElementType] = [.float64, .float32], derivative: Derivative = .checked,
        extremes numbers: [Double]? = nil,
        tolerance: Double = 1e-12, tolerance32: Double = 1e-5, _ reference: @escaping @Sendable (Double) -> Double
    ) -> PrimitiveEntry {
        var operands: [Operand] = [
            Operand([2, 3], domain, .transposed), Operand([], domain), Operand([0], domain), Operand([1], domain),
            Operand([3, 11], domain, .strided), Operand([5, 1, 7], domain, .flipped),
        ]
        let ends = numbers ?? extremes
        if types.contains(.float64) { operands.append(Operand([ends.count], .these(ends))) }
        let cases = operands.enumerated().map { number, operand in
            PrimitiveCase(
                [operand], { function($0[0]) }, types: number == 6 ? types.filter(\.isFloatingPoint) : types,
                checksDerivative: number == 0 && derivative == .checked, tolerance: tolerance, tolerance32: tolerance32
            ) { blocks in Block(blocks[0].extents, blocks[0].numbers.map(reference)) }
        }
        return PrimitiveEntry(primitive, derivative: derivative, cases)
    }

    /// A function of two numbers, over shapes that broadcast, presentations, and pairs of extremes.
    static func binary(
        _ primitive: any Primitive.Type, _ function: @escaping @Sendable (Tensor, Tensor) -> Tensor,
        in first: Domain = .reals(-3...3), _ second: Domain = .reals(-3...3),
        types: [ElementType] = [.float64, .float32],
        derivative: Derivative = .checked, checksExtremes: Bool = true, tolerance: Double = 1e-12,
        tolerance32: Double = 1e-5, _ reference: @escaping @Sendable (Double, Double) -> Double
    ) -> PrimitiveEntry {
        var pairs: [(Operand, Operand)] = [
            (Operand([3, 1], first, .strided), Operand([4], second)),
            (Operand([], first), Operand([], second)),
            (Operand([0, 3], first), Operand([1], second)),
            (Operand([2, 3, 5], first, .flipped), Operand([3, 1], second, .transposed)),
            (Operand([1, 17], first), Operand([2, 1], second)),
            (Operand([19], first, .strided), Operand([], second)),
        ]
        if checksExtremes && types.contains(.float64) {
            let ends: [Double] = [.nan, .infinity, -.infinity, 0, 1, -1, 2.5, -2.5]
            pairs.append((Operand([ends.count, 1], .these(ends)), Operand([ends.count], .these(ends))))
        }
        let cases = pairs.enumerated().map { number, pair in
            PrimitiveCase(
                [pair.0, pair.1], { function($0[0], $0[1]) },
                types: number == 6 ? types.filter(\.isFloatingPoint) : types,
                checksDerivative: number == 0 && derivative == .checked, tolerance: tolerance, tolerance32: tolerance32
            ) { blocks in
                let rank = max(blocks[0].extents.count, blocks[1].extents.count)
                let extents = (0..<rank).map { axis in
                    let own = blocks.map {
                        axis - rank + $0.extents.count < 0 ? 1 : $0.extents[axis - rank + $0.extents.count]
                    }
                    return own[0] == 1 ? own[1] : own[0]
                }
                return Block(extents) { reference(blocks[0].stretched($0), blocks[1].stretched($0)) }
            }
        }
        return PrimitiveEntry(primitive, derivative: derivative, cases)
    }

    /// The same with further cases.
    func adding(_ more: [PrimitiveCase]) -> PrimitiveEntry {
        PrimitiveEntry(primitive, derivative: derivative, cases + more)
    }
}

extension PrimitiveEntry.Derivative {
    static let integers = Self.none(because: "the result is made of integers")
    static let truth = Self.none(because: "the result is a truth value")
}
