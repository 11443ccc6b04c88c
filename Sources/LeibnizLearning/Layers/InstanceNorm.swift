import LeibnizCore

/// Instance normalisation (Ulyanov et al. 2016): each channel of each example with mean 0 and variance 1.
///
/// y = γ·(x − μ)/√(σ² + ε) + β with μ and σ² over the spatial axes, per example and channel.
///
/// Parameters, only where asked for: `weight` γ [C], 1 at first; `bias` β [C], 0 at first; and without gradient `running_mean` [C],
/// `running_var` [C] and `num_batches_tracked` (counted, as PyTorch does not, only for the plain mean over all batches), the running means
/// over examples, which `inference { … }` then takes.
public struct InstanceNorm<Dimensions: SpatialDimensions>: Layer, ModuleContainer, NamedByDimensions {
    static var baseName: String { "InstanceNorm" }
    private let normalization: ChannelNormalization

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
        normalization = ChannelNormalization(
            features, epsilon: epsilon, momentum: momentum, affine: affine, tracksStatistics: tracksStatistics,
            countsBatches: false)
        nameParameters()
    }

    /// The parts under PyTorch's names.
    public var parts: [(name: String, part: any Module)] { normalization.parts }

    /// γ, [C].
    public var weight: Parameter? { normalization.weight }
    /// β, [C].
    public var bias: Parameter? { normalization.bias }

    /// [N, C, spatial…] → the same.
    public func callAsFunction(_ x: Tensor) -> Tensor {
        if x.isInvalid { return x }
        let rank = 2 + Dimensions.axes
        guard x.rank == rank, x.shape[1] == normalization.features else {
            return .refused(
                Self.moduleName, [x],
                "the input must have \(rank) axes, of which axis 1 has \(normalization.features) channels")
        }
        return normalization(x, over: Array(2..<rank), in: Self.moduleName)
    }
}

/// Instance normalisation of signals, [N, C, L].
public typealias InstanceNorm1D = InstanceNorm<OneDimensional>
/// Instance normalisation of images, [N, C, H, W].
public typealias InstanceNorm2D = InstanceNorm<TwoDimensional>
/// Instance normalisation of volumes, [N, C, D, H, W].
public typealias InstanceNorm3D = InstanceNorm<ThreeDimensional>
