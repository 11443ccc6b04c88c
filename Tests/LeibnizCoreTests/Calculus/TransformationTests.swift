import Foundation
import Testing

@testable import LeibnizCore

private func numbers(_ values: Double...) -> Tensor { Tensor(values, .float64) }

private func expectEqual(
    _ found: Tensor, _ expected: Tensor, _ tolerance: Double = 1e-12, sourceLocation: SourceLocation = #_sourceLocation
) throws {
    #expect(found.shape == expected.shape, sourceLocation: sourceLocation)
    if let difference = firstDifference(try found.doubles(), try expected.doubles(), tolerance: tolerance) {
        Issue.record("\(difference)", sourceLocation: sourceLocation)
    }
}

private func error(_ tensor: Tensor) -> TensorError? {
    do {
        _ = try tensor.doubles()
        return nil
    } catch { return error as? TensorError }
}

@Suite struct `Linear maps` {
    @Test func `of a function are its derivative, found once and used often`() throws {
        var calls = 0
        let x = Tensor.normal([3, 2], seed: 1, .float64)
        let (value, linear) = linearized(
            { x in
                calls += 1
                return sin(x) * sum(x)
            }, at: x)
        try expectEqual(value, sin(x) * sum(x))
        for seed in 2..<5 {
            let v = Tensor.normal([3, 2], seed: seed, .float64)
            try expectEqual(linear(v), pushforward({ sin($0) * sum($0) }, at: x, along: v).tangent)
            // Linear indeed.
            try expectEqual(linear(2 * v + x), 2 * linear(v) + linear(x))
        }
        #expect(calls == 1)
        try expectEqual(linearized({ _ in numbers(1, 2) }, at: x).linear(x), numbers(0, 0))
        #expect(error(linear(numbers(1)))?.kind == .shape)
        #expect(error(linearized({ $0 > 0 }, at: x).linear(x))?.kind == .elementType)
    }

    private static let maps: [(shape: Shape, f: @Sendable (Tensor) -> Tensor)] = [
        ([3, 4], { sum($0, axes: [0]) }), ([6], { $0.windows(axis: 0, size: 3, stride: 2) }),
        ([4], { matmul(Tensor.normal([2, 4], seed: 9, .float64), $0) }),
        ([2, 3], { $0.transposed() * 3 - $0.transposed() }),
        ([5], { cumulativeSum($0, axis: 0) }), ([5], { $0[Tensor([4, 0, 0, 2])] }),
        ([1, 2, 5], { convolution($0, Tensor.normal([3, 2, 2], seed: 8, .float64), padding: [1]) }),
        ([2, 2], { concatenate([$0, $0.flipped([0])], axis: 1) }),
        ([3], { $0.broadcast(to: [2, 3]).padded([(1, 0)]) }),
    ]

    @Test(arguments: maps.indices)
    func `have transposes: ⟨w, A·v⟩ = ⟨Aᵀ·w, v⟩, and twice transposed they are themselves`(number: Int) throws {
        let (shape, f) = Self.maps[number]
        let v = Tensor.normal(shape, seed: 1, .float64)
        let w = Tensor.normal(f(v).shape, seed: 2, .float64)
        let adjoint = transposed(f, of: shape, .float64)
        try expectEqual(sum(adjoint(w) * v), sum(w * f(v)))
        try expectEqual(transposed(adjoint, of: w.shape, .float64)(v), f(v))
        try expectEqual(
            jacobian(of: f)(v).reshaped(to: [w.count, v.count]),
            vmap(f)(Tensor.basis(of: v)).reshaped(to: [v.count, w.count]).transposed())
    }

    @Test func `that are none are refused`() {
        let x = Tensor.ones([2], .float64)
        for f in [{ $0 * $0 }, { exp($0) }, { relu($0) }, { $0 / $0 }] as [(Tensor) -> Tensor] {
            let refused = error(transposed(f, of: [2], .float64)(x))
            #expect(refused?.kind == .value)
            #expect(refused?.reason.contains("not linear") == true)
        }
        #expect(error(transposed({ sum($0) }, of: [2], .float64)(x))?.kind == .shape)
    }
}

@Suite struct `Jacobians and Hessians` {
    private let a = Tensor.normal([4, 3], seed: 3, .float64)

    @Test func `hold every partial derivative, by columns or by rows`() throws {
        let x = Tensor.normal([3, 2], seed: 4, .float64)
        let f = { [a] (x: Tensor) in tanh(matmul(a, x)) }
        for mode in [JacobianMode.forward, .reverse, .automatic] {
            let J = jacobian(of: f, mode: mode)(x)
            #expect(J.shape == [4, 2, 3, 2])
            // ∂y[i, j]/∂x[k, l] = δ_jl·(1 − y[i, j]²)·a[i, k].
            let slope = 1 - f(x) * f(x)
            let expected =
                slope.reshaped(to: [4, 2, 1, 1]) * a.reshaped(to: [4, 1, 3, 1])
                * Tensor.eye(2, nil, .float64).reshaped(to: [1, 2, 1, 2])
            try expectEqual(J, expected)
        }
        try expectEqual(jacobian(of: { sum($0) })(x), Tensor.ones([3, 2], .float64))
        let nothing = x.sliced(axis: 1, start: 0, count: 0)
        let empty = jacobian(of: { [a] in matmul(a, $0) })(nothing)
        #expect(empty.shape == [4, 0, 3, 0])
        #expect(error(jacobian(of: { $0 > 0 })(x))?.kind == .elementType)
        #expect(error(jacobian(of: { matmul($0, $0) })(x))?.operation == "matmul")
    }

    @Test func `say how they are computed, and why`() throws {
        let x = Tensor.normal([3], seed: 4, .float64)
        let wide = try jacobianChoice(of: { [a] in matmul(a, $0) }, at: x)
        #expect(wide.description == "forward: 3 pushforwards instead of 4 pullbacks")
        let narrow = try jacobianChoice(of: { sum($0) }, at: x)
        #expect(narrow.description == "reverse: 1 pullback instead of 3 pushforwards")
        let asked = try jacobianChoice(of: { sum($0) }, at: x, mode: .forward)
        #expect(asked.description == "forward: as asked for, by 3 pushforwards; 1 pullback would do")
        #expect(throws: TensorError.self) { try jacobianChoice(of: { matmul($0, $0.reshaped(to: [7])) }, at: x) }
    }

    @Test func `are one batch: the number of operations does not grow with the argument`() {
        func count(_ n: Int) -> Int {
            let x = Tensor.normal([n], seed: 4, .float64)
            let weights = Tensor.normal([n, n], seed: 5, .float64)
            let H = hessian(of: { sum(tanh(matmul(weights, $0))) })(x)
            return Node.sorted([H.node], through: { _ in true }).count
        }
        #expect(count(3) == count(30))
    }

    @Test func `of second order are symmetric, and those of central differences`() throws {
        let x = Tensor.normal([3], seed: 6, .float64)
        let f = { [a] (x: Tensor) in sum(sin(matmul(a, x))) * x[0] }
        let H = hessian(of: f)(x)
        try expectEqual(H, H.transposed())
        let h = 1e-5
        for j in 0..<3 {
            let e = Tensor.eye(3, nil, .float64)[j]
            try expectEqual(H[j], ((∇f)(x + h * e) - (∇f)(x - h * e)) / (2 * h), 1e-7)
            try expectEqual(H[j], hessianVectorProduct(of: f, at: x, along: e))
        }
        #expect(error(hessian(of: { $0 })(x))?.kind == .shape)
        #expect(error(hessianVectorProduct(of: { sum($0) }, at: x, along: numbers(1)))?.kind == .shape)
    }

    @Test func `of a loss behind a model without the model's curvature are Gauss and Newton's`() throws {
        let (x, v) = (Tensor.normal([3], seed: 6, .float64), Tensor.normal([3], seed: 7, .float64))
        let model = { [a] (x: Tensor) in tanh(matmul(a, x)) }
        let loss = { (y: Tensor) in logSumExp(y) + sum(y * y * y) }
        let J = jacobian(of: model)(x), H = hessian(of: loss)(model(x))
        try expectEqual(
            gaussNewtonVectorProduct(of: model, loss: loss, at: x, along: v),
            matmul(J.transposed(), matmul(H, matmul(J, v))))
        try expectEqual(
            gaussNewtonVectorProduct(of: model, at: x, along: v), matmul(J.transposed(), matmul(J, v)))
        #expect(error(gaussNewtonVectorProduct(of: model, at: x, along: numbers(1)))?.kind == .shape)
    }
}

@Suite struct `Vector calculus` {
    private static let fields: [@Sendable (Tensor) -> Tensor] = [
        { stack([$0[0] * $0[1] * $0[2], sin($0[0]) + $0[2], exp(0.3 * $0[1]) * $0[0]]) },
        { $0 * sum($0 * $0) }, { tanh($0.flipped([0])) * $0[1] },
    ]
    private static let potentials: [@Sendable (Tensor) -> Tensor] = [
        { $0[0] * $0[0] * $0[1] - sin($0[2]) }, { exp(0.2 * sum($0)) * $0[1] }, { 1 / norm($0) },
    ]

    @Test(arguments: 0..<3)
    func `obeys its identities`(number: Int) throws {
        let (F, phi) = (Self.fields[number], Self.potentials[number])
        let x = Tensor.uniform([3], 0.3, 1.2, seed: 10 + number, .float64)
        let J = jacobian(of: F)(x)
        try expectEqual(divergence(of: F)(x), J[0, 0] + J[1, 1] + J[2, 2])
        try expectEqual(curl(of: F)(x), stack([J[2, 1] - J[1, 2], J[0, 2] - J[2, 0], J[1, 0] - J[0, 1]]))
        // div rot F = 0, rot grad φ = 0, div grad φ = Δφ.
        try expectEqual(divergence(of: curl(of: F))(x), Tensor(0, .float64))
        try expectEqual(curl(of: gradient(of: phi))(x), numbers(0, 0, 0))
        try expectEqual(laplacian(of: phi)(x), divergence(of: gradient(of: phi))(x))
        // rot rot F = grad div F − ΔF.
        try expectEqual(curl(of: curl(of: F))(x), gradient(of: divergence(of: F))(x) - laplacian(of: F)(x))
        // Many points at once.
        let points = Tensor.uniform([4, 3], 0.3, 1.2, seed: 20, .float64)
        try expectEqual(vmap(curl(of: F))(points), stack((0..<4).map { curl(of: F)(points[$0]) }))
    }

    @Test func `knows harmonic functions`() throws {
        try expectEqual(laplacian(of: { 1 / norm($0) })(numbers(0.5, -1, 2)), Tensor(0, .float64))
        try expectEqual(laplacian(of: { sum($0 * $0) })(Tensor.ones([2, 5], .float64)), Tensor(20, .float64))
    }

    @Test func `takes derivatives along directions that are not normalised`() throws {
        let (x, v) = (numbers(1, 2), numbers(3, 4))
        try expectEqual(directionalDerivative(of: { sum($0 * $0) }, at: x, along: v), Tensor(22, .float64))
        try expectEqual(directionalDerivative(of: { $0 * $0 }, at: x, along: 2 * v), numbers(12, 32))
    }

    @Test func `refuses other shapes`() {
        let x = numbers(1, 2)
        #expect(error(curl(of: { $0 })(x))?.kind == .shape)
        #expect(error(curl(of: { sum($0) })(numbers(1, 2, 3)))?.kind == .shape)
        #expect(error(divergence(of: { sum($0) })(x))?.kind == .shape)
        #expect(error(laplacian(of: { $0 })(Tensor([1, 2])))?.kind == .elementType)
    }
}
