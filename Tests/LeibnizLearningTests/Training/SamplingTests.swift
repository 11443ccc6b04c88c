import Foundation
import Leibniz
import Testing

@Suite struct `Descent with noise` {
    struct Place: Module {
        let x: Parameter
    }

    @Test func `draws samples of a normal distribution`() throws {
        // U = ½·Σ kᵢ·(xᵢ − cᵢ)²: the mean is c, the variance 1/k. Many copies side by side stand for many runs.
        let (copies, k, c) = (2000, Tensor([1.0, 9.0], .float64), Tensor([2.0, -1.0], .float64))
        let model = Place(x: Parameter(Tensor.zeros([copies, 2], .float64)))
        let optimizer = LangevinDescent(model, learningRate: 0.2, friction: 0.2, warmUp: 10, seed: 3)
        try optimizer.setMasses { _ in k }
        let step = compiled { () in
            let distance = model.x.value - c
            let energy = 0.5 * sum(k * distance * distance)
            optimizer.update(minimizing: energy)
            return energy
        }
        for _ in 0..<150 { _ = try step() }
        let means = mean(model.x.value, axes: [0]), distances = model.x.value - means
        try expectClose(means, [2, -1], within: 0.1)
        // With steps of 0.2 the variance is right to about a hundredth; 2,000 draws tell it to three of them.
        let ratios = try (k * mean(distances * distances, axes: [0])).doubles()
        #expect(ratios.allSatisfy { $0 > 0.88 && $0 < 1.14 }, "\(ratios)")
    }

    @Test func `is plain descent with momentum without heat`() throws {
        let model = Place(x: Parameter(Tensor([3.0], .float64)))
        let optimizer = LangevinDescent(model, learningRate: 0.5, friction: 0.1, temperature: 0)
        var (x, v) = (3.0, 0.0)
        for _ in 0..<5 {
            try optimizer.minimize(2 * sum(model.x.value * model.x.value))
            v = 0.9 * v - 0.5 * 4 * x
            x += 0.5 * v
            #expect(try model.x.value.doubles()[0].isClose(to: x))
        }
        let wrong = LangevinDescent(model, friction: 0)
        #expect(message { try wrong.minimize(sum(model.x.value)) }.contains("friction"))
    }
}

@Suite struct `Factors of ratings` {
    private let users = Tensor([0, 0, 1, 2, 2, 2]), items = Tensor([0, 3, 1, 0, 2, 3])
    private let ratings = Tensor([5.0, 3, 4, 1, 2, 5]).cast(to: .float32)
    private let model = withSeed(1) { RatingFactors(userCount: 3, itemCount: 4, rank: 2, mean: 3.5) }

    @Test func `have the energy of their formula`() throws {
        let (x, y) = (try model.users.value.doubles(), try model.items.value.doubles())
        let pairs = zip(try users.array(of: Int.self), try items.array(of: Int.self))
        let predicted = pairs.map { u, i in
            3.5 + x[u * 3 + 2] + y[i * 3 + 2] + x[u * 3] * y[i * 3] + x[u * 3 + 1] * y[i * 3 + 1]
        }
        try expectClose(model(users, items), predicted, within: 1e-6)
        // With α = N/Σe² the first part is N; the prior is diag(1/0.09, 1/0.09, 5) around 0.
        let weights = [1 / 0.09, 1 / 0.09, 5]
        let prior = (x + y).enumerated().reduce(0) { $0 + weights[$1.offset % 3] * $1.element * $1.element }
        #expect(try model.energy(users, items, ratings).item().isClose(to: (6 + prior) / 12, within: 1e-5))
    }

    @Test func `have a prior that follows them`() throws {
        try model.updatePrior()
        let state = model.state
        let means = try #require(state["prior_means"]).doubles()
        let precisions = try #require(state["prior_precisions"]).doubles()
        for (place, (factors, count)) in [(model.users, 3.0), (model.items, 4.0)].enumerated() {
            let x = try factors.value.doubles()
            let centre = (0..<3).map { (k: Int) -> Double in
                var total = 0.0
                for row in 0..<Int(count) { total += x[row * 3 + k] }
                return total / count
            }
            for k in 0..<3 { #expect(means[place * 3 + k].isClose(to: centre[k] * count / (count + 2), within: 1e-5)) }
            // Precision times scatter is (N + d + 1)·I.
            func scatter(_ a: Int, _ b: Int) -> Double {
                var total: Double = a == b ? 1 : 0
                for row in 0..<Int(count) { total += (x[row * 3 + a] - centre[a]) * (x[row * 3 + b] - centre[b]) }
                return total + 2 * count / (count + 2) * centre[a] * centre[b]
            }
            for a in 0..<3 {
                for b in 0..<3 {
                    var product = 0.0
                    for k in 0..<3 { product += precisions[(place * 3 + a) * 3 + k] * scatter(k, b) }
                    #expect(product.isClose(to: a == b ? count + 3 : 0, within: 1e-4), "\(a) \(b)")
                }
            }
        }
    }

    @Test func `predict the mean of all samples, within the range`() throws {
        let now = try model.predictions.doubles()
        let chosen = try model(users, items).doubles()
        for (place, (u, i)) in zip(try users.array(of: Int.self), try items.array(of: Int.self)).enumerated() {
            #expect(now[u * 4 + i].isClose(to: min(5, max(1, chosen[place])), within: 1e-6))
        }
        try model.addSample()
        model.mean.value = Tensor(100.0)
        try model.addSample()
        try expectClose(model.predictions, now.map { ($0 + 5) / 2 }, within: 1e-6)
    }

    @Test func `have masses near the curvature`() throws {
        let masses = try model.masses(of: model.users, counts: [2, 1, 3], otherCounts: [2, 1, 1, 2]).doubles()
        let y = try model.items.value.doubles()
        let squares = (0..<2).map { (k: Int) -> Double in
            var total = 0.0
            for (item, count) in [2.0, 1.0, 1.0, 2.0].enumerated() {
                total += count * y[item * 3 + k] * y[item * 3 + k]
            }
            return total / 6
        }
        let greatest: Double = max(squares[0], squares[1])
        for (user, count) in [2.0, 1, 3].enumerated() {
            let factor: Double = (1.5 * count * greatest + 1 / 0.09) / 6
            let bias: Double = (1.5 * count + 5) / 6
            #expect(masses[user * 3].isClose(to: factor, within: 1e-5) && masses[user * 3 + 1] == masses[user * 3])
            #expect(masses[user * 3 + 2].isClose(to: bias, within: 1e-5))
        }
    }
}
