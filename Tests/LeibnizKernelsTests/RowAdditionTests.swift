import Testing

@testable import LeibnizKernels

/// Rows that are added to a table at places that are data: `y[k[i], j] += x[i, j]`, the gradient of an embedding.
@Suite struct `Rows added to a table` {
    private static func nest(rows: Int, columns: Int, table: Int) -> LoopNest {
        var nest = LoopNest(name: "rows")
        nest.axes = [Axis(rows), Axis(columns)]
        nest.outer = [0, 1]
        nest.sequential = [0]
        nest.buffers = [
            BufferDeclaration(.int64, count: rows, role: .input),
            BufferDeclaration(.float32, count: rows * columns, role: .input),
            BufferDeclaration(.float32, count: table * columns, role: .update),
        ]
        let number = nest.value(.load(Access(0, Affine(0, [(0, 1)]))), .int64)
        let place = Affine(0, [(0, columns), (1, 1)])
        let row = nest.value(.load(Access(1, place)), .float32)
        let gather = Gather(number, stride: columns, extent: table, otherwise: .report(check: 4, position: place))
        nest.stages = [
            Stage(stores: [Store(Access(2, Affine(0, [(1, 1)]), gathers: [gather]), row, mode: .add)])
        ]
        return nest
    }

    private static func inputs(_ nest: LoopNest, bad: Int? = nil) -> [Int: [UInt8]] {
        var random = SeededGenerator(seed: 11)
        let (rows, table) = (nest.buffers[0].count, nest.buffers[2].count / nest.axes[1].extent)
        var numbers = (0..<rows).map { _ in Int64.random(in: 0..<Int64(table), using: &random) }
        if let bad { numbers[bad] = Int64(table) }
        return [
            0: bytes(numbers),
            1: bytes((0..<nest.buffers[1].count).map { _ in Float.random(in: -1..<1, using: &random) }),
            2: bytes((0..<nest.buffers[2].count).map { _ in Float.random(in: -1..<1, using: &random) }),
        ]
    }

    @Test(arguments: [(4096, 32, 700), (500, 33, 40), (100, 7, 5), (64, 130, 9)], Machine.newest)
    func `are added in their order, and each place is looked up once for vectors side by side`(
        size: (rows: Int, columns: Int, table: Int), machine: Machine
    ) throws {
        let nest = Self.nest(rows: size.rows, columns: size.columns, table: size.table)
        for width in machine.widths {
            for threads in 1...2 {
                let target = machine.target(vectorBytes: width)
                let schedule = Emitter.schedule(for: nest, target: target, threads: threads)
                if threads == 1, size.columns == 32, width < 64 {
                    #expect(schedule.outer.contains { $0.step == 32 }, "\(schedule)")
                }
                let source = try Emitter.source(for: nest, target: target, threads: threads)
                try EmitterTests.check(nest, Self.inputs(nest), source, machine, "\(size) \(width)")
                try EmitterTests.check(nest, Self.inputs(nest, bad: 57), source, machine, "\(size) \(width)")
            }
        }
    }

    @Test func `an illegal place is tested for the row as a whole, and told with its first element`() throws {
        let jit = try JIT(library: #require(InstalledLLVM.all.last), cache: nil)
        let nest = Self.nest(rows: 80, columns: 32, table: 9)
        let source = try Emitter.source(for: nest, target: jit.target, threads: 1)
        #expect(source.ir.split(separator: "\n").filter { $0.contains("call void @leibniz_report") }.count == 1)
        let machine = try #require(Machine.newest.first)
        let (_, status) = run(nest, try machine.kernel(source, nest), Self.inputs(nest, bad: 57))
        #expect(status.failedCheck == 5)
        #expect(status.value == 9)
        #expect(status.position == 57 * 32)
    }
}
