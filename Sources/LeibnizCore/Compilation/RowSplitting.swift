import LeibnizKernels

/// A program for fewer rows than it was written for, where no row knows of another: that of a recurrent network's step, whose rows are
/// the sequences of a batch.
///
/// Rows run along the first axis. Whether a value has rows follows from the outputs backwards: all outputs with as many elements along
/// their first axis have; an operand has rows if the operation reads of it, for a row of its result, that row alone.
struct RowSplitting {
    /// The program for `rows` rows.
    private(set) var program = Program()
    /// For each input whether it has rows. The others are the same for all.
    private(set) var inputHasRows: [Bool]
    /// The same for each output.
    private(set) var outputHasRows: [Bool]

    /// Nil where some row may depend on another, or where an operation is not known to keep rows apart.
    ///
    /// - Parameters:
    ///   - whole: the rows that `original` is written for, at least 2.
    ///   - rows: those of the new program.
    init?(_ original: Program, whole: Int, rows: Int) {
        let instructions = original.instructions
        func mayHaveRows(_ number: Int) -> Bool { instructions[number].type.shape.extents.first == whole }
        // In which forms each value is asked for.
        var (isSplit, isKept) = (instructions.map { _ in false }, instructions.map { _ in false })
        outputHasRows = original.outputs.map(mayHaveRows)
        for output in original.outputs {
            if mayHaveRows(output) { isSplit[output] = true } else { isKept[output] = true }
        }
        for number in instructions.indices.reversed() {
            let instruction = instructions[number]
            if instruction.primitive is Input {
                if isSplit[number], isKept[number] || !mayHaveRows(number) { return nil }
                continue
            }
            if isKept[number] { for operand in instruction.operands { isKept[operand] = true } }
            if isSplit[number] {
                guard let shapes = original.forRows(of: number, whole, rows) else { return nil }
                for (operand, hasRows) in zip(instruction.operands, shapes.operandHasRows) {
                    if hasRows { isSplit[operand] = true } else { isKept[operand] = true }
                }
            }
        }
        inputHasRows = original.inputs.map { isSplit[$0] }

        var (split, kept) = ([Int: Int](), [Int: Int]())
        for (number, instruction) in instructions.enumerated() {
            let fewer = { (type: TensorType) in TensorType(type.shape.replacing(0, with: rows), type.elementType) }
            if instruction.primitive is Input {
                let new = program.append(
                    instruction.primitive, [], isSplit[number] ? fewer(instruction.type) : instruction.type)
                (split[number], kept[number]) = (new, new)
                continue
            }
            if isKept[number] {
                kept[number] = program.append(
                    instruction.primitive, instruction.operands.compactMap { kept[$0] }, instruction.type)
            }
            if isSplit[number], let shapes = original.forRows(of: number, whole, rows) {
                let operands = zip(instruction.operands, shapes.operandHasRows).compactMap { $1 ? split[$0] : kept[$0] }
                let type = try? shapes.primitive.result(of: operands.map { program[$0].type })
                guard type == fewer(instruction.type) else { return nil }
                split[number] = program.append(shapes.primitive, operands, fewer(instruction.type))
            }
        }
        program.inputs = original.inputs.compactMap { split[$0] }
        program.outputs = zip(original.outputs, outputHasRows).compactMap { $1 ? split[$0] : kept[$0] }
    }
}

extension Program {
    /// The operation that computes `rows` rows of an instruction's result in place of `whole`, and which operands it needs as many rows of;
    /// nil if it needs other rows too.
    fileprivate func forRows(of number: Int, _ whole: Int, _ rows: Int) -> (
        primitive: any Primitive, operandHasRows: [Bool]
    )? {
        let (primitive, shape) = (self[number].primitive, self[number].type.shape)
        let operands = self[number].operands.map { self[$0].type.shape }
        guard shape.extents.first == whole else { return nil }
        let all = operands.map { _ in true }
        switch primitive {
        case is any PointwisePrimitive: return (primitive, all)
        case let fill as Fill:
            return (
                Fill(number: fill.number, type: TensorType(shape.replacing(0, with: rows), fill.type.elementType)), []
            )
        case is Broadcast:
            let hasRows = operands[0].rank == shape.rank && operands[0].extents[0] == whole
            return (Broadcast(to: shape.replacing(0, with: rows)), [hasRows])
        case is Reshape:
            guard operands[0].extents.first == whole else { return nil }
            return (Reshape(to: shape.replacing(0, with: rows)), all)
        case let transpose as Transpose: return transpose.order[0] == 0 ? (primitive, all) : nil
        case let slice as Slice: return slice.axis == 0 ? nil : (primitive, all)
        case let pad as Pad: return pad.axis == 0 ? nil : (primitive, all)
        case let concatenation as Concatenate: return concatenation.axis == 0 ? nil : (primitive, all)
        case let reduction as Reduce: return reduction.axes.contains(0) ? nil : (primitive, all)
        case let reduction as ArgReduce: return reduction.axes.contains(0) ? nil : (primitive, all)
        case let prefix as Prefix: return prefix.axis == 0 ? nil : (primitive, all)
        case let contraction as Contraction:
            let sides = [contraction.left, contraction.right].map { $0.firstIndex(of: contraction.output[0]) }
            return sides.allSatisfy { $0 == nil || $0 == 0 } ? (primitive, sides.map { $0 != nil }) : nil
        default: return nil
        }
    }
}
