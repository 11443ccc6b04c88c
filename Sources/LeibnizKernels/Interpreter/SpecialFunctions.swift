#if canImport(Darwin)
    import Darwin
#elseif canImport(Musl)
    import Musl
#else
    import Glibc
#endif

/// Functions that the C library lacks, or spells in a way that threads cannot share.
enum SpecialFunctions {
    /// 1/(1 + e⁻ˣ), by way of the exponential that does not overflow.
    static func sigmoid(_ x: Double) -> Double {
        if x >= 0 { return 1 / (1 + exp(-x)) }
        let e = exp(x)
        return e / (1 + e)
    }

    /// log |Γ(x)|.
    static func logAbsoluteGamma(_ x: Double) -> Double {
        // The tuple's overload is reentrant: C's `lgamma` writes the sign to a global.
        let (value, _): (Double, Int) = lgamma(x)
        return value
    }

    /// ψ(x) = Γ′(x)/Γ(x); −∞ at +0, +∞ at −0, NaN at the negative integers (as SciPy's).
    ///
    /// Below 0 by reflection, ψ(x) = ψ(1 − x) − π cot πx (DLMF 5.5.4); near the positive root by its Taylor series, or
    /// all digits would cancel; else by ψ(x) = ψ(x + 1) − 1/x (DLMF 5.5.2) up to 10 and there by the asymptotic series.
    static func digamma(_ x: Double) -> Double {
        if x == 0 { return -1 / x }
        if x < 0 {
            // cot has period 1 in x; the reduced argument is exact.
            let fraction = x - x.rounded(.toNearestOrEven)
            if fraction == 0 || x.isInfinite { return .nan }
            let cotangent = abs(fraction) == 0.5 ? 0 : Double.pi / tan(Double.pi * fraction)
            return digamma(1 - x) - cotangent
        }
        let fromRoot = (x - root) - rootRemainder
        if abs(fromRoot) < 0.3 {
            return rootSeries.reversed().reduce(0) { ($0 + $1) * fromRoot }
        }
        var (shifted, below) = (x, 0.0)
        while shifted < 10 {
            below += 1 / shifted
            shifted += 1
        }
        return asymptoticDigamma(shifted) - below
    }

    /// ψ(x) ~ log x − 1/2x − Σ B₂ₖ/(2k·x²ᵏ) (DLMF 5.11.2), for x ≥ 10.
    private static func asymptoticDigamma(_ x: Double) -> Double {
        let y = 1 / (x * x)
        let tail = [1.0 / 12, -1.0 / 120, 1.0 / 252, -1.0 / 240, 1.0 / 132, -691.0 / 32760, 1.0 / 12]
        return log(x) - 0.5 / x - tail.reversed().reduce(0) { ($0 + $1) * y }
    }

    /// The positive root of ψ as a sum of two doubles.
    private static let root = 1.4616321449683622
    private static let rootRemainder = 9.549995429965697e-17

    /// ψ⁽ᵏ⁾(root)/k! for k = 1, 2, …: within 0.3 of the root the next term is below 10⁻¹⁷ of the sum.
    private static let rootSeries = [
        0.9676722454476212, -0.4427631689835921, 0.258499760955651, -0.16394270544240652, 0.10782405069126237,
        -0.07219956125645471, 0.04880428816414311, -0.03316112647484736, 0.022597648232218104, -0.01542476590494896,
        0.010538791616612175, -0.007204534386356869, 0.004926781395729853, -0.003369801655439328, 0.002305126326734928,
        -0.0015769367714301972, 0.0010788252019162967, -0.0007380709389960052, 0.000504953265834602,
        -0.0003454680251063077, 0.00023635601564027053, -0.00016170622091974803, 0.0001106337276874741,
        -7.569179582195066e-05, 5.178575795222081e-05, -3.5430070947659604e-05,
    ]
}
