import LeibnizKernels

extension Program {
    /// A gather of few elements of something computed element by element, computed from gathers of its operands: the rest
    /// need not be computed at all.
    ///
    /// - Returns: nil where nothing is won, or where no gather would be left to check the indices.
    mutating func simplifiedGather(_ take: TakeAlong, _ operands: [Int], _ type: TensorType) -> Int? {
        let source = self[operands[0]]
        guard let pointwise = source.primitive as? any PointwisePrimitive,
            type.shape.count * 4 <= source.type.shape.count,
            source.operands.contains(where: { !isConstant($0, along: take.axis) })
        else { return nil }
        let parts = source.operands.map { gathered($0, take, operands[1], type.shape) }
        return add(pointwise, parts, type)
    }

    /// Whether all elements along an axis are the same without looking.
    private func isConstant(_ number: Int, along axis: Int) -> Bool {
        let instruction = self[number]
        if instruction.primitive is Fill { return true }
        guard instruction.primitive is Broadcast else { return false }
        let inner = self[instruction.operands[0]].type.shape
        let place = axis - (instruction.type.shape.rank - inner.rank)
        return place < 0 || inner.extents[place] == 1
    }

    private mutating func gathered(_ number: Int, _ take: TakeAlong, _ indices: Int, _ shape: Shape) -> Int {
        let instruction = self[number]
        let type = TensorType(shape, instruction.type.elementType)
        guard isConstant(number, along: take.axis) else { return add(take, [number, indices], type) }
        if let fill = instruction.primitive as? Fill { return append(Fill(number: fill.number, type: type), [], type) }
        return add(Broadcast(to: shape), instruction.operands, type)
    }
}
