import LeibnizKernels

/// A shift along one axis that grows along another: result[…, i, …, k, …] = x[…, i + step·k + offset, …, k, …], zero outside.
///
/// With a broadcast it makes windows, with a sum it takes them apart. Adjoint: the opposite shift.
struct Shear: ViewPrimitive {
    /// The axis that is shifted, and the one along which the shift grows.
    let axis: Int
    let along: Int
    let step: Int
    let offset: Int
    /// The extent of `axis` in the result.
    let extent: Int
    var name: String { "shear" }

    func result(of operands: [TensorType]) throws(TensorError) -> TensorType {
        TensorType(operands[0].shape.replacing(axis, with: extent), operands[0].elementType)
    }

    func adjoint(_ operand: Int, of cotangent: Tensor, operands: [Tensor]) -> Tensor {
        Tensor(
            Shear(axis: axis, along: along, step: -step, offset: -offset, extent: operands[0].type.shape[axis]),
            [cotangent])
    }

    func source(_ index: [Affine], operand: Shape, space: LoopSpace) throws(LoopSpace.SplitRequest) -> (
        index: [Affine], bounds: [Bound]
    ) {
        var index = index
        index[axis] = index[axis] + index[along] * step + offset
        return (index, [Bound(index[axis], extent: operand.extents[axis])])
    }

    func batched(_ operands: BatchedOperands) -> Tensor {
        Tensor(
            Shear(axis: axis + 1, along: along + 1, step: step, offset: offset, extent: extent), operands.tensors)
    }

    func latex(_ operands: [String]) -> String { "{\(operands[0])}_{i + \(step) k + \(offset)}" }
}
