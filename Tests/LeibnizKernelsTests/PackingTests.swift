import Foundation
import Testing

@testable import LeibnizKernels

/// Operands that a kernel copies for its tiles.
@Suite struct `Copied operands` {
    /// Rows that leave rests of tiles, sums that leave rests of unrolled steps and are walked in parts, columns that leave lanes unused.
    static let sizes = [(96, 70, 64), (97, 71, 50), (130, 120, 40), (61, 90, 47), (250, 9, 16), (700, 2100, 33)]

    @Test(arguments: sizes, Machine.newest)
    func `give what the operand gives, where it would be read across`(
        size: (rows: Int, sum: Int, columns: Int), machine: Machine
    ) throws {
        let known = KnownNest.matrixProduct(size.rows, size.sum, size.columns, isTransposed: true)
        for width in machine.widths {
            for threads in 1...2 {
                let target = machine.target(vectorBytes: width)
                let schedule = Emitter.schedule(for: known.nest, target: target, threads: threads)
                // Lanes lie across along either of the result's axes: an operand is copied, or vectors run along the sums.
                let isAlongSums = schedule.stages[0].contains { $0.lanes > 1 }
                if size == Self.sizes[0] { #expect(!isAlongSums) }
                #expect(isAlongSums || schedule.packed.map(\.isAcross) == [true], "\(schedule)")
                let source = try Emitter.source(for: known.nest, target: target, threads: threads)
                #expect(isAlongSums || source.scratchBytes > 0)
                #expect(known.error(of: try machine.kernel(source, known.nest), threads: threads) < 1e-9)
            }
        }
    }

    /// Copies of either operand, for the loops inside of each depth at which that makes sense, of schedules that threads share or not.
    @Test(arguments: sizes, Machine.newest)
    func `give the same bits wherever they are made`(
        size: (rows: Int, sum: Int, columns: Int), machine: Machine
    ) throws {
        let known = KnownNest.matrixProduct(size.rows, size.sum, size.columns)
        let nest = known.nest.simplified()
        let target = machine.target(vectorBytes: machine.widths.last ?? 16)
        for threads in 1...2 {
            var schedule = Emitter.schedule(for: nest, target: target, threads: threads)
            schedule.packed = []
            let plain = try known.result(
                of: machine.kernel(Emitter.source(for: nest, schedule: schedule, target: target), nest))
            for packing in possible(nest, schedule) {
                var chosen = schedule
                chosen.packed = [packing]
                let source = Emitter.source(for: nest, schedule: chosen, target: target)
                #expect(source.scratchBytes > 0)
                #expect(try known.result(of: machine.kernel(source, nest), threads: threads) == plain, "\(chosen)")
            }
        }
    }

    private func possible(_ nest: LoopNest, _ schedule: Schedule) -> [Packing] {
        nest.values.indices.flatMap { id -> [Packing] in
            guard case .load(let access) = nest.values[id].operation else { return [] }
            func moves(_ loop: Schedule.Loop) -> Bool { access.index.stride(of: loop.axis) != 0 }
            return schedule.outer.filter(moves).flatMap { loop in
                schedule.outer.indices.filter { depth in
                    schedule.outer[depth...].allSatisfy { $0.axis == loop.axis || !moves($0) }
                }.map { Packing(value: id, axis: loop.axis, depth: $0, isAcross: false) }
            }
        }
    }

    /// A second sum over the same axis reads the operand, too, and walks it in its own order: the first one's copy is of no use to it.
    @Test(arguments: sizes, Machine.newest)
    func `are not made of what a later sum reads as well`(
        size: (rows: Int, sum: Int, columns: Int), machine: Machine
    ) throws {
        var known = KnownNest.matrixProduct(size.rows, size.sum, size.columns, isTransposed: true)
        let b = try #require(
            known.nest.values.firstIndex { value in
                if case .load(let access) = value.operation { access.buffer == 1 } else { false }
            })
        let product = known.nest.value(.reduced(0), .float64)
        known.nest.reductions.append(
            Reduction(.sum, known.nest.value(.binary(.multiply, b, product), .float64)))
        let result = known.nest.value(.reduced(1), .float64)
        let access = known.nest.stages[1].stores[0].access
        known.nest.stages = [
            known.nest.stages[0], Stage(axes: [2], reductions: [1]), Stage(stores: [Store(access, result)]),
        ]
        let sums = (0..<size.columns).map { j in
            known.inputs[1][j * size.sum..<(j + 1) * size.sum].reduce(0, +)
        }
        for place in known.expected.indices { known.expected[place] *= sums[place % size.columns] }
        for width in machine.widths {
            let source = try Emitter.source(for: known.nest, target: machine.target(vectorBytes: width), threads: 1)
            #expect(known.error(of: try machine.kernel(source, known.nest)) < 1e-7)
        }
    }

    @Test func `are not made for few rows`() throws {
        let target = try #require(Machine.newest.first).target
        let known = KnownNest.matrixProduct(12, 256, 256, isTransposed: true)
        #expect(Emitter.schedule(for: known.nest, target: target, threads: 2).packed.isEmpty)
    }

    /// Eight units for two threads are even: more would each copy what another has copied already.
    @Test func `are made once where threads have equal shares`() throws {
        let target = try #require(Machine.newest.first { $0.target.vectorBytes >= 32 } ?? Machine.newest.first).target
        let known = KnownNest.matrixProduct(128, 300, 512, isTransposed: true)
        let schedule = Emitter.schedule(for: known.nest, target: target, threads: 2)
        let copied = Set(schedule.packed.map(\.axis))
        #expect(!copied.isEmpty && schedule.units % 2 == 0)
        #expect(schedule.outer.allSatisfy { $0.blocksPerUnit == 0 || copied.contains($0.axis) }, "\(schedule)")
    }

    /// Of 40 rows each thread copies what 20 of them read, which takes a good part of its time: once, not for every ten rows.
    @Test func `are made once by each thread where they take much of its time`() throws {
        let target = try #require(Machine.newest.first { $0.target.vectorBytes >= 32 } ?? Machine.newest.first).target
        let known = KnownNest.matrixProduct(40, 600, 72, isTransposed: true)
        let schedule = Emitter.schedule(for: known.nest, target: target, threads: 2)
        #expect(!schedule.packed.isEmpty && schedule.units == 2, "\(schedule)")
        let many = KnownNest.matrixProduct(4000, 600, 72, isTransposed: true)
        #expect(Emitter.schedule(for: many.nest, target: target, threads: 2).units >= 4)
    }

    #if arch(x86_64) && canImport(Glibc)
        /// What a thread's memory held before may be subnormal; lanes beyond the last column must not calculate with it.
        @Test(arguments: sizes, Machine.newest)
        func `leave nothing of what was in their memory before`(
            size: (rows: Int, sum: Int, columns: Int), machine: Machine
        ) throws {
            let known = KnownNest.matrixProduct(size.rows, size.sum, size.columns, isTransposed: true)
            let source = try Emitter.source(for: known.nest, target: machine.target, threads: 1)
            guard source.scratchBytes > 0 else { return }
            let (kernel, byteCount) = (try machine.kernel(source, known.nest), (source.scratchBytes + 63) & ~63)
            let blocks = (0..<8).map { _ in BufferPool.shared.take(byteCount: byteCount) }
            for block in blocks {
                let numbers = block.bindMemory(to: Double.self, capacity: byteCount / 8)
                numbers.initialize(repeating: .leastNonzeroMagnitude, count: byteCount / 8)
                BufferPool.shared.giveBack(block, byteCount: byteCount)
            }
            var environment = fenv_t()
            fegetenv(&environment)
            environment.__mxcsr &= ~Self.exceptions
            fesetenv(&environment)
            #expect(known.error(of: kernel) < 1e-9)
            fegetenv(&environment)
            #expect(environment.__mxcsr & Self.subnormalOperand == 0, "\(size)")
        }

        /// The flags of exceptions in MXCSR, and that of an operand that is subnormal.
        private static let (exceptions, subnormalOperand): (UInt32, UInt32) = (0x3F, 0x02)
    #endif
}
