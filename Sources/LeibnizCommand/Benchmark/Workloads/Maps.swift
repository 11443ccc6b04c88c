import Leibniz

/// Maps and reductions that are bound by memory, with their gradients.
enum MapWorkloads {
    static let all = [pointwiseValue, pointwiseGradient, softmaxCrossEntropy, layerNorm, batchNorm]

    private static let pointCount = 1 << 22

    @Sendable private static func chain(_ a: Tensor, _ b: Tensor) -> Tensor { sigmoid(tanh(a * b + a) * b) }

    private static let pointwiseValue = Workload(
        name: "pointwise-value", summary: "Σ σ(tanh(ab + a)·b) over 4 M numbers",
        passes: [Pass.over(2 * pointCount, operationsEach: 10)]
    ) { type in
        var data = BenchmarkData(type)
        let (a, b) = (try data.normal([pointCount]), try data.normal([pointCount]))
        let f = compiled { (a: Tensor, b: Tensor) in sum(chain(a, b)) }
        return Iteration { [try f(a, b)] }
    }

    private static let pointwiseGradient = Workload(
        name: "pointwise-gradient", summary: "σ(tanh(ab + a)·b) over 4 M numbers, and both gradients",
        passes: [Pass.over(6 * pointCount, operationsEach: 6)]
    ) { type in
        var data = BenchmarkData(type)
        let arguments = [try data.normal([pointCount]), try data.normal([pointCount])]
        let w = try data.normal([pointCount])
        let f = compiledWithGradients { chain($0[0], $0[1]) }
        return Iteration { try f(arguments, w) }
    }

    private static let softmaxCrossEntropy = Workload(
        name: "softmax-cross-entropy", summary: "cross entropies of 4096 rows of 1000 logits, and the gradient",
        passes: [Pass.over(2 * 4096 * 1000, operationsEach: 10)]
    ) { type in
        var data = BenchmarkData(type)
        let (logits, classes) = (try data.normal([4096, 1000]), try data.integers([4096], below: 1000))
        let w = try data.normal([4096])
        let f = compiled { (logits: Tensor, classes: Tensor, w: Tensor) in
            let (y, pull) = pullback(
                { -logSoftmax($0).taking(along: -1, classes.expanded(at: -1)).squeezed([-1]) }, at: logits)
            return [y, pull(w)]
        }
        return Iteration { try f(logits, classes, w) }
    }

    private static let layerNorm = Workload(
        name: "layer-norm", summary: "layer norm of 4096 rows of 768 numbers, and the gradients",
        passes: [Pass.over(4 * 4096 * 768, operationsEach: 8)]
    ) { type in
        var data = BenchmarkData(type)
        let arguments = [try data.normal([4096, 768]), try data.normal([768]), try data.normal([768])]
        let w = try data.normal([4096, 768])
        let f = compiledWithGradients { arguments in
            let x = arguments[0]
            let deviation = x - mean(x, axes: [-1], keepingAxes: true)
            let variance = mean(deviation * deviation, axes: [-1], keepingAxes: true)
            return deviation * rsqrt(variance + 1e-5) * arguments[1] + arguments[2]
        }
        return Iteration { try f(arguments, w) }
    }

    private static let batchNorm = Workload(
        name: "batch-norm-relu", summary: "batch norm and ReLU of 64×64×32×32 numbers, and the gradients",
        passes: [
            Pass.over(64 * 64 * 1024, operationsEach: 3), Pass.over(2 * 64 * 64 * 1024, operationsEach: 3),
            Pass.over(2 * 64 * 64 * 1024, operationsEach: 3), Pass.over(3 * 64 * 64 * 1024, operationsEach: 3),
        ]
    ) { type in
        var data = BenchmarkData(type)
        let arguments = [
            try data.normal([64, 64, 32, 32]), try data.normal([64]), try data.normal([64]),
        ]
        let w = try data.normal([64, 64, 32, 32])
        let f = compiledWithGradients { arguments in
            let x = arguments[0]
            let deviation = x - mean(x, axes: [0, 2, 3], keepingAxes: true)
            let variance = mean(deviation * deviation, axes: [0, 2, 3], keepingAxes: true)
            let (scale, bias) = (arguments[1].reshaped(to: [-1, 1, 1]), arguments[2].reshaped(to: [-1, 1, 1]))
            return relu(deviation * rsqrt(variance + 1e-5) * scale + bias)
        }
        return Iteration { try f(arguments, w) }
    }
}
