import Testing

@testable import LeibnizKernels

/// Loops in parts, of which each has its own code: what stands beside each other, and what is padded.
@Suite struct `Parts of loops` {
    /// y[i, n] = a[i, n] for i < `first`, then b[j, n] backwards, between `before` and `after` rows of zeros: sums of padded loads.
    private func nest(first: Int, second: Int, before: Int, after: Int, columns: Int) -> LoopNest {
        let rows = before + first + second + after
        var nest = LoopNest(name: "beside")
        nest.axes = [Axis(rows), Axis(columns)]
        nest.outer = [0, 1]
        nest.buffers = [
            BufferDeclaration(.float32, count: first * columns, role: .input),
            BufferDeclaration(.float32, count: second * columns, role: .input),
            BufferDeclaration(.float32, count: rows * columns, role: .output),
        ]
        let start = before + first
        let a = nest.value(
            .load(
                Access(
                    0, Affine(-before * columns, [(0, columns), (1, 1)]),
                    bounds: [Bound(Affine(-before, [(0, 1)]), extent: first)])), .float32)
        let b = nest.value(
            .load(
                Access(
                    1, Affine((second - 1 + start) * columns, [(0, -columns), (1, 1)]),
                    bounds: [Bound(Affine(-start, [(0, 1)]), extent: second)])), .float32)
        let sum = nest.value(.binary(.add, a, b), .float32)
        nest.stages = [Stage(stores: [Store(Access(2, Affine(0, [(0, columns), (1, 1)])), sum)])]
        return nest
    }

    @Test(arguments: Machine.newest)
    func `have the elements that one loop with tests has`(machine: Machine) throws {
        for (first, second, before, after) in [(17, 15, 0, 0), (3, 8, 1, 2), (1, 1, 0, 5), (12, 4, 4, 4), (2, 2, 9, 0)]
        {
            let nest = nest(first: first, second: second, before: before, after: after, columns: 64)
            let (a, b) = (bytes((0..<first * 64).map(Float.init)), bytes((0..<second * 64).map { -Float($0) }))
            for vectorBytes in machine.widths {
                let (target, lanes) = (machine.target(vectorBytes: vectorBytes), vectorBytes / 4)
                let source = try Emitter.source(for: nest, target: target, threads: 1)
                try EmitterTests.check(nest, [0: a, 1: b], source, machine, "\(first) \(second)")
                for copies in 1...4 {
                    let schedule = Schedule(
                        outer: [Schedule.Loop(axis: 0, count: copies), Schedule.Loop(axis: 1, lanes: lanes)],
                        stages: [[]])
                    let plain = Emitter.source(for: nest, schedule: schedule, target: target)
                    try EmitterTests.check(nest, [0: a, 1: b], plain, machine, "\(first) \(second) by \(copies)")
                    #expect(!plain.ir.contains("select i1"), "\(first) \(second) by \(copies)\n\(plain.ir)")
                }
            }
        }
    }

    @Test(arguments: Machine.newest)
    func `along vectors and along both axes at once`(machine: Machine) throws {
        // y[i, j] = x[i − 2, j − 5], with a frame of zeros.
        for (rows, columns) in [(6, 40), (1, 7), (9, 64)] {
            var nest = LoopNest(name: "framed")
            nest.axes = [Axis(rows + 5), Axis(columns + 8)]
            nest.outer = [0, 1]
            nest.buffers = [
                BufferDeclaration(.float32, count: rows * columns, role: .input),
                BufferDeclaration(.float32, count: (rows + 5) * (columns + 8), role: .output),
            ]
            let bounds = [
                Bound(Affine(-2, [(0, 1)]), extent: rows), Bound(Affine(-5, [(1, 1)]), extent: columns),
            ]
            let place = Affine(-2 * columns - 5, [(0, columns), (1, 1)])
            let x = nest.value(.load(Access(0, place, bounds: bounds)), .float32)
            let y = nest.value(.unary(.negate, x), .float32)
            nest.stages = [Stage(stores: [Store(Access(1, Affine(0, [(0, columns + 8), (1, 1)])), y)])]
            let data = bytes((0..<rows * columns).map { Float($0 + 1) })
            for vectorBytes in machine.widths {
                let target = machine.target(vectorBytes: vectorBytes)
                for copies in 1...3 {
                    let schedule = Schedule(
                        outer: [
                            Schedule.Loop(axis: 0, count: copies), Schedule.Loop(axis: 1, lanes: vectorBytes / 4),
                        ], stages: [[]])
                    let plain = Emitter.source(for: nest, schedule: schedule, target: target)
                    try EmitterTests.check(nest, [0: data], plain, machine, "\(rows) × \(columns) by \(copies)")
                }
            }
        }
    }

    /// Σ_u w[p ± s·u] x[u, n] with a test of the first index for each u: only iterations in which it holds are run.
    @Test(arguments: [(4, 4, 9, 3), (3, -2, 5, 4), (5, 1, 7, 3), (2, 3, 1, 4), (6, -3, 4, 5)], Machine.newest)
    func `leave out of a sum what a stride makes zero`(
        size: (places: Int, stride: Int, count: Int, steps: Int), machine: Machine
    ) throws {
        let columns = 48
        var nest = LoopNest(name: "strided")
        nest.axes = [size.places, columns, size.steps, 40].map { Axis($0) }
        nest.outer = [0, 1]
        nest.buffers = [
            BufferDeclaration(.float32, count: size.count * 40, role: .input),
            BufferDeclaration(.float32, count: size.steps * 40 * columns, role: .input),
            BufferDeclaration(.float32, count: size.places * columns, role: .output),
        ]
        let bound = Bound(Affine(0, [(0, 1), (2, size.stride)]), extent: size.count)
        let w = nest.value(
            .load(Access(0, Affine(0, [(0, 40), (2, 40 * size.stride), (3, 1)]), bounds: [bound])), .float32)
        let x = nest.value(
            .load(Access(1, Affine(0, [(2, 40 * columns), (3, columns), (1, 1)]), bounds: [bound])), .float32)
        nest.reductions = [Reduction(.sum, nest.value(.binary(.multiply, w, x), .float32))]
        let sum = nest.value(.reduced(0), .float32)
        nest.stages = [
            Stage(axes: [2, 3], reductions: [0]),
            Stage(stores: [Store(Access(2, Affine(0, [(0, columns), (1, 1)])), sum)]),
        ]
        let inputs = [
            0: bytes((0..<size.count * 40).map { Float($0 % 5 + 1) }),
            1: bytes((0..<size.steps * 40 * columns).map { Float($0 % 7 - 3) }),
        ]
        for vectorBytes in machine.widths {
            let target = machine.target(vectorBytes: vectorBytes)
            let source = try Emitter.source(for: nest, target: target, threads: 1)
            try EmitterTests.check(nest, inputs, source, machine, "\(size) \(vectorBytes)")
            #expect(!source.ir.contains("@leibniz_zeros"), "\(source.ir)")
        }
    }

    /// y[p, n] = x[n + 16p − first], with zeros around: where that and the row's end are multiples of the vectors, no lane has a test of
    /// its own.
    @Test(arguments: [(16, 48), (16, 47), (15, 48), (3, 41)], Machine.newest)
    func `choose an address where all lanes agree`(size: (first: Int, count: Int), machine: Machine) throws {
        var nest = LoopNest(name: "agreeing")
        nest.axes = [Axis(5), Axis(32)]
        nest.outer = [0, 1]
        nest.buffers = [
            BufferDeclaration(.float32, count: size.count, role: .input),
            BufferDeclaration(.float32, count: 160, role: .output),
        ]
        let place = Affine(-size.first, [(0, 16), (1, 1)])
        let x = nest.value(.load(Access(0, place, bounds: [Bound(place, extent: size.count)])), .float32)
        nest.stages = [Stage(stores: [Store(Access(1, Affine(0, [(0, 32), (1, 1)])), x)])]
        for lanes in machine.widths.map({ $0 / 4 }) {
            let schedule = Schedule(
                outer: [Schedule.Loop(axis: 0), Schedule.Loop(axis: 1, lanes: lanes)], stages: [[]])
            let source = Emitter.source(for: nest, schedule: schedule, target: machine.target(vectorBytes: 4 * lanes))
            try EmitterTests.check(
                nest, [0: bytes((1...size.count).map(Float.init))], source, machine, "\(size) \(lanes)")
            let agree = size.first % lanes == 0 && size.count % lanes == 0
            #expect(source.ir.contains("llvm.masked.load") != agree, "\(size) \(lanes)\n\(source.ir)")
        }
    }
}
