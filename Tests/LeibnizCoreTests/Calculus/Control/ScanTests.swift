import LeibnizKernels
import Testing

@testable import LeibnizCore

@Suite struct `Scans` {
    private static func data(_ shape: Shape, seed: Int) throws -> Tensor {
        try Tensor.normal(shape, deviation: 0.5, seed: seed, .float64).evaluated()
    }

    /// Steps (c, x, w) ↦ (c′, y) on a state of three numbers, slices of two and a matrix [3, 2] that is captured.
    static let steps: [(name: String, step: @Sendable (Tensor, Tensor, Tensor) -> (Tensor, Tensor))] = [
        ("linear", { c, x, w in (0.5 * c + matmul(w, x), c) }),
        (
            "recurrent net",
            { c, x, w in
                let next = tanh(matmul(w, x) + 0.5 * c)
                return (next, next)
            }
        ),
        (
            "product",
            { c, x, w in
                let factor: Tensor = 1 + 0.1 * sum(w)
                return (c * factor + sum(x * x), c * c)
            }
        ),
        ("state that stays", { c, x, w in (c, matmul(w, x) * c) }),
        (
            "state that moves",
            { c, x, w in
                let turned: Tensor = c.gathered(Tensor(copying: [Int64(1), 2, 0], [3]))
                return (turned + 0 * sum(w), sum(x) * c)
            }
        ),
        ("output without state", { c, x, w in (sin(c), matmul(w, x * x)) }),
        (
            "state without slices",
            { c, x, w in
                let (a, b): (Tensor, Tensor) = (0.1 * sum(w * w), exp(0.1 * sum(w)))
                return (sin(c) + a, c + b + 0 * sum(x))
            }
        ),
        (
            "choices",
            { c, x, w in
                let next: Tensor = which(c > 0, 0.5 * c, c + x[0])
                return (next, which(matmul(w, x) > 0, c, c * c))
            }
        ),
        (
            "softmax",
            { c, x, w in
                let p = softmax(c + matmul(w, x))
                return (0.5 * c + p, log(p))
            }
        ),
        (
            "checkpoint",
            { c, x, w in
                let next = checkpoint { sin($0 + matmul(w, x)) * $0 }(c)
                return (next, next * next)
            }
        ),
        (
            "captured in a checkpoint",
            { c, x, w in
                let inner: Tensor = checkpoint { tanh(matmul(w.transposed(), $0)) }(c)
                let padded: Tensor = inner.padded(axis: 0, before: 0, after: 1)
                return (padded + 0.1 * c, c * sum(x))
            }
        ),
        ("product of matrices", { c, x, w in (0.5 * matmul(matmul(w, w.transposed()), c), matmul(w, x) * c) }),
    ]

    /// The same by operations one after the other.
    private static func unrolled(
        _ c: Tensor, _ xs: Tensor, _ w: Tensor, reversed: Bool, _ step: (Tensor, Tensor, Tensor) -> (Tensor, Tensor)
    ) -> Tensor {
        let count = xs.type.shape[0]
        var (c, ys) = (c, [Int: Tensor]())
        for t in reversed ? Array((0..<count).reversed()) : Array(0..<count) { (c, ys[t]) = step(c, xs[t], w) }
        return concatenate([c.reshaped(to: [3])] + (0..<count).compactMap { ys[$0]?.reshaped(to: [3]) })
    }

    @Test(arguments: steps.indices)
    func `are their steps one after the other, in every transformation`(number: Int) throws {
        let (name, step) = Self.steps[number]
        let x = [try Self.data([3], seed: 1), try Self.data([4, 2], seed: 2), try Self.data([3, 2], seed: 3)]
        let reversed = number % 2 == 1
        try ControlLaw(
            name, at: x,
            loop: { x in
                let (c, ys) = scan(x[0], over: x[1], reversed: reversed) { (c: Tensor, slice: Tensor) in
                    step(c, slice, x[2])
                }
                return concatenate([c, ys.reshaped(to: [12])])
            }, plain: { x in Self.unrolled(x[0], x[1], x[2], reversed: reversed, step) }
        ).check()
    }

    @Test func `nest in each other`() throws {
        let x = [try Self.data([3], seed: 4), try Self.data([2, 3], seed: 5)]
        let step = { @Sendable (c: Tensor, x: Tensor) in sin(c) * x + 0.5 * c }
        try ControlLaw(
            "scan of scans", at: x, order: 3,
            loop: { x in
                let (_, outputs) = scan(x[0], over: x[1]) { (c: Tensor, slice: Tensor) -> (Tensor, Tensor) in
                    let (inner, all) = scan(c, length: 3) { (c: Tensor, t: Tensor) -> (Tensor, Tensor) in
                        let shift: Tensor = 0.1 * t.cast(to: .float64) * x[0]
                        return (step(c, slice) + shift, c)
                    }
                    return (inner, sum(all, axes: [0]))
                }
                return outputs
            },
            plain: { x in
                var (c, ys) = (x[0], [Tensor]())
                for t in 0..<2 {
                    var all = c.filled(0)
                    for s in 0..<3 {
                        all = all + c
                        let shift: Tensor = Tensor(0.1 * Double(s), .float64) * x[0]
                        c = step(c, x[1][t]) + shift
                    }
                    ys.append(all)
                }
                return stack(ys)
            }
        ).check()
    }

    @Test func `carry groups, numbers and truth values`() throws {
        let xs = try Self.data([5, 3], seed: 6)
        let start: [String: Tensor] = ["sum": Tensor.zeros([3], .float64), "count": Tensor(copying: [Int64(0)], [])]
        let (carry, outputs) = scan(start, over: ["x": xs]) {
            (state: [String: Tensor], slice: [String: Tensor]) -> ([String: Tensor], [Tensor]) in
            let x = slice["x"]!
            let next: [String: Tensor] = ["sum": state["sum"]! + x, "count": state["count"]! + 1]
            return (next, [x > 0, state["count"]!])
        }
        #expect(firstDifference(try carry["sum"]!.doubles(), try sum(xs, axes: [0]).doubles(), tolerance: 1e-14) == nil)
        #expect(try carry["count"]!.item() == 5)
        #expect(outputs[0].elementType == .bool && outputs[0].type.shape == [5, 3])
        #expect(try outputs[0].doubles() == (xs > 0).doubles())
        #expect(try outputs[1].doubles() == [0, 1, 2, 3, 4])
        // Fibonacci's numbers: each state takes the other's place.
        let one = Tensor(copying: [Int64(1)], [])
        let ((a, b), all) = scan((one, one), over: Tensor.arange(10)) {
            (state: (Tensor, Tensor), _: Tensor) -> ((Tensor, Tensor), Tensor) in
            ((state.1, state.0 + state.1), state.0)
        }
        #expect(try all.doubles() == [1, 1, 2, 3, 5, 8, 13, 21, 34, 55])
        #expect(try [a.item(), b.item()] == [89, 144])
        // Four that move on by one place.
        let ring = scan((0..<4).map { Tensor(copying: [Double($0)], []) }, length: 6) {
            (state: [Tensor], _: Tensor) -> ([Tensor], Tensor) in
            ([state[1], state[2], state[3], state[0] + 10.0], state[0])
        }
        #expect(try ring.outputs.doubles() == [0, 1, 2, 3, 10, 11])
        #expect(try ring.carry.map { try $0.item() } == [12, 13, 20, 21])
        let column = xs[..., 0]
        let total: Tensor = fold(Tensor(0.0), over: column) { (c: Tensor, x: Tensor) -> Tensor in c + x }
        let again: Tensor = fold(Tensor(0.0), length: 5) { (c: Tensor, t: Tensor) -> Tensor in c + column.gathered(t) }
        #expect(total.elementType == .float64)
        #expect(try total.item() == again.item())
    }

    @Test func `of no steps, and of nothing`() throws {
        let (c, ys) = scan(Tensor([1.0, 2], .float64), over: Tensor.zeros([0, 2], .float64)) {
            (c: Tensor, x: Tensor) -> (Tensor, Tensor) in (c * x, c + x)
        }
        #expect(try c.doubles() == [1, 2])
        #expect(ys.type.shape == [0, 2])
        #expect(try ys.doubles().isEmpty)
        let empty = scan(Tensor.zeros([0], .float64), length: 3) {
            (c: Tensor, _: Tensor) -> (Tensor, Tensor) in (c + 1.0, c)
        }
        #expect(empty.outputs.type.shape == [3, 0])
        #expect(try empty.carry.doubles().isEmpty)
        let slope = gradient(of: { (c: Tensor) -> Tensor in
            sum(fold(c, over: Tensor.zeros([0, 2], .float64)) { (c: Tensor, x: Tensor) -> Tensor in c * x })
        })(Tensor([1.0, 2], .float64))
        #expect(try slope.doubles() == [1, 1])
    }

    // MARK: Plans

    private func lowering(_ roots: [Tensor]) -> ProgramLowering {
        ProgramLowering(Program(GraphSnapshot(roots.map(\.node), to: .values)))
    }

    private static func net(_ h: Tensor, _ xs: Tensor, _ w: Tensor) -> Tensor {
        sum(fold(h, over: xs) { (h: Tensor, x: Tensor) -> Tensor in tanh(matmul(h, w) + x) })
    }

    @Test func `are one loop of a plan, whatever their length`() throws {
        let (h, w) = (try Self.data([4, 8], seed: 7), try Self.data([8, 8], seed: 8))
        var (kernels, arenas, compiled) = ([[Int]](), [Int](), [Int]())
        // Other tests compile at the same time, but not for this one.
        let library = KernelLibrary(pool: .shared)
        for length in [10, 100_000] {
            let xs = try Tensor.zeros([length, 1, 8], .float64).evaluated()
            let loss = Self.net(h, xs, w)
            let made = lowering([loss])
            let bodies = made.kernels.compactMap { kernel -> Int? in
                guard case .control(let control) = kernel.work else { return nil }
                return ProgramLowering(control.bodies(threads: 1)[0].program).kernels.count
            }
            kernels.append([made.kernels.count] + bodies)
            let before = library.compiledCount
            let plan = try Plan(Program(GraphSnapshot([loss.node], to: .values)), library: library)
            compiled.append(library.compiledCount - before)
            arenas.append(plan.arenaByteCount)
        }
        #expect(kernels[0] == kernels[1] && kernels[0].count == 2)
        #expect(kernels[0][1] == 1, "the body is one kernel")
        #expect(arenas[0] == arenas[1])
        #expect(compiled[1] == 0, "the second plan finds the first one's kernels")
    }

    @Test func `are run forwards and backwards once for a value and its gradients`() throws {
        let (h, w) = (try Self.data([4, 8], seed: 7), try Self.data([8, 8], seed: 8))
        let xs = try Self.data([6, 1, 8], seed: 9)
        let (value, gradients) = valueWithGradients(at: [h, xs, w]) { Self.net($0[0], $0[1], $0[2]) }
        let made = lowering([value] + gradients)
        let loops = made.kernels.filter { if case .control = $0.work { true } else { false } }
        #expect(loops.count == 2)
        // The weights' gradient is one product for the whole sequence, behind the loop.
        #expect(made.program.instructions.contains { ($0.primitive as? Contraction)?.summed.count == 2 })
        let tangent = pushforward({ Self.net($0[0], $0[1], $0[2]) }, at: [h, xs, w], along: [h, xs, w])
        let both = lowering([tangent.value, tangent.tangent]).kernels.filter {
            if case .control = $0.work { true } else { false }
        }
        #expect(both.count == 1)
    }

    @Test func `train inside a compiled step as outside`() throws {
        let (h, xs) = (try Self.data([4, 8], seed: 7), try Self.data([6, 1, 8], seed: 9))
        let start = try Self.data([8, 8], seed: 8)
        func train(_ isCompiled: Bool) throws -> [Double] {
            let w = Variable(start)
            let step = { @Sendable (h: Tensor, xs: Tensor) throws -> Tensor in
                let loss = Self.net(h, xs, w.value)
                w.value = w.value - 0.1 * (try gradients(of: loss, withRespectTo: [w])[0])
                return loss
            }
            let run = isCompiled ? compiled(step) : step
            return try (0..<3).map { _ in try run(h, xs).item() } + w.value.doubles()
        }
        #expect(firstDifference(try train(true), try train(false), tolerance: 1e-12) == nil)
    }

    /// The names of a scan's kernels for weights of so many rows and columns.
    private func kernels(_ rows: Int, _ columns: Int) throws -> [[String]] {
        let (h, w) = (Tensor.normal([64, columns / 4], seed: 1), Tensor.normal([rows, columns], seed: 2))
        let (start, weights) = (try h.evaluated(), try w.evaluated())
        let xs = try Tensor.zeros([9, 64, columns]).evaluated()
        let last: Tensor = fold(start, over: xs) { (h: Tensor, x: Tensor) -> Tensor in
            let gates = matmul(h.sliced(axis: 1, start: 0, count: rows), weights) + x
            let parts = (0..<4).map { gates.sliced(axis: 1, start: $0 * columns / 4, count: columns / 4) }
            return tanh(parts[0]) * sigmoid(parts[1]) + tanh(parts[2]) * sigmoid(parts[3])
        }
        return lowering([last]).kernels.compactMap { kernel in
            guard case .control(let control) = kernel.work, case .scan(let scan) = control.kind else { return nil }
            return ProgramLowering(scan.body, constants: scan.constants).kernels.map(\.work.name)
        }
    }

    @Test func `copy weights once whose rows compete for few lines of the caches`() throws {
        #expect(try kernels(256, 1024).contains { $0.contains("copy") })
        #expect(try kernels(250, 1000).allSatisfy { !$0.contains("copy") })
        // Few rows fit whatever they are apart.
        #expect(try kernels(32, 1024).allSatisfy { !$0.contains("copy") })
    }

    // MARK: Errors

    @Test func `tell what is wrong with their operands`() throws {
        func message(_ x: Tensor) -> String { x.error.map(\.description) ?? "" }
        func folded(_ c: Tensor, _ xs: [Tensor], _ step: (Tensor, [Tensor]) -> Tensor) -> String {
            let folded: Tensor = fold(c, over: xs, step)
            return folded.error.map(\.description) ?? ""
        }
        let (c, x) = (Tensor.zeros([2]), Tensor.zeros([3, 2]))
        #expect(folded(c, [x]) { c, x in sum(c) + sum(x[0]) }.contains("same shape before and after a step"))
        #expect(
            folded(c, [x]) { c, x in (c + x[0]).cast(to: .float64) }.contains(
                "is float32 before a step and float64 after"))
        #expect(folded(c, [x, Tensor.zeros([4])]) { c, x in c + x[0] }.contains("all first axes"))
        #expect(folded(c, [Tensor(1.0)]) { c, x in c + x[0] }.contains("first axis"))
        let two: [Tensor] = fold([c], over: x) { (c: [Tensor], x: Tensor) -> [Tensor] in [c[0], x] }
        let counted = two[0].error.map(\.description) ?? ""
        #expect(counted.contains("2 tensors as its state for 1"))
        var inner: Tensor?
        _ = fold(c, over: x) { (c: Tensor, x: Tensor) -> Tensor in
            inner = c + x
            return c + x
        }
        #expect(throws: TensorError.self) { try inner?.doubles() }
        let cell = Variable(0.0)
        let written: Tensor = fold(c, over: x) { (c: Tensor, x: Tensor) -> Tensor in
            cell.value = sum(x)
            return c + x
        }
        let refused = written.error.map(\.description) ?? ""
        #expect(refused.contains("differs from step to step"))
    }

    @Test func `an index out of range names the step`() throws {
        let table = Tensor([1.0, 2, 3])
        let indices = Tensor(copying: [Int64(0), 1, 7, 2], [4])
        do {
            let total: Tensor = fold(Tensor(0.0), over: indices) { (c: Tensor, i: Tensor) -> Tensor in
                c + table.gathered(i)
            }
            _ = try total.item()
            Issue.record("nothing was thrown")
        } catch let error as TensorError {
            #expect(error.kind == .index && error.description.contains("in step 2 of the loop"))
        }
    }
}
