import Leibniz

/// Indices that point outside, read and written by compiled kernels: each must be an error, and none an access.
enum WildIndices {
    /// What the error of each case says; nil where there was none.
    static func errors() -> [(name: String, error: String?)] {
        let table = Tensor.normal([10, 4], seed: 1)
        let model = Linear(4, 10)
        let optimizer = SGD(model, learningRate: 0.1)
        let x = Tensor.normal([3, 4], seed: 2)
        let step = compiled { (x: Tensor, classes: Tensor) in
            let loss = crossEntropy(model(x), classes)
            optimizer.update(minimizing: loss)
            return loss
        }
        let far = Tensor([0, 1_000_000_000_000, 2])
        return [
            ("gather", { _ = try sum(table.gathered(far)).item() }),
            ("gather before the start", { _ = try sum(table.gathered(Tensor([-11, 0]))).item() }),
            ("scatter", { _ = try sum(table.at[far].add(1)).item() }),
            ("derivative", { _ = try sum((∇{ sum($0.gathered(far)) })(table)).item() }),
            ("compiled step", { _ = try step(x, Tensor([1, 10, 2])).item() }),
            ("plain step", { try optimizer.minimize(crossEntropy(model(x), Tensor([1, -1, 2]))) }),
        ].map { name, body in
            do {
                try body()
                return (name, nil)
            } catch {
                return (name, "\(error)")
            }
        }
    }
}
