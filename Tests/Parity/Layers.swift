import Foundation
import Leibniz

/// What `layers.py` has PyTorch compute as well: outputs, gradients and state of every layer, in float64.
enum LayerParity {
    /// A layer under the name that `layers.py` gives it.
    struct Entry {
        let name: String
        let module: any Module
        let inputs: [(shape: Shape, type: ElementType)]
        let call: ([Tensor]) -> Tensor

        init(_ name: String, _ input: Shape, _ layer: some Layer, _ type: ElementType = .float64) {
            (self.name, module, inputs) = (name, layer, [(input, type)])
            call = { layer($0[0]) }
        }

        init(
            _ name: String, _ inputs: [Shape], _ module: some Module, types: [ElementType]? = nil,
            _ call: @escaping ([Tensor]) -> Tensor
        ) {
            (self.name, self.module, self.call) = (name, module, call)
            self.inputs = zip(inputs, types ?? inputs.map { _ in .float64 }).map { ($0, $1) }
        }
    }

    private static var entries: [Entry] { convolutions + normalisations + activations + attention + recurrent + others }

    private static var convolutions: [Entry] {
        [
            Entry("conv1d", [2, 4, 9], Conv1D(4, 6, kernelSize: 3, stride: 2, padding: 1, dilation: 2, groups: 2)),
            Entry("conv1d-same", [2, 4, 9], Conv1D(4, 3, kernelSize: 4, padding: .same, dilation: 2)),
            Entry("conv1d-reflect", [2, 4, 9], Conv1D(4, 3, kernelSize: 5, padding: 3, paddingMode: .reflect)),
            Entry(
                "conv2d-replicate", [2, 3, 5, 6],
                Conv2D(3, 4, kernelSize: [3, 2], stride: [2, 1], padding: [1, 3], paddingMode: .replicate)),
            Entry(
                "conv2d-same-circular", [1, 3, 5, 6],
                Conv2D(3, 2, kernelSize: [3, 4], padding: .same, paddingMode: .circular)),
            Entry(
                "conv3d-circular", [1, 2, 3, 4, 3],
                Conv3D(2, 2, kernelSize: 3, padding: [1, 2, 1], paddingMode: .circular)),
            Entry("conv2d", [2, 3, 7, 6], Conv2D(3, 4, kernelSize: [3, 2], stride: [2, 1], padding: [1, 0])),
            Entry(
                "conv2d-depthwise", [1, 4, 6, 6], Conv2D(4, 8, kernelSize: 3, padding: .same, groups: 4, bias: false)),
            Entry(
                "conv3d", [1, 2, 5, 4, 6],
                Conv3D(2, 4, kernelSize: [3, 2, 3], stride: [2, 1, 2], padding: [1, 0, 2], groups: 2)),
            Entry(
                "transpose1d", [2, 4, 5],
                ConvTranspose1D(4, 6, kernelSize: 3, stride: 2, padding: 1, outputPadding: 1, groups: 2)),
            Entry(
                "transpose2d", [1, 4, 3, 4],
                ConvTranspose2D(
                    4, 2, kernelSize: [3, 2], stride: [2, 1], padding: [1, 0], outputPadding: [1, 0], dilation: [1, 2])),
            Entry("transpose3d", [1, 2, 2, 3, 2], ConvTranspose3D(2, 3, kernelSize: 2, stride: 2, padding: 1)),
        ]
    }

    private static var normalisations: [Entry] {
        [
            Entry("batch-norm1d", [6, 3], BatchNorm1D(3)),
            Entry("batch-norm1d-signals", [2, 3, 5], BatchNorm1D(3, momentum: nil)),
            Entry("batch-norm2d", [3, 4, 3, 2], BatchNorm2D(4, epsilon: 1e-3, momentum: 0.3)),
            Entry("batch-norm3d", [2, 2, 3, 2, 2], BatchNorm3D(2, affine: false)),
            Entry("instance-norm1d", [2, 3, 5], InstanceNorm1D(3, affine: true)),
            Entry("instance-norm2d", [2, 3, 4, 2], InstanceNorm2D(3, affine: true, tracksStatistics: true)),
            Entry("instance-norm3d", [2, 2, 2, 2, 3], InstanceNorm3D(2)),
            Entry("layer-norm", [2, 3, 5], LayerNorm([3, 5])),
            Entry("layer-norm-no-bias", [4, 5], LayerNorm(5, bias: false)),
            Entry("group-norm", [2, 6, 3], GroupNorm(3, 6)), Entry("rms-norm", [4, 5], RMSNorm(5)),
        ]
    }

    private static var activations: [Entry] {
        let layers: [(String, any Layer)] = [
            ("relu", ReLU()), ("relu6", ReLU6()), ("leaky-relu", LeakyReLU(slope: 0.2)), ("elu", ELU(alpha: 1.5)),
            ("celu", CELU(alpha: 1.5)), ("selu", SELU()), ("gelu", GELU()), ("gelu-tanh", GELU(approximation: .tanh)),
            ("silu", SiLU()), ("mish", Mish()), ("sigmoid", Sigmoid()), ("log-sigmoid", LogSigmoid()), ("tanh", Tanh()),
            ("tanhshrink", Tanhshrink()), ("softplus", Softplus(beta: 2)), ("softsign", Softsign()),
            ("softshrink", Softshrink()),
            ("hardshrink", Hardshrink()), ("hardtanh", Hardtanh(-0.5, 2)), ("hardsigmoid", Hardsigmoid()),
            ("hardswish", Hardswish()), ("threshold", Threshold(0.1, 20)), ("softmax", Softmax(-1)),
            ("log-softmax", LogSoftmax(1)),
            ("softmin", Softmin(-1)), ("glu", GLU(1)), ("prelu", PReLU()), ("prelu-channels", PReLU(4)),
        ]
        return layers.map { name, layer in Entry(name, [[3, 4, 5]], Sequential(layer)) { layer($0[0]) } }
    }

    private static var attention: [Entry] {
        func encoder(_ normFirst: Bool) -> TransformerEncoderLayer {
            TransformerEncoderLayer(
                6, heads: 2, feedForward: 8, dropout: 0, activation: { gelu($0) }, batchFirst: true,
                normFirst: normFirst)
        }
        let whole = MultiHeadAttention(6, heads: 3)
        let wide = MultiHeadAttention(6, heads: 2, bias: false, keyWidth: 4, valueWidth: 5, batchFirst: true)
        let decoder = TransformerDecoderLayer(6, heads: 2, feedForward: 8, dropout: 0)
        let stack = TransformerEncoder(count: 2, norm: LayerNorm(6)) { encoder(true) }
        let later = encoder(false)
        return [
            Entry("attention", [[5, 2, 6], [4, 2, 6], [4, 2, 6]], whole) { whole($0[0], $0[1], $0[2]) },
            Entry("attention-masked", [[5, 2, 6], [5, 5], [2, 5]], whole, types: [.float64, .float64, .int64]) {
                whole($0[0], $0[0], $0[0], mask: $0[1], keyPadding: $0[2].cast(to: .bool), isCausal: true)
            },
            Entry("attention-widths", [[2, 5, 6], [2, 4, 4], [2, 4, 5]], wide) { wide($0[0], $0[1], $0[2]) },
            Entry(
                "products", [[2, 3, 5, 4], [2, 3, 6, 4], [2, 3, 6, 2], [5, 6]], Identity(),
                types: [.float64, .float64, .float64, .int64]
            ) {
                scaledDotProductAttention(query: $0[0], key: $0[1], value: $0[2], mask: $0[3].cast(to: .bool))
            },
            Entry("products-added", [[2, 5, 4], [2, 6, 4], [2, 6, 2], [2, 1, 6]], Identity()) {
                scaledDotProductAttention(query: $0[0], key: $0[1], value: $0[2], mask: $0[3], scale: 0.3)
            },
            Entry("products-causal", [[2, 5, 4], [2, 6, 4], [2, 6, 2]], Identity()) {
                scaledDotProductAttention(query: $0[0], key: $0[1], value: $0[2], isCausal: true)
            },
            Entry("encoder-layer", [[2, 5, 6]], later) { later($0[0]) },
            Entry("encoder", [[2, 5, 6], [2, 5]], stack, types: [.float64, .int64]) {
                stack($0[0], mask: nil, keyPadding: $0[1].cast(to: .bool), isCausal: true)
            },
            Entry("decoder-layer", [[5, 2, 6], [4, 2, 6]], decoder) { decoder($0[0], memory: $0[1], isCausal: true) },
        ]
    }

    private static var recurrent: [Entry] {
        let rnn = RNN(3, 4), lstm = LSTM(3, 4, layers: 2, bidirectional: true),
            gru = GRU(3, 2, layers: 2, batchFirst: true)
        return [
            Entry("rnn", [5, 2, 3], rnn), Entry("gru", [2, 5, 3], gru),
            Entry("lstm", [[4, 2, 3], [2]], lstm, types: [.float64, .int64]) {
                lstm($0[0], state: nil, lengths: $0[1]).output
            },
        ]
    }

    private static var others: [Entry] {
        [
            Entry("linear", [2, 3, 4], Linear(4, 5)),
            Entry("embedding", [3, 4], Embedding(7, 3, paddingIndex: 2), .int64),
            Entry(
                "network", [3, 2, 8, 8],
                Sequential(
                    Conv2D(2, 3, kernelSize: 3), BatchNorm2D(3), ReLU(), Flatten(), Linear(108, 4), Dropout(0))),
        ]
    }

    static func compute(_ exchange: Exchange) throws {
        for entry in withElementType(.float64, { entries }) {
            func name(_ what: String) -> String { "\(entry.name).\(what)" }
            for (path, parameter) in entry.module.namedParameters {
                parameter.value = try exchange.read(
                    name("weights.\(path)"), parameter.shape, parameter.value.elementType)
            }
            let inputs = try entry.inputs.enumerated().map { try exchange.read(name("input\($0)"), $1.shape, $1.type) }
            let cells = inputs.map { Variable($0) }
            let y = entry.call(cells.map(\.value))
            let cotangent = sin(Tensor.arange(1, y.count + 1).cast(to: .float64)).reshaped(to: y.shape)
            try exchange.write(name("output"), y)
            let parameters = entry.module.namedParameters.filter(\.parameter.takesGradient)
            let real = cells.enumerated().filter { $0.element.value.elementType.isFloatingPoint }
            let variables = parameters.map(\.parameter.variable) + real.map(\.element)
            let names = parameters.map(\.path) + real.map { "input\($0.offset)" }
            if !variables.isEmpty {
                for (path, gradient) in zip(names, try gradients(of: sum(y * cotangent), withRespectTo: variables)) {
                    try exchange.write(name("gradient.\(path)"), gradient)
                }
            }
            try exchange.write(name("inference"), inference { entry.call(inputs) })
            for (path, parameter) in entry.module.namedParameters {
                try exchange.write(name("state.\(path)"), parameter.value)
            }
        }
    }
}
