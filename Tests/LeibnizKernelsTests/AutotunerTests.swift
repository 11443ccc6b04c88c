import TestFiles
import Testing

@testable import LeibnizKernels

/// Schedules that are tried, and what is remembered of the trials.
@Suite struct AutotunerTests {
    /// A product that is large enough to be tried, with rests along every axis.
    private static func product(_ rows: Int, _ inner: Int, _ columns: Int) -> LoopNest {
        var nest = LoopNest(name: "product")
        nest.buffers = [
            BufferDeclaration(.float32, count: rows * inner, role: .input),
            BufferDeclaration(.float32, count: inner * columns, role: .input),
            BufferDeclaration(.float32, count: rows * columns, role: .output),
        ]
        nest.axes = [Axis(rows), Axis(columns), Axis(inner)]
        nest.outer = [0, 1]
        let a = nest.value(.load(Access(0, Affine(0, [(0, inner), (2, 1)]))), .float32)
        let b = nest.value(.load(Access(1, Affine(0, [(2, columns), (1, 1)]))), .float32)
        nest.reductions = [Reduction(.sum, nest.value(.binary(.multiply, a, b), .float32))]
        let c = nest.value(.reduced(0), .float32)
        nest.stages = [
            Stage(axes: [2], reductions: [0]),
            Stage(stores: [Store(Access(2, Affine(0, [(0, columns), (1, 1)])), c)]),
        ]
        return nest
    }

    private static func data(_ nest: LoopNest) -> [Int: [UInt8]] {
        var random = SeededGenerator(seed: 3)
        var inputs: [Int: [UInt8]] = [:]
        for (number, buffer) in nest.buffers.enumerated() where buffer.role == .input {
            inputs[number] = bytes((0..<buffer.count).map { _ in Float.random(in: -1...1, using: &random) })
        }
        return inputs
    }

    @Test(arguments: [(203, 300, 171), (64, 1000, 96)], Machine.newest)
    func `all candidates give the same bits`(size: (Int, Int, Int), machine: Machine) throws {
        let nest = Self.product(size.0, size.1, size.2).simplified()
        let inputs = Self.data(nest)
        for width in machine.widths {
            let target = machine.target(vectorBytes: width)
            let schedules = Emitter.schedules(for: nest, target: target, threads: 2, atMost: 6)
            #expect(schedules.count > 1)
            let results = try schedules.map { schedule in
                let source = Emitter.source(for: nest, schedule: schedule, target: target)
                return run(nest, try machine.kernel(source, nest), inputs, threads: 2).outputs[2]
            }
            #expect(Set(results).count == 1)
        }
    }

    /// The second is a tenth faster whenever both are seen at one time; a slow phase, or one lucky round, is not what decides.
    @Test func `rounds are compared each by itself`() {
        #expect(Autotuner.fastest([[10, 9], [20, 18], [10.2, 9.1]]) == 1)
        // The first met a slow phase in two of three rounds, the second's shortest time is shorter all the same.
        #expect(Autotuner.fastest([[20, 21], [20, 22], [10, 9.9]]) == 0)
        #expect(Autotuner.fastest([[10, 10.5, 12], [10, 6, 12], [10, 10.4, 12], [10, 10.6, 12]]) == 0)
        #expect(Autotuner.fastest([[10, 9.8], [10, 9.7]]) == 0)
        #expect(Autotuner.fastest([[10, 9.5, 8], [10, 9, 8.5]]) == 2)
        #expect(Autotuner.fastest([[10, 9], [10, 10]]) == 0)
        #expect(Autotuner.fastest([]) == 0)
    }

    @Test func `what a trial found is known to the next process`() throws {
        let folder = try TemporaryFolder()
        let nest = Self.product(203, 300, 171)
        let settings = { KernelLibrary(pool: ThreadPool(count: 2), cacheFolder: folder.path, autotunes: true) }
        let first = settings()
        guard first.jit != nil else { return }
        _ = try first.kernels(for: [.nest(nest)])
        #expect(first.compiledCount > 1)
        let second = settings()
        _ = try second.kernels(for: [.nest(nest)])
        #expect(second.compiledCount == 0 && second.loadedFromDiskCount == 1)
        let reason = second.description(of: .nest(nest)).schedule?.reason ?? ""
        #expect(reason.hasSuffix("when tried"))
    }

    @Test func `nothing is tried where it is turned off, or what is small`() throws {
        let folder = try TemporaryFolder()
        let off = KernelLibrary(pool: ThreadPool(count: 2), cacheFolder: folder.path, autotunes: false)
        let on = KernelLibrary(pool: ThreadPool(count: 2), cacheFolder: folder.path + "/on", autotunes: true)
        guard off.jit != nil else { return }
        _ = try off.kernels(for: [.nest(Self.product(203, 300, 171))])
        _ = try on.kernels(for: [.nest(Self.product(5, 7, 9))])
        #expect(off.compiledCount == 1 && on.compiledCount == 1)
    }

    @Test func `sums that are vectors along different axes are not candidates`() throws {
        let target = try #require(Machine.newest.first).target
        let nest = Self.product(64, 1000, 96).simplified()
        for schedule in Emitter.schedules(for: nest, target: target, threads: 2, atMost: 8) {
            #expect(schedule.stages[0].allSatisfy { $0.lanes == 1 && !$0.isIndependent })
        }
    }
}
