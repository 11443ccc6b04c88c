import Testing

@testable import LeibnizCore

/// Derivatives at the places where mathematics leaves a choice, or IEEE arithmetic sets a trap: as documented.
@Suite struct `Derivatives at kinks` {
    private func slope(_ f: @escaping (Tensor) -> Tensor, at x: Double) throws -> Double {
        try gradient(of: f)(Tensor(x, .float64)).item()
    }

    @Test func `are one of the subgradients, the documented one`() throws {
        #expect(try slope({ relu($0) }, at: 0) == 0)
        #expect(try slope({ relu($0) }, at: -0.0) == 0)
        #expect(try slope({ abs($0) }, at: 0) == 0)
        #expect(try slope({ sign($0) }, at: 0) == 0)
        #expect(try slope({ leakyRelu($0, slope: 0.25) }, at: 0) == 0.25)
        #expect(try slope({ elu($0, alpha: 0.5) }, at: 0) == 0.5)
        #expect(try slope({ clamp($0, 0, 1) }, at: 0) == 1)
        #expect(try slope({ clamp($0, 0, 1) }, at: 1) == 1)
        #expect(try slope({ relu6($0) }, at: 6) == 1)
        #expect(try slope({ maximum($0, $0.filled(2)) }, at: 2) == 0.5)
        #expect(try slope({ minimum($0, $0.filled(2)) }, at: 2) == 0.5)
        #expect(try slope({ norm($0) }, at: 0) == 0)
        #expect(try slope({ pow($0, Tensor(0, .float64)) }, at: 0) == 0)
        #expect(try slope({ pow($0, 0) }, at: 0) == 0)
        #expect(try slope({ pow($0, 1) }, at: 0) == 1)
        #expect(try slope({ pow($0, 2) }, at: 0) == 0)
        #expect(try slope({ pow(Tensor(0, .float64), $0) }, at: 2) == 0)
        #expect(try slope({ sqrt($0) }, at: 0) == .infinity)
    }

    @Test func `go to the first of equal extremes`() throws {
        let x = Tensor([[3.0, 1, 3], [2, 2, 2]], .float64)
        #expect(try gradient(of: { sum(max($0, axes: [1])) })(x).doubles() == [1, 0, 0, 1, 0, 0])
        #expect(try gradient(of: { sum(min($0, axes: [1])) })(x).doubles() == [0, 1, 0, 1, 0, 0])
        #expect(try gradient(of: { max($0) })(x).doubles() == [1, 0, 0, 0, 0, 0])
        #expect(try gradient(of: { max($0, axes: [0, 1]) * 2 })(x).doubles() == [2, 0, 0, 0, 0, 0])
        #expect(try gradient(of: { sum(topK($0, 1, axis: 1).values) })(x).doubles() == [1, 0, 0, 1, 0, 0])
    }

    @Test func `let NaN through where it is a value`() throws {
        #expect(try relu(Tensor(.nan, .float64)).item().isNaN)
        #expect(try maximum(Tensor(.nan, .float64), Tensor(1, .float64)).item().isNaN)
        #expect(try minimum(Tensor(1, .float64), Tensor(.nan, .float64)).item().isNaN)
        #expect(try clamp(Tensor(.nan, .float64), 0, 1).item().isNaN)
        #expect(try max(Tensor([1, .nan, 3], .float64)).item().isNaN)
        #expect(try gradient(of: { max($0) })(Tensor([1, .nan, 3], .float64)).doubles() == [0, 1, 0])
        #expect(try gradient(of: { sum($0 * $0) })(Tensor([1, .nan], .float64)).doubles()[1].isNaN)
    }

    @Test func `do not leak from the branch that is not taken`() throws {
        #expect(try slope({ which($0 > 0, sqrt(which($0 > 0, $0, 1)), 0) }, at: 0) == 0)
        #expect(try slope({ which($0 > 0, log(which($0 > 0, $0, 1)), 0) }, at: -1) == 0)
        #expect(try slope({ elu($0) }, at: 1000) == 1)
        #expect(try slope({ softplus($0) }, at: 1000) == 1)
        #expect(try slope({ softplus($0) }, at: -1000) == 0)
        #expect(try slope({ sigmoid($0) }, at: -1000) == 0)
        #expect(try slope({ logSigmoid($0) }, at: -1000) == 1)
        #expect(try slope({ tanh($0) }, at: 1000) == 0)
        #expect(try slope({ gelu($0) }, at: 100) == 1)
        #expect(try slope({ silu($0) }, at: 1000) == 1)
        #expect(try slope({ mish($0) }, at: -1000) == 0)
    }

    @Test func `of softmax and its relatives stay finite for large logits`() throws {
        let x = Tensor([1e4, -1e4, 9_999], .float64)
        for f in [
            { sum(logSoftmax($0) * Tensor([1.0, 0, 0], .float64)) }, { logSumExp($0) },
            { sum(softmax($0) * $0.stopGradient()) },
        ] as [(Tensor) -> Tensor] {
            #expect(try gradient(of: f)(x).doubles().allSatisfy(\.isFinite))
        }
        let (a, b) = gradient(of: { (a: Tensor, b: Tensor) in sum(logAddExp(a, b)) })(
            Tensor([1e4, -1e4, 5], .float64), Tensor([-1e4, -1e4, 5], .float64))
        #expect(try a.doubles() == [1, 0.5, 0.5])
        #expect(try b.doubles() == [0, 0.5, 0.5])
    }
}
