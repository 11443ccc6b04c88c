import Foundation
import Leibniz
import Testing

@Suite struct `Attention` {
    private func double<Result>(_ body: () -> Result) -> Result { withElementType(.float64) { withSeed(6, body) } }

    @Test func `products, softmax and sums, as nested loops`() throws {
        let (q, k, v) = (normal([2, 3, 4], seed: 1), normal([2, 5, 4], seed: 2), normal([2, 5, 3], seed: 3))
        let mask = normal([3, 5], seed: 4) > 0 | (Tensor.iota([3, 5], axis: 1) == 0)
        let (a, b, c) = (try NaiveArray(q), try NaiveArray(k), try NaiveArray(v))
        let allowed = try NaiveArray(mask)
        var expected: [Double] = []
        for n in 0..<2 {
            for i in 0..<3 {
                let powers = (0..<5).map { j -> Double in
                    let product = (0..<4).reduce(0.0) { $0 + a[[n, i, $1]] * b[[n, j, $1]] }
                    return allowed[[i, j]] == 0 ? 0 : exp(product / 2)
                }
                let total = powers.reduce(0, +)
                for e in 0..<3 { expected.append((0..<5).reduce(0.0) { $0 + powers[$1] / total * c[[n, $1, e]] }) }
            }
        }
        try expectClose(scaledDotProductAttention(query: q, key: k, value: v, mask: mask), expected)
    }

    @Test func `a query that may look at nothing gets nothing, and hands no derivative on`() throws {
        let (q, k, v) = (normal([2, 4], seed: 1), normal([3, 4], seed: 2), normal([3, 2], seed: 3))
        let allowed = Tensor([[false, false, false], [true, false, true]])
        let numbers = which(allowed, Tensor(0, .float64), Tensor(-.infinity, .float64))
        for mask in [allowed, numbers] {
            let f = { (x: [Tensor]) in scaledDotProductAttention(query: x[0], key: x[1], value: x[2], mask: mask) }
            let y = f([q, k, v])
            try expectClose(y[0], [0, 0])
            let seen = Tensor([0, 2])
            let alone = scaledDotProductAttention(query: q[1..<2], key: k.gathered(seen), value: v.gathered(seen))
            try expectClose(y[1..<2], alone.doubles())
            let slopes = gradient(of: { (x: [Tensor]) in sum(f(x) * f(x)) })([q, k, v])
            for slope in slopes { #expect(try slope.doubles().allSatisfy(\.isFinite)) }
            try expectClose(slopes[0][0], [0, 0, 0, 0])
            try expectClose(slopes[2][1], [0, 0])
        }
    }

    @Test func `dropout drops weights, and only in training`() throws {
        let (q, v) = (Tensor.zeros([1, 4], .float64), Tensor.eye(1000, 1000, .float64))
        let dropout = withSeed(3) { Dropout(0.25) }
        let f = {
            scaledDotProductAttention(query: q, key: Tensor.zeros([1000, 4], .float64), value: v, dropout: dropout)
        }
        // Each weight is 1/1000; what is kept is divided by the share that is kept.
        let weights = try f().doubles()
        #expect(weights.allSatisfy { $0 == 0 || $0.isClose(to: 1 / 750, within: 1e-15) })
        #expect((190...310).contains(weights.count { $0 == 0 }))
        try expectClose(inference { f() }, Array(repeating: 0.001, count: 1000))
    }

    @Test func `a causal layer does not see what comes later`() throws {
        let layer = double { MultiHeadAttention(6, heads: 2) }
        let x = normal([4, 2, 6], seed: 1)
        let changed = concatenate([x[0..<2], normal([2, 2, 6], seed: 2)])
        let y = layer(x, x, x, isCausal: true), z = layer(changed, changed, changed, isCausal: true)
        try expectClose(z[0..<2], y[0..<2].doubles())
        #expect(try z[2].doubles() != y[2].doubles())
        // A mask says the same, and what is padded counts for nothing.
        let later = Tensor.iota([4, 4], axis: 1) > .iota([4, 4], axis: 0)
        try expectClose(layer(x, x, x, mask: later), y.doubles())
        let numbers = which(later, Tensor(-.infinity, .float64), 0)
        try expectClose(layer(x, x, x, mask: numbers), y.doubles())
        let padding = Tensor([[false, false, true, true], [false, false, true, true]])
        try expectClose(layer(x, x, x, keyPadding: padding), layer(x, x[0..<2], x[0..<2]).doubles())
        try expectClose(sum(layer.weights(x, x), axes: [2]), Array(repeating: 1, count: 8))
    }

    @Test func `batches first or second`() throws {
        let (a, b) = (
            double { MultiHeadAttention(6, heads: 3) }, double { MultiHeadAttention(6, heads: 3, batchFirst: true) }
        )
        let x = normal([4, 2, 6], seed: 1)
        try expectClose(b(x.swapped(0, 1)).swapped(0, 1), a(x).doubles())
        #expect(
            a.namedParameters.map(\.path) == ["in_proj_weight", "in_proj_bias", "out_proj.weight", "out_proj.bias"])
        let c = double { MultiHeadAttention(6, heads: 3, bias: false, keyWidth: 4) }
        #expect(
            c.namedParameters.map(\.path) == ["q_proj_weight", "k_proj_weight", "v_proj_weight", "out_proj.weight"])
    }

    @Test func `places as waves, vectors and rotations`() throws {
        let table = SinusoidalEncoding.table(length: 5, width: 4, .float64)
        let expected = (0..<5).flatMap { place -> [Double] in
            let t = Double(place)
            return [Foundation.sin(t), Foundation.cos(t), Foundation.sin(t / 100), Foundation.cos(t / 100)]
        }
        try expectClose(table, expected)
        let x = normal([5, 2, 4], seed: 1)
        try expectClose(SinusoidalEncoding()(x), (x + table.expanded(at: 1)).doubles())
        try expectClose(SinusoidalEncoding(batchFirst: true)(x.swapped(0, 1)), (x.swapped(0, 1) + table).doubles())
        let learned = double { LearnedEncoding(7, 4) }
        try expectClose(learned(x), (x + learned.weight.value[0..<5].expanded(at: 1)).doubles())
        #expect(message(of: learned(Tensor.zeros([8, 1, 4], .float64))).contains("at most 7"))
        // Products of turned vectors depend on the distance of their places only, and lengths stay.
        for pairing in [RotaryPairing.neighbours, .halves] {
            let (q, k) = (normal([1, 6], seed: 2), normal([1, 6], seed: 3))
            func product(_ i: Int, _ j: Int) throws -> Double {
                try sum(rotaryEncoding(q, offset: i, pairing: pairing) * rotaryEncoding(k, offset: j, pairing: pairing))
                    .item()
            }
            #expect(try product(5, 2).isClose(to: product(13, 10)))
            #expect(try !product(5, 2).isClose(to: product(5, 3), within: 1e-6))
            try expectClose(norm(rotaryEncoding(q, offset: 9, pairing: pairing)), [norm(q).item()])
            let rows = normal([3, 6], seed: 4)
            try expectClose(
                rotaryEncoding(rows, pairing: pairing)[2],
                rotaryEncoding(rows[2..<3], offset: 2, pairing: pairing).doubles())
        }
        #expect(message(of: rotaryEncoding(Tensor.zeros([2, 3]))).contains("even d"))
    }

    @Test func `what does not fit is an error`() {
        let layer = MultiHeadAttention(6, heads: 4)
        #expect(message(of: layer(Tensor.zeros([2, 1, 6]))).contains("4 heads"))
        let other = MultiHeadAttention(6, heads: 2)
        #expect(message(of: other(Tensor.zeros([2, 1, 5]))).contains("queries are [L, N, 6]"))
        let x = Tensor.zeros([2, 1, 6])
        #expect(message(of: other(x, x, x, mask: Tensor.zeros([3, 2]))).contains("a mask is [2, 2]"))
        #expect(message(of: other(x, x, x, keyPadding: Tensor.zeros([2, 2]))).contains("padding of keys is [1, 2]"))
    }
}
