import LeibnizKernels

extension Tensor {
    /// The axes in another order: axis k of the result is axis `order[k]` of this tensor.
    public func transposed(_ order: [Int]) -> Tensor {
        if isInvalid { return self }
        do throws(TensorError) {
            let order = try type.shape.normalized(order, of: "transposed")
            return order == Array(0..<type.shape.rank) ? self : Tensor(Transpose(order: order), [self])
        } catch {
            return Tensor(invalid: error.located(among: [self]))
        }
    }

    /// The last two axes exchanged: the transpose of a matrix. A vector stays as it is.
    public func transposed() -> Tensor {
        let rank = type.shape.rank
        return rank < 2 ? self : transposed(Array(0..<rank - 2) + [rank - 1, rank - 2])
    }

    /// Two axes exchanged.
    public func swapped(_ a: Int, _ b: Int) -> Tensor {
        let rank = type.shape.rank
        let (a, b) = (a < 0 ? a + rank : a, b < 0 ? b + rank : b)
        guard (0..<rank).contains(a), (0..<rank).contains(b) else {
            return isInvalid
                ? self
                : Tensor(
                    invalid: TensorError("swapped", [type.shape], "axes \(a) and \(b) do not both exist").located(
                        among: [self]))
        }
        var order = Array(0..<rank)
        order.swapAt(a, b)
        return transposed(order)
    }
}

/// The axes in another order. Adjoint: the inverse order.
struct Transpose: ViewPrimitive {
    let order: [Int]
    var name: String { "transpose" }

    var inverse: [Int] {
        var inverse = order
        for (place, axis) in order.enumerated() { inverse[axis] = place }
        return inverse
    }

    func result(of operands: [TensorType]) throws(TensorError) -> TensorType {
        let shape = operands[0].shape
        guard order.sorted() == Array(0..<shape.rank) else {
            throw TensorError(name, [shape], "\(order) does not name each axis once")
        }
        return TensorType(Shape(order.map { shape.extents[$0] }), operands[0].elementType)
    }

    func adjoint(_ operand: Int, of cotangent: Tensor, operands: [Tensor]) -> Tensor { cotangent.transposed(inverse) }

    func source(_ index: [Affine], operand: Shape, space: LoopSpace) throws(LoopSpace.SplitRequest) -> (
        index: [Affine], bounds: [Bound]
    ) {
        (inverse.map { index[$0] }, [])
    }
    func batched(_ operands: BatchedOperands) -> Tensor {
        Tensor(Transpose(order: [0] + order.map { $0 + 1 }), operands.tensors)
    }
    func latex(_ operands: [String]) -> String { "{\(operands[0])}^{\\top}" }
}
