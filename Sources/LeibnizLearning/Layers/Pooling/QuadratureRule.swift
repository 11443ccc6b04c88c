import Foundation
import LeibnizCore

/// How the interpolated map is integrated over a region.
///
/// Named rules take the function at nodes: `panels` equal parts of each side, with the rule's nodes in each. Where nodes are the
/// centres of elements the function is the map itself there, and the error is the rule's own: it falls with the square of the
/// distance for the midpoint and trapezoidal rule and with its fourth power for Simpson's. Between centres it is the
/// interpolant's, of second order.
public enum QuadratureRule: Hashable, Sendable {
    /// The integral of the interpolant, from its antiderivative.
    case exact
    /// The middle of each panel.
    case midpoint(panels: Int = 1)
    /// Both ends of each panel, ½ each.
    case trapezoid(panels: Int = 1)
    /// Ends and middle of each panel, ⅙, ⅔, ⅙.
    case simpson(panels: Int = 1)
    /// n nodes in each panel, exact for polynomials of degree 2n − 1; n is 1 … 64.
    case gaussLegendre(Int, panels: Int = 1)

    /// What is wrong with the numbers, if anything is.
    var flaw: String? {
        let (n, panels) =
            switch self {
            case .exact: (1, 1)
            case .midpoint(let panels), .trapezoid(let panels), .simpson(let panels): (1, panels)
            case .gaussLegendre(let n, let panels): (n, panels)
            }
        return (1...64).contains(n) && (1...1 << 20).contains(panels)
            ? nil : "\(n) nodes in \(panels) panels are no rule: there are 1 to 64 nodes, in at least one panel"
    }

    /// Nodes in 0…1 and weights that add up to 1, for all panels; `nil` for the exact integral.
    var nodes: (places: [Double], weights: [Double])? {
        switch self {
        case .exact: nil
        case .midpoint(let panels): Self.composite([0.5], [1], panels)
        case .trapezoid(let panels): Self.composite([0, 1], [0.5, 0.5], panels)
        case .simpson(let panels): Self.composite([0, 0.5, 1], [1.0 / 6, 2.0 / 3, 1.0 / 6], panels)
        case .gaussLegendre(let n, let panels):
            {
                let (places, weights) = Self.gaussLegendre(n)
                return Self.composite(places, weights, panels)
            }()
        }
    }

    private static func composite(
        _ places: [Double], _ weights: [Double], _ panels: Int
    ) -> (places: [Double], weights: [Double]) {
        let all = (0..<panels).map(Double.init)
        return (
            all.flatMap { panel in places.map { (panel + $0) / Double(panels) } },
            all.flatMap { _ in weights.map { $0 / Double(panels) } }
        )
    }

    /// The roots of Legendre's polynomial P_n, by Newton's method from Tricomi's guess, and weights 2/((1 − x²)P_n′(x)²), moved from
    /// −1…1 to 0…1 (Abramowitz & Stegun 25.4.29, 22.16.6).
    private static func gaussLegendre(_ n: Int) -> (places: [Double], weights: [Double]) {
        var result: [(Double, Double)] = []
        for k in 1...n {
            var (x, slope) = (-Foundation.cos(Double.pi * (Double(k) - 0.25) / (Double(n) + 0.5)), 0.0)
            for _ in 0..<20 {
                var (previous, value) = (1.0, x)
                for j in stride(from: 2, through: n, by: 1) {
                    (previous, value) = (value, (Double(2 * j - 1) * x * value - Double(j - 1) * previous) / Double(j))
                }
                slope = Double(n) * (previous - x * value) / (1 - x * x)
                x -= value / slope
            }
            result.append(((1 + x) / 2, 1 / ((1 - x * x) * slope * slope)))
        }
        return (result.map(\.0), result.map(\.1))
    }
}
