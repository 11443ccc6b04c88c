import Testing

@testable import LeibnizKernels

/// Nests whose tests need not be made: stores make them anyway, or copies of a tile settle them.
@Suite struct `Settled bounds` {
    /// The gradient of windows of 3 × 3 with a stride of 2 and a padding of 1, each phase of the result an axis:
    /// y[i, 2p + f − 1, 2q + g − 1] = Σ_s Σ_t w[i, p − s, q − t] · (c[i, p − s, q − t] = 3(f + 2s) + g + 2t).
    ///
    /// - Parameter isOdd: whether the result ends in the middle of a round of phases.
    private static func windows(_ images: Int, _ rows: Int, _ columns: Int, isOdd: Bool = false) -> LoopNest {
        var nest = LoopNest(name: "windows")
        let (height, width) = (2 * rows - (isOdd ? 1 : 0), 2 * columns - (isOdd ? 1 : 0))
        nest.axes = [images, rows + 1, 2, columns + 1, 2, 2, 2].map { Axis($0) }
        nest.outer = [0, 1, 2, 3, 4]
        nest.buffers = [
            BufferDeclaration(.uint8, count: images * rows * columns, role: .input),
            BufferDeclaration(.float32, count: images * rows * columns, role: .input),
            BufferDeclaration(.float32, count: images * height * width, role: .output),
        ]
        let inside = [
            Bound(Affine(-1, [(1, 2), (2, 1)]), extent: height), Bound(Affine(-1, [(3, 2), (4, 1)]), extent: width),
        ]
        let bounds =
            inside + [
                Bound(Affine(0, [(1, 1), (5, -1)]), extent: rows), Bound(Affine(0, [(2, 1), (5, 2)]), extent: 3),
                Bound(Affine(0, [(3, 1), (6, -1)]), extent: columns), Bound(Affine(0, [(4, 1), (6, 2)]), extent: 3),
            ]
        let place = Affine(0, [(0, rows * columns), (1, columns), (5, -columns), (3, 1), (6, -1)])
        let choice = nest.value(.load(Access(0, place, bounds: bounds)), .uint8)
        let weight = nest.value(.load(Access(1, place, bounds: bounds)), .float32)
        let position = nest.value(.index(Affine(0, [(2, 3), (5, 6), (4, 1), (6, 2)])), .int64)
        let isChosen = nest.value(.compare(.equal, nest.value(.convert(position), .uint8), choice), .bool)
        nest.reductions = [
            Reduction(.sum, nest.value(.select(isChosen, weight, nest.value(.float(0), .float32)), .float32))
        ]
        let sum = nest.value(.reduced(0), .float32)
        let result = nest.value(
            .select(nest.value(.within(inside), .bool), sum, nest.value(.float(7), .float32)), .float32)
        let target = Affine(-width - 1, [(0, height * width), (1, 2 * width), (2, width), (3, 2), (4, 1)])
        nest.stages = [
            Stage(axes: [5, 6], reductions: [0]), Stage(stores: [Store(Access(2, target, bounds: inside), result)]),
        ]
        return nest
    }

    @Test(arguments: [(40, 28, 28), (3, 5, 9), (2, 3, 31), (5, 4, 8), (1, 1, 7), (1, 1, 3)], Machine.newest)
    func `windows that overlap give their gradient with all phases in a tile`(
        size: (images: Int, rows: Int, columns: Int), machine: Machine
    ) throws {
        for isOdd in [false, true] { try check(size, isOdd: isOdd, machine) }
    }

    private func check(_ size: (images: Int, rows: Int, columns: Int), isOdd: Bool, _ machine: Machine) throws {
        let nest = Self.windows(size.images, size.rows, size.columns, isOdd: isOdd)
        try nest.validate()
        var random = SeededGenerator(seed: 3)
        let count = nest.buffers[0].count
        let choices = (0..<count).map { _ in UInt8.random(in: 0..<9, using: &random) }
        let weights = bytes((0..<count).map { _ in Float.random(in: -1..<1, using: &random) })
        for width in machine.widths {
            let target = machine.target(vectorBytes: width)
            let schedule = Emitter.schedule(for: nest, target: target, threads: 1)
            if size.images == 40 {
                let simplified = nest.simplified()
                let whole = schedule.outer.filter { $0.count == 2 && simplified.axes[$0.axis].extent == 2 }
                #expect(whole.count == 2, "\(schedule)")
            }
            let source = try Emitter.source(for: nest, target: target, threads: 1)
            try EmitterTests.check(nest, [0: choices, 1: weights], source, machine, "\(size) \(width)")
        }
    }

    @Test func `what every store tests is not tested before`() throws {
        let nest = Self.windows(3, 5, 9, isOdd: true)
        let simplified = nest.simplified()
        let store = simplified.stages[1].stores[0]
        #expect(store.access.bounds.count == 2)
        for value in simplified.values {
            switch value.operation {
            case .load(let access):
                #expect(access.bounds.count == 4)
                #expect(Set(access.bounds).isDisjoint(with: store.access.bounds))
            case .within: Issue.record("a test of a store is still a value")
            default: break
            }
        }
        try simplified.validate()
    }

    @Test func `a test stays where an address needs it, where another store does without, and beside gathers`() throws {
        // y[i − 1] = x[i − 1], and with `second` z[i] = x[i − 1] as well, zero at the border.
        func shifted(second: Bool, gathered: Bool) -> LoopNest {
            var nest = LoopNest(name: "shifted")
            nest.axes = [Axis(9)]
            nest.outer = [0]
            nest.buffers = [
                BufferDeclaration(.float32, count: 10, role: .input),
                BufferDeclaration(.float32, count: 9, role: .output),
                BufferDeclaration(.float32, count: 9, role: .output),
                BufferDeclaration(.int64, count: 1, role: .input),
            ]
            let bounds = [Bound(Affine(-1, [(0, 1)]), extent: 8)]
            let zero = nest.value(.load(Access(3, Affine(0))), .int64)
            let gathers = gathered ? [Gather(zero, stride: 0, extent: 1, otherwise: .ignore)] : []
            let near = nest.value(.load(Access(0, Affine(-1, [(0, 1)]), bounds: bounds, gathers: gathers)), .float32)
            let far = nest.value(.load(Access(0, Affine(0, [(0, 1)]), bounds: bounds, gathers: gathers)), .float32)
            let sum = nest.value(.binary(.add, near, far), .float32)
            nest.stages = [Stage(stores: [Store(Access(1, Affine(-1, [(0, 1)]), bounds: bounds), sum)])]
            if second { nest.stages[0].stores.append(Store(Access(2, Affine(0, [(0, 1)])), sum)) }
            return nest
        }
        func tests(_ nest: LoopNest) -> [Int] {
            nest.simplified().values.compactMap { value in
                guard case .load(let access) = value.operation, access.buffer == 0 else { return nil }
                return access.bounds.count
            }
        }
        #expect(tests(shifted(second: false, gathered: false)) == [1, 0])
        #expect(tests(shifted(second: true, gathered: false)) == [1, 1])
        #expect(tests(shifted(second: false, gathered: true)) == [1, 1])
    }

    /// y[j] = x[j − 3] of bytes, with borders of zeros, forwards and backwards; `count` from less than a vector on.
    @Test(arguments: [5, 8, 9, 16, 40], Machine.newest)
    func `bytes at both ends of a buffer are found`(count: Int, machine: Machine) throws {
        for isBackwards in [false, true] {
            var nest = LoopNest(name: "bytes")
            nest.axes = [Axis(count + 7)]
            nest.outer = [0]
            nest.buffers = [
                BufferDeclaration(.uint8, count: count, role: .input),
                BufferDeclaration(.float32, count: count + 7, role: .output),
            ]
            let index = isBackwards ? Affine(count + 3, [(0, -1)]) : Affine(-3, [(0, 1)])
            let byte = nest.value(.load(Access(0, index, bounds: [Bound(index, extent: count)])), .uint8)
            let number = nest.value(.convert(byte), .float32)
            nest.stages = [Stage(stores: [Store(Access(1, Affine(0, [(0, 1)])), number)])]
            for width in machine.widths {
                let target = machine.target(vectorBytes: width)
                let source = try Emitter.source(for: nest, target: target, threads: 1)
                try EmitterTests.check(
                    nest, [0: (0..<count).map { UInt8($0 + 1) }], source, machine, "\(count) \(isBackwards) \(width)")
            }
        }
    }
}
