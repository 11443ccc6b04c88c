import LeibnizKernels

/// What one entry of a plan does.
enum PlanWork {
    /// A loop nest.
    case nest(LoopNest)
    /// An argsort of rows.
    case sort(RowSort)
    /// A loop or a branch, over programs of its own.
    case control(ControlWork)

    /// The one kernel that does it, if one does.
    var kernel: KernelWork? {
        switch self {
        case .nest(let nest): .nest(nest)
        case .sort(let sort): .sort(sort)
        case .control: nil
        }
    }

    /// The operation for which it was made.
    var name: String {
        switch self {
        case .nest(let nest): nest.name
        case .sort: "sort"
        case .control(let control): control.name
        }
    }
}

/// A loop or a branch.
protocol ControlPrimitive: TuplePrimitive {
    /// What it does over memory, without what nobody needs.
    ///
    /// - Parameters:
    ///   - operands: instructions, one for each operand.
    ///   - parts: the instructions of the results that are needed, by place.
    /// - Returns: the work, and the instructions whose memory it uses.
    func work(_ operands: [Int], parts: [Int: Int]) -> (work: ControlWork, memory: [Int])
}

/// A loop or a branch over memory: which program runs, and whose memory its inputs and outputs are.
///
/// Memory is told by place: `readCount` values that are read come first, then those that are written.
struct ControlWork {
    /// What is done with the programs.
    enum Kind {
        case scan(ScanWork), loop(WhileWork), branch(BranchWork)
    }

    let kind: Kind
    let readCount: Int

    var name: String {
        switch kind {
        case .scan: "scan"
        case .loop: "while"
        case .branch: "cond"
        }
    }

    /// A program that it runs.
    struct Body {
        let program: Program
        /// The places of inputs that stay the same from run to run.
        var constants = 0..<0
        /// How often it is run at most, as far as that is known.
        var count = 1
        /// How many threads, or pieces that threads take, run it beside each other, each on one thread; 1 where threads share its kernels.
        var pieces = 1
    }

    /// The programs that it runs on so many threads.
    func bodies(threads: Int) -> [Body] {
        switch kind {
        case .scan(let scan):
            let pieces = ScanPieces(scan, threads: threads)
            return [
                Body(
                    program: pieces?.body.program ?? scan.body, constants: scan.constants, count: scan.length,
                    pieces: pieces?.count ?? 1)
            ]
        case .loop(let loop): return [Body(program: loop.condition), Body(program: loop.body)]
        case .branch(let branch): return branch.bodies.map { Body(program: $0) }
        }
    }

    /// Whether a run may find an index out of range, or go beyond a limit.
    var mayFail: Bool {
        if case .loop(let loop) = kind, loop.limit != nil || loop.failure != nil { return true }
        return bodies(threads: 1).contains { $0.program.mayFail }
    }
}

/// Values in memory, each once.
struct MemoryPlaces {
    private(set) var numbers: [Int] = []

    /// The place of an instruction's memory.
    mutating func place(_ number: Int) -> Int {
        if let known = numbers.firstIndex(of: number) { return known }
        numbers.append(number)
        return numbers.count - 1
    }
}

/// A scan over memory.
struct ScanWork {
    let length: Int
    let isReversed: Bool
    /// Its inputs are carries, slices and captured values; its outputs the carries' next values, and what is stacked.
    let body: Program
    /// Where each carry's first value is, and where its last one goes, if anybody wants it.
    let carries: [(first: Int, last: Int?)]
    /// Where each stack is that is read in slices.
    let slices: [Int]
    let captured: [Int]
    /// Where each stack is that is written.
    let stacks: [Int]
    /// The places of the captured values among the body's inputs.
    var constants: Range<Int> { carries.count + slices.count..<carries.count + slices.count + captured.count }
}

extension Program {
    /// Whether running it may find an index out of range, or go beyond a limit.
    var mayFail: Bool {
        instructions.contains { instruction in
            switch instruction.primitive {
            case is TakeAlong, is ScatterAdd: true
            case let scan as Scan: scan.body.program.mayFail
            case let loop as WhileLoop: loop.limit != nil || loop.failure != nil || loop.body.program.mayFail
            case let branch as Branch: branch.then.program.mayFail || branch.otherwise.program.mayFail
            default: false
            }
        }
    }

    /// Some of the outputs, as a function of some inputs that are all that they need.
    ///
    /// - Parameters:
    ///   - outputs: by place.
    ///   - inputs: by place.
    func restricted(to outputs: [Int], of inputs: [Int]) -> Program {
        var (result, numbers) = (Program(), [Int: Int]())
        for (slot, input) in inputs.enumerated() {
            let number = self.inputs[input]
            numbers[number] = result.append(Input(slot: slot), [], self[number].type)
            result.inputs.append(numbers[number] ?? 0)
        }
        let roots = outputs.map { self.outputs[$0] }
        var isUsed = instructions.map { _ in false }
        for root in roots { isUsed[root] = true }
        for number in instructions.indices.reversed() where isUsed[number] {
            for operand in self[number].operands { isUsed[operand] = true }
        }
        for (number, instruction) in instructions.enumerated() where isUsed[number] && numbers[number] == nil {
            numbers[number] = result.append(
                instruction.primitive, instruction.operands.map { numbers[$0] ?? 0 }, instruction.type)
        }
        result.outputs = roots.map { numbers[$0] ?? 0 }
        return result
    }

    /// The inputs, by place, on which some outputs depend.
    func inputs(of outputs: [Int]) -> [Int] {
        var isUsed = instructions.map { _ in false }
        for output in outputs { isUsed[self.outputs[output]] = true }
        for number in instructions.indices.reversed() where isUsed[number] {
            for operand in self[number].operands { isUsed[operand] = true }
        }
        return inputs.indices.filter { isUsed[inputs[$0]] }
    }
}

extension Scan {
    /// The scan over memory, without the carries and the stacks that nobody needs.
    func work(_ operands: [Int], parts: [Int: Int]) -> (work: ControlWork, memory: [Int]) {
        let program = body.program
        let outputs = body.outputCount
        // A carry is needed if its last value is, or if something needed depends on it.
        var needed = Set(parts.keys)
        while true {
            let more = program.inputs(of: needed.sorted()).filter { $0 < carryCount }
            if needed.isSuperset(of: more) { break }
            needed.formUnion(more)
        }
        let kept = needed.sorted()
        let inputs = program.inputs(of: kept)
        // Every carry that is kept is an input, whether the body looks at it or not.
        let carries = kept.filter { $0 < carryCount }
        let slices = inputs.filter { $0 >= carryCount && $0 < carryCount + stackCount }
        let captured = inputs.filter { $0 >= carryCount + stackCount }
        let stacks = kept.filter { $0 >= carryCount && $0 < outputs }

        var memory = MemoryPlaces()
        let firsts = carries.map { memory.place(operands[$0]) }
        let (read, held) = (slices.map { memory.place(operands[$0]) }, captured.map { memory.place(operands[$0]) })
        let readCount = memory.numbers.count
        let lasts = carries.map { carry in parts[carry].map { memory.place($0) } }
        let written = stacks.map { memory.place(parts[$0] ?? 0) }
        let scan = ScanWork(
            length: length, isReversed: isReversed,
            body: program.restricted(to: carries + stacks, of: carries + slices + captured),
            carries: zip(firsts, lasts).map { ($0, $1) }, slices: read, captured: held, stacks: written)
        return (ControlWork(kind: .scan(scan), readCount: readCount), memory.numbers)
    }
}
