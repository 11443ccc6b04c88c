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

    /// That schedule, and then others that may be faster and give the same bits, at most `limit` in all.
    static func schedules(
        for simplified: LoopNest, target: TargetDescription, threads: Int, atMost limit: Int
    ) -> [Schedule] {
        Scheduler(simplified, target: target, threads: threads).schedules(atMost: limit)
    }

    /// The IR of a simplified nest under a schedule that fits it.
    static func source(for given: LoopNest, schedule: Schedule, target: TargetDescription) -> KernelSource {
        let rows = RowMemory(given, schedule, target)
        let nest = rows.nest
        let main = FunctionBuilder(target: target)
        var lines: Set<String> = []
        var finish: String?
        var scratchBytes = 0
        let isEmpty = nest.outer.contains { nest.axes[$0].extent == 0 }
        if !isEmpty {
            let emitter = NestEmitter(nest, schedule: schedule, builder: main, rowBytes: rows.bytes)
            if schedule.splitsReduction {
                scratchBytes = emitter.emitPartialReduction()
                let second = FunctionBuilder(target: target)
                NestEmitter(nest, schedule: schedule, builder: second).emitFinish(scratchBytes: scratchBytes)
                finish = second.body
                lines.formUnion(second.declarations)
            } else {
                scratchBytes = max(emitter.emitUnits(), emitter.rowBytes)
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
    /// The code of `symbol` where units are independent; returns the scratch bytes of a thread.
    func emitUnits() -> Int {
        var scratchBytes = 0
        let begin = Operand("%begin", IRType(.i64), level: 0)
        let end = Operand("%end", IRType(.i64), level: 0)
        let shared = schedule.outer.filter { $0.blocksPerUnit > 0 }
        let start = [Point(coordinates: Array(repeating: Coordinate(), count: nest.axes.count))]
        if shared.isEmpty {
            _ = builder.conditional(builder.compare("slt", begin, end)) { _ in
                scratchBytes = unit(start, unitStarts: [:])
                return []
            }
            return scratchBytes
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
            scratchBytes = self.unit(start, unitStarts: starts)
            return []
        }
        return scratchBytes
    }

    /// The loops of one unit; returns the scratch bytes that it needs.
    private func unit(_ start: [Point], unitStarts: [Int: Operand]) -> Int {
        if schedule.blocksPerPart > 0 { return emitParts(start, unitStarts: unitStarts) }
        let scratchBytes = layOutPackings(after: 0)
        outerLoops(0, start, unitStarts: unitStarts) { allStages(&$0) }
        return scratchBytes
    }

    private func allStages(_ tile: inout [Point]) {
        // What is invariant in a reducing loop is loaded just before it, not earlier: registers are few.
        let floor = builder.loadFloor
        if nest.stages.contains(where: { !$0.axes.isEmpty }) { builder.loadFloor = builder.level }
        fetchForLaterStages(tile)
        for number in nest.stages.indices {
            run(stage: number, &tile)
            if number == 0 { tile = joined(tile) }
        }
        builder.loadFloor = floor
    }
}
