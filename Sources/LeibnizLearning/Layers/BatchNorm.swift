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
    private let normalization: ChannelNormalization

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
        normalization = ChannelNormalization(
            features, epsilon: epsilon, momentum: momentum, affine: affine, tracksStatistics: tracksStatistics,
            countsBatches: true)
        nameParameters()
    }

    /// The parts under PyTorch's names.
    public var parts: [(name: String, part: any Module)] { normalization.parts }

    /// γ, [C].
    public var weight: Parameter? { normalization.weight }
    /// β, [C].
    public var bias: Parameter? { normalization.bias }
    /// The running mean of each channel, [C].
    public var runningMean: Parameter? { normalization.statistics?.mean }
    /// The running mean of each channel's variance, [C].
    public var runningVariance: Parameter? { normalization.statistics?.variance }

    /// [N, C, spatial…] → the same; `BatchNorm1D` also takes [N, C].
    public func callAsFunction(_ x: Tensor) -> Tensor {
        if x.isInvalid { return x }
        let rank = 2 + Dimensions.axes
        guard x.rank == rank || Dimensions.axes == 1 && x.rank == 2, x.shape[1] == normalization.features else {
            return .refused(
                Self.moduleName, [x],
                "the input must have \(rank) axes, of which axis 1 has \(normalization.features) channels")
        }
        return normalization(x, over: Array(0..<x.rank).filter { $0 != 1 }, in: Self.moduleName)
    }
}

/// Batch normalisation of vectors [N, C] or signals [N, C, L].
public typealias BatchNorm1D = BatchNorm<OneDimensional>
/// Batch normalisation of images, [N, C, H, W].
public typealias BatchNorm2D = BatchNorm<TwoDimensional>
/// Batch normalisation of volumes, [N, C, D, H, W].
public typealias BatchNorm3D = BatchNorm<ThreeDimensional>
