import LeibnizKernels
import Synchronization

/// A program made runnable: launches of kernels over inputs, outputs and one arena for everything between.
final class Plan: Sendable {
    private let code: PlanCode
    /// What it was made from: all else that a report tells follows from it.
    let source: Program
    /// What it was told of inputs that may be overwritten.
    let replacements: [Replacement]
    /// For each of its own blocks of memory the update that writes it.
    private let updateOfBlock: [Int?]
    /// The outputs that can be written where an input is.
    let updates: [Replacement]
    /// Arenas that no run uses now.
    private let arenas = Mutex<[Buffer]>([])

    /// The bytes of everything that is computed on the way and not kept.
    var arenaByteCount: Int { code.arenaByteCount }
    /// What a run launches, in order.
    var launches: [PlanCode.Launch] { code.launches }

    /// - Parameters:
    ///   - replacements: the outputs that replace inputs, where these may be overwritten if a run says so.
    ///   - bands: when kernels run in bands.
    init(
        _ given: Program, replacements: [Replacement] = [], library: KernelLibrary = .shared,
        bands: Banding.Limits = Banding.Limits()
    ) throws {
        (source, self.replacements) = (given, replacements)
        // Operations of one kernel are lowered by recursion, and the caller may be a task's thread.
        let made = onLargeStack { () -> Result<(ProgramLowering, PlanCode), LoopNestError> in
            let lowering = ProgramLowering(given, replacements: replacements, bands: bands)
            do throws(LoopNestError) {
                return .success((lowering, try PlanCode(lowering, library: library)))
            } catch {
                return .failure(error)
            }
        }
        let (lowering, code) = try made.get()
        self.code = code
        let updates = lowering.updates
        self.updates = updates.map(\.replacement)
        updateOfBlock = lowering.kept.map { number in updates.firstIndex { $0.output == number } }
        PlanDump.write(lowering.program, lowering.kernels.map(\.work))
    }

    /// Computes the outputs.
    ///
    /// - Parameter inPlace: for each of `updates` whether the input's memory becomes the output's; none by default.
    /// - Throws: an `IndexError` where a checked index was out of range; nothing is then to be used, and no input has changed.
    func run(_ inputs: [Buffer], inPlace: [Bool] = [], pool: ThreadPool = .shared) throws(TensorError) -> [Buffer] {
        func isInPlace(_ update: Int?) -> Bool { update.map { $0 < inPlace.count && inPlace[$0] } ?? false }
        let outputs = zip(code.blocks, updateOfBlock).map { byteCount, update in
            if let update, isInPlace(update) { return inputs[updates[update].input] }
            return Buffer(byteCount: byteCount)
        }
        let arena = arenaByteCount == 0 ? nil : arenas.withLock { $0.popLast() } ?? Buffer(byteCount: arenaByteCount)
        defer { if let arena { arenas.withLock { $0.append(arena) } } }
        var failure: TensorError?
        let recorder = PlanRecorder.current
        var times: [UInt64] = []
        withUnsafeTemporaryAllocation(
            of: UnsafeMutableRawPointer.self, capacity: inputs.count + outputs.count + 1
        ) { addresses in
            for (place, buffer) in (inputs + outputs).enumerated() {
                addresses.initializeElement(at: place, to: buffer.pointer)
            }
            guard let base = addresses.baseAddress, let any = arena ?? outputs.first ?? inputs.first else { return }
            let memory = PlanMemory(
                inputs: UnsafePointer(base), outputs: UnsafePointer(base + inputs.count), arena: any.pointer)
            pool.whileRunning {
                if recorder != nil { times.append(monotonicNanoseconds()) }
                for launch in launches {
                    switch (isInPlace(launch.copyOfUpdate), recorder == nil) {
                    case (false, true): failure = launch.run(on: memory, pool: pool)
                    case (false, false): failure = launch.run(on: memory, pool: pool, times: &times)
                    case (true, true): break
                    case (true, false): times.append(monotonicNanoseconds())
                    }
                    if failure != nil { break }
                }
            }
        }
        if let failure { throw failure }
        recorder?.add(self, times)
        return code.results.map { slot in
            switch slot {
            case .input(let place): inputs[place]
            case .output(let place): outputs[place]
            case .arena: outputs[0]
            }
        }
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
