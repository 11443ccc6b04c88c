import LeibnizKernels

/// What a plan consists of, for people: its kernels in the order in which they run, and why they are as they are.
public struct PlanReport: Sendable {
    /// Something in memory that a kernel reads or writes.
    public struct Value: Hashable, Sendable {
        /// Its number in the plan's graph, as in dumps: `%12`.
        public let name: String
        /// The operation that computes it.
        public let operation: String
        /// The extents of its axes.
        public let extents: [Int]
        /// The type of its elements.
        public let elementType: ElementType
        /// The order of its elements: `row-major`, or its axes from the slowest to the fastest, `[N/16][C][H][W][16]`.
        public let layout: String
        /// Why it is in memory.
        public let reason: String
        /// The kernels that read it, by number.
        public let readers: [Int]
    }

    /// An operation of the graph, and how many of its kind.
    public struct Operation: Hashable, Sendable {
        /// The primitive's name.
        public let name: String
        /// How many instances there are.
        public let count: Int
    }

    /// One kernel.
    public struct Kernel: Sendable {
        /// The operation that it was made for.
        public let name: String
        /// All operations of the graph that it computes, in the order in which one needs another. Constants are left out.
        public let operations: [Operation]
        /// What it reads.
        public let reads: [Value]
        /// What it writes.
        public let writes: [Value]
        /// Its work and its schedule.
        public let description: KernelDescription
        /// What a loop or a branch runs.
        public let bodies: [Body]
        /// If it runs in bands, the numbers of the kernels that do so together.
        public let chain: Range<Int>?
    }

    /// The body of a loop, or a side of a branch.
    public struct Body: Sendable {
        /// The kernels in the order in which they run.
        public let kernels: [Kernel]
        /// How often a run of the loop runs them; once where nobody knows.
        public let count: Int
        /// Of how many pieces, which threads do beside each other, this is one.
        public let pieces: Int
    }

    /// The kernels in the order in which they run.
    public let kernels: [Kernel]
    /// The bytes of all that is computed on the way and not kept.
    public let arenaByteCount: Int

    init(_ plan: Plan, library: KernelLibrary = .shared) {
        let lowering = onLargeStack { ProgramLowering(plan.source, replacements: plan.replacements) }
        arenaByteCount = plan.arenaByteCount
        kernels = Self.kernels(lowering, library)
    }

    private static func kernels(_ lowering: ProgramLowering, _ library: KernelLibrary) -> [Kernel] {
        let survey = PlanSurvey(lowering)
        return lowering.kernels.enumerated().map { place, kernel in
            var bodies: [Body] = []
            if case .control(let control) = kernel.work {
                bodies = control.bodies(threads: library.pool.count).map { body in
                    Body(
                        kernels: kernels(
                            ProgramLowering(body.program, constants: body.constants), library.running(body)),
                        count: body.count, pieces: body.pieces)
                }
            }
            return Kernel(
                name: kernel.work.name, operations: survey.operations(of: place), reads: kernel.read.map(survey.value),
                writes: kernel.written.map(survey.value), description: kernel.work.description(library), bodies: bodies,
                chain: lowering.chains.first { $0.places.contains(place) }?.places)
        }
    }
}

extension PlanWork {
    /// What can be told of it without running it; a loop does what its body does, so many times.
    fileprivate func description(_ library: KernelLibrary) -> KernelDescription {
        guard case .control(let control) = self else {
            return kernel.map(library.description) ?? KernelDescription(operations: 0, bytes: 0)
        }
        var (operations, bytes) = (0.0, 0.0)
        for body in control.bodies(threads: library.pool.count) {
            let count = Double(body.count * body.pieces)
            for kernel in ProgramLowering(body.program, constants: body.constants).kernels {
                let totals = kernel.work.description(library.running(body)).totals
                operations += count * totals.operations
                bytes += count * totals.bytes
            }
        }
        return KernelDescription(operations: operations, bytes: bytes)
    }
}

extension KernelLibrary {
    /// Where a body's kernels are from.
    fileprivate func running(_ body: ControlWork.Body) -> KernelLibrary { body.pieces > 1 ? onOneThread : self }
}

/// What a lowered program tells of its kernels.
private struct PlanSurvey {
    private let program: Program
    private let lowering: ProgramLowering
    /// The kernels that read an instruction's memory.
    private var readers: [Int: [Int]] = [:]
    /// The kernels that write it.
    private var writers: [Int: [Int]] = [:]
    /// All that is in some kernel's memory.
    private var isInMemory: Set<Int> = []
    /// The instructions that use an instruction.
    private var users: [[Int]]

    init(_ lowering: ProgramLowering) {
        (program, self.lowering) = (lowering.program, lowering)
        users = Array(repeating: [], count: program.instructions.count)
        for (number, instruction) in program.instructions.enumerated() {
            for operand in Set(instruction.operands) { users[operand].append(number) }
        }
        for (place, kernel) in lowering.kernels.enumerated() {
            isInMemory.formUnion(kernel.memory)
            for number in kernel.read { readers[number, default: []].append(place) }
            for number in kernel.written { writers[number, default: []].append(place) }
        }
    }

    func value(_ number: Int) -> PlanReport.Value {
        let instruction = program[number]
        let shape = instruction.type.shape
        return PlanReport.Value(
            name: "%\(number)", operation: instruction.primitive.name, extents: shape.extents,
            elementType: instruction.type.elementType, layout: lowering.layouts[number].text, reason: reason(number),
            readers: readers[number] ?? [])
    }

    private func reason(_ number: Int) -> String {
        switch program[number].primitive {
        case is Input: return "given to the plan"
        case is PartialSums: return "sums over some of the rows, added up on the way"
        case is Copy: return "a copy in the order that suits its readers"
        default:
            let reason = lowering.reasons[number]?.text(readers: readingOperations(of: number)) ?? ""
            let update = lowering.updates.first { $0.output == number }
            return update.map { "\(reason), in the place of %\($0.input) where nobody holds that" } ?? reason
        }
    }

    /// The views through which an instruction's elements are read, and the operations behind them.
    private func readingOperations(of number: Int) -> [String] {
        var (names, seen, pending) = ([String](), Set<Int>(), users[number])
        while let user = pending.popLast() {
            guard seen.insert(user).inserted else { continue }
            let primitive = program[user].primitive
            if !names.contains(primitive.name) { names.append(primitive.name) }
            if primitive is any ViewPrimitive { pending += users[user] }
        }
        return Array(names.prefix(4)) + (names.count > 4 ? ["…"] : [])
    }

    /// The operations that a kernel computes: those between what it writes and what is in memory.
    func operations(of place: Int) -> [PlanReport.Operation] {
        let written = Set(lowering.kernels[place].written)
        var (computed, pending) = (written, Array(written))
        while let number = pending.popLast() {
            for operand in operands(of: number, in: place) where !isInMemory.contains(operand) {
                if computed.insert(operand).inserted { pending.append(operand) }
            }
        }
        var (names, counts) = ([String](), [String: Int]())
        for number in computed.sorted() {
            switch program[number].primitive {
            case is Input, is Fill, is Part: continue
            default: break
            }
            let name = program[number].primitive.name
            if counts[name] == nil { names.append(name) }
            counts[name, default: 0] += 1
        }
        return names.map { PlanReport.Operation(name: $0, count: counts[$0] ?? 0) }
    }

    /// What an instruction is computed from in a kernel.
    private func operands(of number: Int, in place: Int) -> [Int] {
        let (instruction, writers) = (program[number], writers[number] ?? [])
        switch instruction.primitive {
        // It does not read what it waits for.
        case is Barrier: return [instruction.operands[0]]
        // Each piece has a kernel of its own.
        case is Concatenate where writers.count == instruction.operands.count:
            return writers.firstIndex(of: place).map { [instruction.operands[$0]] } ?? []
        // The first kernel writes zeros.
        case is ScatterAdd, is Pad: return writers.count == 2 && writers[0] == place ? [] : instruction.operands
        default: return instruction.operands
        }
    }
}

extension Layout {
    /// `row-major`, or the axes from the slowest to the fastest: those of images by their letters, others by their numbers.
    fileprivate var text: String {
        if isRowMajor { return "row-major" }
        func letter(_ axis: Int) -> String {
            strides.count == 4 ? ["N", "C", "H", "W"][axis] : "d\(axis)"
        }
        let order = strides.indices.sorted { strides[$0] > strides[$1] }.filter { $0 != block?.axis }
        let inner = order.map { "[\(letter($0))]" }.joined()
        guard let block else { return inner }
        return "[\(letter(block.axis))/\(block.size)]\(inner)[\(block.size)]"
    }
}
