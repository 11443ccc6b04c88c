import Testing

@testable import LeibnizKernels

/// Long sums that are walked in parts, whose accumulators wait in scratch memory in between.
@Suite struct `Sums in parts` {
    /// Rows and columns that leave rests of every tile, and sums that leave one of every unrolling.
    @Test(arguments: [(26, 64), (29, 77), (41, 200)], Machine.newest)
    func `parts add up to the whole`(size: (rows: Int, columns: Int), machine: Machine) throws {
        let known = KnownNest.matrixProduct(size.rows, 9001, size.columns)
        for width in machine.widths {
            let target = machine.target(vectorBytes: width)
            let schedule = Emitter.schedule(for: known.nest, target: target, threads: 1)
            #expect(schedule.blocksPerPart > 0)
            let source = try Emitter.source(for: known.nest, target: target, threads: 1)
            #expect(source.scratchBytes >= 8 * size.rows * size.columns)
            #expect(known.error(of: try machine.kernel(source, known.nest)) < 1e-9)
        }
    }

    /// Units that threads share begin anywhere on two axes; scratch memory is counted from there.
    @Test(arguments: [2, 3], Machine.newest) func `each thread keeps its own`(threads: Int, machine: Machine) throws {
        let known = KnownNest.matrixProduct(90, 9001, 64)
        let target = machine.target(vectorBytes: machine.widths.last ?? 16)
        #expect(Emitter.schedule(for: known.nest, target: target, threads: threads).blocksPerPart > 0)
        let source = try Emitter.source(for: known.nest, target: target, threads: threads)
        let kernel = try machine.kernel(source, known.nest)
        #expect(known.error(of: kernel, threads: threads) < 1e-9)
    }

    /// What one thread adds up by itself falls into units as well: all sums of the result would not fit where they wait.
    @Test func `one thread walks large results in units`() throws {
        let machine = try #require(Machine.newest.first)
        let known = KnownNest.matrixProduct(600, 1300, 700)
        let schedule = Emitter.schedule(for: known.nest, target: machine.target, threads: 1)
        #expect(schedule.blocksPerPart > 0 && schedule.units > 1, "\(schedule)")
        let source = try Emitter.source(for: known.nest, target: machine.target, threads: 1)
        #expect(known.error(of: try machine.kernel(source, known.nest)) < 1e-9)
    }

    /// Σ_k a b with one tile of columns, whose copy each tile of rows reads again: it stays next to the core where lines of the first
    /// operand come from the larger cache beside, as those of columns do, and not where rows do.
    @Test(arguments: [(200, true), (1000, true), (1000, false)], Machine.newest)
    func `copies stay next to the core`(trial: (length: Int, readsColumns: Bool), machine: Machine) throws {
        let (rows, length) = (240, trial.length)
        var target = machine.target
        target.coreCacheBytes = 512 << 10
        guard target.vectorBytes > 16 else { return }
        let columns = 2 * target.vectorBytes / 8
        let known = KnownNest.matrixProduct(rows, length, columns)
        var nest = known.nest
        if trial.readsColumns { nest.values[0] = Value(.load(Access(0, Affine(0, [(0, 1), (2, rows)]))), .float64) }
        let schedule = Emitter.schedule(for: nest, target: target, threads: 1)
        #expect((schedule.blocksPerPart > 0) == (length == 1000 && trial.readsColumns), "\(schedule)")
        let source = try Emitter.source(for: nest, target: target, threads: 1)
        try EmitterTests.check(
            nest, [0: bytes(known.inputs[0]), 1: bytes(known.inputs[1])], source, machine, "\(trial)")
    }

    /// y[o, i] = Σ_ck w[c, k, o]·x[c, i + k]: each tile of places reads all kernels of its channels again.
    @Test(arguments: [(256, true), (8, false)], Machine.newest)
    func `kernels of windows stay next to the core`(trial: (channels: Int, isCut: Bool), machine: Machine) throws {
        let (channels, taps, outputs, places) = (trial.channels, 9, 32, 90)
        var nest = LoopNest(name: "windows")
        nest.axes = [outputs, places, channels, taps].map { Axis($0) }
        nest.outer = [0, 1]
        let row = places + taps - 1
        nest.buffers = [
            BufferDeclaration(.float32, count: channels * row, role: .input),
            BufferDeclaration(.float32, count: channels * taps * outputs, role: .input),
            BufferDeclaration(.float32, count: outputs * places, role: .output),
        ]
        let x = nest.value(.load(Access(0, Affine(0, [(1, 1), (2, row), (3, 1)]))), .float32)
        let w = nest.value(.load(Access(1, Affine(0, [(0, 1), (2, taps * outputs), (3, outputs)]))), .float32)
        nest.reductions = [Reduction(.sum, nest.value(.binary(.multiply, x, w), .float32))]
        let total = nest.value(.reduced(0), .float32)
        nest.stages = [
            Stage(axes: [2, 3], reductions: [0]),
            Stage(stores: [Store(Access(2, Affine(0, [(0, places), (1, 1)])), total)]),
        ]
        try nest.validate()
        var target = machine.target
        target.coreCacheBytes = 512 << 10
        guard target.vectorBytes > 16 else { return }
        let schedule = Emitter.schedule(for: nest, target: target, threads: 1)
        #expect((schedule.blocksPerPart > 0) == trial.isCut, "\(schedule)")
        let source = try Emitter.source(for: nest, target: target, threads: 1)
        let numbers = nest.buffers.dropLast().map { buffer in
            bytes((0..<buffer.count).map { Float(($0 * 7) % 13) / 8 - 0.75 })
        }
        try EmitterTests.check(nest, [0: numbers[0], 1: numbers[1]], source, machine, "\(trial)")
    }

    @Test func `short sums are walked in one go`() throws {
        let target = try #require(Machine.newest.first).target
        let known = KnownNest.matrixProduct(256, 256, 256)
        #expect(Emitter.schedule(for: known.nest, target: target, threads: 2).blocksPerPart == 0)
    }
}
