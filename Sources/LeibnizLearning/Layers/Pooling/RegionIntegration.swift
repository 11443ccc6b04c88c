import LeibnizCore

/// How the interpolated map is integrated over a region.
///
/// Named rules take the function at nodes: `panels` equal parts of each side, with the rule's nodes in each. Where nodes are the
/// centres of elements the function is the map itself there, and the error is the rule's own: it falls with the square of the
/// distance for the midpoint and trapezoidal rule and with its fourth power for Simpson's. Between centres it is the
/// interpolant's, of second order.
public enum RegionIntegration: Hashable, Sendable {
    /// The integral of the interpolant, from its antiderivative.
    case exact
    /// A rule along each side.
    case rule(QuadratureRule)

    /// The middle of each panel.
    public static func midpoint(panels: Int = 1) -> RegionIntegration { .rule(.midpoint(panels)) }
    /// Both ends of each panel, ½ each.
    public static func trapezoid(panels: Int = 1) -> RegionIntegration { .rule(.trapezoid(panels)) }
    /// Ends and middle of each panel, ⅙, ⅔, ⅙.
    public static func simpson(panels: Int = 1) -> RegionIntegration { .rule(.simpson(panels)) }
    /// n nodes in each panel, exact for polynomials of degree 2n − 1.
    public static func gaussLegendre(_ n: Int, panels: Int = 1) -> RegionIntegration {
        .rule(QuadratureRule.gaussLegendre(n).repeated(panels))
    }

    /// What is wrong with the numbers, if anything is.
    var flaw: String? {
        guard case .rule(let rule) = self, rule.nodes.isEmpty else { return nil }
        return "\(rule.name) is no rule: there is at least one node, in at least one panel"
    }

    /// Nodes in 0…1 and weights that add up to 1, for all panels; `nil` for the exact integral.
    var nodes: (places: [Double], weights: [Double])? {
        guard case .rule(let rule) = self else { return nil }
        return (rule.nodes.map { (1 + $0) / 2 }, rule.weights.map { $0 / 2 })
    }
}
