import LeibnizKernels

/// A scan made runnable: the body's code is launched once for every step, but what depends on captured values only, such as copies of
/// weights in the order that suits a product, once before all. Carries live in two buffers that take turns; slices and
/// stacked outputs are read and written where they stand. Where rows do not know of each other, threads run pieces; see `ScanPieces`.
struct PlanScan: Sendable {
    /// A value that goes from step to step.
    struct Carry: Sendable {
        /// By place in memory.
        let first: Int
        let last: Int?
        /// The bytes of a piece.
        let byteCount: Int
        let result: PlanCode.Slot
        /// Two places in scratch memory.
        let buffers: (Int, Int)
        /// The bytes from row to row; 0 where all pieces have the whole.
        var rowPitch = 0
    }

    /// A captured value.
    private struct Captured {
        /// By place in memory.
        let value: Int
        /// The bytes from row to row; 0 where all pieces see the whole.
        let rowPitch: Int
    }

    /// A stack of which each step sees one slice.
    struct Slice: Sendable {
        /// By place in memory.
        let stack: Int
        /// The bytes of a piece, and from step to step.
        let (byteCount, stepPitch): (Int, Int)
        /// The bytes from row to row; 0 where all pieces see the whole.
        let rowPitch: Int
        /// A place in scratch memory through which slices go that kernels may not touch where they stand.
        let staging: Int?
    }

    /// Who gives an output of the body its memory.
    enum Owner: Sendable {
        case stack(Int)
        case carry(Int)
    }

    private let code: PlanCode
    private let length: Int
    private let isReversed: Bool
    private let carries: [Carry]
    private let slices: [Slice]
    private let captured: [Captured]
    private let stacks: [Slice]
    /// For each stack where the body has left its slice.
    private let stackResults: [PlanCode.Slot]
    private let owners: [Owner]
    /// The row that each piece begins with.
    private let firstRows: [Int]
    private let pieceScratchByteCount: Int
    private let workers: Int
    /// A pool for a thread that does a piece.
    private let single: ThreadPool

    init(_ work: ScanWork, types: [TensorType], library: KernelLibrary) throws(LoopNestError) {
        let pieces = ScanPieces(work, threads: library.pool.count)
        let count = pieces?.count ?? 1
        code = try PlanCode(
            ProgramLowering(pieces?.body.program ?? work.body, constants: work.constants),
            library: count > 1 ? library.onOneThread : library)
        (length, isReversed) = (work.length, work.isReversed)
        firstRows = (0..<count).map { pieces?.firstRow(of: $0) ?? 0 }
        (workers, single) = (count > 1 ? library.pool.count : 1, library.onOneThread.pool)
        func hasRows(_ input: Int) -> Bool { pieces?.body.inputHasRows[input] ?? false }
        /// The bytes of one row of so many; 0 where pieces have the whole.
        func rowPitch(_ byteCount: Int, _ hasRows: Bool) -> Int {
            pieces.flatMap { hasRows ? byteCount / $0.whole : nil } ?? 0
        }
        func pieceByteCount(_ whole: Int, _ hasRows: Bool) -> Int {
            pieces.flatMap { hasRows ? whole / $0.whole * $0.rows : nil } ?? whole
        }
        let firstCaptured = work.constants.lowerBound
        captured = work.captured.enumerated().map { place, value in
            Captured(value: value, rowPitch: rowPitch(types[value].byteCount, hasRows(firstCaptured + place)))
        }
        var scratch = ScratchLayout()
        _ = scratch.place(code.arenaByteCount)
        let results = code.results
        carries = work.carries.enumerated().map { place, carry in
            let pitch = rowPitch(types[carry.first].byteCount, hasRows(place))
            let byteCount = pieceByteCount(types[carry.first].byteCount, hasRows(place))
            return Carry(
                first: carry.first, last: carry.last, byteCount: byteCount, result: results[place],
                buffers: (scratch.place(byteCount), scratch.place(byteCount)), rowPitch: pitch)
        }
        func slice(_ stack: Int, hasRows: Bool) -> Slice {
            let pitch = work.length == 0 ? 0 : types[stack].byteCount / work.length
            let (byteCount, rowPitch) = (pieceByteCount(pitch, hasRows), rowPitch(pitch, hasRows))
            // Large results are written past the caches, which needs whole lines.
            let isStaged = byteCount >= 1 << 20 && (pitch % 64 != 0 || rowPitch % 64 != 0)
            return Slice(
                stack: stack, byteCount: byteCount, stepPitch: pitch, rowPitch: rowPitch,
                staging: isStaged ? scratch.place(byteCount) : nil)
        }
        slices = work.slices.enumerated().map { slice($1, hasRows: hasRows(work.carries.count + $0)) }
        stacks = work.stacks.map { slice($0, hasRows: count > 1) }
        stackResults = Array(results[work.carries.count...])
        var owners: [Owner?] = code.blocks.map { _ in nil }
        for (place, result) in stackResults.enumerated() {
            if case .output(let block) = result, owners[block] == nil { owners[block] = .stack(place) }
        }
        for (place, carry) in carries.enumerated() {
            if case .output(let block) = carry.result, owners[block] == nil { owners[block] = .carry(place) }
        }
        self.owners = owners.map { $0 ?? .carry(0) }
        pieceScratchByteCount = scratch.byteCount
    }

    var scratchByteCount: Int { pieceScratchByteCount * workers }

    /// Runs all steps, or until one fails.
    func run(_ memory: UnsafePointer<UnsafeMutableRawPointer>, scratch: UnsafeMutableRawPointer, pool: ThreadPool)
        -> TensorError?
    {
        if firstRows.count == 1 { return run(from: 0, memory, scratch, pool) }
        // Pieces do not fail. Who has another pool than that which kernels were made for has no memory for its threads.
        func runShare(_ begin: Int, _ end: Int, _ worker: Int) {
            for piece in begin..<max(begin, end) {
                _ = run(from: firstRows[piece], memory, scratch + worker * pieceScratchByteCount, single)
            }
        }
        if pool.count == workers { pool.run(units: firstRows.count, runShare) } else { runShare(0, firstRows.count, 0) }
        return nil
    }

    /// Runs all steps for the piece that begins with a row, or until one fails.
    private func run(
        from row: Int, _ memory: UnsafePointer<UnsafeMutableRawPointer>, _ scratch: UnsafeMutableRawPointer,
        _ pool: ThreadPool
    ) -> TensorError? {
        typealias Addresses = UnsafeMutableBufferPointer<UnsafeMutableRawPointer>
        let inputCount = carries.count + slices.count + captured.count
        func start(of carry: Carry, at place: Int) -> UnsafeMutableRawPointer {
            memory[place] + row * carry.rowPitch
        }
        return withUnsafeTemporaryAllocation(
            of: UnsafeMutableRawPointer.self, capacity: inputCount + code.blocks.count + 1
        ) { addresses -> TensorError? in
            let inputs = Addresses(rebasing: addresses[..<inputCount])
            let outputs = Addresses(rebasing: addresses[inputCount...])
            outputs.initialize(repeating: scratch)
            for (place, carry) in carries.enumerated() {
                inputs.initializeElement(at: place, to: start(of: carry, at: carry.first))
            }
            for (place, slice) in slices.enumerated() {
                inputs.initializeElement(at: carries.count + place, to: memory[slice.stack])
            }
            for (place, captured) in captured.enumerated() {
                inputs.initializeElement(
                    at: carries.count + slices.count + place, to: memory[captured.value] + row * captured.rowPitch)
            }
            guard let input = inputs.baseAddress, let output = outputs.baseAddress else { return nil }
            let own = PlanMemory(inputs: UnsafePointer(input), outputs: UnsafePointer(output), arena: scratch)
            if length > 0 { code.prepare(on: own, pool: pool) }
            for step in 0..<length {
                let failure = run(step, row, memory, scratch, inputs, outputs, own, pool)
                if let failure { return failure.inStep(isReversed ? length - 1 - step : step) }
            }
            for (place, carry) in carries.enumerated() where carry.rowPitch > 0 || row == 0 {
                if let last = carry.last {
                    start(of: carry, at: last).copyMemory(from: inputs[place], byteCount: carry.byteCount)
                }
            }
            return nil
        }
    }

    /// One step: afterwards the first inputs are the carries' next values.
    private func run(
        _ step: Int, _ row: Int, _ memory: UnsafePointer<UnsafeMutableRawPointer>, _ scratch: UnsafeMutableRawPointer,
        _ inputs: UnsafeMutableBufferPointer<UnsafeMutableRawPointer>,
        _ outputs: UnsafeMutableBufferPointer<UnsafeMutableRawPointer>, _ own: PlanMemory, _ pool: ThreadPool
    ) -> TensorError? {
        let index = isReversed ? length - 1 - step : step
        func buffer(_ carry: Carry) -> UnsafeMutableRawPointer {
            scratch + carry.buffer(step)
        }
        func place(of slice: Slice) -> UnsafeMutableRawPointer {
            memory[slice.stack] + (index * slice.stepPitch + row * slice.rowPitch)
        }
        for (number, slice) in slices.enumerated() {
            var address = place(of: slice)
            if let staging = slice.staging {
                (scratch + staging).copyMemory(from: address, byteCount: slice.byteCount)
                address = scratch + staging
            }
            inputs[carries.count + number] = address
        }
        for (block, owner) in owners.enumerated() {
            switch owner {
            case .carry(let place): outputs[block] = buffer(carries[place])
            case .stack(let number):
                outputs[block] = stacks[number].staging.map { scratch + $0 } ?? place(of: stacks[number])
            }
        }
        if let failure = code.run(on: own, pool: pool) { return failure }
        for (number, stack) in stacks.enumerated() {
            let (source, target) = (own.address(of: stackResults[number]), place(of: stack))
            if source != target { target.copyMemory(from: source, byteCount: stack.byteCount) }
        }
        // Values that only change places are copied before anything moves.
        for (number, carry) in carries.enumerated() {
            if case .input(let source) = carry.result, source != number {
                buffer(carry).copyMemory(from: inputs[source], byteCount: carry.byteCount)
            }
        }
        for (number, carry) in carries.enumerated() {
            switch carry.result {
            case .input(let source): if source != number { inputs[number] = buffer(carry) }
            case .output(let block):
                if case .stack(let stack) = owners[block] {
                    inputs[number] = place(of: stacks[stack])
                } else {
                    inputs[number] = outputs[block]
                }
            case .arena: break
            }
        }
        return nil
    }
}
