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

    /// With a part of each row for every thread, two of them would write to one line of each row: 93 µs instead of 35.
    @Test(arguments: Machine.newest) func `threads share rows that end inside of lines`(machine: Machine) throws {
        for columns in [230, 226, 233] {
            let known = KnownNest.matrixProduct(990, 16, columns)
            let schedule = Emitter.schedule(for: known.nest, target: machine.target, threads: 2)
            let stores = known.nest.simplified().stages.flatMap(\.stores)
            let shared = schedule.outer.filter { $0.blocksPerUnit > 0 }
            #expect(!shared.isEmpty)
            let alongRows = shared.contains { loop in
                stores.contains { $0.access.index.stride(of: loop.axis) == 1 }
            }
            #expect(!alongRows, "\(schedule)")
            let source = try Emitter.source(for: known.nest, target: machine.target, threads: 2)
            #expect(known.error(of: try machine.kernel(source, known.nest)) < 1e-6)
        }
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

    /// Stores of sums to many pages: each has its place looked up.
    @Test(arguments: Machine.newest) func `tiles write to few pages`(machine: Machine) throws {
        // y[c, r, p] = Σ_{u, v} x[r + u, p + 65v] w[c, u, v], with rows of 8 kB: a convolution of 65 images.
        var nest = LoopNest(name: "rows")
        nest.axes = [1820, 6, 28, 5, 5].map { Axis($0) }
        nest.outer = [0, 1, 2]
        nest.buffers = [
            BufferDeclaration(.float32, count: 32 * 2080, role: .input),
            BufferDeclaration(.float32, count: 150, role: .input),
            BufferDeclaration(.float32, count: 6 * 28 * 1820, role: .output),
        ]
        let x = nest.value(.load(Access(0, Affine(0, [(2, 2080), (3, 2080), (0, 1), (4, 65)]))), .float32)
        let w = nest.value(.load(Access(1, Affine(0, [(1, 25), (3, 5), (4, 1)]))), .float32)
        nest.reductions = [Reduction(.sum, nest.value(.binary(.multiply, x, w), .float32))]
        nest.stages = [
            Stage(axes: [3, 4], reductions: [0]),
            Stage(stores: [
                Store(Access(2, Affine(0, [(1, 50_960), (2, 1820), (0, 1)])), nest.value(.reduced(0), .float32))
            ]),
        ]
        let schedule = Emitter.schedule(for: nest, target: machine.target, threads: 1)
        let rows = schedule.outer.reduce(1) { $1.lanes == 1 ? $0 * $1.count : $0 }
        #expect(rows <= 6, "\(schedule)")
    }

    /// A pool's gradient: y[p, i, q, j, l] = which[p, q, l] = 2i + j ? g[p, q, l] : 0. What was chosen in a region is read once for it.
    @Test(arguments: Machine.newest) func `a region's places share what was chosen`(machine: Machine) throws {
        let (rows, columns, lanes) = (5, 7, 32)
        var nest = LoopNest(name: "chosen")
        nest.axes = [rows, 2, columns, 2, lanes].map { Axis($0) }
        nest.outer = [0, 1, 2, 3, 4]
        nest.buffers = [
            BufferDeclaration(.uint8, count: rows * columns * lanes, role: .input),
            BufferDeclaration(.float32, count: rows * columns * lanes, role: .input),
            BufferDeclaration(.float32, count: 4 * rows * columns * lanes, role: .output),
        ]
        let region = Affine(0, [(0, columns * lanes), (2, lanes), (4, 1)])
        let chosen = nest.value(.load(Access(0, region)), .uint8)
        let gradient = nest.value(.load(Access(1, region)), .float32)
        let place = nest.value(.convert(nest.value(.index(Affine(0, [(1, 2), (3, 1)])), .int64)), .uint8)
        let isChosen = nest.value(.compare(.equal, place, chosen), .bool)
        let value = nest.value(.select(isChosen, gradient, nest.value(.float(0), .float32)), .float32)
        let target = Affine(
            0, [(0, 4 * columns * lanes), (1, 2 * columns * lanes), (2, 2 * lanes), (3, lanes), (4, 1)])
        nest.stages = [Stage(stores: [Store(Access(2, target), value)])]
        let inputs = [
            0: bytes((0..<rows * columns * lanes).map { UInt8($0 * 5 % 7 % 4) }),
            1: bytes((0..<rows * columns * lanes).map { Float($0) }),
        ]
        for width in machine.widths where width > 16 {
            let target = machine.target(vectorBytes: width)
            let schedule = Emitter.schedule(for: nest, target: target, threads: 1)
            #expect(schedule.outer.reduce(1) { $1.lanes == 1 ? $0 * $1.count : $0 } == 4, "\(schedule)")
            let source = try Emitter.source(for: nest, target: target, threads: 1)
            try EmitterTests.check(nest, inputs, source, machine, "\(width)")
        }
    }

    private static func requests(_ source: KernelSource) -> Int {
        source.ir.split(separator: "\n").filter { $0.contains("call void @llvm.prefetch") }.count
    }

    /// A product whose second operand's rows lie far from each other: a tile reads a line or two of each, more than stay next to a core.
    /// With registers of 32 bytes asking for copies, line after line, would take loads that sums need; rows that few tiles read, and
    /// which are not copied, are asked for all the same.
    @Test(arguments: [false, true], Machine.newest)
    func `lines that a long sum passes are asked for ahead`(isTransposed: Bool, machine: Machine) throws {
        for width in machine.widths {
            let target = machine.target(vectorBytes: width)
            let long = KnownNest.matrixProduct(21, 3000, 64, isTransposed: isTransposed)
            let source = try Emitter.source(for: long.nest, target: target, threads: 1)
            if width > 16 { #expect((Self.requests(source) > 0) == (width == 64), "\(width)") }
            #expect(long.error(of: try machine.kernel(source, long.nest)) < 1e-9)
            let few = KnownNest.matrixProduct(9, 3000, 64)
            let direct = try Emitter.source(for: few.nest, target: target, threads: 1)
            if width > 16 { #expect(Self.requests(direct) > 0, "\(width)") }
            #expect(few.error(of: try machine.kernel(direct, few.nest)) < 1e-9)
            let short = KnownNest.matrixProduct(21, 60, 64, isTransposed: isTransposed)
            #expect(Self.requests(try Emitter.source(for: short.nest, target: target, threads: 1)) == 0, "\(width)")
        }
    }

    /// Each unit copies what its columns of the second operand are: units over columns alone copy nothing twice, and the smallest are the
    /// fairest as long as they are worth helping with.
    @Test(arguments: Machine.newest) func `large products are shared along what is copied`(machine: Machine) throws {
        for width in machine.widths where width > 16 {
            let nest = KnownNest.matrixProduct(1000, 600, 1000).nest
            let schedule = Emitter.schedule(for: nest, target: machine.target(vectorBytes: width), threads: 2)
            #expect(!schedule.packed.isEmpty, "\(schedule)")
            #expect(
                schedule.outer.filter { $0.blocksPerUnit > 0 }.map(\.axis) == schedule.packed.map(\.axis), "\(schedule)"
            )
            #expect(schedule.units >= 16 && schedule.unitCost >= 200_000, "\(schedule)")
            #expect(schedule.outer.allSatisfy { $0.blocksPerUnit <= 1 }, "\(schedule)")
        }
    }

    /// Rows of a product's first operand that end before a processor sees where they lead: the next tile's are asked for.
    @Test(arguments: [64, 122], Machine.newest)
    func `short rows are asked for ahead`(length: Int, machine: Machine) throws {
        let known = KnownNest.matrixProduct(1500, length, 64)
        let target = machine.target
        let source = try Emitter.source(for: known.nest, target: target, threads: 1)
        if target.vectorBytes > 16 { #expect(Self.requests(source) > 0) }
        // Many rows take turns, a line in each iteration; what is left of them at the border asks for a few at once.
        let rows = Emitter.schedule(for: known.nest, target: target, threads: 1).outer.last?.count ?? 0
        if rows > 9 { #expect(Self.requests(source) < rows) }
        #expect(known.error(of: try machine.kernel(source, known.nest)) < 1e-9)
        // What stays next to a core anyway is not.
        let small = KnownNest.matrixProduct(150, length, 64)
        #expect(!(try Emitter.source(for: small.nest, target: target, threads: 1).ir.contains("llvm.prefetch")))
    }

    /// What a band reads from outside of its chain is asked for while the band before runs; what stays near is not.
    @Test(arguments: [(true, 4096), (false, 4096), (true, 64)], Machine.newest)
    func `the next band's rows are asked for`(trial: (isBrought: Bool, rows: Int), machine: Machine) throws {
        var nest = LoopNest(name: "banded")
        nest.axes = [Axis(trial.rows), Axis(64)]
        nest.outer = [0, 1]
        nest.buffers = [
            BufferDeclaration(.float32, count: trial.rows * 64, role: .input),
            BufferDeclaration(.float32, count: trial.rows * 64, role: .output),
        ]
        let place = Affine(0, [(0, 64), (1, 1)])
        let x = nest.value(.load(Access(0, place)), .float32)
        nest.stages = [Stage(stores: [Store(Access(1, place), nest.value(.unary(.negate, x), .float32))])]
        nest.bands = Bands(axis: 0, length: 4, handedOn: [1], brought: trial.isBrought ? [0] : [])
        let source = try Emitter.source(for: nest, target: machine.target, threads: 1)
        #expect((Self.requests(source) > 0) == (trial.isBrought && trial.rows == 4096), "\(source.ir)")
        let numbers = bytes((0..<trial.rows * 64).map { Float($0 % 97) })
        try EmitterTests.check(nest, [0: numbers], source, machine, "\(trial)")
    }

    /// A piece of each row ends before a processor has seen where the next begins, and whole rows that follow each other begin new pages:
    /// what passes by is asked for ahead, each line once. What stays near needs no asking.
    @Test(
        arguments: [(64, 256, 4096), (64, 64, 4096), (64, 64, 20_000), (64, 256, 256), (1024, 1100, 256)],
        Machine.newest)
    func `what passes by is asked for ahead`(trial: (piece: Int, pitch: Int, rows: Int), machine: Machine) throws {
        let (piece, pitch, rows) = trial
        for taps in [1, 3] {
            var nest = LoopNest(name: "pieces")
            nest.axes = [Axis(rows - taps + 1), Axis(piece), Axis(taps)]
            nest.outer = [0, 1]
            nest.buffers = [
                BufferDeclaration(.float32, count: rows * pitch, role: .input),
                BufferDeclaration(.float32, count: rows * piece, role: .output),
            ]
            let x = nest.value(.load(Access(0, Affine(0, [(0, pitch), (1, 1), (2, pitch)]))), .float32)
            nest.reductions = [Reduction(.sum, x)]
            let store = Store(Access(1, Affine(0, [(0, piece), (1, 1)])), nest.value(.reduced(0), .float32))
            nest.stages = [Stage(axes: [2], reductions: [0]), Stage(stores: [store])]
            let source = try Emitter.source(for: nest, target: machine.target, threads: 1)
            let isAsked = rows * pitch >= 1 << 20
            #expect((Self.requests(source) > 0) == isAsked, "\(trial), \(taps)")
            let schedule = Emitter.schedule(for: nest, target: machine.target, threads: 1)
            let points = schedule.outer.reduce(1) { $0 * $1.step }
            #expect(
                Self.requests(source) <= 2 * (piece < pitch ? taps : 1) * (points * 4 / 64 + 1), "\(trial), \(taps)")
            let numbers = bytes((0..<rows * pitch).map { Float($0 % 97) })
            try EmitterTests.check(nest, [0: numbers], source, machine, "\(trial), \(taps)")
        }
    }

    /// Prefix sums of few long rows: each addition waits for the one before, those of other rows do not.
    @Test(arguments: Machine.newest) func `sums in order run side by side`(machine: Machine) throws {
        let (rows, length) = (5, 4536)
        var nest = LoopNest(name: "prefix")
        nest.axes = [rows, length].map { Axis($0) }
        nest.outer = [0]
        nest.buffers = [
            BufferDeclaration(.float32, count: rows * length, role: .input),
            BufferDeclaration(.float32, count: rows * length, role: .output),
        ]
        let place = Affine(0, [(0, length), (1, 1)])
        nest.reductions = [Reduction(.sum, nest.value(.load(Access(0, place)), .float32))]
        let sum = nest.value(.reduced(0), .float32)
        nest.stages = [Stage(axes: [1], ordered: true, reductions: [0], stores: [Store(Access(1, place), sum)])]
        let schedule = Emitter.schedule(for: nest, target: machine.target, threads: 1)
        #expect(schedule.outer.reduce(1) { $0 * $1.count } > 2, "\(schedule)")
        let numbers = bytes((0..<rows * length).map { Float($0 % 7 - 3) })
        let source = try Emitter.source(for: nest, target: machine.target, threads: 1)
        try EmitterTests.check(nest, [0: numbers], source, machine, "\(schedule)")
    }
}
