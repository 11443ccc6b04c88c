import LeibnizCore

/// (1/t)·log((1/n) Σ e^{t·u}) over regions: the mean of u at t = 0, its maximum as t → ∞, its minimum as t → −∞.
///
/// With u = f it is log-sum-exp pooling of sharpness t; with u = log|f| and t = p it is the logarithm of the power mean. As a function
/// of t it is smooth, also at 0, and so must be what is computed: with m the mean of u, v = u − m and q the mean of v²·φ(t·v),
/// φ(z) = (e^z − 1 − z)/z²,
///
///     (1/t) log(1/n Σ e^{t·u}) = m + (1/t) log(1 + t²q) = m + t·q·λ(t²q),  λ(y) = log(1 + y)/y.
///
/// Where |t·v| ≤ ¼ this form is taken, with φ and λ as power series; all derivatives in t and u follow. Elsewhere it is the first
/// form, relative to the greatest t·u.
struct ExponentialMean {
    /// True where an element counts, of the values' shape; `nil` where all do.
    let isCounted: Tensor?
    /// The number of elements that count in each region, at least 1; stretches to [places…, 1…].
    let count: Tensor
    /// The region axes.
    let axes: [Int]

    /// One number per region, with region axes of extent 1.
    ///
    /// - Parameters:
    ///   - u: finite where it counts. What is greatest in t·u is best near 0.
    ///   - t: stretches to the values.
    func callAsFunction(_ u: Tensor, sharpness t: Tensor) -> Tensor {
        let u = counted(u, else: 0)
        let m = mean(u)
        let v = counted(u - m, else: 0)
        let isNear = max(abs(t * v), axes: axes, keepingAxes: true) <= u.constant(0.25)
        // What is not taken must be finite as well, with its derivatives.
        let near = which(isNear, v, 0)
        let q = mean(near * near * Self.phi(t * near))
        let series = m + t * q * Self.lambda(t * t * q)
        let far = t * u
        let peak = max(counted(far, else: -.infinity), axes: axes, keepingAxes: true).stopGradient()
        let base = which(isFinite(peak), peak, 0)
        let total = mean(counted(exp(counted(far - base, else: 0)), else: 0))
        let isSome = ~(total == 0)
        let quotient = (log(which(isSome, total, 1)) + base) / which(isNear.or(t == 0), 1, t)
        return which(isNear, series, quotient)
    }

    private func mean(_ x: Tensor) -> Tensor { sum(x, axes: axes, keepingAxes: true) / count }

    private func counted(_ x: Tensor, else number: Double) -> Tensor {
        isCounted.map { which($0, x, x.constant(number)) } ?? x
    }

    /// (e^z − 1 − z)/z² = Σ z^j/(j + 2)! for |z| ≤ ¼: the first term left out is below 10⁻¹⁷.
    private static func phi(_ z: Tensor) -> Tensor {
        var factorial = 2.0
        let coefficients = (0...11).map { j in
            defer { factorial *= Double(j + 3) }
            return 1 / factorial
        }
        return polynomial(coefficients, z)
    }

    /// log(1 + y)/y = 2/(2 + y)·Σ s^{2j}/(2j + 1) with s = y/(2 + y), for 0 ≤ y ≤ 0.04.
    private static func lambda(_ y: Tensor) -> Tensor {
        let s = y / (2 + y)
        return 2 / (2 + y) * polynomial((0...5).map { 1 / Double(2 * $0 + 1) }, s * s)
    }

    /// Σ c_j x^j by Horner's rule.
    private static func polynomial(_ coefficients: [Double], _ x: Tensor) -> Tensor {
        coefficients.dropLast().reversed().reduce(x.filled(coefficients.last ?? 0)) { $0 * x + x.constant($1) }
    }
}
