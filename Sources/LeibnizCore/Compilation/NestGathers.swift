import LeibnizKernels

extension NestLowering {
    /// An element at an index that is data along one axis.
    mutating func take(
        _ take: TakeAlong, _ number: Int, at index: [Affine], bounds: [Bound]
    ) throws(LoweringInterruption) -> Scalar {
        let operands = program[number].operands
        guard isLoaded(operands[0]) else { throw .materialize(operands[0]) }
        guard layouts[operands[0]].isRowMajor else { throw .pin(operands[0]) }
        let shape = program[operands[0]].type.shape
        let gather = try self.gather(
            operands[1], axis: take.axis, extent: shape[take.axis], stride: shape.rowMajorStrides[take.axis],
            at: index, bounds: bounds, of: "gather", report: take.report)
        var base = index
        base[take.axis] = Affine(0)
        return load(operands[0], atOffset: Layout.rowMajorOffset(base, in: shape), bounds: bounds, gathers: [gather])
    }

    /// An index that is data, with its range check.
    mutating func gather(
        _ indices: Int, axis: Int, extent: Int, stride: Int, at index: [Affine], bounds: [Bound], of operation: String,
        report: IndexReport?
    ) throws(LoweringInterruption) -> Gather {
        let saved = region
        region = saved?.closed
        let value = try element(indices, at: index, bounds: bounds)
        region = saved
        let shape = program[indices].type.shape
        checks.append(
            IndexCheck(
                number: program.unshaped(indices), operation: operation, axis: axis, extent: extent, indices: shape,
                report: report))
        let position = Layout.rowMajorOffset(index, in: shape)
        return Gather(
            value.id, stride: stride, extent: extent, otherwise: .report(check: checks.count - 1, position: position))
    }
}
