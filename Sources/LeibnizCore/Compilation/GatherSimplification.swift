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

    /// x − c·(rows scattered into zeros), computed by adding −c·rows to a copy of x: the step of an embedding, of which few rows
    /// were looked at.
    ///
    /// - Returns: nil where the subtrahend is of another form, or most rows are there anyway.
    mutating func scattered(from x: Int, _ subtrahend: Int, _ type: TensorType) -> Int? {
        let product = self[subtrahend]
        guard type.elementType.isFloatingPoint, self[x].type == type, product.primitive is Multiply else { return nil }
        for (place, other) in [(0, 1), (1, 0)] {
            let sum = self[product.operands[place]]
            guard let scatter = sum.primitive as? ScatterAdd, sum.operands.count == 2, sum.type == type,
                let factor = uniform(product.operands[other])
            else { continue }
            let rows = self[sum.operands[0]].type
            guard rows.shape.count * 2 <= type.shape.count else { return nil }
            let factors = add(Broadcast(to: rows.shape), [factor], rows)
            let scaled = add(Negate(), [add(Multiply(), [factors, sum.operands[0]], rows)], rows)
            return append(scatter, [scaled, sum.operands[1], x], type)
        }
        return nil
    }

    /// The instruction of one number that fills a value, if that is how it is made.
    private func uniform(_ number: Int) -> Int? {
        let instruction = self[number]
        guard instruction.primitive is Broadcast, self[instruction.operands[0]].type.shape.count == 1 else {
            return nil
        }
        return instruction.operands[0]
    }
}
