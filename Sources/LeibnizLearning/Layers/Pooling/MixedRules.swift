import LeibnizCore

/// α·max_R f + (1 − α)/|R| ∫_R f with a learned share α = σ(logit) (Lee, Gallagher & Tu 2016: mixed pooling).
///
/// Parameters: `logit`, [] or [channels]; 0 to begin with, so that α = ½.
public struct MixedRule: PoolingRule {
    /// log(α/(1 − α)), [] or [channels].
    public let logit: Parameter

    /// - Parameter channels: how many channels have a share each; `nil` by default, for one that is the same for all.
    public init(channels: Int? = nil) {
        logit = Parameter(.zeros(channels.map { [$0] } ?? [], Initialization.elementType))
    }

    /// The mixture of each region's maximum and mean.
    public func pooled(_ regions: PoolingRegions) -> Tensor {
        regions.mixture { regions.perChannel(logit.value.cast(to: $0.elementType)) }
    }
}

/// α·max_R f + (1 − α)/|R| ∫_R f with a share α = σ(∫_R ω·f) that answers to the region (Lee, Gallagher & Tu 2016: gated
/// pooling).
///
/// Parameters: `mask` ω, [size…] or [channels, size…]; 0 to begin with, so that α = ½. It needs regions of that size.
public struct GatedRule: PoolingRule {
    /// ω, [size…] or [channels, size…].
    public let mask: Parameter

    /// - Parameters:
    ///   - size: the size of a window along each pooled axis.
    ///   - channels: how many channels have a mask each; `nil` by default, for one that is the same for all.
    public init(_ size: [Int], channels: Int? = nil) {
        mask = Parameter(.zeros(Shape((channels.map { [$0] } ?? []) + size), Initialization.elementType))
    }

    /// The mixture of each region's maximum and mean.
    public func pooled(_ regions: PoolingRegions) -> Tensor {
        let own = mask.shape.extents.suffix(regions.rank)
        guard mask.shape.rank >= regions.rank, Array(own) == regions.extents else {
            return .refused(
                regions.name, [mask.value], "a gate's mask must be of the windows' size \(regions.extents)")
        }
        return regions.mixture { f in
            // A mask of one pooled axis is no number per channel.
            let omega = mask.shape.rank == regions.rank ? mask.value : regions.perChannel(mask.value)
            return sum(f * omega.cast(to: f.elementType), axes: regions.axes, keepingAxes: true)
        }
    }
}

extension PoolingRegions {
    /// Maximum and mean, mixed by the logit of the maximum's share.
    fileprivate func mixture(_ logit: (Tensor) -> Tensor) -> Tensor {
        let f = values()
        if f.isInvalid { return f }
        let share = sigmoid(logit(f))
        let greatest = max(values(outside: -.infinity), axes: axes, keepingAxes: true)
        let mixed = share * greatest + (1 - share) * mean(f, keepingAxes: true)
        return mixed.isInvalid ? mixed : mixed.squeezed(axes)
    }
}

extension PoolingRule where Self == MixedRule {
    /// Maximum and mean in learned shares.
    public static func mixed(channels: Int? = nil) -> MixedRule { MixedRule(channels: channels) }
}

extension PoolingRule where Self == GatedRule {
    /// Maximum and mean in shares that a learned mask gives each region.
    public static func gated(_ size: [Int], channels: Int? = nil) -> GatedRule { GatedRule(size, channels: channels) }
}
