import LeibnizKernels

extension Program {
    /// A sum computed without its loop, if its summands allow: signs move outside, and of a row in which one place is chosen by its
    /// number only that place is left.
    mutating func simplifiedSum(_ sum: Reduce, _ operand: Int, _ type: TensorType) -> Int? {
        let summand = self[operand]
        if summand.primitive is Negate { return add(Negate(), [add(sum, summand.operands, type)], type) }
        guard sum.axes.count == 1, summand.primitive is Select, number(summand.operands[2]) == 0 else { return nil }
        let (axis, condition) = (sum.axes[0], self[summand.operands[0]])
        guard let comparison = condition.primitive as? Compare, comparison.comparison == .equal else { return nil }
        for (counting, chosen) in [(0, 1), (1, 0)] {
            guard (self[condition.operands[counting]].primitive as? Iota)?.axis == axis,
                let place = collapsed(condition.operands[chosen], along: axis),
                let value = collapsed(summand.operands[1], along: axis)
            else { continue }
            // The place may be none of the row's.
            let (indices, bools) = (self[place].type, TensorType(type.shape, .bool))
            func limit(_ number: Int) -> Fill { Fill(number: Double(number), type: indices) }
            let isAbove = add(
                Compare(comparison: .greaterOrEqual), [place, append(limit(0), [], indices)], bools)
            let extent = summand.type.shape.extents[axis]
            let isBelow = add(Compare(comparison: .less), [place, append(limit(extent), [], indices)], bools)
            let isInside = add(Bitwise(operation: .and), [isAbove, isBelow], bools)
            return add(Select(), [isInside, value, append(Fill(number: 0, type: type), [], type)], type)
        }
        return nil
    }

    /// A value that is the same all along an axis, without that axis; nil where it may differ.
    private mutating func collapsed(_ number: Int, along axis: Int) -> Int? {
        let instruction = self[number]
        let type = TensorType(instruction.type.shape.removing([axis]), instruction.type.elementType)
        if let fill = instruction.primitive as? Fill { return append(Fill(number: fill.number, type: type), [], type) }
        guard instruction.primitive is Broadcast else { return nil }
        let source = self[instruction.operands[0]].type.shape
        guard source.rank == instruction.type.shape.rank, source.extents[axis] == 1 else { return nil }
        let row = source.removing([axis])
        let flat = add(Reshape(to: row), instruction.operands, TensorType(row, type.elementType))
        return row == type.shape ? flat : add(Broadcast(to: type.shape), [flat], type)
    }
}
