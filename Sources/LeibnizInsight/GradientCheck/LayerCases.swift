import LeibnizCore
import LeibnizLearning

extension GradientCatalogue {
    /// Layers.
    static let layers: [GradientCase] = linear + normalization + sequences + activations + pools + composed

    /// Several layers together.
    static let models: [GradientCase] = [
        .model("Sequential", input: [1, 1, 8, 8]) {
            Sequential(Conv2D(1, 2, kernelSize: 3), MaxPool2D(2), Flatten(), Linear(18, 3))
        } of: {
            $0($1)
        },
        .model("ConvNet", input: [1, 1, 32, 32]) {
            ConvNet()
        } of: {
            $0($1)
        },
        .model("TransformerEncoderLayer", input: [3, 2, 4]) {
            TransformerEncoderLayer(4, heads: 2, feedForward: 6, dropout: 0)
        } of: {
            $0($1)
        },
        .model("TransformerEncoder", input: [3, 1, 4]) {
            TransformerEncoder(count: 2, norm: LayerNorm(4)) {
                TransformerEncoderLayer(
                    4, heads: 2, feedForward: 5, dropout: 0, activation: { tanh($0) }, normFirst: true)
            }
        } of: {
            $0($1)
        },
        .model("TransformerDecoderLayer", input: [3, 2, 4]) {
            TransformerDecoderLayer(4, heads: 2, feedForward: 5, dropout: 0)
        } of: {
            $0($1, memory: .normal([2, 2, 4], seed: 9, .float64), isCausal: true)
        },
    ]

    private static let linear: [GradientCase] = [
        .layer("Linear", input: [2, 4]) { Linear(4, 3) },
        .layer("Linear (without bias)", input: [4]) { Linear(4, 3, bias: false) },
        .layer("Conv1D", input: [2, 2, 7], .reals(-1, 1)) { Conv1D(2, 3, kernelSize: 3, padding: 1) },
        .layer("Conv1D (dilation)", input: [1, 2, 6], .reals(-1, 1)) {
            Conv1D(2, 4, kernelSize: 2, padding: .same, dilation: 2, groups: 2)
        },
        .layer("Conv2D", input: [2, 4, 5, 5], .reals(-1, 1)) { Conv2D(4, 6, kernelSize: 3, padding: 1, groups: 2) },
        .layer("Conv2D (stride)", input: [1, 2, 6, 6], .reals(-1, 1)) { Conv2D(2, 3, kernelSize: 3, stride: 2) },
        .layer("Conv3D", input: [1, 1, 3, 4, 3], .reals(-1, 1)) { Conv3D(1, 2, kernelSize: 2) },
        .layer("ConvTranspose1D", input: [2, 2, 4], .reals(-1, 1)) { ConvTranspose1D(2, 3, kernelSize: 3, stride: 2) },
        .layer("ConvTranspose1D (padding)", input: [1, 2, 4], .reals(-1, 1)) {
            ConvTranspose1D(2, 2, kernelSize: 3, stride: 2, padding: 1, outputPadding: 1, groups: 2)
        },
        .layer("ConvTranspose2D", input: [1, 2, 2, 3], .reals(-1, 1)) {
            ConvTranspose2D(2, 1, kernelSize: [2, 3], stride: [2, 1], padding: [0, 1])
        },
        .layer("ConvTranspose3D", input: [1, 1, 2, 2, 2], .reals(-1, 1)) { ConvTranspose3D(1, 2, kernelSize: 2) },
        .layer("WeightNorm", input: [2, 4]) { WeightNorm(Linear(4, 3)) },
        .inferring("SpectralNorm", input: [2, 4]) { SpectralNorm(Linear(4, 3)) },
        .model("Embedding", input: [3, 4], kind: .layer) {
            Embedding(5, 4)
        } of: {
            $0(Tensor([4, 0, 4])) * $1
        },
    ]

    private static let normalization: [GradientCase] = [
        .layer("BatchNorm1D", input: [5, 3], .reals(-1, 1)) { BatchNorm1D(3) },
        .layer("BatchNorm1D (signals)", input: [2, 2, 3], .reals(-1, 1)) { BatchNorm1D(2) },
        .inferring("BatchNorm1D (inference)", input: [3, 2], .reals(-1, 1)) { BatchNorm1D(2) },
        .layer("BatchNorm2D", input: [3, 2, 2, 2], .reals(-1, 1)) { BatchNorm2D(2) },
        .layer("BatchNorm3D", input: [2, 2, 2, 2, 1], .reals(-1, 1)) { BatchNorm3D(2) },
        .layer("InstanceNorm1D", input: [2, 3, 4], .reals(-1, 1)) { InstanceNorm1D(3, affine: true) },
        .layer("InstanceNorm2D", input: [2, 2, 2, 3], .reals(-1, 1)) { InstanceNorm2D(2) },
        .layer("InstanceNorm3D", input: [1, 2, 2, 2, 2], .reals(-1, 1)) { InstanceNorm3D(2) },
        .layer("LayerNorm", input: [3, 5], .reals(-1, 1)) { LayerNorm(5) },
        .layer("LayerNorm (two axes)", input: [2, 3, 2], .reals(-1, 1)) { LayerNorm([3, 2]) },
        .layer("RMSNorm", input: [3, 5], .reals(-1, 1)) { RMSNorm(5) },
        .layer("GroupNorm", input: [2, 4, 3], .reals(-1, 1)) { GroupNorm(2, 4) },
        .inferring("Dropout", input: [3, 4]) { Dropout() },
        .inferring("AlphaDropout", input: [3, 4]) { AlphaDropout() },
        .inferring("Dropout1D", input: [2, 3, 4]) { Dropout1D() },
        .inferring("Dropout2D", input: [2, 3, 2, 2]) { Dropout2D() },
        .inferring("Dropout3D", input: [1, 2, 2, 2, 2]) { Dropout3D() },
    ]

    private static let sequences: [GradientCase] = [
        .layer("RNN", input: [2, 2, 2], .reals(-1, 1)) { RNN(2, 3, layers: 2, bias: false) },
        .layer("LSTM", input: [2, 2, 2], .reals(-1, 1)) { LSTM(2, 3, bidirectional: true) },
        .layer("GRU", input: [2, 2, 2], .reals(-1, 1)) { GRU(2, 3, bidirectional: true) },
        .layer("MultiHeadAttention", input: [3, 2, 4], .reals(-1, 1)) { MultiHeadAttention(4, heads: 2) },
        .model("MultiHeadAttention (causal)", input: [3, 2, 4], kind: .layer) {
            MultiHeadAttention(4, heads: 2)
        } of: {
            $0($1, $1, $1, isCausal: true)
        },
        .layer("SinusoidalEncoding", input: [3, 2, 4]) { SinusoidalEncoding() },
        .layer("LearnedEncoding", input: [3, 2, 4]) { LearnedEncoding(5, 4) },
    ]

    private static let activations: [GradientCase] = [
        .layer("ReLU", input: [3, 4]) { ReLU() }, .layer("ReLU6", input: [3, 4]) { ReLU6() },
        .layer("LeakyReLU", input: [3, 4]) { LeakyReLU() }, .layer("PReLU", input: [3, 4]) { PReLU() },
        .layer("PReLU (channels)", input: [3, 4]) { PReLU(4) },
        .layer("ELU", input: [3, 4]) { ELU() }, .layer("CELU", input: [3, 4]) { CELU(alpha: 1.5) },
        .layer("SELU", input: [3, 4]) { SELU() }, .layer("GELU", input: [3, 4]) { GELU() },
        .layer("GELU (tanh)", input: [3, 4]) { GELU(approximation: .tanh) },
        .layer("SiLU", input: [3, 4]) { SiLU() }, .layer("Mish", input: [3, 4]) { Mish() },
        .layer("Sigmoid", input: [3, 4]) { Sigmoid() }, .layer("Tanh", input: [3, 4]) { Tanh() },
        .layer("LogSigmoid", input: [3, 4]) { LogSigmoid() }, .layer("Softplus", input: [3, 4]) { Softplus(beta: 2) },
        .layer("Softsign", input: [3, 4]) { Softsign() }, .layer("Tanhshrink", input: [3, 4]) { Tanhshrink() },
        .layer("Softshrink", input: [3, 4]) { Softshrink() }, .layer("Hardshrink", input: [3, 4]) { Hardshrink() },
        .layer("Hardtanh", input: [3, 4]) { Hardtanh() }, .layer("Hardswish", input: [3, 4]) { Hardswish() },
        .layer("Hardsigmoid", input: [3, 4]) { Hardsigmoid() },
        .layer("Threshold", input: [3, 4]) { Threshold(0.5, -1) }, .layer("Softmax", input: [3, 4]) { Softmax() },
        .layer("Softmin", input: [3, 4]) { Softmin() }, .layer("LogSoftmax", input: [3, 4]) { LogSoftmax() },
        .layer("LogSoftmax (first axis)", input: [3, 4]) { LogSoftmax(0) }, .layer("GLU", input: [3, 4]) { GLU() },
    ]

    private static let pools: [GradientCase] = [
        .layer("MaxPool1D", input: [1, 2, 6]) { MaxPool1D(3, stride: 2, ceilMode: true) },
        .layer("MaxPool2D", input: [1, 2, 4, 4]) { MaxPool2D(2) },
        .layer("MaxPool2D (padded)", input: [1, 1, 5, 5]) { MaxPool2D(3, stride: 2, padding: 1) },
        .layer("AveragePool2D", input: [1, 2, 5, 5]) { AveragePool2D(3, stride: 1, padding: 1) },
        .layer("AveragePool2D (running sums)", input: [1, 5, 4]) {
            AveragePool2D(3, stride: 1, usesAntiderivative: true)
        },
        .layer("AveragePool3D", input: [1, 3, 2, 3]) { AveragePool3D(2, stride: 1) },
        .layer("LpPool2D", input: [1, 2, 4, 4]) { LpPool2D(2, 2) },
        .layer("LpPool2D (p = 3)", input: [1, 2, 4, 4]) { LpPool2D(3, 2) },
        .layer("LpPool2D (learned p)", input: [1, 2, 4, 4]) { LpPool2D(learning: 0.1, 2, channels: 2) },
        .layer("Pool", input: [1, 1, 4, 4]) { Pool(PowerMean(-1), 2) },
        .layer("Pool (log-sum-exp)", input: [1, 1, 4, 4]) { Pool(.logSumExp(learning: 0.5), 2) },
        .layer("Pool (softmax weights)", input: [1, 1, 4, 4]) { Pool(.soft(learning: 1), 3, padding: 1) },
        .layer("Pool (median)", input: [1, 1, 4, 4]) { Pool(.median, 2) },
        .layer("Pool (mixed)", input: [1, 1, 4, 4]) { Pool(.mixed(), 2) },
        .layer("Pool (gated)", input: [1, 1, 4, 4]) { Pool(.gated([2, 2]), 2) },
        .layer("GlobalPool", input: [1, 2, 3, 3]) { GlobalPool(PowerMean(2)) },
        .layer("GlobalPool (maximum)", input: [1, 2, 3, 4]) { GlobalPool(.maximum) },
        .layer("AdaptivePool", input: [1, 1, 5, 5]) { AdaptivePool(PowerMean(2), [3, 2]) },
        .layer("BlurPool2D", input: [1, 1, 5, 5], .reals(-1, 1)) { BlurPool2D() },
        .layer("SpectralPool2D", input: [1, 1, 6, 6], .reals(-1, 1)) { SpectralPool2D([4, 4]) },
        // No bound is at a pixel's centre, where the interpolant has its corners.
        .layer("QuadraturePool2D", input: [1, 2, 4, 6], .reals(-1, 1)) { QuadraturePool2D([3, 2]) },
        .inferring("FractionalPool", input: [1, 1, 5, 5]) { FractionalPool(AverageRule(), [2, 2], outputs: [3, 3]) },
        .model("MaxUnpool2D", input: [1, 1, 2, 2], kind: .layer) {
            MaxUnpool2D(2)
        } of: {
            $0($1, Tensor([0, 3, 9, 14], shape: [1, 1, 2, 2]))
        },
    ]

    private static let composed: [GradientCase] = [
        .layer("Identity", input: [2, 3]) { Identity() }, .layer("Lambda", input: [2, 3]) { Lambda { sin($0) } },
        .layer("Flatten", input: [2, 3, 4]) { Flatten() },
        .layer("Unflatten", input: [2, 6]) { Unflatten(1, into: [2, 3]) },
        .layer("Residual", input: [2, 3]) { Residual(Linear(3, 3)) },
        .layer("Residual (shortcut)", input: [2, 3]) { Residual(Linear(3, 2), shortcut: Linear(3, 2, bias: false)) },
        .layer("Parallel", input: [2, 3]) { Parallel(Linear(3, 2), Tanh()) },
        .layer("Parallel (sum)", input: [2, 3]) { Parallel(Linear(3, 3), Identity(), merging: .adding) },
    ]
}
