import LeibnizCore

/// Instance normalisation (Ulyanov et al. 2016): each channel of each example with mean 0 and variance 1.
///
/// y = γ·(x − μ)/√(σ² + ε) + β with μ and σ² over the spatial axes, per example and channel.
///
/// Parameters, only where asked for: `weight` γ [C], 1 at first; `bias` β [C], 0 at first; and without gradient `running_mean` [C],
/// `running_var` [C] and `num_batches_tracked`, the running means over examples, which `inference { … }` then takes.
public struct InstanceNorm<Dimensions: SpatialDimensions>: Layer, ModuleContainer, NamedByDimensions {
    static var baseName: String { "InstanceNorm" }
    /// γ, [C].
    public let weight: Parameter?
    /// β, [C].
    public let bias: Parameter?
    private let statistics: RunningStatistics?
    private let features: Int
    private let epsilon: Double

    /// A layer for inputs of `features` channels.
    ///
    /// - Parameters:
    ///   - epsilon: ε, 1e-5 by default.
    ///   - momentum: the share of a new batch in the running means, 0.1 by default; `nil` for the plain mean over all batches.
    ///   - affine: whether there are γ and β; false by default.
    ///   - tracksStatistics: whether there are running means; false by default.
    public init(
        _ features: Int, epsilon: Double = 1e-5, momentum: Double? = 0.1, affine: Bool = false,
        tracksStatistics: Bool = false
    ) {
        (self.features, self.epsilon) = (features, epsilon)
        (weight, bias) = Normalization.scale([features], affine: affine, bias: affine)
        statistics = tracksStatistics ? RunningStatistics(features, momentum: momentum) : nil
        nameParameters()
    }

    /// The parts under PyTorch's names.
    public var parts: [(name: String, part: any Module)] {
        [("weight", weight), ("bias", bias)] + (statistics?.parts ?? [])
    }

    /// [N, C, spatial…] → the same.
    public func callAsFunction(_ x: Tensor) -> Tensor {
        if x.isInvalid { return x }
        let rank = 2 + Dimensions.axes
        guard x.rank == rank, x.shape[1] == features else {
            return .refused(
                Self.moduleName, [x], "the input must have \(rank) axes, of which axis 1 has \(features) channels")
        }
        let perChannel = Shape([features] + Array(repeating: 1, count: Dimensions.axes))
        let y: Tensor
        if let statistics, ExecutionMode.current == .inference {
            let centred = x - statistics.mean.value.reshaped(to: perChannel)
            y = centred * rsqrt(statistics.variance.value.reshaped(to: perChannel) + epsilon)
        } else {
            let axes = Array(2..<rank), count = x.count / max(1, x.shape[0] * features)
            guard count > 1 else {
                return .refused(Self.moduleName, [x], "a channel of one element has no variance")
            }
            let average = mean(x, axes: axes, keepingAxes: true)
            let centred = x - average
            let spread = mean(centred * centred, axes: axes, keepingAxes: true)
            func overExamples(_ tensor: Tensor) -> Tensor {
                mean(tensor.reshaped(to: [x.shape[0], features]), axes: [0])
            }
            statistics?.record(
                mean: overExamples(average), variance: overExamples(spread) * (Double(count) / Double(count - 1)))
            y = centred * rsqrt(spread + epsilon)
        }
        return Normalization.scaled(
            y, by: weight?.value.reshaped(to: perChannel), bias?.value.reshaped(to: perChannel))
    }
}

/// Instance normalisation of signals, [N, C, L].
public typealias InstanceNorm1D = InstanceNorm<OneDimensional>
/// Instance normalisation of images, [N, C, H, W].
public typealias InstanceNorm2D = InstanceNorm<TwoDimensional>
/// Instance normalisation of volumes, [N, C, D, H, W].
public typealias InstanceNorm3D = InstanceNorm<ThreeDimensional>
