import Leibniz
import Testing

/// A layer of float64 with an input for it.
struct LayerTrial: Sendable, CustomTestStringConvertible {
    let name: String
    let layer: any Layer
    let input: Shape
    var testDescription: String { name }

    init(_ name: String, _ input: Shape, _ layer: any Layer) {
        (self.name, self.layer, self.input) = (name, layer, input)
    }

    /// Every layer that maps real numbers to real numbers, but for those that draw at random.
    static let all: [LayerTrial] = withSeed(3) {
        withElementType(.float64) { convolutions + normalisations + activations + others }
    }

    private static var convolutions: [LayerTrial] {
        [
            LayerTrial("Linear", [2, 4], Linear(4, 3)),
            LayerTrial("Conv1D", [2, 2, 6], Conv1D(2, 3, kernelSize: 3, stride: 2, padding: 1)),
            LayerTrial(
                "Conv1D depthwise", [1, 2, 6], Conv1D(2, 4, kernelSize: 2, padding: .same, dilation: 2, groups: 2)),
            LayerTrial("Conv2D", [1, 2, 3, 4], Conv2D(2, 2, kernelSize: 3, padding: 1)),
            LayerTrial("Conv3D", [1, 1, 3, 2, 3], Conv3D(1, 2, kernelSize: 2)),
            LayerTrial(
                "ConvTranspose1D", [1, 2, 4],
                ConvTranspose1D(2, 2, kernelSize: 3, stride: 2, padding: 1, outputPadding: 1, groups: 2)),
            LayerTrial(
                "ConvTranspose2D", [1, 2, 2, 3],
                ConvTranspose2D(2, 1, kernelSize: [2, 3], stride: [2, 1], padding: [0, 1])),
            LayerTrial("ConvTranspose3D", [1, 1, 2, 2, 2], ConvTranspose3D(1, 2, kernelSize: 2, stride: 2)),
        ]
    }

    private static var normalisations: [LayerTrial] {
        [
            LayerTrial("BatchNorm1D", [4, 3], BatchNorm1D(3)),
            LayerTrial("BatchNorm1D of signals", [2, 2, 3], BatchNorm1D(2)),
            LayerTrial("BatchNorm2D", [2, 2, 2, 2], BatchNorm2D(2)),
            LayerTrial("BatchNorm3D", [2, 1, 2, 2, 2], BatchNorm3D(1)),
            LayerTrial("InstanceNorm1D", [2, 2, 4], InstanceNorm1D(2, affine: true)),
            LayerTrial("InstanceNorm2D", [2, 2, 2, 2], InstanceNorm2D(2)),
            LayerTrial("InstanceNorm3D", [1, 2, 2, 2, 2], InstanceNorm3D(2)),
            LayerTrial("LayerNorm", [3, 4], LayerNorm(4)),
            LayerTrial("LayerNorm of two axes", [2, 3, 2], LayerNorm([3, 2])),
            LayerTrial("GroupNorm", [2, 4, 3], GroupNorm(2, 4)), LayerTrial("RMSNorm", [3, 4], RMSNorm(4)),
        ]
    }

    private static var activations: [LayerTrial] {
        let layers: [any Layer] = [
            ReLU(), ReLU6(), LeakyReLU(), ELU(), CELU(alpha: 1.5), SELU(), GELU(), GELU(approximation: .tanh), SiLU(),
            Mish(),
            Sigmoid(), LogSigmoid(), Tanh(), Tanhshrink(), Softplus(beta: 2), Softsign(), Softshrink(), Hardshrink(),
            Hardtanh(), Hardsigmoid(), Hardswish(), Threshold(0.1, 20), Softmax(), LogSoftmax(0), Softmin(), GLU(),
            PReLU(),
            PReLU(4),
        ]
        return layers.map { LayerTrial("\($0)", [3, 4], $0) }
    }

    private static var others: [LayerTrial] {
        [
            LayerTrial("Identity", [2, 3], Identity()), LayerTrial("Flatten", [2, 2, 3], Flatten()),
            LayerTrial("Unflatten", [2, 6], Unflatten(-1, into: [2, -1])),
            LayerTrial("Lambda", [3], Lambda { $0 * $0 }),
            LayerTrial("Residual", [2, 3], Residual(Sequential(Linear(3, 3), Tanh()))),
            LayerTrial(
                "Residual with a shortcut", [2, 3], Residual(Linear(3, 2), shortcut: Linear(3, 2, bias: false))),
            LayerTrial("Parallel", [2, 3], Parallel(Linear(3, 2), Tanh())),
            LayerTrial("Parallel sum", [2, 3], Parallel(Linear(3, 3), Identity(), merging: .adding)),
        ]
    }
}

@Suite struct `Every layer` {
    @Test(arguments: LayerTrial.all)
    func `has the derivatives of central differences, for its input and its parameters`(trial: LayerTrial) throws {
        let x = try normal(trial.input, seed: 5).evaluated()
        let layer = trial.layer
        let cotangent = try normal(layer(x).shape, seed: 6).evaluated()
        let loss = { (x: Tensor) in sum(layer(x) * cotangent) }
        try expectClose(gradient(of: loss)(x), centralDifferences(of: loss, at: x), within: 1e-7)
        let parameters = layer.namedParameters.filter(\.parameter.takesGradient)
        if parameters.isEmpty { return }
        for (path, parameter, gradient) in try gradients(of: loss(x), Sequential(layer)).entries {
            let name = String(path.dropFirst(2))
            try expectClose(
                gradient, centralDifferences(of: { layer.withParameters([name: $0]) { loss(x) } }, at: parameter.value),
                within: 1e-7, "\(path)")
        }
    }

    @Test(arguments: LayerTrial.all)
    func `gives for a batch what a loop gives`(trial: LayerTrial) throws {
        let x = try normal(Shape([3] + trial.input.extents), seed: 7).evaluated()
        let slopes = { (x: Tensor) in gradient(of: { sum(pow(trial.layer($0), 3)) })(x) }
        try expectClose(
            vmap { trial.layer($0) }(x), stack((0..<3).map { trial.layer(x[$0]) }).doubles(), within: 1e-11)
        try expectClose(vmap(slopes)(x), stack((0..<3).map { slopes(x[$0]) }).doubles(), within: 1e-9)
    }

    @Test(arguments: LayerTrial.all)
    func `refuses what is invalid with the first mistake`(trial: LayerTrial) {
        let wrong = matmul(Tensor.zeros([2, 3]), Tensor.zeros([2, 3]))
        #expect(message(of: trial.layer(wrong)).contains("matmul"))
    }
}

@Suite struct `Containers` {
    @Test func `what goes past a layer must have its result's shape`() {
        let layer = Residual(Linear(3, 2))
        #expect(message(of: layer(Tensor.zeros([1, 3]))).contains("shortcut"))
        #expect(layer.namedParameters.map(\.path) == ["body.weight", "body.bias"])
        #expect(
            Parallel(Linear(3, 2), ReLU(), Linear(3, 1)).namedParameters.map(\.path) == [
                "0.weight", "0.bias", "2.weight", "2.bias",
            ])
        #expect(message(of: Parallel()(Tensor.zeros([1]))).contains("no layers"))
        #expect(message(of: Unflatten(4, into: [1])(Tensor.zeros([1]))).contains("axis 4"))
    }
}
