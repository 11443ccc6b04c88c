/// From loop nests to LLVM IR.
public enum Emitter {
    /// The IR of a loop nest for a machine, scheduled for as many threads.
    ///
    /// Equal nests give equal text: the function's name is a hash of its body.
    public static func source(for nest: LoopNest, target: TargetDescription, threads: Int) throws -> KernelSource {
        let nest = nest.simplified()
        let schedule = Scheduler(nest, target: target, threads: threads).schedule()
        return source(for: nest, schedule: schedule, target: target)
    }

    /// The schedule that `source` would follow.
    public static func schedule(for nest: LoopNest, target: TargetDescription, threads: Int) -> Schedule {
        Scheduler(nest.simplified(), target: target, threads: threads).schedule()
    }

    /// The IR of a simplified nest under a schedule that fits it.
    static func source(for nest: LoopNest, schedule: Schedule, target: TargetDescription) -> KernelSource {
        let main = FunctionBuilder(target: target)
        var lines: Set<String> = []
        var finish: String?
        var scratchBytes = 0
        let isEmpty = nest.outer.contains { nest.axes[$0].extent == 0 }
        if !isEmpty {
            let emitter = NestEmitter(nest, schedule: schedule, builder: main)
            if schedule.splitsReduction {
                scratchBytes = emitter.emitPartialReduction()
                let second = FunctionBuilder(target: target)
                NestEmitter(nest, schedule: schedule, builder: second).emitFinish(scratchBytes: scratchBytes)
                finish = second.body
                lines.formUnion(second.declarations)
            } else {
                emitter.emitUnits()
                main.finishStreaming()
            }
            lines.formUnion(main.declarations)
        }
        let symbol = "leibniz_" + name(main.body + (finish ?? ""))
        let attributes = "nounwind \"no-trapping-math\"=\"true\" \"prefer-vector-width\"=\"\(target.vectorBytes * 8)\""
        let width = target.vectorBytes == 64 ? " \"min-legal-vector-width\"=\"512\"" : ""
        var ir = "; \(schedule)\n" + lines.sorted().joined(separator: "\n") + "\n"
        ir += "define void @\(symbol)(ptr %buffers, ptr %status, i64 %begin, i64 %end, ptr %scratch) #0 {\nentry:\n"
        ir += main.body + "  ret void\n}\n"
        if let finish {
            ir += "define void @\(symbol)_finish(ptr %buffers, ptr %status, i64 %threads, ptr %scratch) #0 {\nentry:\n"
            ir += finish + "  ret void\n}\n"
        }
        ir += "attributes #0 = { \(attributes)\(width) }\n"
        if main.isStreaming { ir += "!0 = !{i32 1}\n" }
        return KernelSource(
            ir: ir, symbol: symbol, units: isEmpty ? 0 : schedule.units, unitCost: schedule.unitCost,
            scratchBytes: scratchBytes, hasFinish: finish != nil)
    }

    /// 128 bits of a text as letters and digits: FNV-1a from two offsets.
    private static func name(_ text: String) -> String {
        var (a, b): (UInt64, UInt64) = (0xCBF2_9CE4_8422_2325, 0x6C62_272E_07BB_0142)
        for byte in text.utf8 {
            a = (a ^ UInt64(byte)) &* 0x100_0000_01B3
            b = (b ^ UInt64(byte) ^ (a >> 32)) &* 0x100_0000_01B3
        }
        return String(a, radix: 36) + "_" + String(b, radix: 36)
    }
}

extension NestEmitter {
    /// The code of `symbol` where units are independent.
    func emitUnits() {
        let begin = Operand("%begin", IRType(.i64), level: 0)
        let end = Operand("%end", IRType(.i64), level: 0)
        let shared = schedule.outer.filter { $0.blocksPerUnit > 0 }
        let start = [Point(coordinates: Array(repeating: Coordinate(), count: nest.axes.count))]
        if shared.isEmpty {
            _ = builder.conditional(builder.compare("slt", begin, end)) { _ in
                outerLoops(0, start, unitStarts: [:]) { allStages(&$0) }
                return []
            }
            return
        }
        _ = builder.loop(from: begin, to: end, step: 1, runs: false) { unit, _ in
            var (starts, rest): ([Int: Operand], Operand) = ([:], unit)
            for (place, loop) in shared.enumerated().reversed() {
                let size = loop.step * loop.blocksPerUnit
                let count = Operand.integer(Int64((extents[loop.axis] + size - 1) / size))
                let index = place == 0 ? rest : builder.binary("urem", rest, count)
                if place > 0 { rest = builder.binary("udiv", rest, count) }
                starts[loop.axis] = builder.imul(index, .integer(Int64(size)))
            }
            outerLoops(0, start, unitStarts: starts) { allStages(&$0) }
            return []
        }
    }

    private func allStages(_ tile: inout [Point]) {
        // What is invariant in a reducing loop is loaded just before it, not earlier: registers are few.
        let floor = builder.loadFloor
        if nest.stages.contains(where: { !$0.axes.isEmpty }) { builder.loadFloor = builder.level }
        fetchForLaterStages(tile)
        if let loop = schedule.outer.first(where: \.joinsLanes) {
            run(stage: 0, &tile)
            tile = joined(tile, along: loop.axis, lanes: loop.count.roundedUpToPowerOfTwo)
            stages(from: 1, &tile)
        } else {
            stages(from: 0, &tile)
        }
        builder.loadFloor = floor
    }

    // MARK: A reduction that threads share

    /// Where the partial results of one reduction lie in scratch memory.
    private struct Slot {
        var reduction: Int
        var part: Int
        var type: IRScalar
        var offset: Int
    }

    /// The slots of the first stage's accumulators, each an array over all outer points, and the bytes of all.
    private func slots() -> (slots: [Slot], bytes: Int) {
        let points = schedule.outer.reduce(1) { $0 * extents[$1.axis] }
        var (slots, bytes): ([Slot], Int) = ([], 0)
        for id in nest.stages[0].reductions {
            let reduction = nest.reductions[id]
            let value = IRScalar(nest.values[reduction.value].type)
            let types: [IRScalar] = isSearch(reduction.operation) ? [value, positionScalar] : [value]
            for (part, type) in types.enumerated() {
                slots.append(Slot(reduction: id, part: part, type: type, offset: bytes))
                bytes += (points * max(1, type.bits / 8) + 63) / 64 * 64
            }
        }
        return (slots, bytes)
    }

    /// The number of an outer point, along the vector axis without gaps.
    private var pointNumber: Affine {
        var (number, size) = (Affine(), 1)
        let ordered = schedule.outer.filter { $0.lanes == 1 } + schedule.outer.filter { $0.lanes > 1 }
        for loop in ordered.reversed() {
            number.add(size, axis: loop.axis)
            size *= extents[loop.axis]
        }
        return number
    }

    /// The code of `symbol` where threads share the first stage's first loop; returns the scratch bytes of a thread.
    func emitPartialReduction() -> Int {
        let (slots, bytes) = slots()
        let loop = schedule.stages[0][0]
        let size = Operand.integer(Int64(loop.step * schedule.splitBlocks))
        let begin = Operand("%begin", IRType(.i64), level: 0)
        let end = Operand("%end", IRType(.i64), level: 0)
        let extent = extents[loop.axis]
        let whole = Operand.integer(Int64(extent / loop.step * loop.step))
        func limited(_ x: Operand) -> Operand { builder.select(builder.compare("slt", x, whole), x, whole) }
        let (first, behind) = (builder.imul(begin, size), builder.imul(end, size))
        let holdsEnd = builder.both(
            builder.compare("eq", end, .integer(Int64(schedule.units))), builder.compare("slt", begin, end))
        let share = Share(start: limited(first), end: limited(behind), isLast: holdsEnd)
        let start = [Point(coordinates: Array(repeating: Coordinate(), count: nest.axes.count))]
        outerLoops(0, start, unitStarts: [:]) { tile in
            let floor = builder.loadFloor
            builder.loadFloor = builder.level
            run(stage: 0, &tile, share: share)
            builder.loadFloor = floor
            for point in tile {
                for slot in slots {
                    let value = (point.accumulators[slot.reduction] ?? [])[slot.part]
                    let narrow =
                        point.active < value.type.lanes ? builder.shuffle(value, nil, Array(0..<point.active)) : value
                    let stored = slot.type == .i1 ? builder.cast("zext", narrow, to: .i8) : narrow
                    let pointer = place(of: slot, at: point, base: Operand("%scratch", IRType(.ptr), level: 0))
                    builder.effect("store \(stored.typed), ptr \(pointer.text), align \(stored.type.scalar.bits / 8)")
                }
            }
        }
        return bytes
    }

    private func place(of slot: Slot, at point: Point, base: Operand) -> Operand {
        let start = builder.offset(base, .i8, by: .integer(Int64(slot.offset)))
        return builder.address(start, slot.type == .i1 ? .i8 : slot.type, pointNumber, at: point)
    }

    /// The code of `symbol_finish`: adds the threads' results in their order, then runs the other stages.
    func emitFinish(scratchBytes: Int) {
        let slots = slots().slots
        let start = [Point(coordinates: Array(repeating: Coordinate(), count: nest.axes.count))]
        let threads = Operand("%threads", IRType(.i64), level: 0)
        outerLoops(0, start, unitStarts: [:]) { tile in
            for number in tile.indices {
                let point = tile[number]
                for id in nest.stages[0].reductions {
                    let reduction = nest.reductions[id]
                    let own = slots.filter { $0.reduction == id }
                    let isWide = vectorAxis.map { varies(reduction.value, along: $0) } ?? false
                    let state = identity(reduction, lanes: isWide ? point.lanes : 1)
                    let total = builder.loop(from: .integer(0), to: threads, step: 1, carrying: state, runs: false) {
                        thread, state in
                        let base = builder.offset(
                            Operand("%scratch", IRType(.ptr), level: 0), .i8,
                            by: builder.imul(thread, .integer(Int64(scratchBytes))))
                        let part = own.map { slot -> Operand in
                            let scalar = slot.type == .i1 ? IRScalar.i8 : slot.type
                            let type = IRType(scalar, lanes: isWide ? point.active : 1)
                            let pointer = place(of: slot, at: point, base: base)
                            var loaded = builder.instruction(
                                "load \(type.text), ptr \(pointer.text), align \(scalar.bits / 8)", type)
                            if isWide, point.active < point.lanes {
                                loaded =
                                    point.active == 1
                                    ? builder.splat(loaded, lanes: point.lanes)
                                    : builder.shuffle(loaded, nil, (0..<point.lanes).map { min($0, point.active - 1) })
                            }
                            return slot.type == .i1 ? builder.compare("ne", loaded, .integer(0, .i8)) : loaded
                        }
                        return combined(reduction, state, part)
                    }
                    finish(reduction, id, total, &tile[number])
                }
            }
            stages(from: 1, &tile)
        }
    }
}
