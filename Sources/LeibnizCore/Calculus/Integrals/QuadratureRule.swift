import Foundation

/// A rule for integrals over [−1, 1]: ∫ f ≈ Σ wᵢ·f(xᵢ), with nodes in ascending order.
///
/// ```swift
/// let rule = QuadratureRule.gaussLegendre(3)
/// rule.weights                                     // 5/9, 8/9, 5/9
/// let area = integrate({ exp($0) }, from: 0, to: 1, rule: rule)
/// ```
public struct QuadratureRule: Hashable, Sendable {
    /// How the rule is called, such as `simpson(4)`.
    public let name: String
    /// xᵢ in [−1, 1]; none where the rule was asked for with less than one node or panel, which is an error where it is used.
    public let nodes: [Double]
    /// wᵢ, which add up to 2.
    public let weights: [Double]

    /// A rule of one's own.
    public init(_ name: String, nodes: [Double], weights: [Double]) {
        let isFit = nodes.count == weights.count
        (self.name, self.nodes, self.weights) = (name, isFit ? nodes : [], isFit ? weights : [])
    }

    /// The middle of each of n equal panels. Error O(n⁻²).
    public static func midpoint(_ n: Int) -> QuadratureRule {
        QuadratureRule("midpoint", nodes: [0], weights: [2]).repeated(n, as: "midpoint(\(n))")
    }

    /// Straight lines over n equal panels, n + 1 nodes. Error O(n⁻²), and far less for periodic functions.
    public static func trapezoid(_ n: Int) -> QuadratureRule {
        QuadratureRule("trapezoid", nodes: [-1, 1], weights: [1, 1]).repeated(n, as: "trapezoid(\(n))")
    }

    /// Parabolas over n equal panels, each with its middle: 2n + 1 nodes. Error O(n⁻⁴).
    public static func simpson(_ n: Int) -> QuadratureRule {
        QuadratureRule("simpson", nodes: [-1, 0, 1], weights: [1.0 / 3, 4.0 / 3, 1.0 / 3])
            .repeated(n, as: "simpson(\(n))")
    }

    /// Gauss's rule with n nodes, exact for polynomials of degree 2n − 1.
    ///
    /// The nodes are the roots of the Legendre polynomial P_n by Newton's method, the weights 2/((1 − x²)·P_n′(x)²)
    /// (Davis & Rabinowitz, *Methods of Numerical Integration*, section 2.7). O(n²).
    public static func gaussLegendre(_ n: Int) -> QuadratureRule {
        let name = "gaussLegendre(\(n))"
        guard n > 0 else { return QuadratureRule(name, nodes: [], weights: []) }
        var (nodes, weights) = ([Double](repeating: 0, count: n), [Double](repeating: 0, count: n))
        for place in 0..<(n + 1) / 2 {
            var x = n % 2 == 1 && place == n / 2 ? 0 : cos(Double.pi * (Double(place) + 0.75) / (Double(n) + 0.5))
            var slope = 0.0
            for _ in 0..<100 {
                let value: Double
                (value, slope) = legendre(n, x)
                let step = value / slope
                x -= step
                if abs(step) < 1e-16 { break }
            }
            slope = legendre(n, x).slope
            (nodes[place], nodes[n - 1 - place]) = (-x, x)
            weights[place] = 2 / ((1 - x) * (1 + x) * slope * slope)
            weights[n - 1 - place] = weights[place]
        }
        return QuadratureRule(name, nodes: nodes, weights: weights)
    }

    /// P_n and its derivative, by Bonnet's recursion k·P_k = (2k − 1)·x·P_{k−1} − (k − 1)·P_{k−2}.
    private static func legendre(_ n: Int, _ x: Double) -> (value: Double, slope: Double) {
        var (last, value) = (1.0, x)
        for k in stride(from: 2, through: n, by: 1) {
            (last, value) = (value, (Double(2 * k - 1) * x * value - Double(k - 1) * last) / Double(k))
        }
        return (value, Double(n) * (x * value - last) / (x * x - 1))
    }

    /// The integral of the polynomial through the n + 1 extremes of the Chebyshev polynomial, cos(kπ/n): exact to degree n.
    ///
    /// Its weights are those of Clenshaw and Curtis (1960), summed as by Waldvogel (2006). O(n²).
    public static func clenshawCurtis(_ n: Int) -> QuadratureRule {
        let name = "clenshawCurtis(\(n))"
        guard n > 0 else { return QuadratureRule(name, nodes: [], weights: []) }
        let nodes = (0...n).map { k in -FourierTables.root(k, 2 * n).cos }
        let weights = (0...n).map { k in
            let sum = stride(from: 1, through: n / 2, by: 1).reduce(0.0) { sum, j in
                let share = (2 * j == n ? 1.0 : 2) / Double(4 * j * j - 1)
                return sum + share * FourierTables.root(j * k % n, n).cos
            }
            return (k == 0 || k == n ? 1.0 : 2) / Double(n) * (1 - sum)
        }
        return QuadratureRule(name, nodes: nodes, weights: weights)
    }

    /// Kronrod's extension of Gauss's rule with 10 nodes to 21, exact for polynomials of degree 31.
    public static let gaussKronrod = QuadratureRule(
        "gaussKronrod", nodes: GaussKronrod.nodes, weights: GaussKronrod.weights)

    /// The rule on each of `panels` equal parts of [−1, 1]; nodes that two panels share occur once.
    public func repeated(_ panels: Int) -> QuadratureRule { repeated(panels, as: "\(name).repeated(\(panels))") }

    private func repeated(_ panels: Int, as name: String) -> QuadratureRule {
        guard panels > 0, let first = self.nodes.first, let last = self.nodes.last else {
            return QuadratureRule(name, nodes: [], weights: [])
        }
        let shares = first == -1 && last == 1 && self.nodes.count > 1
        var (nodes, weights) = ([Double](), [Double]())
        for panel in 0..<panels {
            for (place, (x, w)) in zip(self.nodes, self.weights).enumerated() {
                if shares, panel > 0, place == 0 {
                    weights[weights.count - 1] += w / Double(panels)
                } else {
                    // (x + 1 + 2·panel)/panels − 1, from the nearer end.
                    let fromStart = x + 1 + Double(2 * panel)
                    let fromEnd = 1 - x + Double(2 * (panels - 1 - panel))
                    nodes.append(
                        fromStart <= fromEnd ? fromStart / Double(panels) - 1 : 1 - fromEnd / Double(panels))
                    weights.append(w / Double(panels))
                }
            }
        }
        return QuadratureRule(name, nodes: nodes, weights: weights)
    }
}

/// Gauss's rule with 10 nodes and Kronrod's with 21, which contains it: their difference tells the error.
///
/// Numbers from QUADPACK's qk21 (Piessens, de Doncker-Kapenga, Überhuber & Kahaner 1983).
enum GaussKronrod {
    static let count = 21
    /// All nodes in ascending order; every second one from the second on is Gauss's.
    static let nodes = positive.map { -$0 } + [0] + positive.reversed()
    static let weights = outer + [0.149445554002916905664936468389821] + outer.reversed()
    /// Gauss's weights, 0 at the other nodes.
    static let gaussWeights: [Double] = {
        let half = gauss.flatMap { [0.0, $0] }
        return half + [0] + half.reversed()
    }()

    private static let positive = [
        0.995657163025808080735527280689003, 0.973906528517171720077964012084452, 0.930157491355708226001207180059508,
        0.865063366688984510732096688423493, 0.780817726586416897063717578345042, 0.679409568299024406234327365114874,
        0.562757134668604683339000099272694, 0.433395394129247190799265943165784, 0.294392862701460198131126603103866,
        0.148874338981631210884826001129720,
    ]
    private static let outer = [
        0.011694638867371874278064396062192, 0.032558162307964727478818972459390, 0.054755896574351996031381300244580,
        0.075039674810919952767043140916190, 0.093125454583697605535065465083366, 0.109387158802297641899210590325805,
        0.123491976262065851077958109585166, 0.134709217311473325928054001771707, 0.142775938577060080797094273138717,
        0.147739104901338491374841515972068,
    ]
    private static let gauss = [
        0.066671344308688137593568809893332, 0.149451349150580593145863396957658, 0.219086362515982043995534934228163,
        0.269266719309996355091226921569469, 0.295524224714752870173815619188769,
    ]
}
