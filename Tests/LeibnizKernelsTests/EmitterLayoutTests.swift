import Foundation
import Testing

@testable import LeibnizKernels

/// Copies between layouts, which tiles read across, also at borders and with rests of all lengths.
@Suite struct EmitterLayoutTests {
    /// y[w][n] = x[n][w − padding], zero outside, for `rows` n of `columns` elements each.
    private static func nest(rows: Int, columns: Int, padding: Int, _ type: ElementType) -> LoopNest {
        var nest = LoopNest(name: "layout")
        let width = columns + 2 * padding
        nest.axes = [Axis(width), Axis(rows)]
        nest.outer = [0, 1]
        nest.buffers = [
            BufferDeclaration(type, count: rows * columns, role: .input),
            BufferDeclaration(type, count: rows * width, role: .output),
        ]
        let bounds = padding > 0 ? [Bound(Affine(-padding, [(0, 1)]), extent: columns)] : []
        let value = nest.value(.load(Access(0, Affine(-padding, [(0, 1), (1, columns)]), bounds: bounds)), type)
        nest.stages = [Stage(stores: [Store(Access(1, Affine(0, [(0, rows), (1, 1)])), value)])]
        return nest
    }

    @Test(arguments: [16, 32, 64], Machine.newest)
    func `a tile that reads across finds every element`(vectorBytes: Int, machine: Machine) throws {
        let target = machine.target(vectorBytes: vectorBytes)
        guard machine.widths.contains(vectorBytes) else { return }
        var random = SeededGenerator(seed: 5)
        for type in [ElementType.float32, .float64, .uint8] {
            for (rows, columns, padding) in [
                (64, 48, 0), (33, 47, 0), (16, 30, 2), (5, 100, 1), (70, 7, 3), (18, 17, 0),
            ] {
                let nest = Self.nest(rows: rows, columns: columns, padding: padding, type)
                let data = (0..<nest.buffers[0].count * type.byteCount).map { _ in
                    UInt8.random(in: 0..<60, using: &random)
                }
                let source = try Emitter.source(for: nest, target: target, threads: 2)
                try EmitterTests.check(nest, [0: data], source, machine, "\(rows) \(columns) \(padding) \(type)")
            }
        }
    }

    /// y[4j + i − 1] = x[i][j], but nothing where i = 0.
    @Test(arguments: Machine.newest)
    func `what interleaves is stored although some of it never is`(machine: Machine) throws {
        var nest = LoopNest(name: "interleaved")
        nest.axes = [Axis(4), Axis(32)]
        nest.outer = [0, 1]
        nest.buffers = [
            BufferDeclaration(.float32, count: 128, role: .input),
            BufferDeclaration(.float32, count: 128, role: .output),
        ]
        let x = nest.value(.load(Access(0, Affine(0, [(0, 32), (1, 1)]))), .float32)
        let place = Access(
            1, Affine(-1, [(0, 1), (1, 4)]), bounds: [Bound(Affine(-1, [(0, 1)]), extent: 4)])
        nest.stages = [Stage(stores: [Store(place, x)])]
        let data = bytes((0..<128).map(Float.init))
        for width in machine.widths {
            let target = machine.target(vectorBytes: width)
            let source = try Emitter.source(for: nest, target: target, threads: 1)
            try EmitterTests.check(nest, [0: data], source, machine, "\(width)")
        }
    }

    /// The greatest of each 2×2 of an image, and that number at the place where it stands, as a pool's gradient is: neighbours of one row of
    /// results come from different iterations of a stage.
    @Test(arguments: Machine.newest)
    func `what a stage's innermost loop interleaves is written as vectors`(machine: Machine) throws {
        for (rows, columns, gap) in [(6, 28, 2), (3, 33, 2), (5, 7, 4), (2, 40, 4)] {
            var nest = LoopNest(name: "spread")
            nest.axes = [Axis(rows), Axis(columns), Axis(2), Axis(gap), Axis(2), Axis(gap)]
            nest.outer = [0, 1]
            let count = rows * columns
            nest.buffers = [
                BufferDeclaration(.float32, count: 2 * gap * count, role: .input),
                BufferDeclaration(.float32, count: count, role: .output),
                BufferDeclaration(.float32, count: 2 * gap * count, role: .output),
            ]
            func place(_ y: Int, _ x: Int) -> Affine {
                Affine(0, [(0, 2 * gap * columns), (1, gap), (y, gap * columns), (x, 1)])
            }
            func element(_ y: Int, _ x: Int) -> ValueID { nest.value(.load(Access(0, place(y, x))), .float32) }
            nest.reductions = [Reduction(.max, element(2, 3))]
            let greatest = nest.value(.reduced(0), .float32)
            let isGreatest = nest.value(.compare(.equal, element(4, 5), greatest), .bool)
            let spread = nest.value(.select(isGreatest, greatest, nest.value(.float(0), .float32)), .float32)
            nest.stages = [
                Stage(axes: [2, 3], reductions: [0]),
                Stage(stores: [Store(Access(1, Affine(0, [(0, columns), (1, 1)])), greatest)]),
                Stage(axes: [4, 5], stores: [Store(Access(2, place(4, 5)), spread)]),
            ]
            let data = bytes((0..<2 * gap * count).map { Float($0 * 7919 % 1009) })
            for width in machine.widths {
                let target = machine.target(vectorBytes: width)
                let source = try Emitter.source(for: nest, target: target, threads: 1)
                try EmitterTests.check(nest, [0: data], source, machine, "\(rows) \(columns) \(gap) \(width)")
                guard columns > width / 4 else { continue }
                let wide = "store <\(gap * width / 4) x float>"
                #expect(source.ir.contains(wide), "\(rows) \(columns) \(gap) \(width)\n\(source.ir)")
            }
        }
    }

    /// The greatest of three neighbours and where it stands, one place beyond each end of every row: only the first and the last vector of a
    /// row test anything.
    @Test(arguments: Machine.newest)
    func `vectors far from the ends of a row are not tested`(machine: Machine) throws {
        for (rows, columns, step) in [(5, 29, 1), (3, 57, 2), (2, 200, 1), (4, 15, 2), (1, 7, 1)] {
            var nest = LoopNest(name: "neighbours")
            nest.axes = [Axis(rows), Axis(columns), Axis(3)]
            nest.outer = [0, 1]
            let width = step * (columns - 1) + 1
            nest.buffers = [
                BufferDeclaration(.float32, count: rows * width, role: .input),
                BufferDeclaration(.float32, count: rows * columns, role: .output),
                BufferDeclaration(.int64, count: rows * columns, role: .output),
            ]
            let bound = Bound(Affine(-1, [(1, step), (2, 1)]), extent: width)
            let place = Affine(-1, [(0, width), (1, step), (2, 1)])
            let load = nest.value(.load(Access(0, place, bounds: [bound])), .float32)
            let lowest = nest.value(.float(-.infinity), .float32)
            let x = nest.value(.select(nest.value(.within([bound]), .bool), load, lowest), .float32)
            nest.reductions = [Reduction(.max, x), Reduction(.argMax, x)]
            let stores = [ElementType.float32, .int64].enumerated().map { number, type in
                Store(
                    Access(number + 1, Affine(0, [(0, columns), (1, 1)])), nest.value(.reduced(number), type))
            }
            nest.stages = [Stage(axes: [2], reductions: [0, 1]), Stage(stores: stores)]
            let data = bytes((0..<rows * width).map { $0 % 11 == 5 ? -Float.infinity : Float($0 * 7919 % 1009) })
            for lanes in machine.widths {
                let target = machine.target(vectorBytes: lanes)
                let source = try Emitter.source(for: nest, target: target, threads: 1)
                try EmitterTests.check(nest, [0: data], source, machine, "\(rows) \(columns) \(step) \(lanes)")
                guard columns > 3 * lanes else { continue }
                let schedule = Schedule(
                    outer: [Schedule.Loop(axis: 0), Schedule.Loop(axis: 1, lanes: lanes / 4)],
                    stages: [[Schedule.Loop(axis: 2, count: 3)], []])
                let plain = Emitter.source(for: nest, schedule: schedule, target: target)
                try EmitterTests.check(nest, [0: data], plain, machine, "\(rows) \(columns) \(step) \(lanes), plain")
                let load = "= load <\(lanes / 4) x float>"
                // Two in each row's first vector, three in the loop behind it; the last vector may have fewer lanes.
                #expect(plain.ir.components(separatedBy: load).count > 5, "\(lanes) bytes\n\(plain.ir)")
            }
        }
    }

    @Test func `layouts change by whole vectors`() throws {
        let jit = try JIT(library: #require(InstalledLLVM.all.last), cache: nil)
        let nest = Self.nest(rows: 64, columns: 64, padding: 0, .float32)
        let schedule = Emitter.schedule(for: nest, target: jit.target, threads: 1)
        let lanes = jit.target.vectorBytes / 4
        #expect(
            schedule.outer.contains { $0.lanes == lanes } && schedule.outer.contains { $0.count == lanes },
            "\(schedule)")
    }
}
