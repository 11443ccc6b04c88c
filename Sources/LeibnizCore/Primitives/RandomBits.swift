import LeibnizKernels

/// 32 random bits per element, as int32, of the counter-based generator Philox4x32-10 (Salmon et al., *Parallel Random
/// Numbers: As Easy as 1, 2, 3*, SC 2011).
///
/// Operands: the key (a stream's identity) and the first counter, both int64 scalars and so arguments of the plan. An element
/// takes word `word` of the block at counter + its row-major number, so results depend on nothing but these. Of a batch there are
/// as many keys and counters of one shape, whose axes come first in the result.
struct RandomBits: ConstantPrimitive, GeneratorPrimitive {
    let shape: Shape
    let word: Int
    var name: String { "randomBits" }

    func result(of operands: [TensorType]) throws(TensorError) -> TensorType {
        guard operands.allSatisfy({ $0.elementType == .int64 && $0.shape == operands[0].shape }) else {
            throw TensorError(
                name, operands.map(\.shape), "key and counter must be int64 numbers, one of each", kind: .elementType)
        }
        return TensorType(Shape(operands[0].shape.extents + shape.extents), .int32)
    }

    func lowered(at index: [Affine], operands: [Scalar], builder: NestBuilder) -> Scalar {
        let number = zip(index.suffix(shape.rank), shape.rowMajorStrides).reduce(Affine(0)) { $0 + $1.0 * $1.1 }
        let counter = builder.add(.index(number), .int64) + operands[1]
        return builder.add(.random(key: operands[0].id, counter: counter.id, word: word), .int32)
    }

    func batched(_ operands: BatchedOperands) -> Tensor { Tensor(self, operands.all) }

    func latex(_ operands: [String]) -> String {
        "\\operatorname{Philox}\\left(\(operands.joined(separator: ", "))\\right)"
    }
}
