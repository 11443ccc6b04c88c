import Leibniz
import Testing

/// Whole models under the transformations of the calculus.
@Suite struct `Transformations of models` {
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
