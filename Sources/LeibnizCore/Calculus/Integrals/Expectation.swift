import Foundation
import LeibnizKernels

/// A probability density on a line, as the weight of an expectation.
public struct Density: Sendable {
    /// p(x).
    public let density: @Sendable (Tensor) -> Tensor
    /// Where p is not 0: from `lower` to `upper`, either of which may be infinite.
    public let lower: Tensor
    /// The upper end.
    public let upper: Tensor
    /// Where most of the probability lies, and how far it spreads: the scale on which panels are laid.
    private let centre: Tensor
    private let scale: Tensor

    /// A density of one's own; whether its integral is 1 is not looked at.
    ///
    /// - Parameters:
    ///   - lower, upper: the ends of the interval on which it is not 0; −∞ and ∞ by default.
    ///   - centre, scale: about where and how wide it is; 0 and 1 by default. They only help the quadrature on infinite intervals.
    public init(
        from lower: Tensor = -Tensor.infinity, to upper: Tensor = .infinity, centre: Tensor = 0, scale: Tensor = 1,
        _ density: @escaping @Sendable (Tensor) -> Tensor
    ) {
        (self.lower, self.upper, self.density) = (lower, upper, density)
        (self.centre, self.scale) = (Bounds.real(centre), Bounds.real(scale))
    }

    /// Equally likely everywhere between two numbers.
    public static func uniform(_ lower: Tensor, _ upper: Tensor) -> Density {
        let width = Bounds.real(upper) - Bounds.real(lower)
        return Density(from: lower, to: upper) { _ in 1 / width }
    }

    /// The normal distribution, (1/(σ√(2π)))·e^{−(x − μ)²/(2σ²)}.
    public static func normal(mean: Tensor = 0, deviation: Tensor = 1) -> Density {
        let (mean, deviation) = (Bounds.real(mean), Bounds.real(deviation))
        return Density(centre: mean, scale: deviation) { x in
            let z = (x - mean) / deviation
            return exp(-0.5 * z * z) / (deviation * Tensor(weak: (2 * Double.pi).squareRoot()))
        }
    }

    /// The exponential distribution, λ·e^{−λx} for x ≥ 0.
    public static func exponential(rate: Tensor = 1) -> Density {
        let rate = Bounds.real(rate)
        return Density(from: 0, to: .infinity, scale: 1 / rate) { x in rate * exp(-rate * x) }
    }

    /// ∫ p(x)·f(x) dx. On an unbounded interval in units of the density's own, which are held while derivatives are taken: they go
    /// through p and f alone, so that they are right for an f that jumps as well.
    fileprivate func integral(
        of f: (Tensor) -> Tensor, _ points: [Double], _ relative: Double, _ absolute: Double
    ) -> Tensor {
        let ends = [lower, upper].map(Bounds.real)
        if !ends.contains(where: LineIntegration.isInfinite) {
            return integrate(
                { f($0) * density($0) }, from: ends[0], to: ends[1], points: points, relative: relative,
                absolute: absolute)
        }
        let (centre, scale) = (centre.stopGradient(), scale.stopGradient())
        let bounds = ends.map { LineIntegration.isInfinite($0) ? $0 : ($0 - centre) / scale }
        var marks: [Double] = []
        if !points.isEmpty, let middle = try? centre.item(), let unit = try? scale.item() {
            marks = points.map { ($0 - middle) / unit }
        }
        return integrate(
            { z in
                let x = centre + scale * z
                return f(x) * (density(x) * scale)
            }, from: bounds[0], to: bounds[1], points: marks, relative: relative, absolute: absolute)
    }
}

/// The expectation of a function of a random number, E[f(X)] = ∫ p(x)·f(x) dx.
///
/// ```swift
/// expectation(of: { $0 * $0 }, under: .normal(mean: 1, deviation: 2))         // μ² + σ² = 5
/// ```
///
/// It can be differentiated with respect to the density's parameters and to all that f captured, as `integrate`.
///
/// - Parameters:
///   - f: a function of one number, a float64 scalar; its value may have any shape.
///   - points: places where f jumps or has a kink; none by default. Inside `vmap` and `compiled` they are not looked at for a density that
///     has parameters there.
///   - relative, absolute: as of `integrate`.
/// - Returns: float64, of the shape of f's value.
public func expectation(
    of f: (Tensor) -> Tensor, under density: Density, points: [Double] = [], relative: Double = 1e-10,
    absolute: Double = 1e-12
) -> Tensor {
    density.integral(of: f, points, relative, absolute)
}
