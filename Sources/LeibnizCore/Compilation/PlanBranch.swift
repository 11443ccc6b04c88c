import LeibnizKernels

/// A branch over memory.
struct BranchWork {
    /// Where the truth value is.
    let predicate: Int
    /// What runs where it is true, and where it is false.
    let bodies: [Program]
    /// Where each body's inputs are.
    let inputs: [[Int]]
    /// Where the outputs of either go.
    let outputs: [Int]
}

extension Branch {
    /// The branch over memory, without results that nobody needs.
    func work(_ operands: [Int], parts: [Int: Int]) -> (work: ControlWork, memory: [Int]) {
        let kept = parts.keys.sorted()
        let programs = [then.program, otherwise.program]
        let used = programs.map { $0.inputs(of: kept) }
        var memory = MemoryPlaces()
        let predicate = memory.place(operands[0])
        let inputs = used.map { $0.map { memory.place(operands[$0 + 1]) } }
        let readCount = memory.numbers.count
        let outputs = kept.map { memory.place(parts[$0] ?? 0) }
        let branch = BranchWork(
            predicate: predicate, bodies: zip(programs, used).map { $0.restricted(to: kept, of: $1) }, inputs: inputs,
            outputs: outputs)
        return (ControlWork(kind: .branch(branch), readCount: readCount), memory.numbers)
    }
}

/// A branch made runnable: the code of one body is launched, and writes where the results go.
struct PlanBranch: Sendable {
    private let predicate: Int
    private let bodies: [PlanCode]
    private let inputs: [[Int]]
    private let outputs: [Int]
    private let byteCounts: [Int]
    let scratchByteCount: Int

    init(_ work: BranchWork, types: [TensorType], library: KernelLibrary) throws(LoopNestError) {
        var bodies: [PlanCode] = []
        for body in work.bodies { bodies.append(try PlanCode(ProgramLowering(body), library: library)) }
        self.bodies = bodies
        (predicate, inputs, outputs) = (work.predicate, work.inputs, work.outputs)
        byteCounts = outputs.map { types[$0].byteCount }
        scratchByteCount = bodies.map(\.arenaByteCount).max() ?? 0
    }

    func run(_ memory: UnsafePointer<UnsafeMutableRawPointer>, scratch: UnsafeMutableRawPointer, pool: ThreadPool)
        -> TensorError?
    {
        let chosen = memory[predicate].load(as: UInt8.self) != 0 ? 0 : 1
        let (code, places) = (bodies[chosen], inputs[chosen])
        return withUnsafeTemporaryAllocation(
            of: UnsafeMutableRawPointer.self, capacity: places.count + code.blocks.count + 1
        ) { addresses -> TensorError? in
            addresses.initialize(repeating: scratch)
            for (number, place) in places.enumerated() { addresses[number] = memory[place] }
            for (place, result) in zip(outputs, code.results).reversed() {
                if case .output(let block) = result { addresses[places.count + block] = memory[place] }
            }
            guard let base = addresses.baseAddress else { return nil }
            let own = PlanMemory(
                inputs: UnsafePointer(base), outputs: UnsafePointer(base + places.count), arena: scratch)
            if let failure = code.run(on: own, pool: pool) { return failure }
            for (number, place) in outputs.enumerated() {
                let source = own.address(of: code.results[number])
                if source != memory[place] { memory[place].copyMemory(from: source, byteCount: byteCounts[number]) }
            }
            return nil
        }
    }
}
