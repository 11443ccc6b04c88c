import Leibniz

/// Programs on sequences: recurrent networks, transformers, convolutions over time, and spectra of sound.
enum SequenceWorkloads {
    static let all = [lstm, gru, transformer, convolution, stftPower, stftGradient]

    /// So small that a batch is never learned by heart: gradients that underflow are slower to compute with than real ones.
    private static let smallRate = 1e-5

    private struct Tagger: Module {
        let lstm = LSTM(64, 128)
        let head = Linear(128, 64)
        func callAsFunction(_ x: Tensor) -> Tensor { head(lstm(x)) }
    }

    private static let lstm = Workload(
        name: "lstm-adam",
        summary: "an LSTM 64→128 over 64 steps, batch 32, 64 classes at each step: cross entropy, Adam step",
        passes: Pass.training(.product(64 * 32, 512, 64), isFirst: true)
            + Array(repeating: Pass.product(32, 512, 128), count: 2 * 64)
            + [Pass.product(64 * 32, 512, 128)] + Pass.training(.product(64 * 32, 64, 128))
            + [Pass.over(6 * 107_584, operationsEach: 2)]
    ) { type in
        var data = BenchmarkData(type)
        let model = try data.model { Tagger() }
        let optimizer = Adam(model, learningRate: smallRate)
        let (x, labels) = (try data.normal([64, 32, 64]), try data.integers([64, 32], below: 64))
        let step = compiled { (x: Tensor, labels: Tensor) in
            let loss = crossEntropy(model(x).flattened(through: 1), labels.flattened())
            optimizer.update(minimizing: loss)
            return loss
        }
        return Iteration(training: model) { try step(x, labels) }
    }

    private static let gru = Workload(
        name: "gru-gradient", summary: "a GRU 64→128 over 64 steps, batch 32, and its gradients",
        passes: Array(repeating: Pass.product(64 * 32, 384, 64), count: 3)
            + Array(repeating: Pass.product(32, 384, 128), count: 2 * 64) + [Pass.product(64 * 32, 384, 128)]
    ) { type in
        var data = BenchmarkData(type)
        let model = try data.model { GRU(64, 128) }
        let (x, w) = (try data.normal([64, 32, 64]), try data.normal([64, 32, 128]))
        let names = model.namedParameters.map(\.path)
        let f = compiledWithGradients { arguments in
            model.withParameters(Dictionary(uniqueKeysWithValues: zip(names, arguments.dropFirst()))) {
                model(arguments[0])
            }
        }
        let arguments = [x] + model.parameters.map(\.value)
        return Iteration { try f(arguments, w) }
    }

    private struct Encoder: Module {
        let layers = TransformerEncoder(count: 4) {
            TransformerEncoderLayer(128, heads: 4, feedForward: 512, dropout: 0, batchFirst: true)
        }
        let head = Linear(128, 64)
        func callAsFunction(_ x: Tensor) -> Tensor { head(layers(x, mask: nil, isCausal: true)) }
    }

    private static let transformer = Workload(
        name: "transformer-train",
        summary: "4 causal encoder layers of 128 with 4 heads, 128 places, batch 16: cross entropy, Adam step",
        passes: Array(
            repeating: Pass.training(.product(16 * 128, 4 * 128, 128)) + Pass.training(.product(16 * 128, 2 * 512, 128))
                + Pass.training(.product(128, 128, 2 * 32, batch: 16 * 4)), count: 4
        ).flatMap { $0 } + Pass.training(.product(16 * 128, 64, 128)) + [Pass.over(6 * 801_344, operationsEach: 2)]
    ) { type in
        var data = BenchmarkData(type)
        let model = try data.model { Encoder() }
        let optimizer = Adam(model, learningRate: smallRate)
        let (x, labels) = (try data.normal([16, 128, 128]), try data.integers([16, 128], below: 64))
        let step = compiled { (x: Tensor, labels: Tensor) in
            let loss = crossEntropy(model(x).flattened(through: 1), labels.flattened())
            optimizer.update(minimizing: loss)
            return loss
        }
        return Iteration(training: model) { try step(x, labels) }
    }

    private struct WaveNet: Module {
        let conv1 = Conv1D(1, 32, kernelSize: 9, stride: 4), conv2 = Conv1D(32, 64, kernelSize: 9, stride: 4)
        let conv3 = Conv1D(64, 128, kernelSize: 9, stride: 4)
        let head = Linear(128, 10)
        func callAsFunction(_ x: Tensor) -> Tensor {
            head(mean(relu(conv3(relu(conv2(relu(conv1(x)))))), axes: [2]))
        }
    }

    private static let convolution = Workload(
        name: "conv1d-train",
        summary: "convolutions over 32 signals of 4096 to 32, 64 and 128 channels, kernels of 9, stride 4: SGD step",
        passes: Pass.training(.product(32 * 1022, 32, 9), isFirst: true)
            + Pass.training(.product(32 * 254, 64, 9 * 32)) + Pass.training(.product(32 * 62, 128, 9 * 64))
            + Pass.training(.product(32, 10, 128))
    ) { type in
        var data = BenchmarkData(type)
        let model = try data.model { WaveNet() }
        let optimizer = SGD(model, learningRate: smallRate)
        let (x, labels) = (try data.normal([32, 1, 4096]), try data.integers([32], below: 10))
        let step = compiled { (x: Tensor, labels: Tensor) in
            let loss = crossEntropy(model(x), labels)
            optimizer.update(minimizing: loss)
            return loss
        }
        return Iteration(training: model) { try step(x, labels) }
    }

    /// A minute at 16 kHz, in frames of 25 ms every 10 ms.
    private static let sampleCount = 960_000, frameCount = 6001

    private static func power(_ type: ElementType) -> @Sendable (Tensor) -> Tensor {
        let settings = ShortTimeFourier(size: 512, hop: 160, window: SignalWindow.hann.tensor(400, type))
        return { spectrogram($0, settings) }
    }

    private static let stftPower = Workload(
        name: "stft-power", summary: "the power spectra of a minute at 16 kHz: 512 points, Hann 400, hop 160",
        passes: [
            Pass(operations: 2.5 * Double(frameCount * 512 * 9), bytes: 4 * Double(sampleCount + frameCount * 257))
        ]
    ) { type in
        var data = BenchmarkData(type)
        let x = try data.normal([sampleCount])
        let power = power(type)
        let f = compiled { (x: Tensor) in power(x) }
        return Iteration { [try f(x)] }
    }

    private static let stftGradient = Workload(
        name: "stft-gradient", summary: "the same and the waveform's gradient",
        passes: [
            Pass(operations: 2.5 * Double(frameCount * 512 * 9), bytes: 4 * Double(sampleCount + frameCount * 257)),
            Pass(operations: 2.5 * Double(frameCount * 512 * 9), bytes: 4 * Double(sampleCount + frameCount * 257)),
        ]
    ) { type in
        var data = BenchmarkData(type)
        let (x, w) = (try data.normal([sampleCount]), try data.normal([257, frameCount]))
        let power = power(type)
        let f = compiledWithGradients { power($0[0]) }
        return Iteration { try f([x], w) }
    }
}
