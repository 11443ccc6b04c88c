import Testing

@testable import LeibnizKernels

/// Instructions of several stretches of code in turns.
@Suite struct `Code in turns` {
    @Test func `each stretch gives one instruction at a time`() {
        let text = Interleaving(["  %a1 = x\n  %a2 = y %a1\n", "  %b1 = x\n  %b2 = y %b1\n  store %b2\n"]).text
        #expect(text == "  %a1 = x\n  %b1 = x\n  %a2 = y %a1\n  %b2 = y %b1\n  store %b2\n")
    }

    /// The second stretch shares a value of the first, which comes late there.
    @Test func `what is needed comes first`() {
        let first = "  %v1 = load %p\n  %v2 = f %v1\n  %v3 = f %v2\n  store %v1, %v3\n"
        let text = Interleaving([first, "  %v4 = g %v3\n  %v5 = g %v4\n", "  %v6 = h %v5\n"]).text
        let lines = text.split(separator: "\n").map(String.init)
        #expect(Set(lines).count == 7 && lines.count == 7)
        func place(_ name: String) -> Int? { lines.firstIndex { $0.hasPrefix("  \(name) =") } }
        for (early, late) in [("%v1", "%v2"), ("%v2", "%v3"), ("%v3", "%v4"), ("%v4", "%v5"), ("%v5", "%v6")] {
            #expect((place(early) ?? 9) < (place(late) ?? -1), "\(text)")
        }
    }

    @Test func `stretches with branches stay one after the other`() {
        let builder = FunctionBuilder(target: .generic(.sse4, llvmVersion: 19))
        builder.interleaved(0..<2) { number in
            builder.effect("first \(number)")
            if number == 1 { builder.rarely(if: .bool(true), level: builder.level, "") }
            builder.effect("last \(number)")
        }
        let effects = builder.body.split(separator: "\n").filter { $0.contains("first") || $0.contains("last") }
        #expect(effects == ["  first 0", "  last 0", "  first 1", "  last 1"])
    }

    /// y[i] = f(x[i]) or Σᵢ f(x[r, i]) stored with each value: in turns, the divisions of all copies come after the last load.
    @Test(arguments: [false, true], Machine.newest)
    func `vectors whose instructions wait run side by side`(isRow: Bool, machine: Machine) throws {
        var nest = LoopNest(name: "waiting")
        nest.axes = isRow ? [Axis(70), Axis(960)] : [Axis(70 * 960)]
        nest.outer = [0]
        nest.buffers = [
            BufferDeclaration(.float32, count: 70 * 960, role: .input),
            BufferDeclaration(.float32, count: 70 * 960, role: .output),
            BufferDeclaration(.float32, count: 70, role: .output),
        ]
        let place = isRow ? Affine(0, [(0, 960), (1, 1)]) : Affine(0, [(0, 1)])
        let y = nest.value(.unary(.sigmoid, nest.value(.load(Access(0, place)), .float32)), .float32)
        if isRow {
            nest.reductions = [Reduction(.sum, y)]
            let sum = nest.value(.reduced(0), .float32)
            nest.stages = [
                Stage(axes: [1], reductions: [0], stores: [Store(Access(1, place), y)]),
                Stage(stores: [Store(Access(2, Affine(0, [(0, 1)])), sum)]),
            ]
        } else {
            nest.buffers.removeLast()
            nest.stages = [Stage(stores: [Store(Access(1, place), y)])]
        }
        let schedule = Emitter.schedule(for: nest, target: machine.target, threads: 1)
        let loops = schedule.outer + schedule.stages.flatMap { $0 }
        #expect(loops.contains { $0.lanes > 1 && $0.count > 1 }, "\(schedule)")
        let source = try Emitter.source(for: nest, target: machine.target, threads: 1)
        let lines = source.ir.split(separator: "\n")
        let loads = lines.indices.filter { lines[$0].contains(" load <") }
        let divisions = lines.indices.filter { lines[$0].contains(" fdiv <") }
        #expect(divisions.count > 1 && loads.count == divisions.count, "\(source.ir)")
        #expect((loads.last ?? .max) < (divisions.first ?? 0), "\(source.ir)")
        var random = SeededGenerator(seed: 5)
        let numbers = bytes((0..<70 * 960).map { _ in Float.random(in: -9..<9, using: &random) })
        try EmitterTests.check(nest, [0: numbers], source, machine, "\(schedule)")
    }
}
