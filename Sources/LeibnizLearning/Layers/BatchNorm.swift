import LeibnizCore

/// Batch normalisation (Ioffe & Szegedy 2015): each channel with mean 0 and variance 1 over the batch, then scaled and moved.
///
/// y = γ·(x − μ)/√(σ² + ε) + β. In training μ and σ² are those of the batch, per channel, and their running means are kept; in
/// `inference { … }` the running means are taken instead.
///
/// Parameters: `weight` γ [C], 1 at first; `bias` β [C], 0 at first; and without gradient `running_mean` [C], `running_var` [C] (of
/// variances with Bessel's correction) and the integer `num_batches_tracked`.
public struct BatchNorm<Dimensions: SpatialDimensions>: Layer, ModuleContainer, NamedByDimensions {
    static var baseName: String { "BatchNorm" }
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
    ///   - affine: whether there are γ and β; true by default.
    ///   - tracksStatistics: whether there are running means; true by default. Without, those of the batch always serve.
    public init(
        _ features: Int, epsilon: Double = 1e-5, momentum: Double? = 0.1, affine: Bool = true,
        tracksStatistics: Bool = true
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

    /// The running mean of each channel, [C].
    public var runningMean: Parameter? { statistics?.mean }
    /// The running mean of each channel's variance, [C].
    public var runningVariance: Parameter? { statistics?.variance }

    /// [N, C, spatial…] → the same; `BatchNorm1D` also takes [N, C].
    public func callAsFunction(_ x: Tensor) -> Tensor {
        if x.isInvalid { return x }
        let rank = 2 + Dimensions.axes
        guard x.rank == rank || Dimensions.axes == 1 && x.rank == 2, x.shape[1] == features else {
            return .refused(
                Self.moduleName, [x], "the input must have \(rank) axes, of which axis 1 has \(features) channels")
        }
        let axes = Array(0..<x.rank).filter { $0 != 1 }
        func perChannel(_ tensor: Tensor) -> Tensor {
            tensor.reshaped(to: Shape([features] + Array(repeating: 1, count: x.rank - 2)))
        }
        let centred: Tensor, spread: Tensor
        if let statistics, ExecutionMode.current == .inference {
            (centred, spread) = (x - perChannel(statistics.mean.value), perChannel(statistics.variance.value))
        } else {
            let count = x.count / features
            guard count > 1 else {
                return .refused(
                    Self.moduleName, [x], "a channel needs more than one element for statistics of the batch",
                    hint: "inference { … } takes the running means")
            }
            let average = mean(x, axes: axes, keepingAxes: true)
            centred = x - average
            spread = mean(centred * centred, axes: axes, keepingAxes: true)
            statistics?.record(
                mean: average.reshaped(to: [features]),
                variance: spread.reshaped(to: [features]) * (Double(count) / Double(count - 1)))
        }
        return Normalization.scaled(
            centred * rsqrt(spread + epsilon), by: weight.map { perChannel($0.value) },
            bias.map { perChannel($0.value) })
    }
}

/// Batch normalisation of vectors [N, C] or signals [N, C, L].
public typealias BatchNorm1D = BatchNorm<OneDimensional>
/// Batch normalisation of images, [N, C, H, W].
public typealias BatchNorm2D = BatchNorm<TwoDimensional>
/// Batch normalisation of volumes, [N, C, D, H, W].
public typealias BatchNorm3D = BatchNorm<ThreeDimensional>
