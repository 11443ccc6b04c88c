import LeibnizKernels

/// A loop while a condition holds, over memory.
struct WhileWork {
    /// The carries' next values from carries and captured values.
    let body: Program
    /// The condition, and perhaps whether the next step cannot be done, from the same inputs.
    let condition: Program
    let limit: Int?
    let report: LoopReport
    let failure: LoopReport?
    /// Where each carry's first value is, and where its last one goes, if anybody wants it.
    let carries: [(first: Int, last: Int?)]
    let captured: [Int]
}

extension WhileLoop {
    /// The loop over memory, without the carries that nobody needs.
    func work(_ operands: [Int], parts: [Int: Int]) -> (work: ControlWork, memory: [Int]) {
        let program = body.program
        let flags = Array(carryCount..<program.outputs.count)
        var needed = Set(parts.keys)
        while true {
            let more = program.inputs(of: needed.sorted() + flags).filter { $0 < carryCount }
            if needed.isSuperset(of: more) { break }
            needed.formUnion(more)
        }
        let carries = needed.sorted()
        let captured = program.inputs(of: carries + flags).filter { $0 >= carryCount }
        var memory = MemoryPlaces()
        let firsts = carries.map { memory.place(operands[$0]) }
        let held = captured.map { memory.place(operands[$0]) }
        let readCount = memory.numbers.count
        let lasts = carries.map { carry in parts[carry].map { memory.place($0) } }
        let loop = WhileWork(
            body: program.restricted(to: carries, of: carries + captured),
            condition: program.restricted(to: flags, of: carries + captured), limit: limit,
            report: report, failure: failure,
            carries: zip(firsts, lasts).map { ($0, $1) }, captured: held)
        return (ControlWork(kind: .loop(loop), readCount: readCount), memory.numbers)
    }
}

/// A loop while a condition holds, made runnable. Carries live in two buffers that take turns.
struct PlanWhile: Sendable {
    private let body: PlanCode
    private let condition: PlanCode
    private let limit: Int?
    private let report: LoopReport
    private let failure: LoopReport?
    private let carries: [PlanScan.Carry]
    private let captured: [Int]
    /// The carry whose buffers each output of the body uses.
    private let owners: [Int]
    /// Where the condition's value is, and behind it whether the next step cannot be done.
    private let flag: Int
    let scratchByteCount: Int

    init(_ work: WhileWork, types: [TensorType], library: KernelLibrary) throws(LoopNestError) {
        body = try PlanCode(ProgramLowering(work.body), library: library)
        condition = try PlanCode(ProgramLowering(work.condition), library: library)
        (limit, report, failure, captured) = (work.limit, work.report, work.failure, work.captured)
        var scratch = ScratchLayout()
        _ = scratch.place(max(body.arenaByteCount, condition.arenaByteCount))
        flag = scratch.place(64 * 2)
        let results = body.results
        carries = work.carries.enumerated().map { place, carry in
            let byteCount = types[carry.first].byteCount
            return PlanScan.Carry(
                first: carry.first, last: carry.last, byteCount: byteCount, result: results[place],
                buffers: (scratch.place(byteCount), scratch.place(byteCount)))
        }
        var owners = body.blocks.map { _ in 0 }
        for (place, result) in results.enumerated().reversed() {
            if case .output(let block) = result { owners[block] = place }
        }
        self.owners = owners
        scratchByteCount = scratch.byteCount
    }

    func run(_ memory: UnsafePointer<UnsafeMutableRawPointer>, scratch: UnsafeMutableRawPointer, pool: ThreadPool)
        -> TensorError?
    {
        let inputCount = carries.count + captured.count
        return withUnsafeTemporaryAllocation(
            of: UnsafeMutableRawPointer.self, capacity: inputCount + body.blocks.count + condition.blocks.count + 1
        ) { addresses -> TensorError? in
            addresses.initialize(repeating: scratch + flag)
            for (place, carry) in carries.enumerated() { addresses[place] = memory[carry.first] }
            for (place, value) in captured.enumerated() { addresses[carries.count + place] = memory[value] }
            guard let base = addresses.baseAddress else { return nil }
            let inputs = UnsafePointer(base)
            let outputs = base + inputCount
            // The last addresses stay the flags'.
            let flags = inputCount + body.blocks.count
            for block in condition.blocks.indices { addresses[flags + block] = scratch + flag + 64 * block }
            let test = PlanMemory(
                inputs: inputs, outputs: UnsafePointer(base + flags), arena: scratch)
            let own = PlanMemory(inputs: inputs, outputs: UnsafePointer(outputs), arena: scratch)
            var step = 0
            while true {
                if let failure = condition.run(on: test, pool: pool) { return failure.inStep(step) }
                if test.address(of: condition.results[0]).load(as: UInt8.self) == 0 { break }
                if let failure, test.address(of: condition.results[1]).load(as: UInt8.self) != 0 {
                    return failure.error(step)
                }
                if let limit, step >= limit { return report.error(limit) }
                for (block, owner) in owners.enumerated() {
                    outputs[block] = scratch + carries[owner].buffer(step)
                }
                if let failure = body.run(on: own, pool: pool) { return failure.inStep(step) }
                for (number, carry) in carries.enumerated() {
                    if case .input(let source) = carry.result, source != number {
                        (scratch + carry.buffer(step)).copyMemory(from: inputs[source], byteCount: carry.byteCount)
                    }
                }
                for (number, carry) in carries.enumerated() {
                    switch carry.result {
                    case .input(let source): if source != number { base[number] = scratch + carry.buffer(step) }
                    case .output(let block): base[number] = outputs[block]
                    case .arena: break
                    }
                }
                step += 1
            }
            for (place, carry) in carries.enumerated() {
                if let last = carry.last { memory[last].copyMemory(from: inputs[place], byteCount: carry.byteCount) }
            }
            return nil
        }
    }
}

extension PlanScan.Carry {
    /// The offset of the buffer that a step writes.
    func buffer(_ step: Int) -> Int { step % 2 == 0 ? buffers.0 : buffers.1 }
}

extension LoopReport {
    /// The error of a loop that ends after so many steps without having reached its end.
    func error(_ steps: Int) -> TensorError {
        TensorError(operation, [], "\(reason) after \(steps) steps", kind: .runtime, hint: hint)
    }
}
