import LeibnizKernels

/// A value x that an equation fixes, g(x, θ) = 0: operand 0, as a function of all θ, the operands after it.
///
/// By the implicit function theorem ẋ = −(∂g/∂x)⁻¹·∂g/∂θ·θ̇ and θ̄ = −(∂g/∂θ)ᵀ·(∂g/∂x)⁻ᵀ·x̄, whatever found x. Both are
/// expressed through x itself, so that derivatives of any order follow.
struct Implicit: IdentityPrimitive {
    /// How the linear equations are solved.
    enum Method: Hashable, Sendable {
        /// By elimination, with the whole Jacobian.
        case dense
        /// Element by element: g is a function of each element by itself.
        case diagonal
        /// The body is f with x = f(x, θ): ẋ = ∂f/∂x·ẋ + ∂f/∂θ·θ̇ is a fixed point again.
        case iterated(tolerance: Double, limit: Int)
    }

    /// g, or f, of x and θ.
    let body: ControlBody
    let method: Method
    /// For each batch around, the outermost last, which of x and θ differ in it.
    var batches: [[Bool]] = []
    var name: String { "implicit" }

    func result(of operands: [TensorType]) throws(TensorError) -> TensorType { operands[0] }

    private func value(_ x: [Tensor]) -> Tensor { body.applied(to: x)[0] }

    /// The rule of one element of the outermost batch.
    private var inner: Implicit { Implicit(body: body, method: method, batches: Array(batches.dropLast())) }

    /// Runs `rule` for every element of the outermost batch.
    private func mapped(_ more: [Tensor], _ x: [Tensor], _ rule: ([Tensor], [Tensor]) -> [Tensor]) -> [Tensor] {
        let flags = batches[batches.count - 1]
        let axes: [Int?] = more.map { _ in 0 } + flags.map { $0 ? 0 : nil }
        return Vmap.apply(more + x, in: axes, out: nil) { rule(Array($0[..<more.count]), Array($0[more.count...])) }
    }

    func pushforward(_ tangents: [Tensor?], operands: [Tensor], result: Tensor) -> Tensor? {
        let places = operands.indices.dropFirst().filter { tangents[$0] != nil }
        if places.isEmpty { return nil }
        return forward([result] + operands.dropFirst(), places, places.compactMap { tangents[$0] })
    }

    private func forward(_ x: [Tensor], _ places: [Int], _ along: [Tensor]) -> Tensor {
        if let flags = batches.last {
            let spread = zip(places, along).map { place, tangent in
                flags[place] ? tangent : tangent.broadcast(to: tangent.type.stacked(x[0].type.shape[0]).shape)
            }
            return mapped(spread, x) { [inner.forward($1, places, $0)] }[0]
        }
        let change = LeibnizCore.pushforward(
            { (moved: [Tensor]) in value(replacing(places, in: x, by: moved)) }, at: places.map { x[$0] }, along: along
        ).tangent
        switch method {
        case .iterated(let tolerance, let limit):
            func next(_ tangent: Tensor) -> Tensor {
                change + LeibnizCore.pushforward({ value([$0] + x.dropFirst()) }, at: x[0], along: tangent).tangent
            }
            return fixedPoint(of: next, from: change, tolerance: tolerance, limit: limit)
        case .dense: return -solve(jacobian(x), change)
        case .diagonal: return -(change / slope(x))
        }
    }

    func pullback(_ cotangent: Tensor, operands: [Tensor], result: Tensor, wanted: [Bool]) -> [Tensor?] {
        let places = operands.indices.dropFirst().filter {
            wanted[$0] && operands[$0].elementType.isFloatingPoint
        }
        var gains = operands.map { _ in Tensor?.none }
        for (place, gain) in zip(places, reverse([result] + operands.dropFirst(), places, cotangent)) {
            gains[place] = gain
        }
        return gains
    }

    private func reverse(_ x: [Tensor], _ places: [Int], _ cotangent: Tensor) -> [Tensor] {
        if let flags = batches.last {
            return zip(mapped([cotangent], x) { inner.reverse($1, places, $0[0]) }, places).map { gain, place in
                flags[place] ? gain : sum(gain, axes: [0])
            }
        }
        let gain: Tensor
        switch method {
        case .iterated(let tolerance, let limit):
            let pull = LeibnizCore.pullback({ value([$0] + x.dropFirst()) }, at: x[0]).pullback
            gain = fixedPoint(of: { cotangent + pull($0) }, from: cotangent, tolerance: tolerance, limit: limit)
        case .dense: gain = -solve(jacobian(x).transposed(), cotangent)
        case .diagonal: gain = -(cotangent / slope(x))
        }
        return LeibnizCore.pullback(
            { (moved: [Tensor]) in value(replacing(places, in: x, by: moved)) }, at: places.map { x[$0] }
        ).pullback(gain)
    }

    private func replacing(_ places: [Int], in x: [Tensor], by moved: [Tensor]) -> [Tensor] {
        var all = x
        for (place, tensor) in zip(places, moved) { all[place] = tensor }
        return all
    }

    /// ∂g/∂x as a matrix.
    private func jacobian(_ x: [Tensor]) -> Tensor {
        let count = x[0].type.shape.count
        return LeibnizCore.jacobian(of: { value([$0] + x.dropFirst()) }, mode: .forward)(x[0])
            .reshaped(to: [count, count])
    }

    private func solve(_ matrix: Tensor, _ b: Tensor) -> Tensor {
        LinearSystem.solve(matrix, b.reshaped(to: [b.type.shape.count])).reshaped(to: b.type.shape)
    }

    /// ∂g/∂x of each element.
    private func slope(_ x: [Tensor]) -> Tensor {
        LeibnizCore.pushforward({ value([$0] + x.dropFirst()) }, at: x[0], along: x[0].filled(1)).tangent
    }

    func batched(_ operands: BatchedOperands) -> Tensor {
        var rule = self
        rule.batches.append([true] + operands.isBatched.dropFirst())
        return Tensor(rule, [operands.spread(0)] + operands.tensors.dropFirst())
    }

    func coefficient(_ k: Int, _ series: SeriesOperands) -> Tensor? { series.fromDerivative(k) }

    func latex(_ operands: [String]) -> String {
        "\\operatorname{solution}\\left(\(operands.joined(separator: ", "))\\right)"
    }
}
