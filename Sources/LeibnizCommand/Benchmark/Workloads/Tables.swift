import Leibniz

/// Programs that look rows up in large tables.
enum TableWorkloads {
    static let all = [factorization]
    static let embeddings = [embeddingGradient, embeddingStep]
    static let epochs = [factorizationEpoch]

    private struct Factors: Module {
        let users = Parameter(Initialization.uniform([943, 32], inputs: 100))
        let items = Parameter(Initialization.uniform([1682, 32], inputs: 100))
    }

    private static let factorization = Workload(
        name: "matrix-factorization",
        summary: "943 and 1682 embeddings of 32 numbers, 4096 ratings: mean squared error, SGD step",
        passes: [Pass.over(4 * 4096 * 32, operationsEach: 2), Pass.over(2 * (943 + 1682) * 32)]
    ) { type in
        var data = BenchmarkData(type)
        let model = try data.model { Factors() }
        let optimizer = SGD(model, learningRate: 0.1)
        let (users, items) = (try data.integers([4096], below: 943), try data.integers([4096], below: 1682))
        let ratings = try data.normal([4096])
        let step = compiled { (users: Tensor, items: Tensor, ratings: Tensor) in
            let predicted = sum(model.users.value[users] * model.items.value[items], axes: [-1])
            let loss = meanSquaredError(predicted, ratings)
            optimizer.update(minimizing: loss)
            return loss
        }
        return Iteration(training: model) { try step(users, items, ratings) }
    }

    private struct BiasedFactors: Module {
        let users = Parameter(Initialization.uniform([943, 32], inputs: 100))
        let items = Parameter(Initialization.uniform([1682, 32], inputs: 100))
        let userBiases = Parameter(Initialization.uniform([943], inputs: 100))
        let itemBiases = Parameter(Initialization.uniform([1682], inputs: 100))
    }

    private static let factorizationEpoch = Workload(
        name: "recommender-epoch",
        summary: "943 and 1682 embeddings of 32 numbers and their biases, 90 SGD steps of 1000 ratings each",
        passes: Array(
            repeating: [Pass.over(4 * 1000 * 33, operationsEach: 2), Pass.over(2 * 1000 * 33)], count: 90
        ).flatMap { $0 }
    ) { type in
        var data = BenchmarkData(type)
        let model = try data.model { BiasedFactors() }
        let optimizer = SGD(model, learningRate: 0.1)
        let batches = try (0..<90).map { _ in
            (try data.integers([1000], below: 943), try data.integers([1000], below: 1682), try data.normal([1000]))
        }
        let step = compiled { (users: Tensor, items: Tensor, ratings: Tensor) in
            let products = sum(model.users.value[users] * model.items.value[items], axes: [-1])
            let predicted = products + model.userBiases.value[users] + model.itemBiases.value[items]
            let loss = meanSquaredError(predicted, ratings)
            optimizer.update(minimizing: loss)
            return loss
        }
        return Iteration(training: model) {
            var loss = Tensor(0.0)
            for (users, items, ratings) in batches { loss = try step(users, items, ratings) }
            return loss
        }
    }

    private static let embeddingGradient = Workload(
        name: "embedding-gradient", summary: "8192 of 50,000 rows of 64 numbers, and the dense gradient of the table",
        passes: [Pass.over(2 * 8192 * 64), Pass.over(8192 * 64 + 50_000 * 64)]
    ) { type in
        var data = BenchmarkData(type)
        let (table, indices) = (try data.normal([50_000, 64]), try data.integers([8192], below: 50_000))
        let w = try data.normal([8192, 64])
        let f = compiled { (table: Tensor, indices: Tensor, w: Tensor) in
            let (y, pull) = pullback({ $0[indices] }, at: table)
            return [y, pull(w)]
        }
        return Iteration { try f(table, indices, w) }
    }

    private static let embeddingStep = Workload(
        name: "embedding-sgd-step", summary: "the same table, an SGD step",
        passes: [Pass.over(2 * 8192 * 64), Pass.over(2 * 8192 * 64)]
    ) { type in
        var data = BenchmarkData(type)
        let (table, indices) = (Parameter(try data.normal([50_000, 64])), try data.integers([8192], below: 50_000))
        let w = try data.normal([8192, 64])
        let optimizer = SGD(table, learningRate: 0.1)
        let step = compiled { (indices: Tensor, w: Tensor) in
            let loss = sum(w * table.value[indices])
            optimizer.update(minimizing: loss)
            return loss
        }
        return Iteration(training: table) { try step(indices, w) }
    }
}
