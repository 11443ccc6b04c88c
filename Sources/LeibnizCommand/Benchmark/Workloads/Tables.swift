import Leibniz

/// Programs that look rows up in large tables.
enum TableWorkloads {
    static let all = [factorization]
    static let embeddings = [embeddingGradient, embeddingStep]

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
