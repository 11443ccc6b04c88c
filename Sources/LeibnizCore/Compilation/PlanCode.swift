import LeibnizKernels

/// What a plan, or the body of a loop in it, launches: kernels and loops over inputs, outputs and an arena for all between.
struct PlanCode: Sendable {
    /// Whose memory a kernel's buffer is.
    enum Slot: Sendable {
        case input(Int)
        case output(Int)
        /// At this offset in bytes.
        case arena(Int)
    }

    /// What is launched.
    enum Work: Sendable {
        case kernel(any Kernel, checks: [IndexCheck])
        /// A loop, with memory for itself at an offset of the arena.
        case control(PlanControl, scratch: Int)
    }

    /// One kernel or loop over memory, or a chain of kernels that run in bands.
    struct Launch: Sendable {
        let work: Work
        /// How many kernels it is.
        let kernelCount: Int
        let slots: [Slot]
        /// The update that begins with the copy that this launch makes, which is not needed where it is in place.
        let copyOfUpdate: Int?
    }

    /// What a loop launches once, before its first step: kernels that see nothing but what stays the same.
    let preparations: [Launch]
    let launches: [Launch]
    /// The bytes of everything that is computed on the way and not kept.
    let arenaByteCount: Int
    /// The bytes of each output in memory.
    let blocks: [Int]
    /// Where each result is: several may be one output, or an input.
    let results: [Slot]

    /// The code of a lowered program; its kernels are compiled if they are not known. If it has constants, `preparations` are to run before
    /// the first run.
    init(_ lowering: ProgramLowering, library: KernelLibrary) throws(LoopNestError) {
        let (program, lowered, kept, updates) = (lowering.program, lowering.kernels, lowering.kept, lowering.updates)
        var slots: [Int: Slot] = [:]
        for (slot, number) in program.inputs.enumerated() { slots[number] = .input(slot) }
        for (place, number) in kept.enumerated() { slots[number] = .output(place) }
        blocks = kept.map { program[$0].type.byteCount }

        var controls: [Int: PlanControl] = [:]
        for (time, kernel) in lowered.enumerated() {
            guard case .control(let work) = kernel.work else { continue }
            controls[time] = try PlanControl(work, types: kernel.memory.map { program[$0].type }, library: library)
        }
        // The kernels of a chain run at the same time, but where some of them are prepared before a loop.
        let chains = lowering.constants.isEmpty ? lowering.chains : []
        var (starts, ends) = (Array(lowered.indices), Array(lowered.indices))
        for chain in chains {
            for time in chain.places {
                (starts[time], ends[time]) = (chain.places.lowerBound, chain.places.upperBound - 1)
            }
            // Who runs it has memory for what passes through it.
            for number in chain.passing.keys { slots[number] = .arena(0) }
        }
        var (arena, scratches) = (ArenaLayout(), [Int: Int]())
        // What is prepared lives in the arena all the time.
        let prepared = lowering.constants.isEmpty ? [] : lowering.preparations
        for time in prepared.sorted() {
            for number in lowered[time].written {
                slots[number] = .arena(arena.place(lowering.layouts.byteCount(number), until: lowered.count, at: 0))
            }
        }
        // Everything else does from the kernel that writes it to its last reader.
        var lastUse: [Int: Int] = [:]
        for (time, kernel) in lowered.enumerated() { for number in kernel.memory { lastUse[number] = ends[time] } }
        for (time, kernel) in lowered.enumerated() {
            for number in kernel.memory where slots[number] == nil {
                let end = lastUse[number] ?? time
                slots[number] = .arena(arena.place(lowering.layouts.byteCount(number), until: end, at: starts[time]))
            }
            if let control = controls[time], control.scratchByteCount > 0 {
                scratches[time] = arena.place(control.scratchByteCount, until: time, at: time)
            }
        }
        arenaByteCount = arena.byteCount

        var kernels = try library.kernels(for: lowered.compactMap(\.work.kernel))[...]
        let all = lowered.enumerated().map { time, lowered in
            let work: Work =
                if let control = controls[time] {
                    .control(control, scratch: scratches[time] ?? 0)
                } else {
                    .kernel(kernels.removeFirst(), checks: lowered.checks)
                }
            return Launch(
                work: work, kernelCount: 1, slots: lowered.memory.map { slots[$0] ?? .arena(0) },
                copyOfUpdate: updates.firstIndex {
                    $0.startsAsCopy && lowered.written == [$0.output] && lowered.read == [$0.input]
                })
        }
        preparations = all.indices.filter(prepared.contains).map { all[$0] }
        let chainAt = Dictionary(uniqueKeysWithValues: chains.map { ($0.places.lowerBound, $0) })
        launches = all.indices.filter { !prepared.contains($0) && starts[$0] == $0 }.map { time in
            chainAt[time].map { Launch($0, all[$0.places], memory: lowered[$0.places].map(\.memory)) } ?? all[time]
        }
        results = lowering.bases.map { slots[$0] ?? .output(0) }
    }
}

extension ProgramLowering {
    /// The kernels that see nothing but constants, and whose results do not leave the program.
    fileprivate var preparations: Set<Int> {
        var writers: [Int: Int] = [:]
        for kernel in kernels { for number in kernel.written { writers[number, default: 0] += 1 } }
        var constant = Set(constants.map { program.inputs[$0] })
        return Set(
            kernels.indices.filter { time in
                let kernel = kernels[time]
                // What several kernels write, such as sums that begin with zeros, begins anew in each run.
                guard kernel.work.kernel != nil, kernel.checks.isEmpty, constant.isSuperset(of: kernel.read),
                    kernel.written.allSatisfy({ writers[$0] == 1 && !kept.contains($0) })
                else { return false }
                constant.formUnion(kernel.written)
                return true
            })
    }
}

/// Memory that a run of code works on.
struct PlanMemory {
    let inputs: UnsafePointer<UnsafeMutableRawPointer>
    let outputs: UnsafePointer<UnsafeMutableRawPointer>
    /// As large as the code's arena.
    let arena: UnsafeMutableRawPointer

    /// Where a slot is.
    func address(of slot: PlanCode.Slot) -> UnsafeMutableRawPointer {
        switch slot {
        case .input(let number): inputs[number]
        case .output(let number): outputs[number]
        case .arena(let offset): arena + offset
        }
    }
}

extension PlanCode {
    /// Launches what has to be there before the first run.
    func prepare(on memory: PlanMemory, pool: ThreadPool) {
        // They check no indices.
        for launch in preparations { _ = launch.run(on: memory, pool: pool) }
    }

    /// Launches everything once, in order, until something fails.
    func run(on memory: PlanMemory, pool: ThreadPool) -> TensorError? {
        for launch in launches {
            if let failure = launch.run(on: memory, pool: pool) { return failure }
        }
        return nil
    }
}

extension PlanCode.Launch {
    /// Kernels that run in bands; none of them checks indices.
    fileprivate init(_ chain: BandedChain, _ launches: ArraySlice<PlanCode.Launch>, memory: [[Int]]) {
        let kernels = launches.compactMap { launch in
            if case .kernel(let kernel, _) = launch.work { kernel } else { nil }
        }
        let all = memory.flatMap { $0 }
        let passing = chain.passing.sorted { $0.key < $1.key }.map { number, bytes in
            BandedKernel.Passing(places: all.indices.filter { all[$0] == number }, bandBytes: bytes)
        }
        let kernel = BandedKernel(
            kernels, bufferCounts: memory.map(\.count), bandCount: chain.bandCount, passing: passing)
        self.init(
            work: .kernel(kernel, checks: []), kernelCount: kernels.count, slots: launches.flatMap(\.slots),
            copyOfUpdate: nil)
    }

    /// Runs it; `times` receives when each of its kernels ended, the time of a chain divided as it was spent.
    func run(on memory: PlanMemory, pool: ThreadPool, times: inout [UInt64]) -> TensorError? {
        guard kernelCount > 1, let start = times.last, case .kernel(let kernel as BandedKernel, _) = work else {
            let failure = run(on: memory, pool: pool)
            times.append(monotonicNanoseconds())
            return failure
        }
        return withAddresses(on: memory) { addresses in
            withUnsafeTemporaryAllocation(of: UInt64.self, capacity: kernelCount) { spent in
                var status = KernelStatus()
                kernel.run(addresses, status: &status, pool: pool, spent: spent.baseAddress)
                let (whole, parts) = (monotonicNanoseconds() - start, Double(max(1, spent.reduce(0, +))))
                var sum = 0.0
                for part in spent {
                    sum += Double(part)
                    times.append(start + UInt64(Double(whole) * (sum / parts)))
                }
            }
            return nil
        }
    }

    private func withAddresses(
        on memory: PlanMemory, _ body: (UnsafePointer<UnsafeMutableRawPointer>) -> TensorError?
    ) -> TensorError? {
        withUnsafeTemporaryAllocation(of: UnsafeMutableRawPointer.self, capacity: slots.count) { addresses in
            for (place, slot) in slots.enumerated() {
                addresses.initializeElement(at: place, to: memory.address(of: slot))
            }
            return addresses.baseAddress.flatMap { body($0) }
        }
    }

    /// Runs it, until something fails.
    func run(on memory: PlanMemory, pool: ThreadPool) -> TensorError? {
        withAddresses(on: memory) { addresses in
            switch work {
            case .control(let control, let scratch):
                return control.run(addresses, scratch: memory.arena + scratch, pool: pool)
            case .kernel(let kernel, let checks):
                var status = KernelStatus()
                kernel.run(addresses, status: &status, pool: pool)
                guard status.failedCheck > 0, checks.indices.contains(Int(status.failedCheck) - 1) else { return nil }
                return checks[Int(status.failedCheck) - 1].error(value: status.value, position: Int(status.position))
            }
        }
    }
}
