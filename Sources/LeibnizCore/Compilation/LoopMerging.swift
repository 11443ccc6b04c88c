import LeibnizKernels

extension Program {
    /// The same program in which a scan that does part of what another does is one with it.
    ///
    /// A derivative's scan computes the values again beside their tangents, or stacks what the reverse pass reads; a plan that wants
    /// the values as well has both. Two scans of the same steps become one where every carry of the first begins with, and is changed
    /// as, a carry of the second, and neither waits for the other.
    func mergingLoops() -> Program {
        var program = self
        var scans = program.instructions.indices.filter { program[$0].primitive is Scan }
        while scans.count > 1, let merged = program.mergingPair(scans) {
            program = merged
            scans = program.instructions.indices.filter { program[$0].primitive is Scan }
        }
        return program
    }

    private func mergingPair(_ scans: [Int]) -> Program? {
        for first in scans {
            for second in scans where second != first {
                guard let merger = LoopMerger(self, first, into: second), !isBelow(first, second),
                    !isBelow(second, first)
                else { continue }
                return merging(first, into: second, merger)
            }
        }
        return nil
    }

    /// Whether an instruction is needed for another.
    private func isBelow(_ lower: Int, _ upper: Int) -> Bool {
        if lower >= upper { return false }
        var isReached = Array(repeating: false, count: upper + 1)
        isReached[upper] = true
        for number in stride(from: upper, through: lower, by: -1) where isReached[number] {
            if number == lower { return true }
            for operand in self[number].operands { isReached[operand] = true }
        }
        return false
    }

    /// The program with both as one, in an order in which operands come first.
    private func merging(_ first: Int, into second: Int, _ merger: LoopMerger) -> Program {
        var (result, numbers) = (Program(), [Int: Int]())
        func operands(of number: Int) -> [Int] {
            if number == second { return merger.operands }
            let own = self[number].operands
            return self[number].primitive is Part && own[0] == first ? [second] : own
        }
        func write(_ number: Int) {
            var primitive = self[number].primitive
            if number == second {
                primitive = merger.scan
            } else if let part = primitive as? Part, [first, second].contains(self[number].operands[0]) {
                let place = self[number].operands[0] == first ? merger.places[part.place] : part.place
                primitive = Part(place: place, count: merger.scan.body.outputCount, type: part.type)
            }
            numbers[number] = result.append(
                primitive, operands(of: number).map { numbers[$0] ?? 0 }, self[number].type)
        }
        // Inputs keep their order.
        for input in inputs { write(input) }
        for root in instructions.indices where root != first && numbers[root] == nil {
            var stack = [(number: root, next: 0)]
            while let top = stack.last {
                let operands = operands(of: top.number)
                if top.next < operands.count {
                    stack[stack.count - 1].next += 1
                    if numbers[operands[top.next]] == nil { stack.append((operands[top.next], 0)) }
                } else {
                    if numbers[top.number] == nil { write(top.number) }
                    stack.removeLast()
                }
            }
        }
        result.inputs = inputs.map { numbers[$0] ?? 0 }
        result.outputs = outputs.map { numbers[$0] ?? 0 }
        result.removeUnused()
        return result
    }
}

/// How one scan becomes part of another.
private struct LoopMerger {
    /// Both as one.
    let scan: Scan
    /// Its operands, as instructions of the program around.
    let operands: [Int]
    /// For each result of the first the place of the same result of both.
    let places: [Int]

    /// `nil` where the second does not do what the first does.
    init?(_ program: Program, _ first: Int, into second: Int) {
        guard let a = program[first].primitive as? Scan, let b = program[second].primitive as? Scan,
            a.length == b.length, a.isReversed == b.isReversed, a.carryCount <= b.carryCount
        else { return nil }
        let (ownA, ownB) = (program[first].operands, program[second].operands)
        // Carries that begin equal, in order; the last of them cannot be told apart otherwise.
        var carries: [Int] = []
        for place in 0..<a.carryCount {
            let from = (carries.last ?? -1) + 1
            guard let match = (from..<max(from, b.carryCount)).first(where: { ownB[$0] == ownA[place] }) else {
                return nil
            }
            carries.append(match)
        }
        let (programA, programB) = (a.body.program, b.body.program)
        var body = BodyExtension(programB)
        // What the first reads, the second reads as well, or will.
        var slices = Array(b.carryCount..<b.carryCount + b.stackCount)
        var captured = Array(b.carryCount + b.stackCount..<ownB.count)
        var operandOfInput = Dictionary(uniqueKeysWithValues: ownB.indices.map { ($0, ownB[$0]) })
        var numbers: [Int: Int] = [:]
        for (place, input) in programA.inputs.enumerated() {
            let type = programA[input].type
            if place < a.carryCount {
                numbers[input] = body.inputs[carries[place]]
                continue
            }
            let isSlice = place < a.carryCount + a.stackCount
            let known = (isSlice ? slices : captured).first {
                operandOfInput[$0] == ownA[place] && body.type(ofInput: $0) == type
            }
            if let known {
                numbers[input] = body.inputs[known]
            } else {
                let added = body.addInput(type)
                operandOfInput[added] = ownA[place]
                if isSlice { slices.append(added) } else { captured.append(added) }
                numbers[input] = body.inputs[added]
            }
        }
        for (number, instruction) in programA.instructions.enumerated() where numbers[number] == nil {
            numbers[number] = body.find(instruction, instruction.operands.map { numbers[$0] ?? 0 })
        }
        for (place, carry) in carries.enumerated() {
            guard numbers[programA.outputs[place]] == programB.outputs[carry] else { return nil }
        }
        var outputs = programB.outputs
        places =
            carries
            + programA.outputs[a.carryCount...].map { output in
                let number = numbers[output] ?? 0
                if let known = outputs[b.carryCount...].firstIndex(of: number) { return known }
                outputs.append(number)
                return outputs.count - 1
            }
        let order = Array(0..<b.carryCount) + slices + captured
        operands = order.map { operandOfInput[$0] ?? 0 }
        scan = Scan(
            body: ControlBody(body.program(inputs: order, outputs: outputs)), carryCount: b.carryCount,
            stackCount: slices.count, length: b.length, isReversed: b.isReversed)
    }
}

/// A body to which operations are added, unless it has them.
private struct BodyExtension {
    private var program = Program()
    private(set) var inputs: [Int] = []

    init(_ given: Program) {
        var numbers: [Int] = []
        for instruction in given.instructions {
            numbers.append(
                program.append(instruction.primitive, instruction.operands.map { numbers[$0] }, instruction.type))
        }
        inputs = given.inputs
    }

    func type(ofInput place: Int) -> TensorType { program[inputs[place]].type }

    mutating func addInput(_ type: TensorType) -> Int {
        inputs.append(program.append(Input(slot: inputs.count), [], type))
        return inputs.count - 1
    }

    mutating func find(_ instruction: Program.Instruction, _ operands: [Int]) -> Int {
        program.append(instruction.primitive, operands, instruction.type)
    }

    /// The whole, with inputs in another order.
    func program(inputs order: [Int], outputs: [Int]) -> Program {
        var (result, numbers) = (Program(), [Int: Int]())
        for (slot, input) in order.enumerated() {
            numbers[inputs[input]] = result.append(Input(slot: slot), [], type(ofInput: input))
        }
        result.inputs = Array(order.indices)
        for (number, instruction) in program.instructions.enumerated() where numbers[number] == nil {
            numbers[number] = result.append(
                instruction.primitive, instruction.operands.map { numbers[$0] ?? 0 }, instruction.type)
        }
        result.outputs = outputs.map { numbers[$0] ?? 0 }
        return result
    }
}
