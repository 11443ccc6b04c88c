import LeibnizKernels
import Testing

@Suite struct ValidationTests {
    /// Every way to spoil a matrix product, and what is then said to be wrong.
    private static let mistakes: [(String, @Sendable (inout LoopNest) -> Void, String)] = [
        ("negative extent", { $0.axes[0].extent = -1 }, "extent -1"),
        ("negative count", { $0.buffers[0].count = -3 }, "count -3"),
        ("short input", { $0.buffers[0].count -= 1 }, "34"),
        ("short output", { $0.buffers[2].count -= 1 }, "29"),
        ("unknown outer axis", { $0.outer.append(9) }, "no axis 9"),
        ("axis twice", { $0.outer.append(0) }, "axis 0 loops twice"),
        ("stage axis is an outer axis", { $0.stages[0].axes = [1] }, "axis 1 loops twice"),
        ("axis out of scope", { $0.stages[0].axes = [] }, "axis 2 is not among the loops"),
        ("unknown reduction", { $0.stages[0].reductions = [4] }, "no reduction 4"),
        ("reduction twice", { $0.stages[1].reductions = [0] }, "stage 0 computes reduction 0 already"),
        ("result before its reduction", { $0.stages.swapAt(0, 1) }, "reduction 0 has no value yet"),
        ("sequential inner axis", { $0.sequential = [2] }, "sequential axis 2"),
        ("store into an input", { $0.buffers[2].role = .input }, "write into an input"),
        ("add into an output", { $0.stages[1].stores[0].mode = .add }, "add into an output"),
        ("load of an output", { $0.buffers[0].role = .output }, "written only"),
        ("another buffer type", { $0.buffers[2].type = .float32 }, "cannot be stored"),
        ("another load type", { $0.buffers[0].type = .float32 }, "cannot be"),
        ("unknown value", { $0.stages[1].stores[0].value = 77 }, "no value 77"),
        ("operand not older", { $0.values[0] = Value(.unary(.exp, 0), .float64) }, "no older value 0"),
        ("unknown buffer", { $0.stages[1].stores[0].access.buffer = 5 }, "no buffer 5"),
        ("float as truth value", { $0.values[2] = Value(.select(0, 0, 1), .float64) }, "cannot be"),
        ("huge strides", { $0.stages[1].stores[0].access.index.add(.max / 2, axis: 0) }, "64 bits"),
    ]

    @Test func `every kind of mistake is found and named`() throws {
        let right = KnownNest.matrixProduct(5, 7, 6).nest
        try right.validate()
        for (name, spoil, complaint) in Self.mistakes {
            var nest = right
            spoil(&nest)
            do {
                try nest.validate()
                Issue.record("\(name) was not found")
            } catch {
                #expect(error.description.contains(complaint), "\(name): \(error)")
            }
        }
    }

    /// Proofs of ranges must not prove too much: a nest that passes never leaves its buffers.
    @Test func `what validation lets pass never leaves a buffer`() throws {
        var generator = NestGenerator(seed: 11)
        var refused = 0
        for number in 0..<300 {
            var (nest, inputs) = generator.next()
            let buffer = number % nest.buffers.count
            nest.buffers[buffer].count = max(0, nest.buffers[buffer].count - 1)
            do { try nest.validate() } catch {
                refused += 1
                continue
            }
            let byteCount = nest.buffers[buffer].count * nest.buffers[buffer].type.byteCount
            inputs[buffer] = inputs[buffer].map { Array($0.prefix(byteCount)) }
            let (_, status) = run(nest, try InterpretedKernel(nest), inputs)
            #expect(status.failedCheck != InterpretedKernel.brokenNest, "\(nest)")
        }
        #expect(refused > 100)
    }

    @Test func `a split axis with a mask is proved to stay inside`() throws {
        var nest = LoopNest(name: "masked")
        nest.buffers = [
            BufferDeclaration(.float32, count: 100, role: .input),
            BufferDeclaration(.float32, count: 100, role: .output),
        ]
        nest.axes = [Axis(13), Axis(8)]
        nest.outer = [0, 1]
        let at = Affine(0, [(0, 8), (1, 1)])
        let mask = [Bound(at, extent: 100)]
        let x = nest.value(.load(Access(0, at, bounds: mask)), .float32)
        nest.stages = [Stage(stores: [Store(Access(1, at, bounds: mask), x)])]
        try nest.validate()
        nest.stages[0].stores[0].access.bounds = []
        #expect(throws: LoopNestError.self) { try nest.validate() }
    }

    /// y[i] = x[index] where the bound holds, over axes of the given extents.
    private static func guarded(_ index: Affine, _ bound: Bound, of count: Int, axes: [Int]) -> LoopNest {
        var nest = LoopNest(name: "guarded")
        nest.buffers = [
            BufferDeclaration(.float32, count: count, role: .input),
            BufferDeclaration(.float32, count: axes.reduce(1, *), role: .output),
        ]
        nest.axes = axes.map { Axis($0) }
        nest.outer = Array(axes.indices)
        let x = nest.value(.load(Access(0, index, bounds: [bound])), .float32)
        let strides = axes.indices.map { axis in (axis, axes[(axis + 1)...].reduce(1, *)) }
        nest.stages = [Stage(stores: [Store(Access(1, Affine(0, strides)), x)])]
        return nest
    }

    @Test func `bounds prove what they imply`() throws {
        // 0 ≤ −2k < 5 leaves k = 0 alone, whatever else the index does.
        let narrow = Bound(Affine(0, [(1, -2)]), extent: 5)
        try Self.guarded(Affine(0, [(0, 3), (1, -11)]), narrow, of: 6, axes: [2, 3]).validate()
        #expect(throws: LoopNestError.self) {
            try Self.guarded(Affine(0, [(0, 3), (1, -11)]), narrow, of: 3, axes: [2, 3]).validate()
        }
        // 3 − 2i is odd: where it is at least 0 it is at least 1.
        let odd = Bound(Affine(3, [(0, -2)]), extent: 4)
        try Self.guarded(Affine(6, [(0, -6)]), odd, of: 7, axes: [3]).validate()
        #expect(throws: LoopNestError.self) { try Self.guarded(Affine(5, [(0, -6)]), odd, of: 7, axes: [3]).validate() }
        // Nothing is inside an empty axis.
        let never = Bound(Affine(-1, [(0, 1)]), extent: 0)
        try Self.guarded(Affine(-1, [(0, 1)]), never, of: 0, axes: [2]).validate()
    }

    @Test func `a nest prints as pseudo-code`() {
        let expected = """
            nest matrix_product
              input b0: float64[6]
              input b1: float64[12]
              output b2: float64[8]
              for i0 in 0..<2 (parallel)
                for i1 in 0..<4 (parallel)
                  r0 = 0
                  for i2 in 0..<3
                    r0 += (b0[3*i0 + i2] * b1[i1 + 4*i2])
                  b2[4*i0 + i1] = r0
            """
        #expect(KnownNest.matrixProduct(2, 3, 4).nest.description == expected)
    }
}
