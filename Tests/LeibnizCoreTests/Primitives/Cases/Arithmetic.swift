import Foundation

@testable import LeibnizCore

private let all: [ElementType] = [.float64, .float32, .int32, .int64]

/// Arithmetic, signs, rounding, and what is flat almost everywhere.
let arithmetic: [PrimitiveEntry] = [
    .binary(Add.self, { $0 + $1 }) { $0 + $1 }.adding(integers({ $0 + $1 }) { $0 + $1 }),
    .binary(Subtract.self, { $0 - $1 }) { $0 - $1 }.adding(integers({ $0 - $1 }) { $0 - $1 }),
    .binary(Multiply.self, { $0 * $1 }) { $0 * $1 }.adding(integers({ $0 * $1 }) { $0 * $1 }),
    .binary(Divide.self, { $0 / $1 }, .reals(-3...3, kinks: [0, 0.2, -0.2])) { $0 / $1 },
    .binary(
        FloorDivide.self, { floorDivide($0, $1) }, in: .integers(-9...9), .integers(1...4), types: [.int32, .int64],
        derivative: .integers
    ) { ($0 / $1).rounded(.down) }
    .adding(integers({ floorDivide($0, $1) }, divisor: .these([-3, 2, -1, 7])) { ($0 / $1).rounded(.down) }),
    .binary(
        Remainder.self, { $0 % $1 }, in: .these([1.7, -2.3, 5.2, -0.4, 3.1, -7.7]), .these([1.1, -2.05, 0.9]),
        checksExtremes: false,
        tolerance32: 1e-4
    ) { $0 - ($0 / $1).rounded(.down) * $1 }
    .adding(integers({ $0 % $1 }, divisor: .these([-3, 2, -1, 7])) { $0 - ($0 / $1).rounded(.down) * $1 }),
    .binary(Power.self, { pow($0, $1) }, in: .reals(0.4...3), .reals(-2...3)) { Foundation.pow($0, $1) }
        .adding(integers({ pow($0, $1) }, divisor: .integers(0...4)) { Foundation.pow($0, $1) }),
    .unary(ConstantPower.self, { pow($0, 3) }) { $0 * $0 * $0 }.adding(
        [-2, -1, -0.5, 0, 0.5, 1, 2, 2.5, 7, 11].map { exponent in
            PrimitiveCase([Operand([5], .reals(0.4...1.6))], { pow($0[0], exponent) }, checksDerivative: true) {
                Block($0[0].extents, $0[0].numbers.map { Foundation.pow($0, exponent) })
            }
        }),
    .binary(ArcTangent2.self, { atan2($0, $1) }, in: .reals(0.3...2), .reals(-2...2)) { Foundation.atan2($0, $1) },
    .binary(Maximum.self, { maximum($0, $1) }, in: .these([0.5, -1.25, 2, 3.5, -3, 0.1]), .these([0.3, -1, 1.5])) {
        $0.isNaN || $1.isNaN ? .nan : max($0, $1)
    },
    .binary(Minimum.self, { minimum($0, $1) }, in: .these([0.5, -1.25, 2, 3.5, -3, 0.1]), .these([0.3, -1, 1.5])) {
        $0.isNaN || $1.isNaN ? .nan : min($0, $1)
    },
    .unary(Clamp.self, { clamp($0, -1, 1.5) }, in: .reals(-3...3, kinks: [-1, 1.5])) {
        $0.isNaN ? $0 : min(max($0, -1), 1.5)
    },
    .unary(Relu.self, { relu($0) }, in: .reals(-3...3, kinks: [0])) { $0.isNaN ? $0 : max($0, 0) },
    .unary(Negate.self, { -$0 }) { -$0 }.adding(
        integers {
            -$0
        } _: {
            -$0
        }),
    .unary(AbsoluteValue.self, { abs($0) }, in: .reals(-3...3, kinks: [0])) { Swift.abs($0) }.adding(
        integers {
            abs($0)
        } _: {
            Swift.abs($0)
        }),
    .unary(Sign.self, { sign($0) }, in: .reals(-3...3, kinks: [0])) { $0.isNaN || $0 == 0 ? $0 : $0 > 0 ? 1 : -1 }
        .adding(
            integers {
                sign($0)
            } _: {
                $0 == 0 ? 0 : $0 > 0 ? 1 : -1
            }),
    .unary(Floor.self, { floor($0) }, in: .reals(-3...3, kinks: whole)) { $0.rounded(.down) },
    .unary(Ceiling.self, { ceil($0) }, in: .reals(-3...3, kinks: whole)) { $0.rounded(.up) },
    .unary(
        Round.self, { round($0) }, in: .reals(-3...3, kinks: whole.map { $0 + 0.5 }),
        extremes: [.nan, .infinity, -.infinity, 0.5, 1.5, 2.5, -0.5, -1.5]
    ) { $0.rounded(.toNearestOrEven) },
    .unary(StopGradient.self, { ($0 * 2).stopGradient() }, derivative: .none(because: "that is its purpose")) {
        $0 * 2
    },
    .unary(Argument.self, { Argument.wrap($0 * $0, for: Differentiation()) }) { $0 * $0 },
    .unary(Copy.self, { Tensor(Copy(), [$0 * $0]) }) { $0 * $0 },
    .unary(CopiedBackwards.self, { Tensor(CopiedBackwards(), [$0 * $0]) }) { $0 * $0 },
    PrimitiveEntry(Cast.self, derivative: .checkedBy("go through a cast between real types"), casts),
]

private let whole: [Double] = [-3, -2, -1, 0, 1, 2, 3]

/// The same function on integers.
private func integers(
    _ function: @escaping @Sendable (Tensor, Tensor) -> Tensor, divisor: Domain = .integers(-5...5),
    _ reference: @escaping @Sendable (Double, Double) -> Double
) -> [PrimitiveCase] {
    [[3, 1], [0, 1], [2, 1, 1], [13, 1]].map { extents in
        PrimitiveCase(
            [Operand(extents, .integers(-9...9), .strided), Operand([4], divisor, .flipped)],
            { function($0[0], $0[1]) }, types: [.int32, .int64]
        ) { blocks in
            Block(extents.dropLast() + [4]) { reference(blocks[0].stretched($0), blocks[1].stretched($0)) }
        }
    }
}

private func integers(
    _ function: @escaping @Sendable (Tensor) -> Tensor, _ reference: @escaping @Sendable (Double) -> Double
) -> [PrimitiveCase] {
    [[7], [0], [3, 9]].map { extents in
        PrimitiveCase([Operand(extents, .integers(-9...9), .flipped)], { function($0[0]) }, types: [.int32, .int64]) {
            Block($0[0].extents, $0[0].numbers.map(reference))
        }
    }
}

private let casts: [PrimitiveCase] =
    [
        PrimitiveCase([Operand([], .reals(-9...9))], { $0[0].cast(to: .float64) }, types: [.float32, .int32]) { $0[0] },
        PrimitiveCase([Operand([2, 0])], { $0[0].cast(to: .float64) }, types: [.float32, .int32]) { $0[0] },
        PrimitiveCase(
            [Operand([2, 5], .reals(-9...9))], { $0[0].cast(to: .float32) }, types: [.float64, .float32],
            tolerance: 1e-6
        ) { $0[0] },
        PrimitiveCase(
            [Operand([11], .these([1.9, -1.9, 0, 1e30, -1e30, .nan, .infinity]))], { $0[0].cast(to: .int32) }
        ) {
            Block(
                $0[0].extents,
                $0[0].numbers.map { $0.isNaN ? 0 : min(max($0.rounded(.towardZero), -2_147_483_648), 2_147_483_647) })
        },
        PrimitiveCase(
            [Operand([9], .these([0, 1, -1, 0.25]))], { $0[0].cast(to: .bool) }, types: [.float64, .float32]
        ) {
            Block($0[0].extents, $0[0].numbers.map { $0 == 0 ? 0 : 1 })
        },
    ]
    + [ElementType.float64, .float32, .int64, .bool].map { to in
        PrimitiveCase(
            [Operand([9], .integers(0...9), .strided)], { $0[0].cast(to: to) }, types: [.int32, .int64, .uint8]
        ) {
            to == .bool ? Block($0[0].extents, $0[0].numbers.map { $0 == 0 ? 0 : 1 }) : $0[0]
        }
    }
