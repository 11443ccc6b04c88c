import LeibnizKernels
import Synchronization

/// A program made runnable: launches of kernels over inputs, outputs and one arena for everything between.
final class Plan: Sendable {
    /// Whose memory a kernel's buffer is.
    enum Slot: Sendable {
        case input(Int)
        case output(Int)
        /// At this offset in bytes.
        case arena(Int)
    }

    /// One kernel over memory.
    struct Launch: Sendable {
        let kernel: any Kernel
        let slots: [Slot]
        let checks: [IndexCheck]
        /// The update that begins with the copy that this launch makes, which is not needed where it is in place.
        let copyOfUpdate: Int?
    }

    /// Memory that a run makes for outputs.
    private struct Block: Sendable {
        let byteCount: Int
        /// The update that writes it.
        let update: Int?
    }

    /// The bytes of everything that is computed on the way and not kept.
    let arenaByteCount: Int
    let launches: [Launch]
    /// What it was made from: all else that a report tells follows from it.
    let source: Program
    /// What it was told of inputs that may be overwritten.
    let replacements: [Replacement]
    /// The buffers that a run makes.
    private let blocks: [Block]
    /// Where each result is.
    private let results: [Slot]
    /// The outputs that can be written where an input is.
    let updates: [Replacement]
    /// Arenas that no run uses now.
    private let arenas = Mutex<[Buffer]>([])

    /// - Parameter replacements: the outputs that replace inputs, where these may be overwritten if a run says so.
    init(_ given: Program, replacements: [Replacement] = [], library: KernelLibrary = .shared) throws {
        (source, self.replacements) = (given, replacements)
        // Operations of one kernel are lowered by recursion, and the caller may be a task's thread.
        let lowering = onLargeStack { ProgramLowering(given, replacements: replacements) }
        let (program, lowered, kept) = (lowering.program, lowering.kernels, lowering.kept)

        var slots: [Int: Slot] = [:]
        for (slot, number) in program.inputs.enumerated() { slots[number] = .input(slot) }
        for (place, number) in kept.enumerated() { slots[number] = .output(place) }
        let updates = lowering.updates
        self.updates = updates.map(\.replacement)
        blocks = kept.map { number in
            Block(byteCount: program[number].type.byteCount, update: updates.firstIndex { $0.output == number })
        }

        // Everything else lives in the arena from the kernel that writes it to its last reader.
        var lastUse: [Int: Int] = [:]
        for (time, kernel) in lowered.enumerated() { for number in kernel.memory { lastUse[number] = time } }
        var arena = ArenaLayout()
        for (time, kernel) in lowered.enumerated() {
            for number in kernel.memory where slots[number] == nil {
                let end = lastUse[number] ?? time
                slots[number] = .arena(arena.place(program[number].type.byteCount, until: end, at: time))
            }
        }
        arenaByteCount = arena.byteCount

        let kernels = try library.kernels(for: lowered.map(\.work))
        launches = zip(kernels, lowered).map { kernel, lowered in
            Launch(
                kernel: kernel, slots: lowered.memory.map { slots[$0] ?? .arena(0) }, checks: lowered.checks,
                copyOfUpdate: updates.firstIndex {
                    $0.startsAsCopy && lowered.written == [$0.output] && lowered.read == [$0.input]
                })
        }
        results = lowering.bases.map { slots[$0] ?? .output(0) }
        PlanDump.write(program, lowered.map(\.work))
    }

    /// Computes the outputs.
    ///
    /// - Parameter inPlace: for each of `updates` whether the input's memory becomes the output's; none by default.
    /// - Throws: an `IndexError` where a checked index was out of range; nothing is then to be used, and no input has changed.
    func run(_ inputs: [Buffer], inPlace: [Bool] = [], pool: ThreadPool = .shared) throws(TensorError) -> [Buffer] {
        func isInPlace(_ update: Int?) -> Bool { update.map { $0 < inPlace.count && inPlace[$0] } ?? false }
        let outputs = blocks.map { block in
            if let update = block.update, isInPlace(update) { return inputs[updates[update].input] }
            return Buffer(byteCount: block.byteCount)
        }
        let arena = arenaByteCount == 0 ? nil : arenas.withLock { $0.popLast() } ?? Buffer(byteCount: arenaByteCount)
        defer { if let arena { arenas.withLock { $0.append(arena) } } }
        var failure: TensorError?
        let recorder = PlanRecorder.current
        var times: [UInt64] = []
        pool.whileRunning {
            if recorder != nil { times.append(monotonicNanoseconds()) }
            for launch in launches {
                if !isInPlace(launch.copyOfUpdate) {
                    failure = launch.run(inputs: inputs, outputs: outputs, arena: arena, pool: pool)
                }
                if failure != nil { break }
                if recorder != nil { times.append(monotonicNanoseconds()) }
            }
        }
        if let failure { throw failure }
        recorder?.add(self, times)
        return results.map { slot in
            switch slot {
            case .input(let place): inputs[place]
            case .output(let place): outputs[place]
            case .arena: outputs[0]
            }
        }
    }
}

extension Plan.Launch {
    fileprivate func run(inputs: [Buffer], outputs: [Buffer], arena: Buffer?, pool: ThreadPool) -> TensorError? {
        var status = KernelStatus()
        withUnsafeTemporaryAllocation(of: UnsafeMutableRawPointer.self, capacity: slots.count) { addresses in
            for (place, slot) in slots.enumerated() {
                let address =
                    switch slot {
                    case .input(let number): inputs[number].pointer
                    case .output(let number): outputs[number].pointer
                    case .arena(let offset): (arena ?? outputs[0]).pointer + offset
                    }
                addresses.initializeElement(at: place, to: address)
            }
            guard let base = addresses.baseAddress else { return }
            kernel.run(UnsafePointer(base), status: &status, pool: pool)
        }
        guard status.failedCheck > 0, checks.indices.contains(Int(status.failedCheck) - 1) else { return nil }
        return checks[Int(status.failedCheck) - 1].error(value: status.value, position: Int(status.position))
    }
}

extension IndexCheck {
    /// What a failed check tells the user.
    func error(value: Int64, position: Int) -> TensorError {
        var place = indices.index(of: position)
        guard let report else { return error(operation, [indices], Int(value), at: place, axis, extent, from: 0) }
        if let finding = report.finding {
            return TensorError(report.operation, [], finding.reason, kind: .value, hint: finding.hint)
        }
        // Prepared indices lie flat along the axis of the gather.
        place = report.indices.index(of: place.indices.contains(axis) ? place[axis] : 0)
        let index = report.isWrapped && value < 0 ? Int(value) - report.extent : Int(value)
        return error(
            report.operation, [report.indices], index, at: place, report.axis, report.extent,
            from: report.isWrapped ? -report.extent : 0)
    }

    private func error(
        _ operation: String, _ shapes: [Shape], _ index: Int, at place: [Int], _ axis: Int, _ extent: Int,
        from first: Int
    ) -> TensorError {
        TensorError(
            operation, shapes,
            "index \(index) at position \(Shape(place)) is out of range for axis \(axis) of extent \(extent)",
            kind: .index, hint: extent == 0 ? "the axis is empty" : "indices run from \(first) to \(extent - 1)")
    }
}

extension Shape {
    /// The index of the element that is number `position` in row-major order.
    fileprivate func index(of position: Int) -> [Int] {
        var (rest, place) = (position, [Int]())
        for extent in extents.reversed() where extent > 0 {
            place.append(rest % extent)
            rest /= extent
        }
        return place.reversed()
    }
}

extension TensorType {
    /// The bytes of all elements.
    var byteCount: Int { shape.count * elementType.byteCount }
}

/// Places in one block of memory for values that live for a while: first fit over lifetimes.
struct ArenaLayout {
    private var blocks: [(offset: Int, end: Int, until: Int)] = []
    /// The size of the block so far.
    private(set) var byteCount = 0

    /// The offset of `byteCount` bytes that are in use from `time` through `until`.
    mutating func place(_ byteCount: Int, until: Int, at time: Int) -> Int {
        blocks.removeAll { $0.until < time }
        let size = max(64, (byteCount + 63) / 64 * 64)
        var offset = 0
        for block in blocks {
            if offset + size <= block.offset { break }
            offset = max(offset, block.end)
        }
        let place = blocks.firstIndex { $0.offset > offset } ?? blocks.count
        blocks.insert((offset, offset + size, until), at: place)
        self.byteCount = max(self.byteCount, offset + size)
        return offset
    }
}
