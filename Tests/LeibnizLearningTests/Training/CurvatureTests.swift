import Leibniz
import Testing

@Suite struct `The curvature of a loss` {
    /// ½ Σ λᵢ·(wᵢ − xᵢ)², with the mean over the examples x of a batch.
    struct Bowl: Module {
        let w = Parameter(Tensor([1.0, 2.0, -1.0], .float64))
    }

    private static let eigenvalues = [10.0, 3.0, 0.4]

    private func trainer(_ optimizer: (Bowl) -> any Optimizer, scale: Double = 1) -> Trainer<Bowl, Tensor> {
        let model = Bowl()
        return Trainer(model, optimizer(model)) { model, x in
            let distance = model.w.value - x
            return 0.5 * scale * sum(Tensor(Self.eigenvalues, .float64) * distance * distance) / Double(x.shape[0])
        }
    }

    private let noiseless = Tensor.zeros([8, 3], .float64)

    @Test func `is found, and the limit with it`() throws {
        let advice = try trainer { SGD($0, learningRate: 0.25) }.curvatureAdvice(on: noiseless, iterations: 60)
        // Gradient λᵢ·wᵢ: (10, 6, −0.4); κ = Σ λᵢ·gᵢ²/Σ gᵢ².
        let squares = [100.0, 36.0, 0.16]
        let curvature = zip(Self.eigenvalues, squares).reduce(0) { $0 + $1.0 * $1.1 } / squares.reduce(0, +)
        #expect(advice.gradientNorm.isClose(to: squares.reduce(0, +).squareRoot()))
        #expect(advice.gradientCurvature.isClose(to: curvature))
        #expect(advice.greatestEigenvalue.isClose(to: 10, within: 2e-3) && advice.isConverged)
        #expect(advice.stabilityLimit.isClose(to: 0.2, within: 2e-3) && advice.noiseScale == 0)
        #expect(advice.proposal == .rate(advice.bestRate) && advice.bestRate < 0.2)
        #expect(advice.reason.contains("above") && "\(advice)".contains("take the step size"))
    }

    @Test func `tells whether a step size is stable, as descent itself shows`() throws {
        for (rate, isStable) in [(0.19, true), (0.21, false)] {
            let trainer = trainer { SGD($0, learningRate: rate) }
            let advice = try trainer.curvatureAdvice(on: noiseless, iterations: 60)
            #expect((rate < advice.stabilityLimit) == isStable)
            let first = try trainer.evaluate(StoredBatches([noiseless]))["loss"] ?? .nan
            try trainer.fit(StoredBatches([noiseless]), epochs: 200)
            let last = try trainer.evaluate(StoredBatches([noiseless]))["loss"] ?? .nan
            #expect((last < first) == isStable, "\(rate): \(first) → \(last)")
        }
    }

    @Test func `leads to a proposal with its reason`() throws {
        let small = try trainer { SGD($0, learningRate: 1e-4) }.curvatureAdvice(on: noiseless)
        #expect(small.proposal == .rate(small.bestRate) && small.reason.contains("far below"))
        let fit = try trainer { SGD($0, learningRate: 0.08) }.curvatureAdvice(on: noiseless)
        #expect(fit.proposal == .keep)
        let adaptive = try trainer { Adam($0, learningRate: 5) }.curvatureAdvice(on: noiseless)
        #expect(adaptive.isAdaptive && adaptive.proposal == .keep && adaptive.reason.contains("by itself"))
        let momentum = try trainer { SGD($0, learningRate: 0.25, momentum: 0.9) }.curvatureAdvice(
            on: noiseless, iterations: 60)
        #expect(momentum.stabilityLimit.isClose(to: 0.38, within: 2e-3))
        // At a place where the gradient lies in the flat direction.
        let flat = trainer { SGD($0, learningRate: 0.02) }
        flat.model.w.value = Tensor([0.0, 0.0, 5.0], .float64)
        let long = try flat.curvatureAdvice(on: noiseless, iterations: 60)
        guard case .optimizer(let name, _) = long.proposal else { return #expect(Bool(false), "\(long.proposal)") }
        #expect(name.contains("momentum") && long.reason.contains("bends 25 times"))
        flat.model.w.value = Tensor([0.0, 0.0, 0.0], .float64)
        #expect(try flat.curvatureAdvice(on: noiseless).proposal == .keep)
    }

    @Test func `of a saddle is that of its valley's sides`() throws {
        // Every curvature is negative but smaller ones: −10, −3, −0.4, of which the greatest is −0.4.
        let advice = try trainer({ SGD($0, learningRate: 0.1) }, scale: -1).curvatureAdvice(
            on: noiseless, iterations: 200)
        #expect(advice.greatestEigenvalue.isClose(to: -0.4, within: 0.05) && advice.stabilityLimit == .infinity)
        #expect(advice.gradientCurvature < 0 && advice.proposal == .keep)
    }

    @Test func `counts the noise of gradients`() throws {
        // The gradient of an example is λ·(w − x): tr Σ = Σ λᵢ²·Var x.
        let x = 3 * Tensor.normal([4000, 3], seed: 7).cast(to: .float64)
        let trainer = trainer { SGD($0, learningRate: 0.15) }
        let advice = try trainer.curvatureAdvice(on: x)
        let expected = 9 * Self.eigenvalues.reduce(0) { $0 + $1 * $1 } / (advice.gradientNorm * advice.gradientNorm)
        let noise = try #require(advice.noiseScale)
        #expect(noise > 0.3 * expected && noise < 3 * expected, "\(noise), not \(expected)")
        let few = try trainer.curvatureAdvice(on: x.sliced(axis: 0, start: 0, count: 4))
        #expect(few.bestRate <= advice.bestRate * 1.5 && few.batchSize == 4)
        #expect(try trainer.curvatureAdvice(on: x.sliced(axis: 0, start: 0, count: 3)).noiseScale == nil)
    }

    @Test func `is looked at during training`() throws {
        let points = Points()
        let trainer = points.trainer(points.model(seed: 1))
        let watch = CurvatureWatch(everyEpochs: 2) { _ in }
        trainer.callbacks = [watch]
        let plain = points.trainer(points.model(seed: 1))
        try trainer.fit(points.batches(), epochs: 4)
        try plain.fit(points.batches(), epochs: 4)
        #expect(watch.advices.map(\.step) == [8, 16] && watch.advices.allSatisfy { $0.advice.greatestEigenvalue > 0 })
        // Nothing has been changed by it: not the weights, statistics and random streams either.
        #expect(try bits(of: trainer.model) == bits(of: plain.model))
    }
}
