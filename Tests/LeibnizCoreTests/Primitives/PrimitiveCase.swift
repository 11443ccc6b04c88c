import Testing

@testable import LeibnizCore

/// An operation on operands of given shapes, and what it gives.
struct PrimitiveCase: Sendable {
    let operands: [Operand]
    let body: @Sendable ([Tensor]) -> Tensor
    let reference: @Sendable ([Block]) -> Block
    /// The element types in which it is tried.
    var types: [ElementType] = [.float64, .float32]
    /// Whether derivatives are checked on these shapes.
    var checksDerivative = false
    /// What a float64 result may deviate from the reference by, of max(1, |reference|).
    var tolerance = 1e-12
    /// The same for float32.
    var tolerance32 = 1e-5

    init(
        _ operands: [Operand], _ body: @escaping @Sendable ([Tensor]) -> Tensor,
        types: [ElementType] = [.float64, .float32],
        checksDerivative: Bool = false, tolerance: Double = 1e-12, tolerance32: Double = 1e-5,
        reference: @escaping @Sendable ([Block]) -> Block
    ) {
        (self.operands, self.body, self.reference, self.types) = (operands, body, reference, types)
        (self.checksDerivative, self.tolerance, self.tolerance32) = (checksDerivative, tolerance, tolerance32)
    }

    /// The operands' numbers, the same in every type that can hold them.
    func blocks(seed: Int) -> [Block] {
        operands.enumerated().map { place, operand in
            var numbers = Numbers(seed * 100 + place + 1)
            return Block(operand.extents, operand.domain.draw(operand.extents.reduce(1, *), &numbers))
        }
    }

    /// The operands as tensors.
    func tensors(_ blocks: [Block], _ type: ElementType) -> [Tensor] {
        zip(blocks, operands).map { $0.tensor($1.type ?? type, $1.presentation) }
    }

    var differentiable: [Int] { operands.indices.filter { operands[$0].isDifferentiable } }
}

/// All that is tried of one primitive.
struct PrimitiveEntry: Sendable, CustomTestStringConvertible {
    /// Whether a primitive has a derivative.
    enum Derivative: Sendable, Equatable {
        /// It has, and cases check it.
        case checked
        /// It has, but float64 differences cannot see it; this test does.
        case checkedBy(String)
        /// It has none, for this reason.
        case none(because: String)
    }

    let primitive: any Primitive.Type
    let derivative: Derivative
    let cases: [PrimitiveCase]

    init(_ primitive: any Primitive.Type, derivative: Derivative = .checked, _ cases: [PrimitiveCase]) {
        (self.primitive, self.derivative, self.cases) = (primitive, derivative, cases)
    }

    var name: String { String(describing: primitive) }
    var testDescription: String { name }
}
