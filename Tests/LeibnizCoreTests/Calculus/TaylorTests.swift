import Foundation
import Testing

@testable import LeibnizCore

@Suite struct `Taylor series` {
    private func coefficients(_ f: (Tensor) -> Tensor, at x: Double, order: Int) throws -> [Double] {
        try taylor(of: f, at: Tensor(x, .float64), order: order).coefficients.map { try $0.item() }
    }

    private func binomial(_ n: Double, _ k: Int) -> Double {
        (0..<k).reduce(1.0) { (product: Double, i: Int) -> Double in product * (n - Double(i)) / Double(i + 1) }
    }

    private func factorial(_ n: Int) -> Double { (0..<n).reduce(1) { $0 * Double($1 + 1) } }

    @Test func `of elementary functions are the known ones, to order 12`() throws {
        func expect(_ name: String, _ f: (Tensor) -> Tensor, at x: Double = 0, _ expected: (Int) -> Double) throws {
            let found = try coefficients(f, at: x, order: 12)
            if let difference = firstDifference(found, (0...12).map(expected), tolerance: 1e-13) {
                Issue.record("\(name): \(difference)")
            }
        }
        try expect("exp", { exp($0) }) { 1 / factorial($0) }
        try expect("sin", { sin($0) }) { $0 % 2 == 0 ? 0 : ($0 % 4 == 1 ? 1 : -1) / factorial($0) }
        try expect("cosh", { cosh($0) }) { $0 % 2 == 1 ? 0 : 1 / factorial($0) }
        try expect("log", { log($0) }, at: 1) { $0 == 0 ? 0 : ($0 % 2 == 1 ? 1 : -1) / Double($0) }
        try expect("geometric", { 1 / (1 - $0) }) { _ in 1 }
        try expect("atan", { atan($0) }) { $0 % 2 == 0 ? 0 : ($0 % 4 == 1 ? 1 : -1) / Double($0) }
        try expect("root", { sqrt(1 + $0) }) { binomial(0.5, $0) }
        try expect("power", { pow(1 + $0, -1.7) }) { binomial(-1.7, $0) }
        try expect("whole power at 0", { pow($0, 5) }) { $0 == 5 ? 1 : 0 }
        // Bernoulli's numbers: tanh x = x − x³/3 + 2x⁵/15 − 17x⁷/315 + 62x⁹/2835 − 1382x¹¹/155925.
        let tangent: [Int: Double] = [
            1: 1, 3: -1.0 / 3, 5: 2.0 / 15, 7: -17.0 / 315, 9: 62.0 / 2835, 11: -1382.0 / 155_925,
        ]
        try expect("tanh", { tanh($0) }) { tangent[$0] ?? 0 }
        try expect("tan", { tan($0) }) { abs(tangent[$0] ?? 0) }
        // log Γ(1 + x) = −γx + Σ ζ(k)(−x)ᵏ/k.
        let zeta = { (k: Int) in
            (1...200).reduce(0) { $0 + Foundation.pow(Double($1), -Double(k)) }
                + Foundation.pow(200.5, 1 - Double(k)) / Double(k - 1)
        }
        let gamma = try coefficients({ lgamma(1 + $0) }, at: 0, order: 8)
        let known = [0, -0.5772156649015329] + (2...8).map { k in (k % 2 == 0 ? 1 : -1) * zeta(k) / Double(k) }
        #expect(firstDifference(gamma, known, tolerance: 1e-6) == nil, "\(gamma) \(known)")
    }

    @Test func `tell coefficients and derivatives apart, and sum up to the function`() throws {
        let series = taylor(of: { exp(2 * $0) }, at: 0, order: 20)
        #expect(series.order == 20)
        #expect(
            try series.derivatives.map { try $0.item() }.enumerated().allSatisfy {
                $1.isClose(to: Foundation.pow(2, Double($0)), 1e-5)
            })
        let exact = taylor(of: { exp(2 * $0) }, at: Tensor(0, .float64), order: 20)
        #expect(abs(try exact(Tensor(0.5, .float64)).item() - M_E) < 1e-14)
        #expect(try exact.coefficients[3].item() == 8.0 / 6)
        #expect(try exact.derivatives[3].item() == 8)
    }

    @Test func `follow curves, and several arguments`() throws {
        // (1 + t²)·(2 + t)³ = 8 + 12t + 14t² + 13t³ + 6t⁴ + t⁵.
        let series = taylor(
            of: { $0[0] * pow($0[1], 3) },
            series: [
                [Tensor(1, .float64), Tensor(0, .float64), Tensor(1, .float64)],
                [Tensor(2, .float64), Tensor(1, .float64)],
            ],
            order: 6)
        #expect(try series.coefficients.map { try $0.item() } == [8, 12, 14, 13, 6, 1, 0])
        let (x, v) = (Tensor.normal([3], seed: 1, .float64), Tensor.normal([3], seed: 2, .float64))
        let both = taylor(of: { sum($0[0] * $0[1]) }, at: [x, x], along: [v, x], order: 3).coefficients
        let expected = [sum(x * x), sum(v * x) + sum(x * x), sum(v * x), Tensor(0, .float64)]
        for (found, expected) in zip(both, expected) {
            #expect(firstDifference(try found.doubles(), try expected.doubles(), tolerance: 1e-14) == nil)
        }
    }

    @Test func `cost the square of the order, not its exponential`() {
        func count(_ order: Int) -> Int {
            let series = taylor(
                of: { sum(tanh(sin($0) * exp($0)) / (1 + sigmoid($0))) }, at: Tensor.ones([2], .float64), order: order)
            return Node.sorted(series.coefficients.map(\.node), through: { _ in true }).count
        }
        let (eight, sixteen, thirtyTwo) = (Double(count(8)), Double(count(16)), Double(count(32)))
        #expect(sixteen / eight < 4.5 && thirtyTwo / sixteen < 4.5, "\(eight) \(sixteen) \(thirtyTwo)")
    }

    @Test func `can be differentiated, batched and nested`() throws {
        // d/dx of the second coefficient of sin at x: −cos(x)/2.
        let x = Tensor([0.3, -1.2], .float64)
        let slope = gradient(of: { sum(taylor(of: { sin($0) }, at: $0, order: 2).coefficients[2]) })(x)
        #expect(firstDifference(try slope.doubles(), try (-0.5 * cos(x)).doubles(), tolerance: 1e-14) == nil)
        let batch = vmap { x in taylor(of: { exp($0) }, at: x, order: 3).coefficients[3] }(x)
        #expect(firstDifference(try batch.doubles(), try (exp(x) / 6).doubles(), tolerance: 1e-14) == nil)
        // A series whose function takes a series: the second derivative of x ↦ (third derivative of sin at x) is sin⁗′.
        let nested = taylor(
            of: { taylor(of: { sin($0) }, at: $0, order: 3).derivatives[3] }, at: x, order: 2
        ).derivatives[2]
        #expect(firstDifference(try nested.doubles(), try cos(x).doubles(), tolerance: 1e-13) == nil)
        // Along a variable of an outer derivative: d/da of the third derivative of exp(a·x) at 0, 3a².
        let outer = gradient(of: { a in taylor(of: { exp(a * $0) }, at: Tensor(0, .float64), order: 3).derivatives[3] })
        #expect(abs(try outer(Tensor(2, .float64)).item() - 12) < 1e-13)
    }

    @Test func `of long chains need no deep stack`() throws {
        let series = taylor(
            of: { x in (0..<5000).reduce(x) { y, _ in y * 0.999 + 0.0001 * y * y } }, at: Tensor(0.5, .float64),
            order: 3)
        let f = { (x: Double) in (0..<5000).reduce(x) { y, _ in y * 0.999 + 0.0001 * y * y } }
        let h = 1e-5
        #expect(abs(try series.coefficients[1].item() - (f(0.5 + h) - f(0.5 - h)) / (2 * h)) < 1e-8)
    }

    @Test func `of what has none are errors that say so`() {
        func kind(_ series: TaylorSeries) -> TensorError.Kind? {
            do {
                _ = try series.coefficients[series.order].doubles()
                return nil
            } catch { return (error as? TensorError)?.kind }
        }
        let x = Tensor([1.0, 2], .float64)
        #expect(kind(taylor(of: { $0 }, at: Tensor([1, 2]), order: 2)) == .elementType)
        #expect(kind(taylor(of: { $0 > 0 }, at: x, order: 2)) == .elementType)
        #expect(kind(taylor(of: { $0 }, at: x, along: Tensor([1.0], .float64), order: 2)) == .shape)
        #expect(kind(taylor(of: { $0 }, at: x, order: -1)) == .value)
        #expect(kind(taylor(of: { $0 }, at: x, order: 171)) == .value)
        #expect(kind(taylor(of: { $0[0] }, series: [[]], order: 1)) == .value)
        #expect(kind(taylor(of: { matmul($0, $0.reshaped(to: [7])) }, at: x, order: 1)) == .shape)
        #expect(kind(taylor(of: { _ in x }, at: x, order: 3)) == nil)
    }
}

extension Double {
    fileprivate func isClose(to other: Double, _ tolerance: Double) -> Bool {
        Swift.abs(self - other) <= tolerance * Swift.max(1, Swift.abs(other))
    }
}
