import Leibniz

/// Higher derivatives and batches of derivatives.
enum DerivativeWorkloads {
    static let all = [ProductWorkloads.hessianVectorProduct, taylorSeries, hessianMatrix, gradientsPerExample]

    private static let taylorSeries = Workload(
        name: "taylor-6", summary: "derivatives along a direction to order 6 of three tanh layers of 128, batch 256",
        passes: Array(repeating: Pass.product(256, 128, 128), count: 2 + 7 + 7)
            + Array(repeating: Pass.over(7 * 256 * 128, operationsEach: 14), count: 3)
    ) { type in
        var data = BenchmarkData(type)
        let layers = try (0..<3).map { _ in
            [try (data.normal([128, 128]) / 128.0.squareRoot()).evaluated(), try data.normal([128])]
        }
        let (x, v) = (try data.normal([256, 128]), try data.normal([256, 128]))
        let f = compiled { (layers: [[Tensor]], x: Tensor, v: Tensor) in
            taylor(
                of: { x in layers.reduce(x) { tanh(matmul($0, $1[0].transposed()) + $1[1]) } }, at: x, along: v,
                order: 6
            ).derivatives
        }
        return Iteration { try f(layers, x, v) }
    }

    private static let hessianMatrix = Workload(
        name: "hessian-30",
        summary: "the Hessian of a 3-6-1 tanh network's mean squared error, 30 weights, 64 examples",
        passes: [Pass.over(64 * 30 * 30, operationsEach: 4)]
    ) { type in
        var data = BenchmarkData(type)
        let (w, x, y) = (try data.normal([30]), try data.normal([64, 3]), try data.normal([64]))
        let f = compiled { (w: Tensor, x: Tensor, y: Tensor) in
            hessian { w in
                let (first, bias, second) = (w[0..<18].reshaped(to: [6, 3]), w[18..<24], w[24..<30])
                return meanSquaredError(matmul(tanh(matmul(x, first.transposed()) + bias), second), y)
            }(w)
        }
        return Iteration { [try f(w, x, y)] }
    }

    private static let gradientsPerExample = Workload(
        name: "gradients-per-example", summary: "the gradient of each of 128 examples' loss, a 784-512-512-10 network",
        passes: [
            .product(128, 512, 784), .product(128, 512, 512), .product(128, 10, 512), .product(128, 512, 10),
            .product(128, 512, 512), .over(128 * 669_706),
        ]
    ) { type in
        var data = BenchmarkData(type)
        let model = try data.model { StepWorkloads.Perceptron() }
        let (x, labels) = (try data.normal([128, 784]), try data.integers([128], below: 10))
        let loss = { @Sendable (w: [String: Tensor], x: Tensor, label: Tensor) in
            model.withParameters(w) { crossEntropy(model(x.expanded(at: 0)), label.expanded(at: 0)) }
        }
        let f = compiled { (w: [String: Tensor], x: Tensor, labels: Tensor) in
            vmap(
                { (w: [String: Tensor], x: Tensor, label: Tensor) in gradient(of: { loss($0, x, label) })(w) },
                in: [nil, 0, 0])(w, x, labels)
        }
        let weights = model.parameterValues
        return Iteration { try f(weights, x, labels).tensors }
    }
}
