import LeibnizKernels

/// A graph as a list: operations in an order in which operands come first, each written once.
///
/// Writing an operation simplifies it by what is known of its operands; equal operations are one. Nodes may have an identity
/// of their own in the graph (`Argument`); in a program only what they compute counts.
struct Program: Sendable {
    /// One operation, and the numbers of its operands.
    struct Instruction: Sendable {
        let primitive: any Primitive
        let operands: [Int]
        let type: TensorType
    }

    private(set) var instructions: [Instruction] = []
    /// The instruction of each input.
    var inputs: [Int] = []
    /// The instruction of each output.
    var outputs: [Int] = []
    private var known: [Key: Int] = [:]

    /// An instruction's identity.
    private struct Key: Hashable {
        let primitive: any Primitive
        let operands: [Int]
        static func == (a: Key, b: Key) -> Bool { a.operands == b.operands && a.primitive.isEqual(to: b.primitive) }
        func hash(into hasher: inout Hasher) {
            primitive.hash(into: &hasher)
            hasher.combine(operands)
        }
    }

    /// An empty program.
    init() {}

    /// What the roots of a graph compute from its leaves, which are the inputs in order.
    init(_ graph: GraphSnapshot) {
        var numbers: [Int] = []
        numbers.reserveCapacity(graph.entries.count)
        for entry in graph.entries {
            if entry.isLeaf {
                let number = append(Input(slot: inputs.count), [], entry.node.type)
                inputs.append(number)
                numbers.append(number)
            } else {
                let operands = graph.operands(of: entry).map { numbers[$0] }
                numbers.append(add(entry.node.primitive, operands, entry.node.type))
            }
        }
        outputs = graph.roots.map { numbers[$0] }
        finish()
    }

    /// What the roots of a body compute from its formals, which are the inputs.
    init(_ graph: GraphSnapshot, formals: [Node]) {
        var places: [Node: Int] = [:]
        for (slot, formal) in formals.enumerated() {
            places[formal] = append(Input(slot: slot), [], formal.type)
            inputs.append(instructions.count - 1)
        }
        var numbers: [Int] = []
        numbers.reserveCapacity(graph.entries.count)
        for entry in graph.entries {
            let operands = graph.operands(of: entry).map { numbers[$0] }
            numbers.append(places[entry.node] ?? add(entry.node.primitive, operands, entry.node.type))
        }
        outputs = graph.roots.map { numbers[$0] }
        finish()
    }

    private mutating func finish() {
        removeUnused()
        self = trustingCheckedIndices().mergingLoops().filteringMinimally()
        known = [:]
    }

    /// Drops what simplification has left without a user. Inputs stay, for their places are known outside.
    mutating func removeUnused() {
        var isUsed = instructions.map { $0.primitive is Input }
        for output in outputs { isUsed[output] = true }
        for number in instructions.indices.reversed() where isUsed[number] {
            for operand in instructions[number].operands { isUsed[operand] = true }
        }
        var (kept, numbers) = ([Instruction](), [Int]())
        for (instruction, isUsed) in zip(instructions, isUsed) {
            numbers.append(kept.count)
            guard isUsed else { continue }
            kept.append(
                Instruction(
                    primitive: instruction.primitive, operands: instruction.operands.map { numbers[$0] },
                    type: instruction.type))
        }
        instructions = kept
        inputs = inputs.map { numbers[$0] }
        outputs = outputs.map { numbers[$0] }
    }

    subscript(number: Int) -> Instruction { instructions[number] }

    /// The instruction of which another is but a reshape: the same elements in the same order.
    func unshaped(_ number: Int) -> Int {
        var number = number
        while self[number].primitive is Reshape { number = self[number].operands[0] }
        return number
    }

    /// Writes an operation, or finds what computes the same, and returns its number.
    mutating func add(_ primitive: any Primitive, _ operands: [Int], _ type: TensorType) -> Int {
        // Loops look at memory, whatever its shape.
        if primitive is any ControlPrimitive { return append(primitive, operands.map(unshaped), type) }
        if let simpler = simplified(primitive, operands, type) { return simpler }
        return append(primitive, operands, type)
    }

    /// Writes an operation as it is.
    mutating func append(_ primitive: any Primitive, _ operands: [Int], _ type: TensorType) -> Int {
        let key = Key(primitive: primitive, operands: operands)
        if let number = known[key] { return number }
        instructions.append(Instruction(primitive: primitive, operands: operands, type: type))
        known[key] = instructions.count - 1
        return instructions.count - 1
    }
}

/// A value that is given to a program.
struct Input: LeafPrimitive {
    let slot: Int
    var name: String { "input" }
    func result(of operands: [TensorType]) throws(TensorError) -> TensorType { operands[0] }
}

extension Program: CustomStringConvertible {
    /// One line per operation, such as `%4 = sum(axes: [1]) %3 : float32[64]`.
    var description: String {
        let lines = instructions.enumerated().map { number, instruction in
            let operands = instruction.operands.map { " %\($0)" }.joined()
            let type = "\(instruction.type.elementType)\(instruction.type.shape)"
            return "%\(number) = \(instruction.primitive.name)\(instruction.attributes)\(operands) : \(type)"
        }
        return (lines + ["return " + outputs.map { "%\($0)" }.joined(separator: " ")]).joined(separator: "\n")
    }
}

extension Program.Instruction {
    /// The primitive's attributes in parentheses, without those that its name or the result's type tells.
    fileprivate var attributes: String {
        let told = ["operation", "comparison", "type", "shape", "body"]
        let shown = Mirror(reflecting: primitive).children.filter { !told.contains($0.label ?? "") }
        return shown.isEmpty
            ? "" : "(" + shown.map { "\($0.label ?? ""): \($0.value)" }.joined(separator: ", ") + ")"
    }
}
