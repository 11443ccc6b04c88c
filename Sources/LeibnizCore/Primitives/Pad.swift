import LeibnizKernels

extension Tensor {
    /// Zeros put before, after and between the elements along an axis.
    ///
    /// - Parameters:
    ///   - before, after: how many; none negative.
    ///   - interior: how many between neighbours, 0 by default.
    public func padded(axis: Int, before: Int, after: Int, interior: Int = 0) -> Tensor {
        if isInvalid { return self }
        do throws(TensorError) {
            let axis = try type.shape.axis(axis, of: "pad")
            if before == 0 && after == 0 && (interior == 0 || type.shape[axis] < 2) { return self }
            return Tensor(Pad(axis: axis, before: before, after: after, interior: interior), [self])
        } catch {
            return Tensor(invalid: error.located(among: [self]))
        }
    }

    /// `value` put around the elements: a pair (before, after) per axis, aligned at the last axis.
    public func padded(_ widths: [(before: Int, after: Int)], with value: Double = 0) -> Tensor {
        if isInvalid { return self }
        let leading = type.shape.rank - widths.count
        guard leading >= 0 else {
            return Tensor(
                invalid: TensorError("pad", [type.shape], "\(widths.count) widths for \(type.shape.rank) axes").located(
                    among: [self]))
        }
        func pad(_ x: Tensor) -> Tensor {
            widths.enumerated().reduce(x) {
                $0.padded(axis: leading + $1.offset, before: $1.element.before, after: $1.element.after)
            }
        }
        if value == 0 { return pad(self) }
        return which(pad(filled(1).cast(to: .bool)), pad(self), Tensor(weak: value))
    }
}

/// Zeros before, after and between the elements along an axis. Adjoint: the slice that takes the elements out again.
struct Pad: ViewPrimitive {
    let axis: Int
    let before: Int
    let after: Int
    let interior: Int
    var name: String { "pad" }

    func result(of operands: [TensorType]) throws(TensorError) -> TensorType {
        let shape = operands[0].shape
        guard before >= 0, after >= 0, interior >= 0 else {
            throw TensorError(
                name, [shape], "widths (\(before), \(after), \(interior)) must not be negative", hint: "slice instead")
        }
        let extent = shape[axis] + Swift.max(0, shape[axis] - 1) * interior + before + after
        return TensorType(shape.replacing(axis, with: extent), operands[0].elementType)
    }

    func adjoint(_ operand: Int, of cotangent: Tensor, operands: [Tensor]) -> Tensor {
        cotangent.sliced(axis: axis, start: before, count: operands[0].type.shape[axis], stride: interior + 1)
    }

    func source(_ index: [Affine], operand: Shape, space: LoopSpace) throws(LoopSpace.SplitRequest) -> (
        index: [Affine], bounds: [Bound]
    ) {
        var (index, bounds) = (index, [Bound]())
        index[axis] = index[axis] + (-before)
        if interior > 0 {
            let (quotient, remainder) = try space.divide(index[axis], by: interior + 1)
            bounds.append(Bound(remainder, extent: 1))
            index[axis] = quotient
        }
        if before > 0 || after > 0 { bounds.append(Bound(index[axis], extent: operand.extents[axis])) }
        return (index, bounds)
    }

    func batched(_ operands: BatchedOperands) -> Tensor {
        Tensor(Pad(axis: axis + 1, before: before, after: after, interior: interior), operands.tensors)
    }

    func latex(_ operands: [String]) -> String {
        "\\operatorname{pad}_{\(before), \(after)\(interior == 0 ? "" : ", \(interior)")}\\left(\(operands[0])\\right)"
    }
}
