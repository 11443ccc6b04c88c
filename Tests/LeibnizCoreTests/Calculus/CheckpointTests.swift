import LeibnizKernels
import Testing

@testable import LeibnizCore

@Suite struct `Checkpoints` {
    private static let weights = (0..<50).map {
        Variable(Tensor.normal([16, 16], deviation: 0.3, seed: 40 + $0, .float64))
    }

    /// Fifty layers; `wrap` is put around each run of seven.
    private static func loss(
        _ x: Tensor, _ wrap: (@escaping @Sendable (Tensor) -> Tensor) -> @Sendable (Tensor) -> Tensor
    ) -> Tensor {
        var x = x
        for start in stride(from: 0, to: 50, by: 7) {
            let layers = weights[start..<min(start + 7, 50)]
            x = wrap { layers.reduce($0) { tanh(matmul($0, $1.value)) } }(x)
        }
        return sum(x * x)
    }

    @Test func `change neither values nor gradients`() throws {
        let x = Tensor.normal([32, 16], seed: 3, .float64)
        let (plain, kept) = (Self.loss(x) { $0 }, Self.loss(x) { checkpoint($0) })
        #expect(try plain.item() == kept.item())
        let a = try gradients(of: plain, withRespectTo: Self.weights),
            b = try gradients(of: kept, withRespectTo: Self.weights)
        for (a, b) in zip(a, b) {
            #expect(firstDifference(try b.doubles(), try a.doubles(), tolerance: 1e-12) == nil)
        }
        let (gx, hx) = (
            gradient(of: { Self.loss($0) { $0 } })(x), gradient(of: { Self.loss($0) { checkpoint($0) } })(x)
        )
        #expect(firstDifference(try hx.doubles(), try gx.doubles(), tolerance: 1e-12) == nil)
    }

    @Test func `of a net of fifty layers take at most a third of its memory`() throws {
        try Variable.settle(Self.weights)
        let x = try Tensor.normal([512, 16], seed: 3, .float64).evaluated()
        func arena(_ loss: Tensor) throws -> Int {
            let gradients = try gradients(of: loss, withRespectTo: Self.weights)
            let graph = GraphSnapshot(([loss] + gradients).map(\.node), to: .values)
            return try Plan(Program(graph), library: Engine.interpreter).arenaByteCount
        }
        let (plain, kept) = (try arena(Self.loss(x) { $0 }), try arena(Self.loss(x) { checkpoint($0) }))
        #expect(plain >= 3 * kept, "\(plain) bytes without, \(kept) with")
    }

    @Test func `have derivatives of second order, and of what their body captured`() throws {
        let w = Variable(Tensor([0.5, -0.25], .float64))
        let x = Tensor([1.0, 2], .float64)
        let block = checkpoint { sin($0 * w.value) }
        let plain = { (x: Tensor) in sin(x * w.value) }
        func second(_ f: @escaping (Tensor) -> Tensor) throws -> [Double] {
            try gradient(of: { sum(gradient(of: { sum(f($0)) })($0)) })(x).doubles()
        }
        #expect(firstDifference(try second(block), try second(plain), tolerance: 1e-12) == nil)
        #expect(
            firstDifference(
                try gradients(of: sum(block(x)), withRespectTo: [w])[0].doubles(),
                try gradients(of: sum(plain(x)), withRespectTo: [w])[0].doubles(), tolerance: 1e-12) == nil)
        // A captured argument of an outer derivative.
        let outer = gradient(of: { y in sum(checkpoint { $0 * $0 * y }(x)) })(x)
        #expect(try outer.doubles() == [1, 4])
    }
}
