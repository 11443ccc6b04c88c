import Foundation
import Testing

@testable import LeibnizCore

/// An integral with its closed form.
struct ClassicIntegral: Sendable, CustomTestStringConvertible {
    let name: String
    let from: Double
    let to: Double
    var points: [Double] = []
    let exact: Double
    var tolerance = 1e-10
    let f: @Sendable (Tensor) -> Tensor
    var testDescription: String { name }

    init(
        _ name: String, _ from: Double, _ to: Double, _ exact: Double, points: [Double] = [],
        tolerance: Double = 1e-10, _ f: @escaping @Sendable (Tensor) -> Tensor
    ) {
        (self.name, self.from, self.to, self.points) = (name, from, to, points)
        (self.exact, self.tolerance, self.f) = (exact, tolerance, f)
    }

    static let all: [ClassicIntegral] = [
        ClassicIntegral("x²", 0, 3, 9) { $0 * $0 },
        ClassicIntegral("eˣ backwards", 1, 0, 1 - M_E) { exp($0) },
        ClassicIntegral("1/(1+x²)", 0, 1, Double.pi / 4) { 1 / (1 + $0 * $0) },
        ClassicIntegral("Runge's function", -1, 1, 0.4 * Foundation.atan(5)) { 1 / (1 + 25 * $0 * $0) },
        ClassicIntegral("a narrow peak", -1, 1, 2e3 * Foundation.atan(1e3)) { 1 / ($0 * $0 + 1e-6) },
        ClassicIntegral("sin 50x over whole turns", 0, 2 * Double.pi, 0) { sin(50 * $0) },
        ClassicIntegral("cos 100x·eˣ", 0, 1, (M_E * (Foundation.cos(100) + 100 * Foundation.sin(100)) - 1) / 10_001) {
            cos(100 * $0) * exp($0)
        },
        ClassicIntegral("sin²(20x)", 0, Double.pi, Double.pi / 2) { pow(sin(20 * $0), 2) },
        ClassicIntegral("1/√x", 0, 1, 2) { rsqrt($0) },
        ClassicIntegral("1/√(1−x)", 0, 1, 2) { rsqrt(1 - $0) },
        ClassicIntegral("1/√(1−x²)", -1, 1, Double.pi, tolerance: 1e-9) { rsqrt((1 - $0) * (1 + $0)) },
        ClassicIntegral("log x", 0, 1, -1) { log($0) },
        ClassicIntegral("log(x)/√x", 0, 1, -4, tolerance: 1e-9) { log($0) * rsqrt($0) },
        ClassicIntegral("x^(−0.8)", 0, 1, 5, tolerance: 1e-8) { pow($0, -0.8) },
        ClassicIntegral("|x|^(−½) with a break", -1, 1, 4, points: [0]) { rsqrt(abs($0)) },
        ClassicIntegral("|x|^(−½) without", -1, 2, 2 + 2 * 2.0.squareRoot()) { rsqrt(abs($0)) },
        ClassicIntegral("sin(x)/x over 0", -1, 1, 1.8921661407343662) { sin($0) / $0 },
        ClassicIntegral("a step", 0, 1, 0.7, points: [0.3]) { ($0 > 0.3).cast(to: .float64) },
        ClassicIntegral("kinks", 0, 3, 2.5, points: [1, 2]) {
            abs($0 - 1) * ($0 < 2).cast(to: .float64) + ($0 >= 2).cast(to: .float64) * 1.5
        },
        ClassicIntegral("e^(−x²)", -.infinity, .infinity, Double.pi.squareRoot()) { exp(-$0 * $0) },
        ClassicIntegral("e^(−x)", 0, .infinity, 1) { exp(-$0) },
        ClassicIntegral("eˣ to 1", -.infinity, 1, M_E) { exp($0) },
        ClassicIntegral("1/(1+x²) everywhere", -.infinity, .infinity, Double.pi) { 1 / (1 + $0 * $0) },
        ClassicIntegral("x^(−1.5)", 1, .infinity, 2) { pow($0, -1.5) },
        ClassicIntegral("e^(−x)/√x", 0, .infinity, Double.pi.squareRoot()) { exp(-$0) * rsqrt($0) },
        ClassicIntegral("x³/(eˣ−1)", 0, .infinity, Foundation.pow(Double.pi, 4) / 15) { pow($0, 3) / expm1($0) },
        ClassicIntegral("e^(−x)·cos x", 0, .infinity, 0.5) { exp(-$0) * cos($0) },
    ]
}

@Suite struct `Adaptive integrals` {
    @Test(arguments: ClassicIntegral.all)
    func `have their closed forms, within the error they tell`(one: ClassicIntegral) throws {
        let found = try integralEstimate(of: one.f, from: one.from, to: one.to, points: one.points)
        let value = try found.value.item()
        let scale = Swift.max(1, abs(one.exact))
        #expect(abs(value - one.exact) <= one.tolerance * scale, "\(value) for \(one.exact)")
        #expect(abs(value - one.exact) <= Swift.max(found.error, 4e-16 * scale) * 4, "\(found.error)")
        #expect(found.evaluations <= 21 * 2000)
        let lazy = integrate(one.f, from: one.from, to: one.to, points: one.points)
        #expect(try lazy.item() == value)
        #expect(lazy.elementType == .float64)
    }

    @Test func `take values of any shape at once`() throws {
        let powers = Tensor([[0.0, 1, 2], [3, 4, 5]], .float64)
        let found = integrate({ x in pow(x, powers) }, from: 0, to: 2)
        #expect(found.shape == [2, 3])
        #expect(
            firstDifference(
                try found.doubles(), (0..<6).map { Foundation.pow(2, Double($0 + 1)) / Double($0 + 1) },
                tolerance: 1e-13) == nil)
        #expect(integrate({ _ in Tensor.ones([2, 0]) }, from: 0, to: 1).shape == [2, 0])
        #expect(try integrate({ _ in 3 }, from: 0, to: 2).item() == 6)
        #expect(try integrate({ $0 }, from: 2, to: 2).item() == 0)
        // float32 outside does not spoil the points.
        let t = Tensor(3)
        #expect(abs(try integrate({ x in exp(-t * x) }, from: 0, to: .infinity).item() - 1.0 / 3) < 1e-13)
    }

    @Test func `of a rule do not wander off: work is bounded and told`() throws {
        func failure(_ from: Double, _ to: Double, _ limit: Int = 1000, _ f: (Tensor) -> Tensor) -> IntegrationError? {
            #expect(throws: IntegrationError.self) {
                try integralEstimate(of: f, from: from, to: to, subdivisions: limit)
            }
        }
        func isSingular(_ error: IntegrationError?, at point: Double) -> Bool {
            if case .singular(let found) = error { return abs(found - point) < 1e-3 || found == point }
            return false
        }
        #expect(isSingular(failure(-1, 1) { 1 / $0 }, at: 0))
        #expect(isSingular(failure(0, 1) { 1 / $0 }, at: 0))
        #expect(isSingular(failure(0, 1) { 1 / ($0 * $0) }, at: 0))
        #expect(isSingular(failure(-1, 2) { 1 / $0 }, at: 0))
        #expect(isSingular(failure(0, 3) { pow($0 - 1.5, -2) }, at: 1.5))
        #expect(isSingular(failure(1, .infinity) { 1 / $0 }, at: .infinity))
        #expect(
            isSingular(failure(-.infinity, .infinity) { _ in 1 }, at: .infinity)
                || isSingular(failure(-.infinity, .infinity) { _ in 1 }, at: -.infinity))
        if case .notFinite(let point) = failure(-2, 1, 1000, { log($0) }) {
            #expect(point[0] < 0)
        } else {
            Issue.record("log")
        }
        if case .notFinite = failure(0, .infinity, 1000, { exp($0) }) {} else { Issue.record("exp") }
        if case .notConverged(let best) = failure(0, 1, 60, { sin(1 / $0) }) {
            #expect(best.error > 0 && best.evaluations <= 21 * 130)
        } else {
            Issue.record("sin(1/x)")
        }
        if case .notConverged = failure(0, .infinity, 200, { sin($0) }) {} else { Issue.record("sin") }
        if case .failed(let error) = failure(.nan, 1, 10, { $0 }) {
            #expect(error.kind == .value)
        } else {
            Issue.record("NaN")
        }
        if case .failed = failure(0, 1, 0, { $0 }) {} else { Issue.record("limit") }
        if case .failed(let error) = failure(0, 1, 10, { $0 + Tensor.ones([2]) + Tensor.ones([3]) }) {
            #expect(error.kind == .shape)
        } else {
            Issue.record("shapes")
        }
        let lazy = #expect(throws: TensorError.self) { try integrate({ 1 / $0 }, from: 0, to: 1).item() }
        #expect(lazy?.operation == "integrate" && lazy?.kind == .value)
        #expect(lazy?.reason.contains("diverge") == true)
        #expect(throws: TensorError.self) { try integrate({ $0 }, from: Tensor([1.0, 2]), to: 3).item() }
    }
}

@Suite struct `Leibniz's rule` {
    private let t = Tensor(0.7, .float64)

    /// ∫_{t²}^{2+t} e^{−t·x} dx and its first three derivatives.
    private func moving(_ t: Tensor) -> Tensor { integrate({ x in exp(-t * x) }, from: t * t, to: 2 + t) }
    private func closed(_ t: Tensor) -> Tensor { (exp(-t * t * t) - exp(-t * (2 + t))) / t }

    private func expectEqual(_ a: Tensor, _ b: Tensor, _ tolerance: Double = 1e-10) throws {
        #expect(firstDifference(try a.doubles(), try b.doubles(), tolerance: tolerance) == nil)
    }

    @Test func `gives derivatives to both bounds and to parameters, forwards and backwards, of first to third order`()
        throws
    {
        try expectEqual(moving(t), closed(t))
        try expectEqual(gradient(of: moving)(t), gradient(of: closed)(t))
        try expectEqual(pushforward(moving, at: t, along: t).tangent, pushforward(closed, at: t, along: t).tangent)
        let second = { (f: @escaping (Tensor) -> Tensor) in gradient(of: gradient(of: f)) }
        try expectEqual(second(moving)(t), second(closed)(t), 1e-9)
        let mixed = { (f: @escaping (Tensor) -> Tensor) in
            { (t: Tensor) in pushforward(gradient(of: f), at: t, along: 1 + 0 * t).tangent }
        }
        try expectEqual(mixed(moving)(t), mixed(closed)(t), 1e-9)
        try expectEqual(gradient(of: second(moving))(t), gradient(of: second(closed))(t), 1e-8)
    }

    @Test func `gives Taylor series`() throws {
        let found = taylor(of: moving, at: t, order: 6), expected = taylor(of: closed, at: t, order: 6)
        for (a, b) in zip(found.coefficients, expected.coefficients) { try expectEqual(a, b, 1e-9) }
        // With bounds that stay: only the integrand moves.
        let fixed = taylor(
            of: { t in integrate({ x in exp(t * x) }, from: 0, to: 1) }, at: Tensor(0, .float64), order: 5)
        let exact: [Double] = [1, 2, 6, 24, 120, 720].map { 1 / $0 }
        #expect(firstDifference(try stack(fixed.coefficients).doubles(), exact, tolerance: 1e-12) == nil)
    }

    @Test func `holds for singular and unbounded integrals`() throws {
        // ∫₀¹ x^{t−1} dx = 1/t; the derivative has a logarithm as well.
        let power = { (t: Tensor) in integrate({ x in pow(x, t - 1) }, from: 0, to: 1) }
        try expectEqual(gradient(of: power)(t), -1 / (t * t), 1e-8)
        // ∫₀^∞ e^{−tx²} dx = ½√(π/t).
        let gauss = { (t: Tensor) in integrate({ x in exp(-t * x * x) }, from: 0, to: .infinity) }
        let exact = { (t: Tensor) in 0.5 * sqrt(Double.pi / t) }
        try expectEqual(gradient(of: gauss)(t), gradient(of: exact)(t))
        try expectEqual(gradient(of: gradient(of: gauss))(t), gradient(of: gradient(of: exact))(t))
        // Only the bound moves, below ∞.
        let tail = { (t: Tensor) in integrate({ x in exp(-x) }, from: t, to: .infinity) }
        try expectEqual(gradient(of: tail)(t), -exp(-t))
        try expectEqual(gradient(of: gradient(of: tail))(t), exp(-t))
    }

    @Test func `holds for vectors of parameters and values`() throws {
        let theta = Tensor([0.5, 1.2, -0.3], .float64), weight = Tensor([1.0, -2, 0.5], .float64)
        let f = { (theta: Tensor) in integrate({ x in cos(theta * x) }, from: 0, to: 2) }
        let exact = { (theta: Tensor) in sin(2 * theta) / theta }
        try expectEqual(gradient(of: { sum(f($0) * weight) })(theta), gradient(of: { sum(exact($0) * weight) })(theta))
        try expectEqual(jacobian(of: f)(theta), jacobian(of: exact)(theta))
        try expectEqual(
            hessian(of: { sum(f($0) * weight) })(theta), hessian(of: { sum(exact($0) * weight) })(theta), 1e-9)
    }

    @Test func `holds in batches and in compiled functions`() throws {
        let points = Tensor([0.3, 0.7, 1.1], .float64)
        let each = { (f: (Tensor) -> Tensor) in stack([0.3, 0.7, 1.1].map { f(Tensor($0, .float64)) }) }
        try expectEqual(vmap(moving)(points), each(closed))
        try expectEqual(vmap(gradient(of: moving))(points), each(gradient(of: closed)))
        try expectEqual(gradient(of: { sum(vmap(moving)($0)) })(points), each(gradient(of: closed)))
        try expectEqual(
            vmap(gradient(of: gradient(of: moving)))(points), each(gradient(of: gradient(of: closed))), 1e-9)
        let step = compiled { (t: Tensor) in moving(t) }
        try expectEqual(try step(t), closed(t))
        let slope = compiled { (t: Tensor) in gradient(of: moving)(t) }
        try expectEqual(try slope(t), gradient(of: closed)(t))
        let singular = compiled { (t: Tensor) in integrate({ x in rsqrt(x) * log(t * x) }, from: 0, to: t) }
        let exact = { (t: Double) in 2 * t.squareRoot() * (2 * Foundation.log(t) - 2) }
        #expect(abs(try singular(t).item() - exact(0.7)) < 1e-9)
        let infinite = compiled { (t: Tensor) in integrate({ x in exp(-t * x * x) }, from: -.infinity, to: .infinity) }
        #expect(abs(try infinite(t).item() - (Double.pi / 0.7).squareRoot()) < 1e-10)
    }

    @Test func `in compiled functions puts panels where they are needed`() throws {
        // A peak of width 0.001 at t: the panels of one run are not those of another.
        let peak = compiled { (t: Tensor) in integrate({ x in 1 / (1e-6 + (x - t) * (x - t)) }, from: -1, to: 1) }
        let exact = { (t: Double) in 1e3 * (Foundation.atan(1e3 * (1 - t)) + Foundation.atan(1e3 * (1 + t))) }
        for t in [-0.7371, 0.0011, 0.9] {
            #expect(abs(try peak(Tensor(t, .float64)).item() / exact(t) - 1) < 1e-11)
        }
        let points = Tensor([-0.5, 0.25], .float64)
        let several = vmap { t in integrate({ x in stack([abs(x - t), exp(-x)]) }, from: 0, to: 1) }(points)
        try expectEqual(
            several, Tensor([[1, 1 - Foundation.exp(-1)], [0.3125, 1 - Foundation.exp(-1)]], .float64), 1e-11)
        // Parts of both kinds, with a kink at 1 and a far tail.
        let tail = compiled { (t: Tensor) in
            integrate({ x in exp(-t * abs(x - 1)) }, from: 0, to: .infinity, points: [1])
        }
        #expect(abs(try tail(Tensor(0.01, .float64)).item() - (200 - 100 * Foundation.exp(-0.01))) < 1e-8)
    }

    @Test func `in compiled functions finds integrals that do not converge`() throws {
        let step = compiled { (t: Tensor) in integrate({ x in t / x }, from: 0, to: 1) }
        let error = #expect(throws: TensorError.self) { try step(Tensor(1, .float64)).item() }
        #expect(error?.kind == .value && error?.operation == "integrate")
        let rough = compiled { (t: Tensor) in integrate({ x in sin(t * x) }, from: 0, to: 1) }
        #expect(abs(try rough(Tensor(10, .float64)).item() - (1 - Foundation.cos(10)) / 10) < 1e-12)
        #expect(throws: TensorError.self) { try rough(Tensor(100_000, .float64)).item() }
    }

    @Test func `holds for integrals of integrals`() throws {
        // The triangle 0 ≤ y ≤ x ≤ t of e^{y}: e^t − 1 − t.
        let triangle = { (t: Tensor) in
            integrate({ x in integrate({ y in exp(y) }, from: 0, to: x) }, from: 0, to: t)
        }
        try expectEqual(triangle(t), exp(t) - 1 - t)
        try expectEqual(gradient(of: triangle)(t), exp(t) - 1)
        try expectEqual(gradient(of: gradient(of: triangle))(t), exp(t))
    }

    @Test func `follows variables from step to step`() throws {
        let rate = Variable(Tensor(1.0, .float64))
        let steps = StepCache()
        for _ in 0..<4 {
            let before = try rate.value.item()
            let loss = integrate({ x in exp(-rate.value * x) }, from: 0, to: 1)
            var slope = Tensor(0)
            try steps.run(loss) {
                slope = (try? gradients(of: loss, withRespectTo: [rate])[0]) ?? Tensor(0)
                rate.value = rate.value - slope
            }
            let exact = Foundation.exp(-before) / before - (1 - Foundation.exp(-before)) / (before * before)
            #expect(abs(try rate.value.item() - (before - exact)) < 1e-10)
            #expect(abs(try loss.item() - (1 - Foundation.exp(-before)) / before) < 1e-10)
        }
    }
}
