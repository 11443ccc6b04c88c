import Leibniz
import Testing

/// Every layer under the transformations of the calculus, and whole models.
@Suite struct `Transformations of models` {
    private struct Tanh: Layer {
        func callAsFunction(_ x: Tensor) -> Tensor { tanh(x) }
    }

    private struct Trial: Sendable {
        let name: String
        let layer: any Layer
        let input: Shape
    }

    private static let trials: [Trial] = withSeed(3) {
        withElementType(.float64) {
            [
                Trial(name: "Linear", layer: Linear(4, 3), input: [2, 4]),
                Trial(name: "Conv2D", layer: Conv2D(2, 3, kernelSize: 3, padding: 1), input: [2, 2, 4, 5]),
                Trial(name: "MaxPool2D", layer: MaxPool2D(2), input: [1, 2, 4, 4]),
                Trial(name: "MaxPool2D with padding", layer: MaxPool2D(3, stride: 2, padding: 1), input: [1, 1, 5, 5]),
                Trial(name: "AveragePool2D", layer: AveragePool2D(2), input: [1, 2, 4, 4]),
                Trial(name: "LpPool2D", layer: LpPool2D(2, 2), input: [1, 1, 4, 4]),
                Trial(name: "LpPool2D of order 3", layer: LpPool2D(3, 2), input: [1, 1, 4, 4]),
                Trial(name: "LpPool2D of order −1", layer: LpPool2D(-1, 2), input: [1, 1, 4, 4]),
                Trial(name: "LpPool2D, learned", layer: LpPool2D(learning: 0.1, 2, channels: 2), input: [1, 2, 4, 4]),
                Trial(name: "MaxPool1D", layer: MaxPool1D(3, stride: 2, ceilMode: true), input: [1, 2, 6]),
                Trial(name: "AveragePool3D", layer: AveragePool3D(2, stride: 1), input: [1, 3, 2, 3]),
                Trial(
                    name: "running sums", layer: AveragePool2D(3, stride: 1, usesAntiderivative: true),
                    input: [1, 5, 4]),
                Trial(name: "log-sum-exp", layer: Pool(.logSumExp(learning: 0.5), 2), input: [1, 1, 4, 4]),
                Trial(name: "softmax weights", layer: Pool(.soft(), 3, padding: 1), input: [1, 1, 4, 4]),
                Trial(name: "median", layer: Pool(.median, 2), input: [1, 1, 4, 4]),
                Trial(name: "mixed", layer: Pool(.mixed(), 2), input: [1, 1, 4, 4]),
                Trial(name: "gated", layer: Pool(.gated([2, 2]), 2), input: [1, 1, 4, 4]),
                Trial(name: "BlurPool2D", layer: BlurPool2D(3), input: [1, 1, 4, 4]),
                Trial(name: "SpectralPool2D", layer: SpectralPool2D([3, 2]), input: [1, 4, 4]),
                Trial(name: "AdaptivePool", layer: AdaptivePool(.average, [3, 2]), input: [1, 2, 4, 4]),
                Trial(name: "GlobalPool", layer: GlobalPool(.maximum), input: [1, 2, 3, 4]),
                Trial(name: "QuadraturePool2D", layer: QuadraturePool2D([3, 2]), input: [1, 2, 4, 5]),
                Trial(
                    name: "ConvNet", layer: Sequential(Conv2D(1, 2, kernelSize: 3), Tanh(), Flatten()),
                    input: [2, 1, 4, 4]),
            ]
        }
    }

    @Test(arguments: trials.indices)
    func `layers give for a batch what a loop gives`(number: Int) throws {
        let trial = Self.trials[number]
        let x = normal(Shape([3] + trial.input.extents), seed: 5)
        let loop = stack((0..<3).map { trial.layer(x[$0]) })
        try expectClose(vmap { trial.layer($0) }(x), loop.doubles(), within: 1e-12)
        let slopes = { (x: Tensor) in gradient(of: { sum(pow(trial.layer($0), 3)) })(x) }
        try expectClose(vmap(slopes)(x), stack((0..<3).map { slopes(x[$0]) }).doubles(), within: 1e-12)
    }

    @Test(arguments: trials.indices)
    func `layers have the Taylor series of nested derivatives, and symmetric Hessians`(number: Int) throws {
        let trial = Self.trials[number]
        let (x, v) = (normal(trial.input, seed: 6), normal(trial.input, seed: 7))
        let f = { (x: Tensor) in sum(pow(trial.layer(x), 3)) }
        let series = try taylor(of: f, at: x, along: v, order: 6).derivatives.map { try $0.item() }
        var phi: (Tensor) -> Tensor = { f(x + $0 * v) }
        for order in 0...6 {
            let expected = try phi(Tensor(0, .float64)).item()
            #expect(series[order].isClose(to: expected, within: 1e-9), "\(trial.name), order \(order)")
            let lower = phi
            phi =
                order == 1
                ? gradient(of: lower) : { pushforward(lower, at: $0, along: $0.filled(1)).tangent }
        }
        let u = normal(trial.input, seed: 8)
        let (vHu, uHv) = (
            sum(v * hessianVectorProduct(of: f, at: x, along: u)), sum(u * hessianVectorProduct(of: f, at: x, along: v))
        )
        #expect(try vHu.item().isClose(to: uHv.item(), within: 1e-11))
    }

    @Test func `a model's loss has a Hessian, whose products are one line`() throws {
        let model = withElementType(.float64) {
            withSeed(1) { Sequential(Linear(3, 4), Tanh(), Linear(4, 2)) }
        }
        let (x, y) = (normal([5, 3], seed: 1), normal([5, 2], seed: 2))
        let loss = { (w: [String: Tensor]) in model.withParameters(w) { meanSquaredError(model(x), y) } }
        let w = model.parameterValues
        #expect(w.keys.sorted() == ["0.bias", "0.weight", "2.bias", "2.weight"])
        let before = try bits(of: model)
        let v = w.mapValues { normal($0.shape, seed: $0.shape.count) }
        let Hv = hessianVectorProduct(
            of: { model.withParameters($0) { meanSquaredError(model(x), y) } }, at: w, along: v)
        let slope = gradient(of: loss)
        let h = 1e-5
        func moved(_ distance: Double) -> [String: Tensor] {
            Dictionary(uniqueKeysWithValues: w.map { ($0, $1 + distance * (v[$0] ?? 0)) })
        }
        let (above, below) = (slope(moved(h)), slope(moved(-h)))
        for (path, product) in Hv {
            let expected = try #require(above[path]) - #require(below[path])
            try expectClose(product, (expected / (2 * h)).doubles(), within: 1e-8)
        }
        // The gradient is the optimizer's, and the Gauss–Newton product has no negative curvature.
        let own = try gradients(of: meanSquaredError(model(x), y), model)
        for (path, gradient) in slope(w) { try expectClose(gradient, #require(own[path]).doubles()) }
        let Gv = gaussNewtonVectorProduct(
            of: { w in model.withParameters(w) { model(x) } }, loss: { meanSquaredError($0, y) }, at: w, along: v)
        #expect(try Gv.reduce(0) { try $0 + sum($1.value * (v[$1.key] ?? 0)).item() } > 0)
        #expect(try bits(of: model) == before)
    }

    @Test func `a gradient per example is a batch of gradients`() throws {
        let model = withElementType(.float64) {
            withSeed(2) { Sequential(Linear(3, 4), ReLU(), Linear(4, 2)) }
        }
        let (x, labels) = (normal([6, 3], seed: 1), Tensor([0, 1, 1, 0, 1, 0]))
        let loss = { (w: [String: Tensor], x: Tensor, label: Tensor) in
            model.withParameters(w) { crossEntropy(model(x.expanded(at: 0)), label.expanded(at: 0)) }
        }
        let w = model.parameterValues
        let each = vmap(
            { (w: [String: Tensor], x: Tensor, label: Tensor) in gradient(of: { loss($0, x, label) })(w) },
            in: [nil, 0, 0])(w, x, labels)
        for (path, gradients) in each {
            for i in 0..<6 {
                let one = try #require(gradient(of: { loss($0, x[i], labels[i]) })(w)[path])
                try expectClose(gradients[i], one.doubles())
            }
            let whole = try #require(
                gradient(of: { w in model.withParameters(w) { crossEntropy(model(x), labels) } })(w)[path])
            try expectClose(mean(gradients, axes: [0]), whole.doubles())
        }
    }
}
