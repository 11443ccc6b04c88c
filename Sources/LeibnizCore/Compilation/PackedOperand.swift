/// An operand of a product that is read from a copy of an input, made in the order that suits this product.
struct PackedOperand {
    /// The product.
    let contraction: Int
    /// The place of the operand, a view of an input.
    let operand: Int
    /// The order of the copy.
    let layout: Layout
}

extension Program {
    /// The only product, among what a kernel computes, of which an operand is a view of an input.
    ///
    /// - Parameters:
    ///   - written: what the kernel writes.
    ///   - read: what it reads instead of computing it.
    func product(reading input: Int, in written: [Int], besides read: Set<Int>) -> (contraction: Int, operand: Int)? {
        var (pending, seen) = (written, Set<Int>())
        var found: [(contraction: Int, operand: Int)] = []
        while let number = pending.popLast() {
            guard seen.insert(number).inserted, !read.contains(number) else { continue }
            if self[number].primitive is Contraction {
                for (place, operand) in self[number].operands.enumerated() where unviewed(operand) == input {
                    found.append((number, place))
                }
            }
            pending += self[number].operands
        }
        return found.count == 1 ? found[0] : nil
    }

    /// What is left of a value when views of one operand are taken off.
    private func unviewed(_ number: Int) -> Int {
        var number = number
        while self[number].primitive is any ViewPrimitive, self[number].operands.count == 1 {
            number = self[number].operands[0]
        }
        return number
    }

    /// The same program in which all users of some inputs read copies of them, and some products copies of their own.
    ///
    /// - Parameter chosen: the copies' orders in memory, by the inputs' numbers.
    /// - Returns: it, and the new number of each instruction; for the copied inputs, their copy's.
    func copying(_ chosen: [Int: Layout], for packed: [PackedOperand]) -> (program: Program, numbers: [Int]) {
        if chosen.isEmpty, packed.isEmpty { return (self, Array(instructions.indices)) }
        var (result, numbers, originals) = (Program(), [Int](), [Int]())
        for (number, instruction) in instructions.enumerated() {
            var operands = instruction.operands.map { numbers[$0] }
            for item in packed where item.contraction == number {
                operands[item.operand] = result.append(
                    self, copyBelow: instruction.operands[item.operand], originals, item.layout)
            }
            let written = result.append(instruction.primitive, operands, instruction.type)
            originals.append(written)
            let copy = chosen[number].map { result.append(Copy(layout: $0), [written], instruction.type) }
            numbers.append(copy ?? written)
        }
        result.inputs = inputs.map { originals[$0] }
        result.outputs = outputs.map { originals[$0] }
        return (result, numbers)
    }

    /// Writes views of another program once more, over a copy of the input that they are views of.
    private mutating func append(
        _ other: Program, copyBelow number: Int, _ originals: [Int], _ layout: Layout
    ) -> Int {
        let instruction = other[number]
        let isView = instruction.primitive is any ViewPrimitive && instruction.operands.count == 1
        let primitive: any Primitive = isView ? instruction.primitive : Copy(layout: layout)
        let operand =
            isView
            ? append(other, copyBelow: instruction.operands[0], originals, layout) : originals[number]
        return append(primitive, [operand], instruction.type)
    }

    /// The orders in memory that copies were made for.
    var layoutsOfCopies: [Int: Layout] {
        var layouts: [Int: Layout] = [:]
        for (number, instruction) in instructions.enumerated() {
            if let copy = instruction.primitive as? Copy { layouts[number] = copy.layout }
        }
        return layouts
    }
}
