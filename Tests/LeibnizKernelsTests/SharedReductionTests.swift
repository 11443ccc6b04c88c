import Testing

@testable import LeibnizKernels

/// Sums over much of which there are few: threads share what is read, and the results of each are added up.
@Suite struct `Sums that threads share` {
    /// The gradient of a convolution's weights: y[o, c, k] = Σ_{b, p, l} x[b, c, p + k, l] d[b, o, p, l], with lanes l side by side.
    private static func weights(
        blocks: Int, channels: Int, outputs: Int, positions: Int, kernel: Int, lanes: Int
    ) -> (nest: LoopNest, inputs: [Int: [UInt8]]) {
        let source = positions + kernel - 1
        var nest = LoopNest(name: "weights")
        nest.axes = [outputs, channels, kernel, blocks, positions, lanes].map { Axis($0) }
        nest.outer = [0, 1, 2]
        nest.buffers = [
            BufferDeclaration(.float32, count: blocks * channels * source * lanes, role: .input),
            BufferDeclaration(.float32, count: blocks * outputs * positions * lanes, role: .input),
            BufferDeclaration(.float32, count: outputs * channels * kernel, role: .output),
        ]
        let image = Affine(
            0, [(3, channels * source * lanes), (1, source * lanes), (4, lanes), (2, lanes), (5, 1)])
        let derivative = Affine(0, [(3, outputs * positions * lanes), (0, positions * lanes), (4, lanes), (5, 1)])
        let x = nest.value(.load(Access(0, image)), .float32)
        let d = nest.value(.load(Access(1, derivative)), .float32)
        nest.reductions = [Reduction(.sum, nest.value(.binary(.multiply, x, d), .float32))]
        let target = Affine(0, [(0, channels * kernel), (1, kernel), (2, 1)])
        nest.stages = [
            Stage(axes: [3, 4, 5], reductions: [0]),
            Stage(stores: [Store(Access(2, target), nest.value(.reduced(0), .float32))]),
        ]
        // Small whole numbers: sums are exact in any order.
        var inputs: [Int: [UInt8]] = [:]
        for (number, buffer) in nest.buffers.enumerated().dropLast() {
            inputs[number] = bytes((0..<buffer.count).map { Float(($0 * 7 + number) % 11 - 5) })
        }
        return (nest, inputs)
    }

    @Test(arguments: [(4, 1, 6, 5), (4, 3, 5, 4), (5, 2, 7, 3)], Machine.newest)
    func `gradients of few weights over many images are right, whoever adds them`(
        size: (blocks: Int, channels: Int, outputs: Int, kernel: Int), machine: Machine
    ) throws {
        let (nest, inputs) = Self.weights(
            blocks: size.blocks, channels: size.channels, outputs: size.outputs, positions: 201, kernel: size.kernel,
            lanes: 32)
        let expected = run(nest, try InterpretedKernel(nest), inputs)
        for width in machine.widths {
            let target = machine.target(vectorBytes: width)
            let schedule = Emitter.schedule(for: nest, target: target, threads: 2)
            #expect(schedule.splitsReduction, "\(schedule)")
            let kernel = try machine.kernel(Emitter.source(for: nest, target: target, threads: 2), nest)
            for threads in 1...3 {
                #expect(run(nest, kernel, inputs, threads: threads).outputs == expected.outputs, "\(width) \(threads)")
            }
        }
    }

    @Test(arguments: Machine.newest) func `copies that join are shared as well`(machine: Machine) throws {
        let (nest, inputs) = Self.weights(
            blocks: 4, channels: 1, outputs: 6, positions: 201, kernel: 5, lanes: 32)
        let expected = run(nest, try InterpretedKernel(nest), inputs)
        let target = machine.target(vectorBytes: machine.widths.last ?? 16)
        let simplified = nest.simplified()
        var schedule = Emitter.schedule(for: nest, target: target, threads: 2)
        let place = try #require(schedule.outer.firstIndex { simplified.axes[$0.axis].extent == 5 })
        for count in [5, 2] where count <= target.vectorBytes / 4 {
            for index in schedule.outer.indices {
                (schedule.outer[index].joinsLanes, schedule.outer[index].count) = (index == place, 1)
            }
            schedule.outer[place].count = count
            let source = Emitter.source(for: simplified, schedule: schedule, target: target)
            let kernel = try machine.kernel(source, nest)
            for threads in 1...3 {
                #expect(run(nest, kernel, inputs, threads: threads).outputs == expected.outputs, "\(schedule)")
            }
        }
    }

    /// Of many images a thread does few at a time: each tile finds in its cache what the one before has read.
    @Test func `units are as long as a cache lets them be`() throws {
        let target = try #require(Machine.newest.first).target
        let (positions, lanes) = (201, 32)
        let bytes = 4 * lanes * (positions + 4 + 6 * positions)
        for blocks in [32, 128] {
            let nest = Self.weights(
                blocks: blocks, channels: 1, outputs: 6, positions: positions, kernel: 5, lanes: lanes
            ).nest
            let schedule = Emitter.schedule(for: nest, target: target, threads: 2)
            #expect(schedule.splitsReduction && schedule.splitBlocks * bytes <= 384 << 10, "\(schedule)")
        }
    }

    /// What is read once, by whoever, is shared by results.
    @Test func `sums that read nothing again stay whole`() throws {
        let target = try #require(Machine.newest.first).target
        let product = KnownNest.matrixProduct(90, 9001, 64)
        #expect(!Emitter.schedule(for: product.nest, target: target, threads: 2).splitsReduction)
    }

    /// 1.2 MB come from farther than the cache next to a core: two threads fetch twice as much at a time.
    @Test func `threads share what takes longer to fetch than to add`() throws {
        let target = try #require(Machine.newest.first).target
        var nest = LoopNest(name: "sums")
        nest.axes = [6, 2, 32, 784].map { Axis($0) }
        nest.outer = [0]
        nest.buffers = [
            BufferDeclaration(.float32, count: 2 * 6 * 784 * 48, role: .input),
            BufferDeclaration(.float32, count: 6, role: .output),
        ]
        // Gaps of sixteen keep positions and lanes apart.
        let place = Affine(0, [(1, 6 * 784 * 48), (0, 784 * 48), (3, 48), (2, 1)])
        let x = nest.value(.load(Access(0, place)), .float32)
        nest.reductions = [Reduction(.sum, x)]
        nest.stages = [
            Stage(axes: [1, 2, 3], reductions: [0]),
            Stage(stores: [Store(Access(1, Affine(0, [(0, 1)])), nest.value(.reduced(0), .float32))]),
        ]
        let schedule = Emitter.schedule(for: nest, target: target, threads: 2)
        #expect(CompiledKernel.isWorthThreads(units: schedule.units, unitCost: schedule.unitCost), "\(schedule)")
    }
}
