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

    /// x − c·(rows scattered into zeros), computed by adding −c·rows to a copy of x, or to x itself where that may be overwritten:
    /// the step of an embedding.
    ///
    /// - Returns: nil where the subtrahend is of another form, or the rows are so many more than those of x that what each addition
    ///   rounds off would show.
    mutating func scattered(from x: Int, _ subtrahend: Int, _ type: TensorType) -> Int? {
        let product = self[subtrahend]
        guard type.elementType.isFloatingPoint, self[x].type == type, product.primitive is Multiply else { return nil }
        for (place, other) in [(0, 1), (1, 0)] {
            let sum = self[product.operands[place]]
            guard let scatter = sum.primitive as? ScatterAdd, sum.operands.count == 2, sum.type == type,
                let factor = uniform(product.operands[other])
            else { continue }
            let rows = self[sum.operands[0]].type
            guard rows.shape.count <= 8 * type.shape.count else { return nil }
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

    /// The same program in which an index that another gather checks is taken for what it is, instead of being looked up in a table of
    /// all places.
    func trustingCheckedIndices() -> Program {
        /// What a gather checks: the indices, and below what they have to be.
        struct Check: Hashable {
            let indices: Int
            let extent: Int
        }
        func check(_ instruction: Instruction) -> (check: Check, isTable: Bool)? {
            guard let take = instruction.primitive as? TakeAlong else { return nil }
            let table = self[instruction.operands[0]]
            let check = Check(indices: unshaped(instruction.operands[1]), extent: table.type.shape[take.axis])
            return (check, table.primitive is Iota && table.type.shape.rank == 1)
        }
        let checks = instructions.compactMap(check)
        let made = Set(checks.filter { !$0.isTable }.map(\.check))
        guard checks.contains(where: { $0.isTable && made.contains($0.check) }) else { return self }
        var (result, numbers) = (Program(), [Int]())
        for instruction in instructions {
            let operands = instruction.operands.map { numbers[$0] }
            if let (check, isTable) = check(instruction), isTable, made.contains(check) {
                let indices = operands[1]
                let isSame = result[indices].type == instruction.type
                numbers.append(isSame ? indices : result.append(Cast(to: .int64), [indices], instruction.type))
            } else {
                numbers.append(result.append(instruction.primitive, operands, instruction.type))
            }
        }
        (result.inputs, result.outputs) = (inputs.map { numbers[$0] }, outputs.map { numbers[$0] })
        result.removeUnused()
        return result
    }
}
