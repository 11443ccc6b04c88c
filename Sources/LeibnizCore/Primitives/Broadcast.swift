import LeibnizKernels

extension Tensor {
    /// The tensor repeated along axes of extent 1, and along new leading axes, so that it has `shape`.
    public func broadcast(to shape: Shape) -> Tensor {
        if isInvalid || type.shape == shape { return self }
        if let fill = node.primitive as? Fill, type.shape.broadcast(with: shape) == shape {
            return Tensor(Fill(number: fill.number, type: TensorType(shape, elementType)), [], isWeak: node.isWeak)
        }
        return Tensor(Broadcast(to: shape), [self], isWeak: node.isWeak)
    }

    /// The tensor repeated along new axes, inserted where `axes` name them in the result: the adjoint of a sum.
    func broadcast(to shape: Shape, inserting axes: [Int]) -> Tensor {
        reshaped(to: Shape(shape.extents.indices.map { axes.contains($0) ? 1 : shape.extents[$0] })).broadcast(
            to: shape)
    }
}

/// Repetition along axes of extent 1 and new leading axes. Adjoint: the sum over them.
struct Broadcast: ViewPrimitive {
    let to: Shape
    var name: String { "broadcast" }

    func result(of operands: [TensorType]) throws(TensorError) -> TensorType {
        guard operands[0].shape.rank <= to.rank, operands[0].shape.broadcast(with: to) == to else {
            throw TensorError(name, [operands[0].shape], "the shape does not stretch to \(to)")
        }
        return TensorType(to, operands[0].elementType)
    }

    func adjoint(_ operand: Int, of cotangent: Tensor, operands: [Tensor]) -> Tensor {
        let shape = operands[0].type.shape
        let leading = to.rank - shape.rank
        let stretched = (0..<to.rank).filter { $0 < leading || shape.extents[$0 - leading] == 1 && to.extents[$0] != 1 }
        return sum(cotangent, axes: stretched).reshaped(to: shape)
    }

    func source(_ index: [Affine], operand: Shape, space: LoopSpace) throws(LoopSpace.SplitRequest) -> (
        index: [Affine], bounds: [Bound]
    ) {
        let leading = to.rank - operand.rank
        return (operand.extents.indices.map { operand.extents[$0] == 1 ? Affine(0) : index[$0 + leading] }, [])
    }
    func batched(_ operands: BatchedOperands) -> Tensor {
        let (shape, count) = (operands.tensors[0].type.shape, operands.count)
        let missing = Array(repeating: 1, count: to.rank - (shape.rank - 1))
        return operands.tensors[0].reshaped(to: Shape([count] + missing + shape.extents[1...]))
            .broadcast(to: Shape([count] + to.extents))
    }
    func latex(_ operands: [String]) -> String { operands[0] }
}
