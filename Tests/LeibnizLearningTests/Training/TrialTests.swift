import Leibniz
import Testing

@Suite struct `Trials before a training` {
    private let points = Points()

    @Test func `find a step size and change nothing`() throws {
        let (model, plain) = (points.model(seed: 1), points.model(seed: 1))
        let trainer = Trainer(model, SGD(model, learningRate: 0.5, momentum: 0.5)) { (model, batch: [Tensor]) in
            meanSquaredError(model(batch[0]), batch[1])
        }
        let before = try bits(of: model)
        let curve = try trainer.findLearningRate(points.batches(size: 60), in: 1e-4...1e4, steps: 80)
        #expect(try bits(of: model) == before && trainer.optimizer.learningRate.item() == 0.5)
        let suggestion = try #require(curve.suggestion)
        #expect(suggestion > 1e-3 && suggestion < 10, "\(suggestion)")
        #expect(curve.rates.count < 80 && curve.rates.count == curve.losses.count, "it ends where the loss grows")
        let factor = curve.rates[1] / curve.rates[0]
        #expect(zip(curve.rates, curve.rates.dropFirst()).allSatisfy { ($1 / $0).isClose(to: factor, within: 1e-9) })
        // Training goes on as if nothing had been: random streams and momentum too.
        let other = Trainer(plain, SGD(plain, learningRate: 0.5, momentum: 0.5)) { (model, batch: [Tensor]) in
            meanSquaredError(model(batch[0]), batch[1])
        }
        try trainer.fit(points.batches(), epochs: 1)
        try other.fit(points.batches(), epochs: 1)
        #expect(try bits(of: model) == bits(of: plain))
    }

    @Test func `tell whether a model can learn a batch by heart`() throws {
        let x = Tensor.normal([6, 3], seed: 1), y = Tensor.normal([6, 1], seed: 2)
        func result(_ model: some Layer) throws -> OverfitResult {
            let trainer = Trainer(model, Adam(model, learningRate: 0.03)) { (model, batch: [Tensor]) in
                meanSquaredError(model(batch[0]), batch[1])
            }
            let before = try bits(of: model)
            let result = try trainer.overfit([x, y])
            #expect(try bits(of: model) == before)
            return result
        }
        #expect(try result(withSeed(1) { Sequential(Linear(3, 32), Tanh(), Linear(32, 1)) }).isLearned)
        // One number for all cannot be six.
        let stiff = try result(withSeed(1) { Sequential(Linear(3, 1), Scale()) })
        #expect(!stiff.isLearned && stiff.losses.count == 200)
    }

    private struct Scale: Layer {
        func callAsFunction(_ x: Tensor) -> Tensor { 0 * x }
    }
}
