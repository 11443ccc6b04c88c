import LeibnizCore

/// What a power of p is taken of, and what its sum is divided by. Where conventions differ, each has its owner's name.
public enum PowerConvention: Hashable, Sendable {
    /// (1/|R| ∫_R |f|^p)^{1/p}, the article's.
    case mean
    /// (Σ_R |f|^p)^{1/p}, that of ONNX's LpPool. Not for p = 0.
    case sum
    /// (|K|/|R| · Σ_R f^p)^{1/p} with the sign of f, that of PyTorch's `lp_pool`; |K| is the size of a whole window. NaN where the
    /// sum is negative, unless p = 1, and where f is and p is fractional. For finite p > 0.
    case signedSum
    /// (1/|R| ∫_R max(f, ε)^p)^{1/p} with ε > 0: generalised-mean pooling (Radenović et al. 2019, with ε = 10⁻⁶).
    case clamped(epsilon: Double = 1e-6)
}

/// The power mean of each region: (1/|R| ∫_R |f|^p)^{1/p} for any real p, ∞ and −∞.
///
/// p = 1 is the mean of |f|, 2 the root of the mean square, ∞ the greatest |f|; 0 the geometric mean, −1 the harmonic, −∞ the
/// least |f|. Values are taken relative to the region's greatest |f| (least for p < 0), so that neither large values nor powers
/// overflow. With a learned p the rule has a derivative in it, also at 0.
///
/// Derivatives where f is 0, also where all of a region is, are 0, also in p. For p ≤ 0 a region with a 0 has the mean 0.
/// Magnitudes below the smallest normal number count as 0 for p < 1 and for learned p; so does the derivative in a value whose share
/// of the sum, f^p/Σf^p, or whose share of the mean, M·f^p/Σf^p, is below it.
///
/// Parameters: `p` where it is learned, [] or [channels].
public struct PowerMean: PoolingRule {
    /// The exponent, where it is learned: [] or [channels].
    public let p: Parameter?
    private let exponent: Double
    private let convention: PowerConvention

    /// The power mean of a fixed exponent, which may be infinite.
    public init(_ p: Double, convention: PowerConvention = .mean) {
        (self.p, exponent, self.convention) = (nil, p, convention)
    }

    /// The power mean of a learned exponent.
    ///
    /// - Parameters:
    ///   - first: the exponent to begin with; finite.
    ///   - channels: how many channels have an exponent each; `nil` for one that is the same for all.
    public init(learning first: Double, channels: Int? = nil, convention: PowerConvention = .mean) {
        p = Parameter(.full(channels.map { [$0] } ?? [], first, Initialization.elementType))
        (exponent, self.convention) = (first, convention)
    }

    /// The power mean of each region.
    public func pooled(_ regions: PoolingRegions) -> Tensor {
        let f = regions.values()
        if f.isInvalid { return f }
        guard !exponent.isNaN, p == nil || exponent.isFinite else {
            return refused(regions, f, "p is a number, and finite where it is learned")
        }
        switch convention {
        case .mean:
            // An even power needs no magnitudes, nor does its derivative.
            let isEven = p == nil && (exponent == 2 || exponent == 4)
            return mean(abs(f), regions, signed: isEven ? f : nil)
        case .clamped(let epsilon):
            guard epsilon > 0, epsilon.isFinite else { return refused(regions, f, "ε = \(epsilon) is not above 0") }
            return mean(clamp(f, epsilon, .infinity), regions)
        case .sum:
            guard exponent != 0 || p != nil else { return refused(regions, f, "a sum of powers has no limit at p = 0") }
            let mean = mean(abs(f), regions)
            if exponent.isInfinite || mean.isInvalid { return mean }
            let measure = regions.measure(f.elementType)
            let count = measure.rank == 0 ? measure : measure.squeezed(regions.axes)
            return mean * pow(count, 1 / places(power(f, regions), regions))
        case .signedSum:
            guard exponent.isFinite, exponent > 0 || p != nil else {
                return refused(regions, f, "a signed sum of powers needs a finite p above 0")
            }
            return signedSum(f, regions)
        }
    }

    private func refused(_ regions: PoolingRegions, _ f: Tensor, _ reason: String) -> Tensor {
        .refused(regions.name, [f], "p = \(exponent) gives no mean: \(reason)", kind: .value)
    }

    /// p so that it stretches to the values.
    private func power(_ f: Tensor, _ regions: PoolingRegions) -> Tensor {
        p.map { regions.perChannel($0.value.cast(to: f.elementType)) } ?? f.constant(exponent)
    }

    /// What stretches to the values, so that it stretches to one number per region.
    private func places(_ x: Tensor, _ regions: PoolingRegions) -> Tensor {
        x.isInvalid || x.rank == 0 ? x : x.squeezed(regions.axes)
    }

    private func mean(_ a: Tensor, _ regions: PoolingRegions, signed: Tensor? = nil) -> Tensor {
        if p != nil || exponent.isFinite && exponent < 1 { return byLogarithms(a, regions) }
        if exponent == .infinity { return max(a, axes: regions.axes) }
        if exponent == -.infinity {
            let inside = regions.isInside
            return min(inside.map { which($0, a, a.constant(.infinity)) } ?? a, axes: regions.axes)
        }
        let scale = Scale(of: a, regions.axes, signed: signed)
        let total = regions.mean(pow(scale.ratios(exponent <= 4), exponent), keepingAxes: true)
        let root = which(scale.isZero, 0, pow(which(scale.isZero, 1, total), 1 / exponent))
        return (root * scale.value).squeezed(regions.axes)
    }

    /// s·exp(L) with L the exponential mean of log(a/s): good for every p, at more work.
    private func byLogarithms(_ a: Tensor, _ regions: PoolingRegions) -> Tensor {
        let p = power(a, regions)
        if p.isInvalid { return p }
        let axes = regions.axes
        let least = a.constant(a.elementType == .float64 ? 0x1p-1022 : 0x1p-126)
        // NaN counts, and wins.
        let isPositive = ~(a < least)
        let isCounted = regions.isInside.map { isPositive.and($0) } ?? isPositive
        let number = sum(isCounted.cast(to: a.elementType), axes: axes, keepingAxes: true)
        let all = regions.measure(a.elementType)
        let greatest = max(which(isCounted, a, 0), axes: axes, keepingAxes: true)
        let smallest = min(which(isCounted, a, a.constant(.infinity)), axes: axes, keepingAxes: true)
        let isEmpty = number == 0
        // The mean is homogeneous in f: the scale may be held constant without changing any derivative.
        let s = which(isEmpty.or(~isFinite(greatest)), 1, which(p < 0, smallest, greatest)).stopGradient()
        // Quotients near 1 have all digits of their logarithm; those that over- or underflow are far from it.
        let positive = which(isCounted, a, s)
        let ratio = positive / s
        let isNormal = isFinite(ratio).and(ratio >= least)
        let u = which(isNormal, log(which(isNormal, ratio, 1)), log(which(isNormal, s, positive)) - log(s))
        let few = which(isEmpty, 1, number)
        let logarithm = ExponentialMean(isCounted: isCounted, count: few, axes: axes)(u, sharpness: p)
        // Zeros add nothing to a sum of positive powers, and are limits of what makes the other means 0.
        let hasZeros = number < all
        let share = log(few / all) / which(p > 0, p, 1)
        let isMean = (~isEmpty).and((~hasZeros).or(p > 0).or(isNaN(greatest)))
        let exponent = which(isMean, logarithm + which(hasZeros, share, 0), 0)
        return which(isMean, exp(exponent) * s, 0).squeezed(axes)
    }

    private func signedSum(_ f: Tensor, _ regions: PoolingRegions) -> Tensor {
        let p = p.map { regions.perChannel($0.value.cast(to: f.elementType)) }
        func raised(_ x: Tensor) -> Tensor { p.map { pow(x, $0) } ?? pow(x, exponent) }
        func root(_ x: Tensor) -> Tensor { p.map { pow(x, 1 / $0) } ?? pow(x, 1 / exponent) }
        let scale = Scale(of: abs(f), regions.axes, signed: f)
        let ratios = scale.ratios(false)
        // Below p = 1, and to learn p, the power of 0 has no derivative.
        let isNothing = ratios == 0
        let powers =
            p == nil && exponent >= 1 ? raised(ratios) : which(isNothing, 0, raised(which(isNothing, 1, ratios)))
        let whole = f.constant(Double(regions.extents.reduce(1, *)))
        let total = regions.mean(powers, keepingAxes: true) * whole
        let isZero = total == 0
        return (which(isZero, 0, root(which(isZero, 1, total))) * scale.value).squeezed(regions.axes)
    }
}

extension PoolingRule where Self == PowerMean {
    /// (1/|R| ∫_R |f|^p)^{1/p}.
    public static func power(_ p: Double, convention: PowerConvention = .mean) -> PowerMean {
        PowerMean(p, convention: convention)
    }
    /// The same with a learned p, one for all or one per channel.
    public static func power(
        learning first: Double, channels: Int? = nil, convention: PowerConvention = .mean
    ) -> PowerMean {
        PowerMean(learning: first, channels: channels, convention: convention)
    }
    /// The geometric mean of |f|: p = 0.
    public static var geometric: PowerMean { PowerMean(0) }
    /// The harmonic mean of |f|: p = −1.
    public static var harmonic: PowerMean { PowerMean(-1) }
}

/// The greatest magnitude of each region, relative to which powers neither overflow nor vanish.
private struct Scale {
    /// Within limits where its reciprocal has all its digits; no derivative passes.
    let value: Tensor
    /// Where all of a region is 0.
    let isZero: Tensor
    private let numbers: Tensor

    /// - Parameter signed: what is scaled, if not the magnitudes themselves.
    init(of magnitudes: Tensor, _ axes: [Int], signed: Tensor? = nil) {
        numbers = signed ?? magnitudes
        // The mean is homogeneous in f: the scale may be held constant without changing any derivative.
        let peak = max(magnitudes, axes: axes, keepingAxes: true).stopGradient()
        isZero = peak == 0
        let bound = magnitudes.elementType == .float64 ? 0x1p1022 : 0x1p126
        value = which(isFinite(peak), maximum(minimum(peak, peak.filled(bound)), peak.filled(1 / bound)), 1)
    }

    /// - Parameter isRough: whether a reciprocal is exact enough: the error grows with the power that is taken.
    func ratios(_ isRough: Bool) -> Tensor { isRough ? numbers * (1 / value) : numbers / value }
}
