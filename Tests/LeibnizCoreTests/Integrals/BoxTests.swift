import Foundation
import Testing

@testable import LeibnizCore

@Suite struct `Integrals over boxes` {
    private func erfs(_ x: Double) -> Double { Double.pi.squareRoot() * Foundation.erf(x) }

    @Test func `adapt, in one to six dimensions`() throws {
        for d in 1...6 {
            let box = Box(Array(repeating: 0...1, count: d))
            let found = try integralEstimate(of: { exp(-sum($0)) }, over: box, relative: d > 4 ? 1e-6 : 1e-8)
            let exact = Foundation.pow(1 - Foundation.exp(-1), Double(d))
            #expect(abs(try found.value.item() - exact) <= Swift.max(found.error, 1e-14), "\(d)")
            #expect(found.error <= 1e-6 * exact)
        }
        let peak = try integralEstimate(
            of: { exp(-50 * sum(pow($0 - 0.4, 2))) }, over: Box(0...1, 0...1), relative: 1e-9)
        let side = (erfs(50.0.squareRoot() * 0.6) + erfs(50.0.squareRoot() * 0.4)) / (2 * 50.0.squareRoot())
        #expect(abs(try peak.value.item() - side * side) < 1e-10)
    }

    @Test func `agree between methods`() throws {
        let f = { (x: Tensor) in cos(x[0] + 2 * x[1]) * exp(-x[2]) }
        let box = Box(0...1, -1...2, 0...2)
        let exact = try integrate(f, over: box).item()
        #expect(abs(try integrate(f, over: box, method: .rule(.gaussLegendre(12))).item() - exact) < 1e-8)
        for method in [CubatureMethod.monteCarlo(samples: 20_000, seed: 3), .sobol(samples: 8192, seed: 3)] {
            let found = try integralEstimate(of: f, over: box, method: method)
            #expect(found.error > 0)
            #expect(abs(try found.value.item() - exact) < 5 * found.error, "\(method): \(found.error)")
            #expect(abs(try integrate(f, over: box, method: method).item() - found.value.item()) < 1e-12)
        }
        let (random, sobol) = (
            try integralEstimate(of: f, over: box, method: .monteCarlo(samples: 8192, seed: 1)).error,
            try integralEstimate(of: f, over: box, method: .sobol(samples: 8192, seed: 1)).error
        )
        #expect(sobol < random / 10)
        #expect(try integralEstimate(of: f, over: box, method: .rule(.simpson(4))).error.isNaN)
    }

    @Test func `differentiate to corners and parameters`() throws {
        let t = Tensor(0.6, .float64)
        // ∫₀^t∫₀¹ e^{txy}… in closed form: ∫₀^t∫₀^{2t} t·x·y² dy dx = t·t²/2·8t³/3.
        let f = { @Sendable (t: Tensor) in
            integrate(
                { x in t * x[0] * x[1] * x[1] }, over: Box(lower: stack([0 * t, 0 * t]), upper: stack([t, 2 * t])))
        }
        let exact = { (t: Tensor) in 4.0 / 3 * pow(t, 6) }
        let many = vmap(gradient(of: f)), step = compiled { @Sendable (t: Tensor) in f(t) }
        let pairs: [(Tensor, Tensor)] = [
            (f(t), exact(t)), (gradient(of: f)(t), gradient(of: exact)(t)),
            (gradient(of: gradient(of: f))(t), gradient(of: gradient(of: exact))(t)),
            (many(t.expanded(at: 0)), gradient(of: exact)(t).expanded(at: 0)), (try step(t), exact(t)),
            (taylor(of: f, at: t, order: 3).coefficients[3], taylor(of: exact, at: t, order: 3).coefficients[3]),
        ]
        for (a, b) in pairs {
            let difference = firstDifference(try a.doubles(), try b.doubles(), tolerance: 1e-9)
            #expect(difference == nil)
        }
        for method in [CubatureMethod.rule(.gaussLegendre(6)), .sobol(samples: 4096, seed: 1)] {
            let g = gradient { (t: Tensor) in
                integrate(
                    { x in t * x[0] * x[1] * x[1] },
                    over: Box(lower: stack([0 * t, 0 * t]), upper: stack([t, 2 * t])), method: method)
            }(t)
            #expect(
                abs(try g.item() - 8 * Foundation.pow(0.6, 5)) < (method == .rule(.gaussLegendre(6)) ? 1e-13 : 1e-2))
        }
    }

    @Test func `inside compiled functions put regions where they are needed`() throws {
        // ∫∫ over [−1, 1]² of a peak of width w at (t, −t/2): the regions of one run are not those of another.
        let (w, box) = (0.004, Box(-1...1, -1...1))
        let f = { @Sendable (t: Tensor) in
            integrate(
                { x in 1 / (1 + pow((x[0] - t) / w, 2)) / (1 + pow((x[1] + 0.5 * t) / w, 2)) }, over: box,
                relative: 1e-9)
        }
        let side = { (c: Tensor) in w * (atan((1 - c) / w) + atan((1 + c) / w)) }
        let exact = { (t: Tensor) in side(t) * side(-0.5 * t) }
        let peak = compiled { (t: Tensor) in f(t) }, slope = compiled { (t: Tensor) in gradient(of: f)(t) }
        for place in [-0.731, 0.0113, 0.9] {
            let t = Tensor(place, .float64)
            #expect(try abs(peak(t).item() / exact(t).item() - 1) < 1e-9)
            #expect(try abs(slope(t).item() / gradient(of: exact)(t).item() - 1) < 1e-5)
        }
        // Each element of a batch has its own regions.
        let places = Tensor([-0.731, 0.0113, 0.9], .float64)
        #expect(firstDifference(try vmap(f)(places).doubles(), try exact(places).doubles(), tolerance: 1e-9) == nil)
    }

    @Test func `inside compiled functions and batches differentiate to corners and parameters`() throws {
        // ∫∫ over [−a, a]² of |x|, which has a kink in the middle, and its derivatives to a.
        let cone = { (a: Tensor) in
            integrate({ x in norm(x) }, over: Box(lower: stack([-a, -a]), upper: stack([a, a])), relative: 1e-9)
        }
        let factor = 4.0 / 3 * (2.0.squareRoot() + Foundation.asinh(1))
        let a = Tensor([0.5, 1.25], .float64)
        let expected = [[0.125, 1.953125], [0.75, 4.6875], [3, 7.5]].map { row in row.map { factor * $0 } }
        let found = [vmap(cone), vmap(gradient(of: cone)), vmap(gradient(of: gradient(of: cone)))]
        for (order, each) in found.enumerated() {
            let difference = firstDifference(try each(a).doubles(), expected[order], tolerance: 1e-7)
            #expect(difference == nil, "order \(order)")
        }
        // Several components, a parameter in one corner and in the integrand, three to five dimensions.
        let wide = { @Sendable (d: Int, t: Tensor) in
            integrate(
                { x in stack([exp(-t * sum(x)), sum(x * x)]) },
                over: Box(lower: Tensor.zeros([d], .float64), upper: t * Tensor.ones([d], .float64)))
        }
        for d in 1...5 {
            let n = Double(d)
            let exact = { (t: Tensor) in
                stack([pow((1 - exp(-t * t)) / t, n), n / 3 * pow(t, n + 2)])
            }
            let t = Tensor(0.8, .float64)
            let both = compiled { (t: Tensor) in concatenate([wide(d, t), jacobian(of: { wide(d, $0) })(t)]) }
            let closed = concatenate([exact(t), jacobian(of: exact)(t)])
            let difference = firstDifference(try both(t).doubles(), try closed.doubles(), tolerance: 1e-7)
            #expect(difference == nil, "\(d) dimensions")
        }
    }

    @Test func `inside other integrals adapt`() throws {
        // A square at each point of a line, in closed form for each z.
        let s = 40.0
        let found = integrate(
            { z in
                integrate({ x in exp(-s * (pow(x[0] - z, 2) + pow(x[1] - z, 2))) }, over: Box(0...1, 0...1))
            }, from: 0, to: 1, relative: 1e-8)
        let side = { (z: Tensor) in
            (Double.pi / s).squareRoot() / 2 * (erf(s.squareRoot() * (1 - z)) + erf(s.squareRoot() * z))
        }
        let exact = integrate({ z in side(z) * side(z) }, from: 0, to: 1)
        #expect(try abs(found.item() / exact.item() - 1) < 1e-8)
    }

    @Test func `inside compiled functions end within their bounds`() throws {
        // No integral, and one that wants more regions than there are.
        let diverging = compiled { (t: Tensor) in integrate({ x in t / pow(sum(x), 2) }, over: Box(0...1, 0...1)) }
        let steps = compiled { (t: Tensor) in
            integrate({ x in cos(t * sum(x)) }, over: Box(0...1, 0...1, 0...1))
        }
        for (f, t) in [(diverging, 1.0), (steps, 20_000)] {
            let error = #expect(throws: TensorError.self) { try f(Tensor(t, .float64)).item() }
            #expect(error?.kind == .value && error?.operation == "integrate")
        }
        let t = 3.0
        let exact = Foundation.pow(2 * Foundation.sin(t / 2) / t, 3) * Foundation.cos(1.5 * t)
        #expect(try abs(steps(Tensor(t, .float64)).item() - exact) < 1e-10)
    }

    @Test func `refuse what cannot be`() {
        func kind(_ x: Tensor) -> TensorError.Kind? { #expect(throws: TensorError.self) { try x.evaluated() }?.kind }
        #expect(kind(integrate({ sum($0) }, over: Box([]))) == .shape)
        #expect(kind(integrate({ sum($0) }, over: Box(lower: Tensor([0.0]), upper: Tensor([1.0, 2])))) == .shape)
        #expect(kind(integrate({ sum($0) }, over: Box(Array(repeating: 0...1, count: 13)))) == .value)
        #expect(
            kind(
                integrate(
                    { sum($0) }, over: Box(Array(repeating: 0...1, count: 22)), method: .sobol(samples: 8, seed: 1)))
                == .value)
        #expect(
            kind(
                integrate({ sum($0) }, over: Box(Array(repeating: 0...1, count: 9)), method: .rule(.gaussLegendre(10))))
                == .value)
        #expect(kind(integrate({ sum($0) }, over: Box(0...1), method: .monteCarlo(samples: 0, seed: 1))) == .value)
        #expect(kind(integrate({ 1 / sum($0) }, over: Box(-1...1, -1...1))) == .value)
        let error = #expect(throws: IntegrationError.self) {
            try integralEstimate(of: { 1 / norm($0 - 0.3) }, over: Box(0...1, 0...1), relative: 1e-13, subdivisions: 50)
        }
        if case .notConverged(let best) = error {
            #expect(best.evaluations < 50 * 2 * 441)
        } else {
            Issue.record("limit")
        }
    }

    @Test func `have Sobol points: each half of each axis is hit equally often`() throws {
        #expect(Sobol.greatestDimension == 21)
        // The first points of the plain sequence in three dimensions (Joe & Kuo), in Gray-code order.
        #expect(Sobol.points(4, 3, seed: nil) == [0, 0, 0, 0.5, 0.5, 0.5, 0.75, 0.25, 0.25, 0.25, 0.75, 0.75])
        for seed in [Int?.none, 5] {
            let (n, d) = (256, 21)
            let points = Sobol.points(n, d, seed: seed)
            #expect(points.allSatisfy { $0 >= 0 && $0 < 1 })
            for axis in 0..<d {
                let cells = Set((0..<n).map { Int(points[$0 * d + axis] * Double(n)) })
                #expect(cells.count == n, "axis \(axis)")
            }
        }
        #expect(Sobol.points(8, 2, seed: 1) != Sobol.points(8, 2, seed: 2))
    }
}

@Suite struct `Expectations, antiderivatives and lengths` {
    private func isNear(_ a: Tensor, _ b: [Double], _ tolerance: Double = 1e-9) throws -> Bool {
        firstDifference(try a.doubles(), b, tolerance: tolerance) == nil
    }

    @Test func `have moments and their derivatives`() throws {
        let m = Tensor(1000.0, .float64), s = Tensor(0.01, .float64)
        #expect(
            try isNear(
                expectation(of: { stack([1 + 0 * $0, $0, $0 * $0]) }, under: .normal(mean: m, deviation: s)),
                [1, 1000, 1_000_000.0001]))
        #expect(try isNear(expectation(of: { $0 * $0 }, under: .uniform(-1, 2)), [1]))
        #expect(try isNear(expectation(of: { $0 * $0 }, under: .exponential(rate: 2)), [0.5]))
        let triangular = Density(from: 0, to: 1) { 2 * $0 }
        #expect(try isNear(expectation(of: { $0 }, under: triangular), [2.0 / 3]))
        let (mean, deviation) = (Tensor(1.0, .float64), Tensor(2.0, .float64))
        let g = gradient { (m: Tensor, s: Tensor) in expectation(of: { $0 * $0 }, under: .normal(mean: m, deviation: s))
        }(mean, deviation)
        #expect(try isNear(g.0, [2]) && isNear(g.1, [4]))
        // P(X > 0) has the density at 0 as its derivative to μ, although the integrand is a step.
        let tail = gradient { (m: Tensor) in
            expectation(of: { ($0 > 0).cast(to: .float64) }, under: .normal(mean: m, deviation: deviation), points: [0])
        }(mean)
        #expect(try isNear(tail, [Foundation.exp(-0.125) / (2 * (2 * Double.pi).squareRoot())]))
        let rate = gradient { (r: Tensor) in expectation(of: { $0 }, under: .exponential(rate: r)) }(deviation)
        #expect(try isNear(rate, [-0.25]))
        let end = gradient { (b: Tensor) in expectation(of: { $0 * $0 }, under: .uniform(0, b)) }(deviation)
        #expect(try isNear(end, [4.0 / 3]))
    }

    @Test func `add up samples`() throws {
        let x = (0..<7).map { Double($0) * 0.5 }
        let y = Tensor(x.map { $0 * $0 }, .float64)
        #expect(try isNear(cumulativeIntegral(y, spacing: 0.5, rule: .simpson), x.map { $0 * $0 * $0 / 3 }, 1e-14))
        #expect(
            try isNear(
                cumulativeIntegral(y[..<6], spacing: 0.5, rule: .simpson), x[..<6].map { $0 * $0 * $0 / 3 }, 1e-14))
        let steps = cumulativeIntegral(Tensor([[1.0, 3, 2], [0, 2, 4]], .float64), spacing: 2)
        #expect(try isNear(steps, [0, 4, 9, 0, 2, 8], 1e-15))
        #expect(
            try isNear(
                cumulativeIntegral(Tensor([[1.0], [3], [2]], .float64), at: Tensor([0.0, 2, 3], .float64), axis: 0),
                [0, 4, 6.5], 1e-15))
        #expect(try cumulativeIntegral(Tensor([5.0])).doubles() == [0])
        #expect(throws: TensorError.self) { try cumulativeIntegral(Tensor([5.0, 6]), rule: .simpson).doubles() }
        #expect(throws: TensorError.self) { try cumulativeIntegral(Tensor([5.0, 6]), at: Tensor([1.0])).doubles() }
    }

    @Test func `find antiderivatives at many places`() throws {
        let places = [0.5, 1.0, 2.5, 2.0]
        let x = Tensor(places, .float64)
        let found = { (x: Tensor) in cumulativeIntegral(of: { cos($0) }, from: 0, at: x) }
        #expect(try isNear(found(x), places.map { Foundation.sin($0) }, 1e-12))
        #expect(try isNear(gradient(of: { sum(found($0)) })(x), places.map { Foundation.cos($0) }))
    }

    @Test func `measure curves`() throws {
        let circle = arcLength(of: { t in 2 * stack([cos(t), sin(t)]) }, from: 0, to: Double.pi)
        #expect(try isNear(circle, [2 * Double.pi]))
        // The parabola x²/2 on [0, 1].
        let exact = (2.0.squareRoot() + Foundation.asinh(1)) / 2
        #expect(try isNear(arcLength(of: { 0.5 * $0 * $0 }, from: 0, to: 1), [exact]))
        let slope = gradient { (r: Tensor) in arcLength(of: { t in r * stack([cos(t), sin(t)]) }, from: 0, to: 1) }
        #expect(try isNear(slope(Tensor(3.0, .float64)), [1]))
    }
}
