import Foundation

/// A derivative from values of the function alone, with an estimate of its error.
///
/// Central differences D(h) = (f(t + h) − f(t − h))/2h are right to O(h²), and spoilt by rounding as h shrinks: |D(h) − f′| over h is
/// a V. Richardson's extrapolation combines steps that halve, so that h², h⁴, … cancel: A₀ = D, Aⱼ(h) = (4ʲ·Aⱼ₋₁(h) − Aⱼ₋₁(2h))/(4ʲ − 1).
/// The entry of the tableau that differs least from its two ancestors is taken (Ridders 1982), and that difference is its error, at
/// least what rounding makes of it.
public struct NumericalDerivative: Sendable {
    /// One point of the V: a step and the central difference.
    public struct Sample: Sendable {
        /// h
        public let step: Double
        /// D(h); NaN where the function has no value at t ± h.
        public let difference: Double
        /// |D(h) − f′|, by the value that was found.
        public let deviation: Double
    }

    /// The derivative; NaN where no step gave one.
    public let value: Double
    /// An estimate of its error.
    public let error: Double
    /// The V-curve: steps from the greatest on, each half of the one before.
    public let curve: [Sample]
    /// The slopes to both sides at a small step: where they differ there is a kink or a jump.
    public let sides: (left: Double, right: Double)

    /// Whether the slopes to both sides are too different for a derivative to exist.
    public var hasKink: Bool {
        let scale = Swift.max(Swift.abs(sides.left), Swift.abs(sides.right), Swift.abs(value))
        return Swift.abs(sides.left - sides.right) > 1e-3 * scale + 100 * error
    }

    /// The step with the least deviation: the bottom of the V.
    public var bestStep: Double? { curve.filter { $0.deviation.isFinite }.min { $0.deviation < $1.deviation }?.step }

    /// Differentiates f at 0.
    ///
    /// - Parameters:
    ///   - scale: the greatest step.
    ///   - count: how many steps, each half of the one before.
    ///   - f: the function; NaN where it has no value.
    public init(scale: Double = 0.25, count: Int = 26, of f: (Double) throws -> Double) rethrows {
        let steps = (0..<count).map { scale * pow(0.5, Double($0)) }
        var (differences, magnitude) = ([Double](), 0.0)
        for step in steps {
            let (above, below) = (try f(step), try f(-step))
            differences.append((above - below) / (2 * step))
            if above.isFinite && below.isFinite { magnitude = Swift.max(Swift.abs(above), Swift.abs(below)) }
        }
        var (value, error) = (Double.nan, Double.infinity)
        var previous: [Double] = []
        for (step, difference) in zip(steps, differences) {
            var row = [difference]
            let rounding = 2 * magnitude.ulp / step
            for order in 1...8 where order <= previous.count {
                let power = pow(4, Double(order))
                let entry = (power * row[order - 1] - previous[order - 1]) / (power - 1)
                let spread = Swift.max(Swift.abs(entry - row[order - 1]), Swift.abs(entry - previous[order - 1]))
                if Swift.max(spread, rounding) < error { (value, error) = (entry, Swift.max(spread, rounding)) }
                row.append(entry)
            }
            previous = difference.isFinite ? row : []
        }
        (self.value, self.error) = (value, error)
        let found = value
        curve = zip(steps, differences).map {
            Sample(step: $0, difference: $1, deviation: Swift.abs($1 - found))
        }
        let (here, near) = (try f(0), scale * 4e-6)
        sides = ((here - (try f(-near))) / near, ((try f(near)) - here) / near)
    }
}
