import LeibnizCore

/// What batch and instance normalisation have in common: y = γ·(x − μ)/√(σ² + ε) + β with γ and β per channel, and perhaps running means of
/// μ and σ², which inference takes.
struct ChannelNormalization: Sendable {
    /// γ, [C].
    let weight: Parameter?
    /// β, [C].
    let bias: Parameter?
    let statistics: RunningStatistics?
    let features: Int
    private let epsilon: Double

    /// - Parameter countsBatches: see `RunningStatistics`.
    init(
        _ features: Int, epsilon: Double, momentum: Double?, affine: Bool, tracksStatistics: Bool, countsBatches: Bool
    ) {
        (self.features, self.epsilon) = (features, epsilon)
        (weight, bias) = Normalization.scale([features], affine: affine, bias: affine)
        statistics =
            tracksStatistics ? RunningStatistics(features, momentum: momentum, countsBatches: countsBatches) : nil
    }

    /// The parts under PyTorch's names.
    var parts: [(name: String, part: any Module)] {
        [("weight", weight), ("bias", bias)] + (statistics?.parts ?? [])
    }

    /// [N, C, …] → the same.
    ///
    /// - Parameters:
    ///   - axes: those of μ and σ², without axis 1.
    ///   - layer: its name in errors.
    func callAsFunction(_ x: Tensor, over axes: [Int], in layer: String) -> Tensor {
        func perChannel(_ tensor: Tensor) -> Tensor {
            tensor.reshaped(to: Shape([features] + Array(repeating: 1, count: x.rank - 2)))
        }
        let centred: Tensor, spread: Tensor
        if let statistics, ExecutionMode.current == .inference {
            (centred, spread) = (x - perChannel(statistics.mean.value), perChannel(statistics.variance.value))
        } else {
            let count = axes.reduce(1) { $0 * x.shape[$1] }
            guard count > 1 else {
                return .refused(
                    layer, [x], "a channel needs more than one element for its variance",
                    hint: statistics.map { _ in "inference { … } takes the running means" })
            }
            let average = mean(x, axes: axes, keepingAxes: true)
            centred = x - average
            spread = mean(centred * centred, axes: axes, keepingAxes: true)
            // Of examples with statistics of their own, their mean.
            func overExamples(_ tensor: Tensor) -> Tensor {
                average.count == features
                    ? tensor.reshaped(to: [features]) : mean(tensor.reshaped(to: [-1, features]), axes: [0])
            }
            statistics?.record(
                mean: overExamples(average), variance: overExamples(spread) * (Double(count) / Double(count - 1)))
        }
        return Normalization.scaled(
            centred * rsqrt(spread + epsilon), by: weight.map { perChannel($0.value) },
            bias.map { perChannel($0.value) })
    }
}
