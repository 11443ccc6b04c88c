import Leibniz

/// Matrix products, attention, and a product with a Hessian.
enum ProductWorkloads {
    static let all = [256, 1024, 2048].map(matrixProduct) + [batched, attention]

    private static func matrixProduct(_ n: Int) -> Workload {
        Workload(
            name: "matmul-\(n)", summary: "a product of two \(n)×\(n) matrices", passes: [Pass.product(n, n, n)]
        ) { type in
            var data = BenchmarkData(type)
            let (a, b) = (try data.normal([n, n]), try data.normal([n, n]))
            let f = compiled { (a: Tensor, b: Tensor) in matmul(a, b) }
            return Iteration { [try f(a, b)] }
        }
    }

    private static let batched = Workload(
        name: "batched-matmul", summary: "64 products of 128×64 and 64×128 numbers",
        passes: [Pass.product(128, 128, 64, batch: 64)]
    ) { type in
        var data = BenchmarkData(type)
        let (a, b) = (try data.normal([64, 128, 64]), try data.normal([64, 64, 128]))
        let f = compiled { (a: Tensor, b: Tensor) in matmul(a, b) }
        return Iteration { [try f(a, b)] }
    }

    private static let attention = Workload(
        name: "attention-gradient", summary: "softmax(QKᵀ/√d)V, 8 heads, 256 places, d = 64, and all gradients",
        passes: Array(repeating: Pass.product(256, 256, 64, batch: 8), count: 6)
            + [Pass.over(8 * 256 * 256, operationsEach: 20)]
    ) { type in
        var data = BenchmarkData(type)
        let shape: Shape = [1, 8, 256, 64]
        let arguments = [try data.normal(shape), try data.normal(shape), try data.normal(shape)]
        let w = try data.normal(shape)
        let f = compiledWithGradients { arguments in
            matmul(softmax(matmul(arguments[0], arguments[1].transposed()) / 8), arguments[2])
        }
        return Iteration { try f(arguments, w) }
    }

    static let hessianVectorProduct = Workload(
        name: "hessian-vector-product", summary: "the Hessian of a 784-512-512-10 network's loss times a direction",
        passes: StepWorkloads.perceptronPasses.flatMap { [$0, $0] }
    ) { type in
        var data = BenchmarkData(type)
        let model = try data.model { StepWorkloads.Perceptron() }
        let (x, labels) = (try data.normal([128, 784]), try data.integers([128], below: 10))
        let (paths, weights) = (model.namedParameters.map(\.path), model.parameters.map(\.value))
        let directions = try weights.map { try data.normal($0.shape) }
        let f = compiled { (weights: [Tensor], directions: [Tensor], x: Tensor, labels: Tensor) in
            let loss: ([Tensor]) -> Tensor = { weights in
                let values = Dictionary(uniqueKeysWithValues: zip(paths, weights))
                return model.withParameters(values) { crossEntropy(model(x), labels) }
            }
            return pushforward(
                { (weights: [Tensor]) -> [Tensor] in valueWithGradients(at: weights, of: loss).gradients },
                at: weights, along: directions
            ).tangents
        }
        return Iteration { try f(weights, directions, x, labels) }
    }
}
