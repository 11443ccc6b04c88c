import Testing

@testable import LeibnizKernels

/// Rows of points that no store keeps.
@Suite struct `Margins` {
    /// y[r·i + k − cut] = x[i]·(k + 1) for as many results as are kept, and z as well with `second`, which is not tested.
    private static func rounds(
        _ count: Int, step: Int, cut: Int, kept: Int, second: Bool = false, isReported: Bool = false
    ) -> LoopNest {
        var nest = LoopNest(name: "rounds")
        nest.axes = [Axis(count), Axis(step)]
        nest.outer = [0, 1]
        nest.buffers = [
            BufferDeclaration(.float32, count: count, role: .input),
            BufferDeclaration(.float32, count: kept, role: .output),
        ]
        let place = Affine(-cut, [(0, step), (1, 1)])
        let factor = nest.value(.convert(nest.value(.index(Affine(1, [(1, 1)])), .int64)), .float32)
        var access = Access(0, Affine(0, [(0, 1)]))
        if isReported {
            nest.buffers.append(BufferDeclaration(.int64, count: 1, role: .input))
            let zero = nest.value(.load(Access(2, Affine(0))), .int64)
            access.gathers = [Gather(zero, stride: 0, extent: 1, otherwise: .report(check: 0, position: place))]
        }
        let x = nest.value(.load(access), .float32)
        let product = nest.value(.binary(.multiply, x, factor), .float32)
        nest.stages = [Stage(stores: [Store(Access(1, place, bounds: [Bound(place, extent: kept)]), product)])]
        if second {
            nest.buffers.append(BufferDeclaration(.float32, count: count * step, role: .output))
            let all = Access(nest.buffers.count - 1, Affine(0, [(0, step), (1, 1)]))
            nest.stages[0].stores.append(Store(all, product))
        }
        return nest
    }

    private static func tests(_ nest: LoopNest) -> Int {
        nest.stages.flatMap(\.stores).reduce(0) { $0 + $1.access.bounds.count }
    }

    /// Cuts in the middle of a round can only be followed where two steps make a round.
    @Test(arguments: [2, 3, 4], Machine.newest)
    func `are left out where the rest is whole rounds`(step: Int, machine: Machine) throws {
        for cut in 1...5 {
            for kept in [step * 9, step * 9 + 1, step * 40] {
                // One round more than the cut needs, or just enough.
                for count in [(cut + kept + step - 1) / step, (cut + kept + step - 1) / step + 1] {
                    let nest = Self.rounds(count, step: step, cut: cut, kept: kept)
                    try nest.validate()
                    let simplified = nest.simplified()
                    try simplified.validate()
                    let isLeftOut = kept % step == 0 && (cut % step == 0 || step == 2)
                    let note = "\(step) \(cut) \(kept) \(count)\n\(simplified)"
                    #expect(Self.tests(simplified) == (isLeftOut ? 0 : 1), "\(note)")
                    let source = try Emitter.source(for: nest, target: machine.target, threads: 1)
                    let numbers = bytes((0..<count).map { Float($0 + 1) })
                    try EmitterTests.check(nest, [0: numbers], source, machine, note)
                }
            }
        }
    }

    @Test func `stay where another store keeps them, and where they would be reported`() {
        #expect(Self.tests(Self.rounds(10, step: 2, cut: 1, kept: 18).simplified()) == 0)
        #expect(Self.tests(Self.rounds(10, step: 2, cut: 1, kept: 18, second: true).simplified()) == 1)
        #expect(Self.tests(Self.rounds(10, step: 2, cut: 1, kept: 18, isReported: true).simplified()) == 1)
    }
}
