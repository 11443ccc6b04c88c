import Foundation
import Testing

@testable import LeibnizCore

@Suite struct `Quadrature rules` {
    @Test func `are exact up to their degree and no further`() {
        let rules: [(QuadratureRule, degree: Int)] = [
            (.midpoint(1), 1), (.trapezoid(1), 1), (.simpson(1), 3), (.midpoint(7), 1), (.simpson(4), 3),
            (.gaussLegendre(1), 1), (.gaussLegendre(2), 3), (.gaussLegendre(5), 9), (.gaussLegendre(16), 31),
            (.clenshawCurtis(1), 1), (.clenshawCurtis(4), 5), (.clenshawCurtis(7), 7), (.gaussKronrod, 31),
        ]
        for (rule, degree) in rules {
            #expect(rule.nodes == rule.nodes.sorted())
            for k in 0...degree {
                let exact = k % 2 == 0 ? 2 / Double(k + 1) : 0
                #expect(abs(power(rule, k) - exact) < 1e-14, "\(rule.name) of x^\(k)")
            }
            let next = degree % 2 == 0 ? degree + 2 : degree + 1
            #expect(abs(power(rule, next) - 2 / Double(next + 1)) > 1e-13, "\(rule.name) of x^\(next)")
        }
    }

    /// Σ wᵢ·xᵢᵏ.
    private func power(_ rule: QuadratureRule, _ k: Int) -> Double {
        zip(rule.nodes, rule.weights).reduce(0) { $0 + $1.1 * Foundation.pow($1.0, Double(k)) }
    }

    @Test func `have nodes and weights in all digits`() {
        let three = QuadratureRule.gaussLegendre(3)
        #expect(firstDifference(three.nodes, [-0.6.squareRoot(), 0, 0.6.squareRoot()], tolerance: 2e-16) == nil)
        #expect(firstDifference(three.weights, [5.0 / 9, 8.0 / 9, 5.0 / 9], tolerance: 4e-16) == nil)
        // Abramowitz & Stegun, table 25.4, n = 96: the first and the last node.
        let many = QuadratureRule.gaussLegendre(96)
        #expect(abs(many.nodes[48] - 0.016276744849602969579) < 1e-16)
        #expect(abs(many.nodes[95] - 0.999689503883230766828) < 2e-16)
        #expect(abs(many.weights[95] - 0.000796792065552012429) < 1e-16)
        #expect(
            firstDifference(
                QuadratureRule.gaussLegendre(10).weights, GaussKronrod.gaussWeights.filter { $0 > 0 }, tolerance: 1e-15)
                == nil)
        let curtis = QuadratureRule.clenshawCurtis(4)
        #expect(
            firstDifference(curtis.weights, [1.0 / 15, 8.0 / 15, 12.0 / 15, 8.0 / 15, 1.0 / 15], tolerance: 1e-15)
                == nil)
    }

    /// The slope of log error over log panels is the rule's order.
    @Test(arguments: [
        ("midpoint", 2.0), ("trapezoid", 2), ("simpson", 4), ("gaussLegendre(2)", 4), ("gaussLegendre(3)", 6),
    ]) func `converge with their order`(name: String, order: Double) throws {
        func rule(_ n: Int) -> QuadratureRule {
            switch name {
            case "midpoint": .midpoint(n)
            case "trapezoid": .trapezoid(n)
            case "simpson": .simpson(n)
            case "gaussLegendre(2)": QuadratureRule.gaussLegendre(2).repeated(n)
            default: QuadratureRule.gaussLegendre(3).repeated(n)
            }
        }
        let exact = M_E * M_E - 1 / M_E
        let errors: [Double] = try [8, 16, 32].map { (n: Int) -> Double in
            abs(try integrate({ (x: Tensor) in exp(x) }, from: -1, to: 2, rule: rule(n)).item() - exact)
        }
        for (coarse, fine) in zip(errors, errors.dropFirst()) {
            #expect(abs(Foundation.log(coarse / fine) / Foundation.log(2.0) - order) < 0.1, "\(errors)")
        }
    }

    @Test func `differentiate as sums`() throws {
        let f = { (t: Tensor) in
            integrate({ x in LeibnizCore.exp(t * x) }, from: 0, to: t, rule: .gaussLegendre(12))
        }
        let t = 0.8
        // (e^{t²} − 1)/t.
        let slope = 2 * Foundation.exp(t * t) - (Foundation.exp(t * t) - 1) / (t * t)
        #expect(abs(try gradient(of: f)(Tensor(t, .float64)).item() - slope) < 1e-13)
    }

    @Test func `without nodes are errors`() {
        for rule in [QuadratureRule.midpoint(0), .gaussLegendre(0), .clenshawCurtis(-1), .simpson(0)] {
            let error = #expect(throws: TensorError.self) { try integrate({ $0 }, from: 0, to: 1, rule: rule).item() }
            #expect(error?.kind == .value)
        }
    }
}
