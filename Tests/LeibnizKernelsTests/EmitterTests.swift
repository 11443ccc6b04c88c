import Testing

@testable import LeibnizKernels

/// Whether two kernels' outputs agree: integers exactly, real numbers as far as another order of additions and other
/// elementary functions of ≤ 2 ulp can move them.
enum NestComparison {
    static func difference(_ nest: LoopNest, _ a: [Int: [UInt8]], _ b: [Int: [UInt8]]) -> String? {
        for (number, buffer) in nest.buffers.enumerated() where buffer.role != .input {
            guard let x = a[number], let y = b[number] else { return "buffer \(number) is missing" }
            let (left, right) = (decoded(x, buffer.type), decoded(y, buffer.type))
            let tolerance = buffer.type == .float32 ? 2e-5 : buffer.type == .float64 ? 1e-12 : 0
            for (index, (p, q)) in zip(left, right).enumerated() where p != q && !(p.isNaN && q.isNaN) {
                let size = max(1, abs(p), abs(q))
                if !(abs(p - q) <= tolerance * size) { return "buffer \(number)[\(index)]: \(p) and \(q)" }
            }
        }
        return nil
    }

    static func decoded(_ contents: [UInt8], _ type: ElementType) -> [Double] {
        switch type {
        case .float32: numbers(contents, as: Float.self).map(Double.init)
        case .float64: numbers(contents, as: Double.self)
        case .int32: numbers(contents, as: Int32.self).map(Double.init)
        case .int64: numbers(contents, as: Int64.self).map(Double.init)
        case .uint8, .bool: contents.map(Double.init)
        }
    }
}

extension Scheduler {
    /// Any legal schedule: what the emitter must cope with, wise or not.
    func randomSchedule(using random: inout SeededGenerator) -> Schedule {
        func chance(_ p: Double) -> Bool { Double.random(in: 0..<1, using: &random) < p }
        let widest = target.vectorBytes / 4
        let free = nest.outer.filter { !nest.sequential.contains($0) && nest.axes[$0].extent > 1 }
        let vector = chance(0.6) ? free.randomElement(using: &random) : nil
        var outer: [Schedule.Loop] = nest.outer.shuffled(using: &random).filter { !nest.sequential.contains($0) }.map {
            axis in
            let extent = nest.axes[axis].extent
            let lanes = axis == vector ? [2, 4, widest].randomElement(using: &random)! : 1
            let count = chance(0.5) ? Int.random(in: 1...max(1, min(4, extent / lanes)), using: &random) : 1
            return Schedule.Loop(
                axis: axis, lanes: lanes, count: count,
                blocksPerUnit: chance(0.5) ? Int.random(in: 1...3, using: &random) : 0)
        }
        outer += nest.outer.filter(nest.sequential.contains).map { Schedule.Loop(axis: $0) }
        let stages = nest.stages.map { stage -> [Schedule.Loop] in
            let collides = stage.stores.contains { $0.mode == .add }
            let canChange = !stage.ordered && !collides
            let vectorStage = vector == nil && canChange && chance(0.7) ? stage.axes.randomElement(using: &random) : nil
            var isIndependent = canChange && chance(0.5)
            let order =
                canChange && !stage.reductions.contains { [.argMax, .argMin].contains(nest.reductions[$0].operation) }
                ? stage.axes.shuffled(using: &random) : stage.axes
            return order.map { axis in
                let lanes = axis == vectorStage ? [2, 4, widest].randomElement(using: &random)! : 1
                let count = Int.random(in: 1...3, using: &random)
                defer { isIndependent = false }
                return Schedule.Loop(axis: axis, lanes: lanes, count: count, isIndependent: isIndependent && count > 1)
            }
        }
        if chance(0.5), let place = outer.indices.randomElement(using: &random), canJoin(outer[place], stages) {
            outer[place].joinsLanes = true
        }
        var schedule = Schedule(outer: outer, stages: stages)
        schedule.units = outer.reduce(1) {
            let size = $1.step * $1.blocksPerUnit
            return size > 0 ? $0 * ((nest.axes[$1.axis].extent + size - 1) / size) : $0
        }
        schedule.unitCost = 100_000
        if let stage = nest.stages.first, nest.sequential.isEmpty, let loop = stages[0].first, !stage.ordered,
            stage.stores.isEmpty, !stage.reductions.isEmpty,
            nest.axes[loop.axis].extent > 0, chance(0.5)
        {
            schedule.splitsReduction = true
            schedule.splitBlocks = Int.random(in: 1...2, using: &random)
            for index in outer.indices { schedule.outer[index].blocksPerUnit = 0 }
            let size = loop.step * schedule.splitBlocks
            schedule.units = max(1, (nest.axes[loop.axis].extent + size - 1) / size)
        }
        return schedule
    }

    /// Whether a loop's copies can become lanes: the first stage reduces with at least as many lanes, the others only store.
    private func canJoin(_ loop: Schedule.Loop, _ stages: [[Schedule.Loop]]) -> Bool {
        guard let first = stages.first, let lanes = first.map(\.lanes).max(), loop.count > 1, loop.lanes == 1,
            loop.count.roundedUpToPowerOfTwo <= lanes, nest.sequential.isEmpty
        else { return false }
        return nest.stages[0].stores.isEmpty
            && nest.stages.dropFirst().allSatisfy { $0.axes.isEmpty && $0.reductions.isEmpty }
    }
}

@Suite struct EmitterTests {
    static func check(
        _ nest: LoopNest, _ inputs: [Int: [UInt8]], _ source: KernelSource, _ machine: Machine, _ note: String
    ) throws {
        let expected = run(nest, try InterpretedKernel(nest), inputs)
        let kernel: any Kernel
        do {
            kernel = try machine.kernel(source, nest)
        } catch {
            Issue.record("\(error)\n\(note)\n\(nest)\n\(source.ir)")
            return
        }
        for threads in [1, 3] {
            let found = run(nest, kernel, inputs, threads: threads)
            let isDefined = expected.status.failedCheck == 0 || !nest.readsReportedElements
            if isDefined, let difference = NestComparison.difference(nest, expected.outputs, found.outputs) {
                Issue.record("\(difference) with \(threads) threads\n\(note)\n\(nest)\n\(source.ir)")
                return
            }
            if (expected.status.failedCheck == 0) != (found.status.failedCheck == 0)
                || (threads == 1 && nest.outer.count <= 1 && expected.status.failedCheck != found.status.failedCheck)
            {
                Issue.record("status \(expected.status) and \(found.status)\n\(note)\n\(nest)\n\(source.ir)")
                return
            }
        }
    }

    @Test func `where rows are gathered, nothing is tested in the loop that reads them`() throws {
        var known = KnownNest.matrixProduct(40, 30, 64)
        let rows = (0..<40).map { Int32(39 - $0) }
        known.nest.buffers.append(BufferDeclaration(.int32, count: 40, role: .input))
        let place = Affine(0, [(0, 1)])
        let other = known.nest.values[1]
        known.nest.values = []
        let row = known.nest.value(.load(Access(3, place)), .int32)
        let gather = Gather(row, stride: 30, extent: 40, otherwise: .report(check: 0, position: place))
        let x = known.nest.value(.load(Access(0, Affine(0, [(2, 1)]), gathers: [gather])), .float64)
        let y = known.nest.value(other.operation, .float64)
        known.nest.reductions = [Reduction(.sum, known.nest.value(.binary(.multiply, x, y), .float64))]
        let sum = known.nest.value(.reduced(0), .float64)
        known.nest.stages[1].stores = [Store(known.nest.stages[1].stores[0].access, sum)]
        let target = try #require(Machine.newest.first)
        let source = try Emitter.source(for: known.nest, target: target.target, threads: 1)
        #expect(!source.ir.contains("@leibniz_zeros"))
        let kernel = try target.kernel(source, known.nest)
        func run(_ rows: [Int32]) -> (outputs: [Int: [UInt8]], status: KernelStatus) {
            LeibnizKernelsTests.run(
                known.nest, kernel, [0: bytes(known.inputs[0]), 1: bytes(known.inputs[1]), 3: bytes(rows)])
        }
        let found = try #require(run(rows).outputs[2].map { numbers($0, as: Double.self) })
        for i in 0..<40 {
            for j in 0..<64 { #expect(abs(found[i * 64 + j] - known.expected[(39 - i) * 64 + j]) < 1e-12) }
        }
        let failure = run(rows.map { $0 == 7 ? 40 : $0 }).status
        #expect(failure.failedCheck == 1 && failure.value == 40 && failure.position == 32)
    }

    @Test(arguments: KnownNest.all, Machine.all)
    func `known nests, compiled, give what plain loops give`(known: KnownNest, machine: Machine) throws {
        for width in machine.widths {
            let source = try Emitter.source(for: known.nest, target: machine.target(vectorBytes: width), threads: 2)
            let kernel = try machine.kernel(source, known.nest)
            for threads in [1, 3] { #expect(known.error(of: kernel, threads: threads) < 1e-12) }
        }
    }

    @Test(arguments: NestGenerator.Family.allCases, Machine.all)
    func `compiled code computes what the interpreter does`(family: NestGenerator.Family, machine: Machine) throws {
        var generator = NestGenerator(seed: machine.seed)
        for number in 0..<machine.nests {
            let (nest, inputs) = generator.next(family)
            let target = machine.target(vectorBytes: machine.widths[number % machine.widths.count])
            let source = try Emitter.source(for: nest, target: target, threads: 2)
            try Self.check(
                nest, inputs, source, machine, "\(Emitter.schedule(for: nest, target: target, threads: 2))")
        }
    }

    @Test(arguments: NestGenerator.Family.allCases, Machine.all)
    func `any legal schedule computes the same`(family: NestGenerator.Family, machine: Machine) throws {
        var generator = NestGenerator(seed: machine.seed + 1000)
        var random = SeededGenerator(seed: machine.seed)
        for number in 0..<machine.nests {
            let (nest, inputs) = generator.next(family)
            let simple = nest.simplified()
            let target = machine.target(vectorBytes: [16, 32, 64][number % 3])
            let schedule = Scheduler(simple, target: target, threads: 2).randomSchedule(using: &random)
            let source = Emitter.source(for: simple, schedule: schedule, target: target)
            try Self.check(nest, inputs, source, machine, "\(schedule)")
        }
    }

    /// One-hot rows: y[i, j] = (2j + 3 = k[i]), which vectors find with narrow numbers, also of numbers that no lane has.
    @Test(arguments: Machine.newest)
    func `an index is compared with any number`(machine: Machine) throws {
        let numbers: [Int64] = [3, 5, 4, 69, 71, 1, -1, 1 << 32 + 3, 1 << 33 + 5, .min, .max, -(1 << 32) + 3, 0]
        for comparison in Comparison.allCases {
            var nest = LoopNest(name: "one_hot")
            nest.axes = [Axis(numbers.count), Axis(34)]
            nest.outer = [0, 1]
            nest.buffers = [
                BufferDeclaration(.int64, count: numbers.count, role: .input),
                BufferDeclaration(.float32, count: numbers.count * 34, role: .output),
            ]
            let number = nest.value(.load(Access(0, Affine(0, [(0, 1)]))), .int64)
            let index = nest.value(.index(Affine(3, [(1, 2)])), .int64)
            let isIt = nest.value(.compare(comparison, index, number), .bool)
            let hot = nest.value(.convert(isIt), .float32)
            nest.stages = [Stage(stores: [Store(Access(1, Affine(0, [(0, 34), (1, 1)])), hot)])]
            for width in machine.widths {
                let target = machine.target(vectorBytes: width)
                let source = try Emitter.source(for: nest, target: target, threads: 1)
                try Self.check(nest, [0: bytes(numbers)], source, machine, "\(comparison) \(width)")
            }
        }
    }
}

extension LoopNest {
    /// Whether it reads at indices of which an illegal one makes a run fail: what it computes then is not defined.
    fileprivate var readsReportedElements: Bool {
        values.contains { value in
            guard case .load(let access) = value.operation else { return false }
            return access.gathers.contains { if case .report = $0.otherwise { true } else { false } }
        }
    }
}
