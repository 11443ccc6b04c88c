import Foundation
import Leibniz
import Testing

@Suite struct `Weights in another form` {
    @Test func `length and direction`() throws {
        let plain = withElementType(.float64) { withSeed(1) { Conv1D(2, 3, kernelSize: 2) } }
        let layer = withElementType(.float64) { withSeed(1) { WeightNorm(Conv1D(2, 3, kernelSize: 2)) } }
        #expect(
            layer.namedParameters.map(\.path) == [
                "bias", "parametrizations.weight.original0", "parametrizations.weight.original1",
            ])
        let x = try normal([2, 2, 5], seed: 1).evaluated()
        try expectClose(layer(x), plain(x).doubles())
        let parameters = Dictionary(uniqueKeysWithValues: layer.namedParameters.map { ($0.path, $0.parameter) })
        let g = try #require(parameters["parametrizations.weight.original0"])
        #expect(g.shape == [3, 1, 1])
        // The length of v does not matter, and twice the g is twice the weight.
        let v = try #require(parameters["parametrizations.weight.original1"])
        v.value = 5 * v.value
        try expectClose(layer(x), plain(x).doubles())
        g.value = 2 * g.value
        plain.weight.value = 2 * plain.weight.value
        try expectClose(layer(x), plain(x).doubles())
        try checkDerivatives(layer, x)
    }

    private func checkDerivatives(_ layer: some Layer, _ x: Tensor) throws {
        let loss = { (x: Tensor) in inference { sum(pow(layer(x), 2)) } }
        try expectClose(gradient(of: loss)(x), centralDifferences(of: loss, at: x), within: 1e-7)
        for (path, parameter, gradient) in try gradients(of: loss(x), layer).entries {
            try expectClose(
                gradient, centralDifferences(of: { layer.withParameters([path: $0]) { loss(x) } }, at: parameter.value),
                within: 1e-7, "\(path)")
        }
    }

    @Test func `the greatest singular value is 1`() throws {
        let layer = withElementType(.float64) { withSeed(1) { SpectralNorm(Linear(4, 3, bias: false)) } }
        let (path, weight) = try #require(layer.namedParameters.first)
        #expect(path == "parametrizations.weight.original")
        weight.value = Tensor([3.0, 0, 0, 0, 0, -7, 0, 0, 0, 0, 2, 0], shape: [3, 4], .float64)
        let x = try normal([5, 4], seed: 2).evaluated()
        for _ in 1...60 { _ = layer(x) }
        let plain = matmul(x, weight.value.transposed()) / 7
        try expectClose(layer(x), plain.doubles(), within: 1e-12)
        let before = try bits(of: layer)
        try expectClose(inference { layer(x) }, plain.doubles(), within: 1e-12)
        #expect(try bits(of: layer) == before)
        try checkDerivatives(layer, x)
    }

    @Test func `a layer without such a weight`() {
        #expect(message(of: WeightNorm(ReLU())(Tensor.zeros([1]))).contains("no parameter weight"))
        #expect(message(of: SpectralNorm(LayerNorm(3))(Tensor.zeros([3]))).contains("two axes"))
    }
}
