import Testing

@testable import LeibnizCore

/// Every function of the calculus inside `compiled`, inside `vmap`, under a derivative, and all three at once.
@Suite struct `Functions of the calculus nest` {
    private typealias Function = @Sendable (Tensor) -> Tensor

    private static let field: Function = { x in stack([x[0] * x[1], sin(x[1]) * x[2], exp(x[0]) + x[2] * x[2]]) }
    private static let height: Function = { x in sum(x * x * x) + sin(x[0]) * x[1] }
    private static let turned: Function = { x in stack([2 * x[1], x[2] - x[0], 3 * x[0]]) }

    /// Functions of three numbers between 0.2 and 0.9.
    private static let cases: [(name: String, f: Function)] = [
        ("gradient", { gradient(of: height)($0) }), ("∇", { (∇height)($0) }),
        ("valueWithGradient", { valueWithGradient(at: $0, of: height).gradient }),
        ("pushforward", { pushforward(field, at: $0, along: sin($0)).tangent }),
        ("pullback", { pullback(field, at: $0).pullback(cos($0)) }),
        ("linearized", { linearized(field, at: $0).linear(cos($0)) }),
        ("transposed", { transposed(turned, of: [3], .float64)($0 * $0) }),
        ("jacobian", { jacobian(of: field)($0) }), ("hessian", { hessian(of: height)($0) }),
        ("hessianVectorProduct", { hessianVectorProduct(of: height, at: $0, along: cos($0)) }),
        ("gaussNewtonVectorProduct", { gaussNewtonVectorProduct(of: field, at: $0, along: cos($0)) }),
        ("divergence", { divergence(of: field)($0) }), ("curl", { curl(of: field)($0) }),
        ("laplacian", { laplacian(of: height)($0) }),
        ("directionalDerivative", { directionalDerivative(of: height, at: $0, along: cos($0)) }),
        ("taylor", { x in sum(stack(taylor(of: field, at: x, along: cos(x), order: 3).coefficients), axes: [0]) }),
        ("vmap", { x in vmap { $0 * $0 + x[0] }(x) }),
        (
            "scan",
            { x in
                let (last, all) = scan(x[0], over: x) { (carry: Tensor, slice: Tensor) in
                    (sin(carry) + slice, carry * slice)
                }
                return concatenate([last.reshaped(to: [1]), all])
            }
        ),
        ("cond", { x in cond(x[0] > 0.5, then: { sin(x) }, else: { x * x }) }),
        ("whileLoop", { x in whileLoop(x, while: { sum($0) < 10 }, limit: 20) { $0 * 1.5 } }),
        ("fixedPoint", { x in fixedPoint(of: { 0.5 * cos($0 + x) }, from: x.filled(0)) }),
        ("root by Newton", { x in root(of: { $0 * $0 * $0 + $0 - x }, from: x) }),
        (
            "root within an interval",
            { x in root(of: { exp($0) - 1 - x[0] }, between: Tensor(0, .float64), and: Tensor(2, .float64)) }
        ),
        (
            "odeSolve",
            { x in
                odeSolve(
                    { t, y in cos(t) - x * y }, from: x, at: Tensor([0, 0.5, 1], .float64), tolerance: 1e-10,
                    stepLimit: 60)
            }
        ),
        ("integrate", { x in integrate({ sin($0 * x[1]) * x }, from: x[0], to: 2 * x[2]) }),
        ("integrate to infinity", { x in integrate({ exp(-$0 * x[1]) }, from: x[0], to: Tensor(.infinity, .float64)) }),
        (
            "integrate by a rule",
            { x in integrate({ sin($0 * x[1]) }, from: x[0], to: x[2], rule: .gaussLegendre(8)) }
        ),
        ("integrate over a box", { x in integrate({ exp(x[0] * $0[0] * $0[1]) }, over: Box(0...1, -1...1)) }),
        (
            "integrate by Sobol points",
            { x in
                integrate({ exp(x[0] * sum($0)) }, over: Box(0...1, 0...1), method: .sobol(samples: 64, seed: 1))
            }
        ),
        (
            "expectation",
            { x in expectation(of: { sin($0) * $0 }, under: .normal(mean: x[0], deviation: x[1])) }
        ),
        ("cumulativeIntegral", { cumulativeIntegral($0 * $0, spacing: 0.5) }),
        (
            "cumulativeIntegral of a function",
            { x in cumulativeIntegral(of: { cos($0) }, from: Tensor(0, .float64), at: x)
            }
        ),
        ("arcLength", { x in arcLength(of: { x[0] * $0 * $0 }, from: Tensor(0, .float64), to: x[1]) }),
        (
            "fft",
            {
                let z = fft(ComplexTensor($0)); return stack([z.real, z.imaginary])
            }
        ),
        ("irfft", { irfft(rfft($0 * $0), count: 4) }),
    ]

    @Test(arguments: cases.indices)
    func `inside compiled, batches and derivatives`(number: Int) throws {
        let (name, f) = Self.cases[number]
        let points = [[0.7, 0.4, 0.55], [0.3, 0.8, 0.45]].map { Tensor($0, .float64) }
        func check(_ found: Tensor, _ expected: Tensor, _ tolerance: Double, _ way: String) throws {
            #expect(found.shape == expected.shape, "\(name), \(way)")
            if let difference = firstDifference(try found.doubles(), try expected.doubles(), tolerance: tolerance) {
                Issue.record("\(name), \(way): \(difference)")
            }
        }
        let step = compiled { (x: Tensor) in f(x) }
        let outside = points.map(f)
        for (x, value) in zip(points, outside) { try check(step(x), value, 1e-9, "compiled") }
        try check(vmap(f)(stack(points)), stack(outside), 1e-9, "in a batch")
        let total: Function = { sum(sin(f($0))) }
        let slopes = points.map(gradient(of: total))
        // The slope by central differences of what was found outside.
        let (x, h) = (points[0], 1e-5)
        let differences = try (0..<3).map { axis in
            let e = Tensor((0..<3).map { $0 == axis ? h : 0 }, .float64)
            return (try total(x + e).item() - total(x - e).item()) / (2 * h)
        }
        try check(slopes[0], Tensor(differences, .float64), 1e-6, "gradient")
        let all = compiled { (x: Tensor) in vmap(gradient(of: total))(x) }
        try check(all(stack(points)), stack(slopes), 1e-7, "compiled batch of gradients")
    }
}
