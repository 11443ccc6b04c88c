import Testing

@testable import LeibnizKernels

/// An extreme and the place where it stands, of the same numbers.
@Suite struct `Extremes with their places` {
    /// The greatest, or least, of each row of a matrix, and where that is.
    private static func nest(rows: Int, columns: Int, _ type: ElementType, isLeast: Bool) -> LoopNest {
        var nest = LoopNest(name: "extremes")
        nest.axes = [Axis(rows), Axis(columns)]
        nest.outer = [0]
        nest.buffers = [
            BufferDeclaration(type, count: rows * columns, role: .input),
            BufferDeclaration(type, count: rows, role: .output),
            BufferDeclaration(.int64, count: rows, role: .output),
        ]
        let x = nest.value(.load(Access(0, Affine(0, [(0, columns), (1, 1)]))), type)
        nest.reductions = [Reduction(isLeast ? .min : .max, x), Reduction(isLeast ? .argMin : .argMax, x)]
        let stores = [type, .int64].enumerated().map { place, type in
            Store(Access(place + 1, Affine(0, [(0, 1)])), nest.value(.reduced(place), type))
        }
        nest.stages = [Stage(axes: [1], reductions: [0, 1]), Stage(stores: stores)]
        return nest
    }

    @Test(arguments: [false, true], Machine.newest)
    func `are those of the interpreter, with equal and undefined numbers`(isLeast: Bool, machine: Machine) throws {
        var random = SeededGenerator(seed: 3)
        for type in [ElementType.float32, .float64, .int32, .uint8] {
            for (rows, columns) in [(40, 9), (7, 4), (3, 100), (50, 1), (5, 0), (1, 70_000)] {
                let nest = Self.nest(rows: rows, columns: columns, type, isLeast: isLeast)
                let numbers = (0..<rows * columns).map { _ -> Double in
                    let kind = Int.random(in: 0..<40, using: &random)
                    if type.isFloatingPoint, kind < 3 { return [.nan, .infinity, -.infinity][kind] }
                    return Double(Int.random(in: 0..<20, using: &random))
                }
                let data: [UInt8] =
                    switch type {
                    case .float32: bytes(numbers.map(Float.init))
                    case .float64: bytes(numbers)
                    case .int32: bytes(numbers.map { Int32($0) })
                    case .int64, .uint8, .bool: numbers.map { UInt8($0) }
                    }
                for width in machine.widths {
                    let target = machine.target(vectorBytes: width)
                    let scheduler = Scheduler(nest, target: target, threads: 3)
                    let schedules =
                        [Emitter.schedule(for: nest, target: target, threads: 3)]
                        + (0..<4).map { _ in scheduler.randomSchedule(using: &random) }
                    for schedule in schedules {
                        let source = Emitter.source(for: nest, schedule: schedule, target: target)
                        try EmitterTests.check(
                            nest, [0: data], source, machine, "\(type) \(rows)×\(columns) \(width) \(schedule)")
                    }
                }
            }
        }
    }

    @Test func `are compared once`() {
        let target = TargetDescription.generic(.avx512, llvmVersion: 19)
        let both = Self.nest(rows: 1000, columns: 9, .float32, isLeast: false)
        var place = both
        place.reductions.removeFirst()
        place.values[1...] = [Value(.reduced(0), .int64)]
        place.stages[0].reductions = [0]
        place.stages[1].stores = [Store(both.stages[1].stores[1].access, 1)]
        let schedule = Emitter.schedule(for: both, target: target, threads: 1)
        let counts = [place, both].map { nest in
            Emitter.source(for: nest, schedule: schedule, target: target).ir.split(separator: "\n").count {
                $0.contains("fcmp") || $0.contains("llvm.maximum")
            }
        }
        #expect(counts[0] > 8 && counts[0] == counts[1], "\(counts)")
    }
}
