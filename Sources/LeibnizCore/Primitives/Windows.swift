import LeibnizKernels

extension Tensor {
    /// All windows along an axis: a new last axis holds what each window sees.
    ///
    /// result[…, o, …, k] = x[…, o·stride + k·dilation, …]; windows that overhang are left out. The extent becomes
    /// (extent − dilation·(size − 1) − 1)/stride + 1. Nothing is copied.
    public func windows(axis: Int, size: Int, stride: Int = 1, dilation: Int = 1) -> Tensor {
        if isInvalid { return self }
        do throws(TensorError) {
            return Tensor(
                Windows(axis: try type.shape.axis(axis, of: "windows"), size: size, stride: stride, dilation: dilation),
                [self])
        } catch {
            return Tensor(invalid: error.located(among: [self]))
        }
    }
}

/// All windows along an axis. Adjoint: each element gathers what the windows that saw it give back.
struct Windows: ViewPrimitive {
    let axis: Int
    let size: Int
    let stride: Int
    let dilation: Int
    var name: String { "windows" }

    func result(of operands: [TensorType]) throws(TensorError) -> TensorType {
        let shape = operands[0].shape
        guard size > 0, stride > 0, dilation > 0 else {
            throw TensorError(
                name, [shape], "size \(size), stride \(stride) and dilation \(dilation) must be positive", kind: .value)
        }
        let reach = dilation * (size - 1) + 1
        guard shape[axis] >= reach else {
            throw TensorError(
                name, [shape], "a window that spans \(reach) does not fit axis \(axis) of extent \(shape[axis])",
                hint: "pad the input, or take a smaller kernel")
        }
        return TensorType(
            Shape(shape.replacing(axis, with: (shape[axis] - reach) / stride + 1).extents + [size]),
            operands[0].elementType)
    }

    /// Element h gathers x̄[h] = Σ ȳ[o, k] over o·stride + k·dilation = h. Where dilation = m·stride, that is h = stride·(o + m·k): the
    /// places between get nothing, x̄[stride·q] = Σₖ ȳ[q − m·k, k]. Else the window axis is first spread so that dilation is 1, then split
    /// as k = stride·j + t; with h = stride·q + t the sum runs over j alone: x̄[q, t] = Σⱼ ȳ[q − j, j, t].
    func adjoint(_ operand: Int, of cotangent: Tensor, operands: [Tensor]) -> Tensor {
        let extent = operands[0].type.shape[axis]
        let last = cotangent.type.shape.rank - 1
        let isRegular = dilation.isMultiple(of: stride)
        let spread = isRegular ? cotangent : cotangent.padded(axis: last, before: 0, after: 0, interior: dilation - 1)
        let reach = spread.type.shape[last]
        // How many t get something.
        let width = isRegular ? 1 : stride
        let groups = (reach + width - 1) / width
        let split = spread.padded(axis: last, before: 0, after: groups * width - reach)
            .reshaped(to: Shape(spread.type.shape.extents.dropLast() + [groups, width]))
        let blocks = (extent + stride - 1) / stride
        let step = isRegular ? dilation / stride : 1
        let gathered =
            groups == 1
            ? split.reshaped(to: Shape(split.type.shape.extents[..<last] + [width])).padded(
                axis: axis, before: 0, after: blocks - cotangent.type.shape[axis])
            : sum(
                Tensor(Shear(axis: axis, along: last, step: -step, offset: 0, extent: blocks), [split]), axes: [last])
        // [… q …, t] → [… q, t …] → [… h …]
        var order = Array(0..<last)
        order.insert(last, at: axis + 1)
        return gathered.padded(axis: last, before: 0, after: stride - width).transposed(order)
            .flattened(from: axis, through: axis + 1).sliced(axis: axis, start: 0, count: extent)
    }

    func source(_ index: [Affine], operand: Shape, space: LoopSpace) throws(LoopSpace.SplitRequest) -> (
        index: [Affine], bounds: [Bound]
    ) {
        var source = Array(index.dropLast())
        source[axis] = source[axis] * stride + index[index.count - 1] * dilation
        return (source, [])
    }

    func batched(_ operands: BatchedOperands) -> Tensor {
        Tensor(Windows(axis: axis + 1, size: size, stride: stride, dilation: dilation), operands.tensors)
    }

    func latex(_ operands: [String]) -> String {
        "{\(operands[0])}_{\(stride == 1 ? "" : "\(stride) ")o + \(dilation == 1 ? "" : "\(dilation) ")k}"
    }
}
