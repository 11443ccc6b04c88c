import Leibniz

/// Training steps of the article's programs and of larger networks.
enum StepWorkloads {
    static let all =
        [linearRegression] + [1, 64, 256].map(convNetTraining) + [1, 64].map(convNetInference) + [vgg, perceptron]

    /// So small that thousands of steps over one batch never learn it by heart: gradients that underflow would be slower to compute
    /// with than those of real training.
    private static let smallRate = 1e-5

    private static let linearRegression = Workload(
        name: "linreg-step", summary: "the article's line: 100 points, mean squared error, SGD step",
        passes: [Pass.over(200, operationsEach: 10)]
    ) { type in
        var data = BenchmarkData(type)
        let (x, y) = (try data.normal([100, 1]), try data.normal([100, 1]))
        let model = try data.model { Linear(1, 1) }
        let optimizer = SGD(model, learningRate: 0.01)
        let step = compiled { (x: Tensor, y: Tensor) in
            let loss = meanSquaredError(model(x), y)
            optimizer.update(minimizing: loss)
            return loss
        }
        return Iteration(training: model) { try step(x, y) }
    }

    private static func convNetPasses(_ batch: Int, isTraining: Bool) -> [Pass] {
        let layers = [
            Pass.convolution(batch: batch, inputs: 1, outputs: 6, kernel: 5, pixels: 784, sources: 1024),
            .convolution(batch: batch, inputs: 6, outputs: 16, kernel: 5, pixels: 100, sources: 196),
            .product(batch, 120, 400), .product(batch, 84, 120), .product(batch, 10, 84),
        ]
        return isTraining ? layers.enumerated().flatMap { Pass.training($1, isFirst: $0 == 0) } : layers
    }

    static func convNetTraining(_ batch: Int) -> Workload {
        Workload(
            name: "convnet-train-\(batch)",
            summary: "the article's network, \(batch) images: cross entropy, SGD step with momentum",
            passes: convNetPasses(batch, isTraining: true)
        ) { type in
            var data = BenchmarkData(type)
            let model = try data.model { ConvNet() }
            let optimizer = SGD(model, learningRate: smallRate, momentum: 0.9)
            let (x, labels) = (try data.normal([batch, 1, 32, 32]), try data.integers([batch], below: 10))
            let step = compiled { (x: Tensor, labels: Tensor) in
                let loss = crossEntropy(model(x), labels)
                optimizer.update(minimizing: loss)
                return loss
            }
            return Iteration(training: model) { try step(x, labels) }
        }
    }

    private static func convNetInference(_ batch: Int) -> Workload {
        Workload(
            name: "convnet-infer-\(batch)", summary: "the article's network, \(batch) images: logits",
            passes: convNetPasses(batch, isTraining: false)
        ) { type in
            var data = BenchmarkData(type)
            let model = try data.model { ConvNet() }
            let x = try data.normal([batch, 1, 32, 32])
            let forward = compiled { (x: Tensor) in model(x) }
            return Iteration { [try inference { try forward(x) }] }
        }
    }

    private struct SmallVGG: Module {
        let conv1 = Conv2D(3, 64, kernelSize: 3, padding: 1), conv2 = Conv2D(64, 64, kernelSize: 3, padding: 1)
        let conv3 = Conv2D(64, 128, kernelSize: 3, padding: 1)
        let pool = MaxPool2D(2)
        let dense = Linear(8192, 10)

        func callAsFunction(_ x: Tensor) -> Tensor {
            let x = pool(relu(conv2(relu(conv1(x)))))
            return dense(pool(relu(conv3(x))).flattened(from: 1))
        }
    }

    private static let vgg = Workload(
        name: "vgg-train", summary: "3×3 convolutions of 64, 64 and 128 channels, 32 images of 3×32×32: SGD step",
        passes: Pass.training(
            .convolution(batch: 32, inputs: 3, outputs: 64, kernel: 3, pixels: 1024, sources: 1024), isFirst: true)
            + Pass.training(
                .convolution(batch: 32, inputs: 64, outputs: 64, kernel: 3, pixels: 1024, sources: 1024))
            + Pass.training(
                .convolution(batch: 32, inputs: 64, outputs: 128, kernel: 3, pixels: 256, sources: 256))
            + Pass.training(.product(32, 10, 8192))
    ) { type in
        var data = BenchmarkData(type)
        let model = try data.model { SmallVGG() }
        let optimizer = SGD(model, learningRate: smallRate)
        let (x, labels) = (try data.normal([32, 3, 32, 32]), try data.integers([32], below: 10))
        let step = compiled { (x: Tensor, labels: Tensor) in
            let loss = crossEntropy(model(x), labels)
            optimizer.update(minimizing: loss)
            return loss
        }
        return Iteration(training: model) { try step(x, labels) }
    }

    /// 784-512-512-10, as for digits.
    struct Perceptron: Module {
        let fc1 = Linear(784, 512), fc2 = Linear(512, 512), fc3 = Linear(512, 10)
        func callAsFunction(_ x: Tensor) -> Tensor { fc3(relu(fc2(relu(fc1(x))))) }
    }

    /// The contractions of one training step of `Perceptron`, 128 images.
    static let perceptronPasses =
        Pass.training(.product(128, 512, 784), isFirst: true) + Pass.training(.product(128, 512, 512))
        + Pass.training(.product(128, 10, 512))

    private static let perceptron = Workload(
        name: "mlp-adam", summary: "a 784-512-512-10 network, batch 128: cross entropy, Adam step",
        passes: perceptronPasses + [Pass.over(6 * 669_706, operationsEach: 2)]
    ) { type in
        var data = BenchmarkData(type)
        let model = try data.model { Perceptron() }
        let optimizer = Adam(model)
        let (x, labels) = (try data.normal([128, 784]), try data.integers([128], below: 10))
        let step = compiled { (x: Tensor, labels: Tensor) in
            let loss = crossEntropy(model(x), labels)
            optimizer.update(minimizing: loss)
            return loss
        }
        return Iteration(training: model) { try step(x, labels) }
    }
}
