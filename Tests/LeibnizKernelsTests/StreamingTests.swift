import Foundation
import Testing

@testable import LeibnizKernels

/// Results so large that they are written past the caches.
@Suite struct `Stores past the caches` {
    private func output(_ nest: LoopNest, _ inputs: [Int: [UInt8]], _ machine: Machine, vectorBytes: Int) throws -> (
        [Float], isStreamed: Bool
    ) {
        let target = machine.target(vectorBytes: vectorBytes)
        let source = try Emitter.source(for: nest, target: target, threads: 2)
        let kernel = try machine.kernel(source, nest)
        let (outputs, _) = run(nest, kernel, inputs, threads: 2)
        let last = nest.buffers.count - 1
        return (numbers(outputs[last] ?? [], as: Float.self), source.ir.contains("!nontemporal"))
    }

    private func floats(_ contents: [UInt8]) -> [Float] { numbers(contents, as: Float.self) }

    /// Compared in memory: there are millions of them.
    private func areSame(_ a: [Float], _ b: [Float]) -> Bool {
        a.count == b.count && memcmp(a, b, 4 * a.count) == 0
    }

    /// Each of 28 numbers in a row, four times, as the gradient of an average over 2×2 is: rows begin at multiples of 32 bytes.
    @Test func `what copies interleave is written whole`() throws {
        let (rows, columns) = (57_400, 28)
        var nest = LoopNest(name: "spread")
        nest.axes = [Axis(rows), Axis(2), Axis(columns), Axis(2)]
        nest.outer = [0, 1, 2, 3]
        nest.buffers = [
            BufferDeclaration(.float32, count: rows * columns, role: .input),
            BufferDeclaration(.float32, count: 4 * rows * columns, role: .output),
        ]
        let x = nest.value(.load(Access(0, Affine(0, [(0, columns), (2, 1)]))), .float32)
        let place = Affine(0, [(0, 4 * columns), (1, 2 * columns), (2, 2), (3, 1)])
        nest.stages = [Stage(stores: [Store(Access(1, place), x)])]
        let numbers = (0..<rows * columns).map(Float.init)
        var expected: [Float] = []
        for row in 0..<rows {
            let twice = numbers[row * columns..<(row + 1) * columns].flatMap { [$0, $0] }
            expected += twice + twice
        }
        let machine = try #require(Machine.newest.first)
        for width in machine.widths {
            let (found, isStreamed) = try output(nest, [0: bytes(numbers)], machine, vectorBytes: width)
            #expect(areSame(found, expected))
            if machine.target.isX86, width >= 32 { #expect(isStreamed) }
        }
    }

    /// A nest over the rows of a matrix, each walked twice, from one buffer to another; without stages yet.
    private static func rowNest(_ name: String, _ rows: Int, _ columns: Int) -> LoopNest {
        var nest = LoopNest(name: name)
        nest.axes = [Axis(rows), Axis(columns), Axis(columns)]
        nest.outer = [0]
        nest.buffers = [.input, .output].map { BufferDeclaration(.float32, count: rows * columns, role: $0) }
        return nest
    }

    /// Rows of 1000 and of 999 numbers, each with a sum of its own, whose vectors end within a row.
    @Test(arguments: [1000, 999]) func `rows are written whole, whatever their length`(columns: Int) throws {
        let rows = 3300
        var nest = Self.rowNest("rows", rows, columns)
        func x(_ axis: Int) -> ValueID {
            nest.value(.load(Access(0, Affine(0, [(0, columns), (axis, 1)]))), .float32)
        }
        nest.reductions = [Reduction(.max, x(1))]
        let difference = nest.value(.binary(.subtract, x(2), nest.value(.reduced(0), .float32)), .float32)
        nest.stages = [
            Stage(axes: [1], reductions: [0]),
            Stage(axes: [2], stores: [Store(Access(1, Affine(0, [(0, columns), (2, 1)])), difference)]),
        ]
        let machine = try #require(Machine.newest.first)
        var (numbers, expected) = ([Float](), [Float]())
        let row = (0..<columns).map(Float.init), differences = row.map { $0 - Float(columns - 1) }
        for _ in 0..<rows {
            numbers += row
            expected += differences
        }
        for width in machine.widths {
            let (found, isStreamed) = try output(nest, [0: bytes(numbers)], machine, vectorBytes: width)
            #expect(areSame(found, expected))
            // A row of 999 numbers begins anywhere in a line.
            if machine.target.isX86, width >= 32 { #expect(isStreamed == (columns == 1000)) }
        }
    }

    /// A softmax without its maximum: eˣ is kept from the sum to the quotient, apart from the result unless that is small.
    @Test(arguments: [(3300, 1000), (3300, 999), (40, 1000), (700, 5000)])
    func `rows that wait for a later stage lie apart from a large result`(rows: Int, columns: Int) throws {
        var nest = Self.rowNest("softmax", rows, columns)
        func exponential(_ axis: Int) -> ValueID {
            let x = nest.value(.load(Access(0, Affine(0, [(0, columns), (axis, 1)]))), .float32)
            return nest.value(.unary(.exp, x), .float32)
        }
        nest.reductions = [Reduction(.sum, exponential(1))]
        let share = nest.value(.binary(.divide, exponential(2), nest.value(.reduced(0), .float32)), .float32)
        nest.stages = [
            Stage(axes: [1], reductions: [0]),
            Stage(axes: [2], stores: [Store(Access(1, Affine(0, [(0, columns), (2, 1)])), share)]),
        ]
        let kept = nest.keepingCostly()
        #expect(kept.buffers[1].role == .update && kept.stages[0].stores.count == 1)
        var logits = [Float]()
        for place in 0..<rows * columns { logits.append(Float(place % 977) / 977 - Float(place % 13)) }
        let machine = try #require(Machine.newest.first)
        for width in machine.widths {
            let target = machine.target(vectorBytes: width)
            let source = try Emitter.source(for: kept, target: target, threads: 2)
            let isLarge = machine.target.isX86 && width >= 32 && 8 * rows * columns >= 24 << 20
            #expect((source.scratchBytes > 0) == (isLarge && columns < 4096), "\(width)")
            let output = bytes([Float](repeating: .nan, count: rows * columns))
            let (outputs, _) = run(
                kept, try machine.kernel(source, kept), [0: bytes(logits), 1: output], threads: 2)
            let found = floats(outputs[1] ?? [])
            #expect(found.count == rows * columns)
            var worst = 0.0
            for row in stride(from: 0, to: rows, by: 97) {
                let places = row * columns..<(row + 1) * columns
                let part: [Double] = logits[places].map { exp(Double($0)) }
                let sum: Double = part.reduce(0, +)
                for (value, share) in zip(part, found[places]) {
                    let error: Double = abs(Double(share) * sum - value)
                    worst = max(worst, error.isNaN ? Double.infinity : error)
                }
            }
            #expect(worst < 1e-5)
        }
    }
}
