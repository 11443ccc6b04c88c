import Testing

@testable import LeibnizKernels

/// Which schedule is chosen, where the wrong one has cost a multiple of the time.
@Suite struct `Choice of schedules` {
    /// y[i, p, q] = x[i] · (2p + q): vectors along i leave gaps that the loops along p and q fill.
    private static func spread(_ count: Int, _ rows: Int, _ columns: Int) -> LoopNest {
        var nest = LoopNest(name: "spread")
        nest.axes = [count, rows, columns].map { Axis($0) }
        nest.outer = [0, 1, 2]
        nest.buffers = [
            BufferDeclaration(.float32, count: count, role: .input),
            BufferDeclaration(.float32, count: count * rows * columns, role: .output),
        ]
        let x = nest.value(.load(Access(0, Affine(0, [(0, 1)]))), .float32)
        let place = nest.value(.index(Affine(0, [(1, 2), (2, 1)])), .int64)
        let factor = nest.value(.convert(place), .float32)
        let target = Affine(0, [(0, rows * columns), (1, columns), (2, 1)])
        nest.stages = [Stage(stores: [Store(Access(1, target), nest.value(.binary(.multiply, x, factor), .float32))])]
        return nest
    }

    @Test(arguments: Machine.newest) func `a line is written whole before the next`(machine: Machine) throws {
        let nest = Self.spread(901, 5, 3)
        let numbers = bytes((0..<901).map { Float($0) / 7 })
        for width in machine.widths {
            let target = machine.target(vectorBytes: width)
            let schedule = Emitter.schedule(for: nest, target: target, threads: 1)
            let strides = schedule.outer.map { nest.simplified().stages[0].stores[0].access.index.stride(of: $0.axis) }
            #expect(strides == strides.sorted(by: >), "\(schedule)")
            let source = try Emitter.source(for: nest, target: target, threads: 1)
            try EmitterTests.check(nest, [0: numbers], source, machine, "\(width)")
        }
    }

    @Test(arguments: Machine.newest) func `parts of sums suit the cache of a core, and their length changes no bit`(
        machine: Machine
    ) throws {
        let known = KnownNest.matrixProduct(64, 5000, 64)
        var (small, large) = (machine.target, machine.target)
        (small.coreCacheBytes, large.coreCacheBytes) = (512 << 10, 2 << 20)
        let lengths = [small, large].map { target in
            Emitter.schedule(for: known.nest, target: target, threads: 1).blocksPerPart
        }
        #expect(lengths[0] > 0 && lengths[1] > lengths[0], "\(lengths)")
        let results = try [small, large].map { target in
            let source = try Emitter.source(for: known.nest, target: target, threads: 1)
            let kernel = try machine.kernel(source, known.nest)
            #expect(known.error(of: kernel) < 1e-9)
            return try #require(known.result(of: kernel))
        }
        #expect(results[0] == results[1])
    }

    /// y[p, o] = Σ_c Σ_k x[p + k + 400c] w[c, k, o]: a tile of one position reads all weights for it, again and again, at the pace of the
    /// second cache, 20 bytes a cycle.
    @Test(arguments: Machine.newest) func `weights that do not fit next to a core have their price`(machine: Machine) {
        var nest = LoopNest(name: "windows")
        nest.axes = [390, 80, 100, 9].map { Axis($0) }
        nest.outer = [0, 1]
        nest.buffers = [
            BufferDeclaration(.float32, count: 40_000, role: .input),
            BufferDeclaration(.float32, count: 72_000, role: .input),
            BufferDeclaration(.float32, count: 31_200, role: .output),
        ]
        let x = nest.value(.load(Access(0, Affine(0, [(0, 1), (3, 1), (2, 400)]))), .float32)
        let w = nest.value(.load(Access(1, Affine(0, [(2, 720), (3, 80), (1, 1)]))), .float32)
        nest.reductions = [Reduction(.sum, nest.value(.binary(.multiply, x, w), .float32))]
        nest.stages = [
            Stage(axes: [2, 3], reductions: [0]),
            Stage(stores: [Store(Access(2, Affine(0, [(0, 80), (1, 1)])), nest.value(.reduced(0), .float32))]),
        ]
        let target = machine.target
        let cost = TileCost(nest: nest, work: NestWork(nest, hasFMA: target.hasFMA), target: target)
        var tile = Tile(.outer(1), lanes: target.vectorBytes / 4)
        tile.first = Tile.Copies(axis: 1, count: 5)
        let bytes = 4.0 * 72_000 * 390
        #expect(cost.cycles(tile, cost.prepared(tile)) > bytes / 20)
        tile.second = Tile.Copies(axis: 0, count: 2)
        // Shorter vectors than 32 bytes take longer to be multiplied.
        if target.vectorBytes > 16 { #expect(cost.cycles(tile, cost.prepared(tile)) < bytes / 20) }
    }
}
