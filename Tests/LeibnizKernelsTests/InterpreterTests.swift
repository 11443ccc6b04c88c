import LeibnizKernels
import Testing

@Suite struct InterpreterTests {
    @Test(arguments: KnownNest.all)
    func `known nests give what plain loops give`(known: KnownNest) throws {
        try known.nest.validate()
        #expect(known.error(of: try InterpretedKernel(known.nest)) < 1e-13)
    }

    @Test(arguments: NestGenerator.Family.allCases)
    func `generated nests are valid and stay within their buffers`(family: NestGenerator.Family) throws {
        var generator = NestGenerator(seed: 7)
        for _ in 0..<60 {
            let (nest, inputs) = generator.next(family)
            do { try nest.validate() } catch { Issue.record("\(error)\n\(nest)") }
            let (_, status) = run(nest, try InterpretedKernel(nest), inputs)
            #expect(status.failedCheck != InterpretedKernel.brokenNest, "\(nest)")
        }
    }

    /// A nest over n points with one input and one output.
    private func pointwise(
        _ from: ElementType, _ to: ElementType, count: Int, _ build: (inout LoopNest, ValueID) -> ValueID
    ) -> LoopNest {
        var nest = LoopNest(name: "pointwise")
        nest.buffers = [
            BufferDeclaration(from, count: count, role: .input), BufferDeclaration(to, count: count, role: .output),
        ]
        nest.axes = [Axis(count)]
        nest.outer = [0]
        let at = Affine(0, [(0, 1)])
        let value = build(&nest, nest.value(.load(Access(0, at)), from))
        nest.stages = [Stage(stores: [Store(Access(1, at), value)])]
        return nest
    }

    @Test func `float32 is rounded after every operation`() throws {
        let nest = pointwise(.float32, .float32, count: 1) { nest, x in
            // (x + 2⁻³⁰) − x is 0 in single precision and not in double.
            let sum = nest.value(.binary(.add, x, nest.value(.float(0x1p-30), .float32)), .float32)
            return nest.value(.binary(.subtract, sum, x), .float32)
        }
        let (outputs, _) = run(nest, try InterpretedKernel(nest), [0: bytes([Float(1)])])
        #expect(numbers(outputs[1] ?? [], as: Float.self) == [0])
    }

    @Test func `a sum of floats is rounded after every term`() throws {
        var nest = LoopNest(name: "sum")
        nest.buffers = [
            BufferDeclaration(.float32, count: 3, role: .input), BufferDeclaration(.float32, count: 1, role: .output),
        ]
        nest.axes = [Axis(3)]
        nest.reductions = [Reduction(.sum, nest.value(.load(Access(0, Affine(0, [(0, 1)]))), .float32))]
        let sum = nest.value(.reduced(0), .float32)
        nest.stages = [Stage(axes: [0], reductions: [0]), Stage(stores: [Store(Access(1, Affine()), sum)])]
        let (outputs, _) = run(nest, try InterpretedKernel(nest), [0: bytes([Float(0x1p24), 1, 1])])
        #expect(numbers(outputs[1] ?? [], as: Float.self) == [0x1p24])
    }

    @Test func `arg-max gives the first greatest, the first NaN, or −1 over nothing`() throws {
        func position(_ values: [Float], _ operation: ReductionOperation) throws -> Int64 {
            var nest = LoopNest(name: "choice")
            nest.buffers = [
                BufferDeclaration(.float32, count: values.count, role: .input),
                BufferDeclaration(.int64, count: 1, role: .output),
            ]
            nest.axes = [Axis(values.count)]
            nest.reductions = [Reduction(operation, nest.value(.load(Access(0, Affine(0, [(0, 1)]))), .float32))]
            let result = nest.value(.reduced(0), .int64)
            nest.stages = [Stage(axes: [0], reductions: [0]), Stage(stores: [Store(Access(1, Affine()), result)])]
            let (outputs, _) = run(nest, try InterpretedKernel(nest), [0: bytes(values)])
            return numbers(outputs[1] ?? [], as: Int64.self)[0]
        }
        #expect(try position([1, 3, 2, 3], .argMax) == 1)
        #expect(try position([1, .nan, 9, .nan], .argMax) == 1)
        #expect(try position([1, .nan, -9, .nan], .argMin) == 1)
        #expect(try position([-.infinity, -.infinity], .argMax) == 0)
        #expect(try position([.infinity], .argMin) == 0)
        #expect(try position([0, -0.0], .argMin) == 0)
        #expect(try position([], .argMax) == -1)
    }

    @Test(arguments: [true, false])
    func `an index out of range loads zero, and its first report stays`(reports: Bool) throws {
        var nest = LoopNest(name: "gather")
        nest.buffers = [
            BufferDeclaration(.int64, count: 4, role: .input), BufferDeclaration(.float32, count: 3, role: .input),
            BufferDeclaration(.float32, count: 4, role: .output),
        ]
        nest.axes = [Axis(4)]
        nest.outer = [0]
        let at = Affine(0, [(0, 1)])
        let index = nest.value(.load(Access(0, at)), .int64)
        let otherwise: Gather.OutOfRange = reports ? .report(check: 6, position: at) : .ignore
        let gather = Gather(index, stride: 1, extent: 3, otherwise: otherwise)
        let loaded = nest.value(.load(Access(1, Affine(), gathers: [gather])), .float32)
        nest.stages = [Stage(stores: [Store(Access(2, at), loaded)])]
        let inputs = [0: bytes([Int64(2), -5, 99, 0]), 1: bytes([Float(10), 20, 30])]
        let (outputs, status) = run(nest, try InterpretedKernel(nest), inputs)
        #expect(numbers(outputs[2] ?? [], as: Float.self) == [30, 0, 0, 10])
        #expect(status.failedCheck == (reports ? 7 : 0))
        #expect(status.value == (reports ? -5 : 0))
        #expect(status.position == (reports ? 1 : 0))
    }

    @Test func `an address outside its buffer is reported, not touched`() throws {
        var nest = pointwise(.float32, .float32, count: 4) { nest, x in x }
        nest.buffers[0].count = 3
        nest.buffers[1].count = 2
        #expect(throws: LoopNestError.self) { try nest.validate() }
        let (outputs, status) = run(nest, try InterpretedKernel(nest), [0: bytes([Float(1), 2, 3])])
        #expect(numbers(outputs[1] ?? [], as: Float.self) == [1, 2])
        #expect(status.failedCheck == InterpretedKernel.brokenNest)
    }

    @Test func `a load sees what an earlier stage has added`() throws {
        var nest = LoopNest(name: "counter")
        nest.buffers = [
            BufferDeclaration(.int32, count: 1, role: .update), BufferDeclaration(.int32, count: 3, role: .output),
        ]
        nest.axes = [Axis(3)]
        nest.outer = [0]
        nest.sequential = [0]
        let one = nest.value(.integer(1), .int32)
        let count = nest.value(.load(Access(0, Affine())), .int32)
        nest.stages = [
            Stage(stores: [Store(Access(0, Affine()), one, mode: .add)]),
            Stage(stores: [Store(Access(1, Affine(0, [(0, 1)])), count)]),
        ]
        let (outputs, _) = run(nest, try InterpretedKernel(nest), [0: bytes([Int32(10)])])
        #expect(numbers(outputs[1] ?? [], as: Int32.self) == [11, 12, 13])
    }
}
