import Testing

@testable import LeibnizCore

@Suite struct `Batches` {
    private let x = Tensor.normal([4, 3], seed: 1, .float64)
    private let y = Tensor.normal([3, 4], seed: 2, .float64)

    private func kind(_ tensor: Tensor) -> TensorError.Kind? {
        do {
            _ = try tensor.doubles()
            return nil
        } catch { return (error as? TensorError)?.kind }
    }

    @Test func `run along any axis, of several arguments, into any axis`() throws {
        let f = { (a: Tensor, b: Tensor) in sin(a) * sum(b) }
        let loop = stack((0..<4).map { f(x[$0], y[0..., $0]) })
        for (out, expected) in [(0, loop), (1, loop.transposed()), (-1, loop.transposed()), (-2, loop)] {
            let found = vmap(f, in: [0, 1], out: out)(x, y)
            #expect(found.shape == expected.shape)
            #expect(try found.doubles() == expected.doubles())
            #expect(try vmap(f, in: [-2, -1], out: out)(x, y).doubles() == expected.doubles())
        }
        // The same for all, and a result that is the same for all.
        let shared = vmap(f, in: [0, nil])(x, y)
        #expect(try shared.doubles() == stack((0..<4).map { f(x[$0], y) }).doubles())
        let both = vmap({ (all: [Tensor]) in [all[0] + 1, all[1] * 2] }, in: [0, nil], out: [1, nil])([x, y])
        #expect(both.map(\.shape) == [[3, 4], [3, 4]])
        #expect(try both[1].doubles() == (y * 2).doubles())
        #expect(try vmap { _ in Tensor([1.0, 2], .float64) }(x).doubles() == [1, 2, 1, 2, 1, 2, 1, 2])
    }

    @Test func `nest in each other, over what inner bodies capture`() throws {
        let table = vmap { a in vmap { b in sum(a * b) }(x) }(x)
        #expect(firstDifference(try table.doubles(), try matmul(x, x.transposed()).doubles(), tolerance: 1e-13) == nil)
        // The inner batch is the outer element.
        let squares = vmap { row in vmap { $0 * $0 + row[0] }(row) }(x)
        #expect(firstDifference(try squares.doubles(), try (x * x + x[0..., 0..<1]).doubles(), tolerance: 1e-14) == nil)
        let deep = vmap { a in vmap { b in vmap { c in a[0] * b + c }(y[0..<2]) }(y[0]) }(x)
        #expect(deep.shape == [4, 4, 2, 4])
    }

    @Test func `give the gradient of each example`() throws {
        let w = Tensor.normal([3], seed: 5, .float64)
        let loss = { (w: Tensor, x: Tensor, t: Tensor) in pow(tanh(sum(w * x)) - t, 2) }
        let t = Tensor.normal([4], seed: 6, .float64)
        let each = vmap({ (w: Tensor, x: Tensor, t: Tensor) in gradient(of: { loss($0, x, t) })(w) }, in: [nil, 0, 0])
        let loop = stack((0..<4).map { i in gradient(of: { loss($0, x[i], t[i]) })(w) })
        #expect(firstDifference(try each(w, x, t).doubles(), try loop.doubles(), tolerance: 1e-13) == nil)
        // And of a batch as a whole: the derivative passes through it.
        let total = gradient(of: { w in sum(vmap({ (x: Tensor, t: Tensor) in loss(w, x, t) })(x, t)) })(w)
        #expect(firstDifference(try total.doubles(), try sum(loop, axes: [0]).doubles(), tolerance: 1e-13) == nil)
        let along = pushforward({ vmap { row in sum(row * row * w) }($0) }, at: x, along: x).tangent
        #expect(
            firstDifference(try along.doubles(), try (2 * sum(x * x * w, axes: [1])).doubles(), tolerance: 1e-13) == nil
        )
    }

    @Test func `take indices, sorts and tables as a loop does`() throws {
        let (table, rows) = (Tensor.normal([7, 2], seed: 3, .float64), Tensor([[3, 0], [6, 1], [0, 0]]))
        let found = vmap { table[$0] }(rows)
        #expect(try found.doubles() == stack((0..<3).map { table[rows[$0]] }).doubles())
        let sorted = vmap({ (x: Tensor) in sort(x, descending: true).values }, in: 1, out: 1)(x)
        #expect(try sorted.doubles() == sort(x, axis: 0, descending: true).values.doubles())
        let picked = vmap { (row: Tensor) in row[argMax(row)] }(x)
        #expect(try picked.doubles() == max(x, axes: [1]).doubles())
        let set = vmap { (row: Tensor) in row.at[rows[1] % 3].set(9) }(x)
        #expect(try set.doubles() == stack((0..<4).map { x[$0].at[rows[1] % 3].set(9) }).doubles())
        // A wrong index is found in a batch too, and its place among the indices is told.
        let error = #expect(throws: TensorError.self) { try vmap { table[$0] }(Tensor([[3, 0], [6, 9]])).doubles() }
        #expect(error?.kind == .index)
        #expect(error?.reason.contains("position [1, 1]") == true, "\(error?.reason ?? "")")
    }

    @Test func `draw the same numbers for a seed, and others for positions that differ`() throws {
        let place = RandomPosition(seed: 4, stream: 1)
        let same = vmap { $0 + .normal([3], at: place, .float64) }(x)
        #expect(try same.doubles() == (x + .normal([3], at: place, .float64)).doubles())
        // Element i draws where a loop that goes on would.
        let (starts, all) = (Tensor([0, 3, 6, 9]), Tensor.uniform([12], at: place, .float64))
        let drawn = vmap { Tensor.uniform([3], at: place.moved(by: $0), .float64) }(starts)
        #expect(drawn.shape == [4, 3])
        #expect(try drawn.doubles() == all.doubles())
        let normal = vmap { sum(.normal([2, 2], at: place.moved(by: $0), .float64)) }(starts)
        let loop = [0, 3, 6, 9].map {
            sum(.normal([2, 2], at: RandomPosition(seed: 4, stream: 1, position: $0), .float64))
        }
        #expect(firstDifference(try normal.doubles(), try stack(loop).doubles(), tolerance: 1e-13) == nil)
        #expect(kind(.uniform([2], at: place.moved(by: x), .float64)) == .elementType)
    }

    @Test func `of nothing are empty, and of one are one`() throws {
        let f = vmap { (row: Tensor) in matmul(row, y) * max(row) }
        #expect(f(x[0..<0]).shape == [0, 4])
        #expect(try f(x[0..<0]).doubles() == [])
        #expect(try f(x[0..<1]).doubles() == (matmul(x[0], y) * max(x[0])).doubles())
    }

    @Test func `refuse what has no meaning, and say so`() {
        #expect(kind(vmap({ (a: Tensor, b: Tensor) in sum(a) + sum(b) })(x, y)) == .shape)
        #expect(kind(vmap({ $0 }, in: 2)(x)) == .index)
        #expect(kind(vmap({ $0 }, out: 2)(x)) == .index)
        #expect(kind(vmap({ (a: Tensor, b: Tensor) in a + b }, in: [nil, nil])(x, x)) == .value)
        #expect(kind(vmap({ (a: Tensor, b: Tensor) in a + b }, in: [0])(x, x)) == .value)
        #expect(kind(vmap({ $0 }, in: [0], out: [nil])([x])[0]) == .value)
        #expect(kind(vmap { matmul($0, $0.reshaped(to: [7])) }(x)) == .shape)
        #expect(kind(vmap { $0 }(matmul(x, x))) == .shape)
        // An element has no value of its own.
        let asked = vmap { (row: Tensor) -> Tensor in
            let error = #expect(throws: TensorError.self) { try sum(row * 2).doubles() }
            #expect(error?.reason.contains("every element of a batch") == true)
            do { return try sum(row).item() > 0 ? row : -row } catch {
                return Tensor(invalid: error as? TensorError ?? TensorError("?", [], "?"))
            }
        }(x)
        #expect(kind(asked) == .trace)
        // Nor outside.
        nonisolated(unsafe) var escaped = x
        _ = vmap {
            escaped = $0 * 2
            return $0
        }(x)
        #expect(kind(escaped) == .trace)
    }

    @Test func `write variables only what is the same for all`() throws {
        let counter = Variable(Tensor(1, .float64))
        let f = vmap { (row: Tensor) -> Tensor in
            counter.value = counter.value + 1
            return row * counter.value
        }
        #expect(try f(x).doubles() == (x * 2).doubles())
        #expect(try counter.value.item() == 2)
        let wrong = vmap { (row: Tensor) -> Tensor in
            counter.value = sum(row)
            return row
        }
        #expect(kind(wrong(x)) == .trace)
        #expect(try counter.value.item() == 2)
    }

    @Test func `are traced once and compiled`() throws {
        let f = compiled { (x: Tensor, y: Tensor) in vmap { row in tanh(matmul(row, y)) }(x) }
        #expect(firstDifference(try f(x, y).doubles(), try tanh(matmul(x, y)).doubles(), tolerance: 1e-14) == nil)
        let inner = compiled { (row: Tensor) in sum(row * row) }
        let outer = vmap { (row: Tensor) -> Tensor in (try? inner(row)) ?? row }
        #expect(try outer(x).doubles() == sum(x * x, axes: [1]).doubles())
    }

    @Test func `keep rules of one's own, and checkpoints`() throws {
        let clipped = CustomRule(
            { $0 * $0 }, forward: { x, _, dx in minimum(2 * x, 1) * dx },
            reverse: { x, _, dy in minimum(2 * x, 1) * dy })
        let total = { (x: Tensor) in sum(vmap { row in sum(clipped(row)) }(x)) }
        #expect(try gradient(of: total)(x).doubles() == minimum(2 * x, 1).doubles())
        #expect(try vmap { gradient(of: { sum(clipped($0)) })($0) }(x).doubles() == minimum(2 * x, 1).doubles())
        // One structure, one plan, however often the batch is made.
        _ = try total(x).item()
        let plans = CompilationStatistics.planCount
        for _ in 0..<3 { _ = try total(x).item() }
        #expect(CompilationStatistics.planCount == plans)
        let kept = { (x: Tensor) in sum(vmap { row in checkpoint { sin($0) * $0 }(row) }(x)) }
        let plain = { (x: Tensor) in sum(sin(x) * x) }
        #expect(
            firstDifference(try gradient(of: kept)(x).doubles(), try gradient(of: plain)(x).doubles(), tolerance: 1e-14)
                == nil)
        // What a checkpoint captured may differ within the batch, and its argument too.
        let captured = { (x: Tensor) in sum(vmap { row in sum(checkpoint { $0 * row }(row * row)) }(x)) }
        let slopes = gradient(of: captured)(x)
        #expect(firstDifference(try slopes.doubles(), try (3 * x * x).doubles(), tolerance: 1e-14) == nil)
        let shared = { (x: Tensor) in sum(vmap { row in sum(checkpoint { $0 * row }(y[0, 0..<3])) }(x)) }
        let row = try y[0, 0..<3].doubles()
        #expect(try gradient(of: shared)(x).doubles() == row + row + row + row)
    }
}
