import Testing

@testable import LeibnizKernels

/// The operations and bytes of nests, counted by hand.
@Suite struct NestTotalsTests {
    @Test(arguments: [(5, 7, 6), (1, 1, 1), (16, 9, 33), (3, 0, 4)])
    func `a matrix product is 2mnk operations and each element once`(m: Int, k: Int, n: Int) {
        let totals = NestTotals(KnownNest.matrixProduct(m, k, n).nest)
        #expect(totals.operations == Double(2 * m * n * k))
        #expect(totals.bytes == Double(8 * (m * k + k * n + m * n)))
    }

    @Test func `windows read each pixel once, however often they meet it`() {
        let nest = KnownNest.convolution(
            images: 2, channels: 3, outputs: 4, size: 6, kernel: 3, step: 1, padding: 0
        ).nest
        let totals = NestTotals(nest)
        #expect(totals.operations == Double(2 * 2 * 4 * 16 * 27))
        #expect(totals.bytes == Double(8 * (2 * 3 * 36 + 4 * 27 + 2 * 4 * 16)))
    }

    @Test func `rows that are walked three times are read once`() {
        let totals = NestTotals(KnownNest.softmax(4, 10).nest)
        // max; x − max, e^, + ; x − max, e^, ÷: each stage walks the row for itself.
        #expect(totals.operations == Double(4 * 10 * (1 + 3 + 3)))
        #expect(totals.bytes == Double(8 * 2 * 4 * 10))
    }

    @Test func `what is added to is read and written`() {
        let totals = NestTotals(KnownNest.scatter(rows: 30, columns: 5, extent: 7).nest)
        #expect(totals.operations == 150)
        #expect(totals.bytes == Double(8 * (30 + 150 + 2 * 35)))
    }

    @Test func `what does not vary along a loop is computed once there`() {
        var nest = LoopNest(name: "column")
        nest.buffers = [
            BufferDeclaration(.float32, count: 100, role: .input), BufferDeclaration(.float32, count: 6, role: .output),
        ]
        nest.axes = [Axis(2), Axis(3)]
        nest.outer = [0, 1]
        // Every other of the first six elements, in each row the same.
        let x = nest.value(.load(Access(0, Affine(1, [(1, 2)]))), .float32)
        let y = nest.value(.unary(.exp, x), .float32)
        nest.stages = [Stage(stores: [Store(Access(1, Affine(0, [(0, 3), (1, 1)])), y)])]
        let totals = NestTotals(nest)
        #expect(totals.operations == 3 && totals.bytes == 4 * (3 + 6))
    }

    @Test func `a library tells of a kernel what the emitter does`() throws {
        let library = KernelLibrary.shared
        let nest = KnownNest.matrixProduct(64, 64, 64).nest
        let description = library.description(of: .nest(nest))
        #expect(description.totals == NestTotals(nest))
        guard let target = library.jit?.target else {
            #expect(description.schedule == nil && description.cycles == nil)
            return
        }
        let schedule = try #require(description.schedule)
        let source = try Emitter.source(for: nest, target: target, threads: library.pool.count)
        #expect(source.ir.hasPrefix("; \(schedule)\n"))
        #expect(try #require(description.cycles) > 0)
        #expect(schedule.description.hasPrefix(schedule.loops))
        let rate = try #require(ClockRate.measured(library))
        #expect(rate > 1e8 && rate < 2e10)
    }
}
