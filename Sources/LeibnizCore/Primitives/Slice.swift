import LeibnizKernels

extension Tensor {
    /// Every `stride`-th element along an axis, beginning at `start`.
    ///
    /// - Parameters:
    ///   - count: how many elements are taken.
    ///   - stride: not zero; negative goes backwards from `start`.
    public func sliced(axis: Int, start: Int, count: Int, stride: Int = 1) -> Tensor {
        if isInvalid { return self }
        do throws(TensorError) {
            let axis = try type.shape.axis(axis, of: "slice")
            if start == 0 && stride == 1 && count == type.shape[axis] { return self }
            return Tensor(Slice(axis: axis, start: start, count: count, stride: stride), [self])
        } catch {
            return Tensor(invalid: error.located(among: [self]))
        }
    }

    /// The elements in reverse order along some axes.
    public func flipped(_ axes: [Int]) -> Tensor {
        axes.reduce(self) { $0.sliced(axis: $1, start: $0.type.shape[$1] - 1, count: $0.type.shape[$1], stride: -1) }
    }
}

/// Evenly spaced elements along an axis; a flip is one with stride −1. Adjoint: padding with zeros, also between.
struct Slice: ViewPrimitive {
    let axis: Int
    let start: Int
    let count: Int
    let stride: Int
    var name: String { "slice" }

    func result(of operands: [TensorType]) throws(TensorError) -> TensorType {
        let shape = operands[0].shape
        let extent = shape[axis]
        let last = start + (count - 1) * stride
        guard count >= 0, stride != 0, count == 0 || (0..<extent).contains(start) && (0..<extent).contains(last) else {
            throw TensorError(
                name, [shape],
                "\(count) elements from \(start) in steps of \(stride) leave axis \(axis) of extent \(extent)",
                kind: .index)
        }
        return TensorType(shape.replacing(axis, with: count), operands[0].elementType)
    }

    func adjoint(_ operand: Int, of cotangent: Tensor, operands: [Tensor]) -> Tensor {
        let extent = operands[0].type.shape[axis]
        if count == 0 { return operands[0].filled(0) }
        let (forward, first) =
            stride > 0 ? (cotangent, start) : (cotangent.flipped([axis]), start + (count - 1) * stride)
        let step = Swift.abs(stride)
        return forward.padded(
            axis: axis, before: first, after: extent - first - (count - 1) * step - 1, interior: step - 1)
    }

    func source(_ index: [Affine], operand: Shape, space: LoopSpace) throws(LoopSpace.SplitRequest) -> (
        index: [Affine], bounds: [Bound]
    ) {
        var index = index
        index[axis] = index[axis] * stride + start
        return (index, [])
    }
    func batched(_ operands: BatchedOperands) -> Tensor {
        Tensor(Slice(axis: axis + 1, start: start, count: count, stride: stride), operands.tensors)
    }
    func latex(_ operands: [String]) -> String { "{\(operands[0])}_{\(start):\(start + count * stride):\(stride)}" }
}
