import LeibnizCore

/// A number that a rule takes or learns, for all channels or one for each.
struct Sharpness: Sendable {
    let parameter: Parameter?
    let number: Double

    init(_ number: Double) { (parameter, self.number) = (nil, number) }

    init(learning first: Double, channels: Int?) {
        parameter = Parameter(.full(channels.map { [$0] } ?? [], first, Initialization.elementType))
        number = first
    }

    /// The number so that it stretches to the values; invalid where it is not finite.
    func value(_ regions: PoolingRegions, _ f: Tensor) -> Tensor {
        guard number.isFinite else {
            return .refused(regions.name, [f], "a sharpness of \(number) is not finite", kind: .value)
        }
        return parameter.map { regions.perChannel($0.value.cast(to: f.elementType)) } ?? f.constant(number)
    }
}

/// (1/β)·log((1/|R|) ∫_R e^{βf}): log-sum-exp pooling (Boyd & Vandenberghe 2004, §3.1.5; Pinheiro & Collobert 2015).
///
/// The mean of f at β = 0, its maximum as β → ∞, its minimum as β → −∞; it is the power mean of e^f with p = β, seen in logarithms.
/// Nothing overflows, and a learned β has its derivative also at 0, half of the variance of f.
///
/// Parameters: `sharpness` where it is learned, [] or [channels].
public struct LogSumExpRule: PoolingRule {
    /// β, where it is learned: [] or [channels].
    public var sharpness: Parameter? { beta.parameter }
    private let beta: Sharpness

    /// - Parameter sharpness: β, any finite number; 1 by default.
    public init(sharpness: Double = 1) { beta = Sharpness(sharpness) }

    /// - Parameters:
    ///   - first: β to begin with.
    ///   - channels: how many channels have a β each; `nil` for one that is the same for all.
    public init(learning first: Double, channels: Int? = nil) { beta = Sharpness(learning: first, channels: channels) }

    /// The exponential mean of each region.
    public func pooled(_ regions: PoolingRegions) -> Tensor {
        let f = regions.values()
        if f.isInvalid { return f }
        let (beta, isInside) = (beta.value(regions, f), regions.isInside)
        if beta.isInvalid { return beta }
        func peak(_ number: Double, _ extreme: (Tensor, [Int]?, Bool) -> Tensor) -> Tensor {
            extreme(isInside.map { which($0, f, f.constant(number)) } ?? f, regions.axes, true)
        }
        // log-sum-exp moves with f: a shift may be held constant without changing any derivative.
        let (high, low) = (
            peak(-.infinity) { max($0, axes: $1, keepingAxes: $2) },
            peak(.infinity) { min($0, axes: $1, keepingAxes: $2) }
        )
        let extreme = which(beta < 0, low, high)
        let base = which(isFinite(extreme), extreme, 0).stopGradient()
        let mean = ExponentialMean(isCounted: isInside, count: regions.measure(f.elementType), axes: regions.axes)
        return (mean(f - base, sharpness: beta) + base).squeezed(regions.axes)
    }
}

/// ∫_R f·e^{βf} / ∫_R e^{βf}: values weighted by their softmax, SoftPool for β = 1 (Stergiou, Poppe & Kalliatakis 2021).
///
/// The mean of f at β = 0, its maximum as β → ∞; the derivative of β·(log-sum-exp of sharpness β) in β.
///
/// Parameters: `sharpness` where it is learned, [] or [channels].
public struct SoftRule: PoolingRule {
    /// β, where it is learned: [] or [channels].
    public var sharpness: Parameter? { beta.parameter }
    private let beta: Sharpness

    /// - Parameter sharpness: β, any finite number; 1 by default.
    public init(sharpness: Double = 1) { beta = Sharpness(sharpness) }

    /// - Parameters:
    ///   - first: β to begin with.
    ///   - channels: how many channels have a β each; `nil` for one that is the same for all.
    public init(learning first: Double, channels: Int? = nil) { beta = Sharpness(learning: first, channels: channels) }

    /// The weighted mean of each region.
    public func pooled(_ regions: PoolingRegions) -> Tensor {
        let f = regions.values()
        if f.isInvalid { return f }
        let (isInside, scaled) = (regions.isInside, f * beta.value(regions, f))
        if scaled.isInvalid { return scaled }
        func inside(_ x: Tensor, else number: Double) -> Tensor {
            isInside.map { which($0, x, x.constant(number)) } ?? x
        }
        let peak = max(inside(scaled, else: -.infinity), axes: regions.axes, keepingAxes: true).stopGradient()
        let base = which(isFinite(peak), peak, 0)
        let weights = inside(exp(inside(scaled - base, else: 0)), else: 0)
        return sum(weights * f, axes: regions.axes) / sum(weights, axes: regions.axes)
    }
}

extension PoolingRule where Self == LogSumExpRule {
    /// (1/β)·log((1/|R|) ∫_R e^{βf}).
    public static func logSumExp(sharpness: Double = 1) -> LogSumExpRule { LogSumExpRule(sharpness: sharpness) }
    /// The same with a learned β, one for all or one per channel.
    public static func logSumExp(learning first: Double, channels: Int? = nil) -> LogSumExpRule {
        LogSumExpRule(learning: first, channels: channels)
    }
}

extension PoolingRule where Self == SoftRule {
    /// ∫_R f·e^{βf} / ∫_R e^{βf}.
    public static func soft(sharpness: Double = 1) -> SoftRule { SoftRule(sharpness: sharpness) }
    /// The same with a learned β, one for all or one per channel.
    public static func soft(learning first: Double, channels: Int? = nil) -> SoftRule {
        SoftRule(learning: first, channels: channels)
    }
}
