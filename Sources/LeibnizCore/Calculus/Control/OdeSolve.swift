import LeibnizKernels

/// How the reverse pass goes through an ordinary differential equation.
public enum ODEGradient: Hashable, Sendable {
    /// Through the steps that were taken, which are computed again from one output time to the next: the derivative of the numbers that
    /// came out. Memory for the states at all output times and for the steps between two of them.
    case checkpointed
    /// By the adjoint equation, solved backwards with the same tolerance: the derivative of the exact solution, up to that. Memory for the
    /// states at the output times (Pontryagin 1962; Chen et al., *Neural Ordinary Differential Equations*, 2018).
    case adjoint
}

/// The solution of ẏ = f(t, y), y(t₀) = y₀, at given times: Dormand–Prince 5(4) with steps of its own choice and a polynomial between.
///
/// ```swift
/// // A harmonic oscillator over one turn.
/// let path = odeSolve({ t, y in stack([y[1], -y[0]]) }, from: Tensor([1.0, 0], .float64), at: .linspace(0, 2 * .pi, count: 50, .float64))
/// ```
///
/// Parameters that f captures are found by themselves; y₀, the times and they have derivatives in all modes. Works inside `compiled`.
/// Not for stiff equations, which take many steps.
///
/// - Parameters:
///   - f: the slope, of y's structure and shapes, at a time (a scalar) and a state. Called while the graph is made, not for each step.
///   - y0: the state at the first time: a tensor or a group of real tensors.
///   - times: `[T]`, in order, upwards or downwards.
///   - tolerance: the error of a step relative to |y|; 1e-6 by default.
///   - absoluteTolerance: the error of a step where y is near 0; a thousandth of `tolerance` by default.
///   - stepLimit: the most steps between two times, 1000 by default. The reverse pass keeps that many states.
///   - gradient: how the reverse pass goes.
/// - Returns: the states at all times along a new first axis. A step that becomes too small, and more steps than `stepLimit`, are
///   `RuntimeError`s of the evaluation.
public func odeSolve<State: TensorGroup>(
    _ f: (Tensor, State) -> State, from y0: State, at times: Tensor, tolerance: Double = 1e-6,
    absoluteTolerance: Double? = nil, stepLimit: Int = 1000, gradient: ODEGradient = .checkpointed
) -> State {
    let parts = y0.tensors
    do throws(TensorError) {
        if let error = (parts + [times]).lazy.compactMap(\.error).first { throw error }
        guard times.type.shape.rank == 1, times.type.shape[0] > 0 else {
            throw TensorError("odeSolve", [times.type.shape], "the times must be a vector of at least one")
        }
        let type = parts.reduce(ElementType.float32) { $1.elementType == .float64 ? .float64 : $0 }
        let shapes = parts.map(\.type.shape)
        let flat = Flattened(shapes: shapes)
        let traced = try ControlBody.trace("odeSolve", [TensorType([], type), TensorType([flat.count], type)]) {
            (formals) throws(TensorError) in
            let slope = f(formals[0], y0.made(of: flat.parts(of: formals[1], leading: []))).tensors
            if let error = slope.lazy.compactMap(\.error).first { throw error }
            guard slope.map(\.type.shape) == shapes else {
                throw TensorError(
                    "odeSolve", shapes + slope.map(\.type.shape), "the slope must have the state's shapes")
            }
            return [flat.joined(slope, type)]
        }
        let rule = OdeRule(
            body: ControlBody(
                formals: traced.formals + traced.closing.captured.map(\.formal), outputs: traced.closing.outputs,
                of: traced.call), relativeTolerance: tolerance,
            absoluteTolerance: absoluteTolerance ?? tolerance / 1000, stepLimit: stepLimit)
        let operands =
            [flat.joined(parts, type), times.cast(to: type)] + traced.closing.captured.map { Tensor($0.node) }
        let value = rule.solution(operands)
        if value.isInvalid { throw value.error ?? TensorError("odeSolve", [], "no solution", kind: .runtime) }
        let path = gradient == .adjoint ? Tensor(rule, [value] + operands) : value
        return y0.made(of: flat.parts(of: path, leading: [times.type.shape[0]]))
    } catch {
        let error = Tensor(invalid: error.located(among: parts + [times]))
        return y0.made(of: parts.map { _ in error })
    }
}

/// Tensors of some shapes in one vector, and back.
private struct Flattened {
    let shapes: [Shape]
    var count: Int { shapes.reduce(0) { $0 + $1.count } }

    func joined(_ parts: [Tensor], _ type: ElementType) -> Tensor {
        concatenate(parts.map { $0.cast(to: type).reshaped(to: [$0.type.shape.count]) })
    }

    /// The parts of vectors along the last axis.
    func parts(of vector: Tensor, leading: [Int]) -> [Tensor] {
        var start = 0
        return shapes.map { shape in
            defer { start += shape.count }
            return vector.sliced(axis: leading.count, start: start, count: shape.count)
                .reshaped(to: Shape(leading + shape.extents))
        }
    }
}

/// The path of a differential equation: operand 0, whose reverse derivative in y₀, times and parameters, the operands after it, is that of
/// the adjoint equation.
///
/// With a = ∂L/∂y: ȧ = −(∂f/∂y)ᵀ·a between output times, where a grows by their cotangents; θ̄ = ∫ (∂f/∂θ)ᵀ·a dt.
struct OdeRule: IdentityPrimitive {
    /// f of t, y and θ.
    let body: ControlBody
    let relativeTolerance: Double
    let absoluteTolerance: Double
    let stepLimit: Int
    /// For each batch around, the outermost last, which of the operands after the first differ in it.
    var batches: [[Bool]] = []
    var name: String { "ode" }

    func result(of operands: [TensorType]) throws(TensorError) -> TensorType { operands[0] }

    /// The path for y₀, times and θ.
    func solution(_ operands: [Tensor]) -> Tensor {
        solver { body.applied(to: [$0, $1] + operands[2...])[0] }.solve(operands[0], operands[1], stepLimit: stepLimit)
    }

    private func solver(_ f: @escaping (Tensor, Tensor) -> Tensor) -> DormandPrince {
        DormandPrince(relativeTolerance: relativeTolerance, absoluteTolerance: absoluteTolerance, f: f)
    }

    func pushforward(_ tangents: [Tensor?], operands: [Tensor], result: Tensor) -> Tensor? { tangents[0] }
    func coefficient(_ k: Int, _ series: SeriesOperands) -> Tensor? { series.x(0, k) }

    func pullback(_ cotangent: Tensor, operands: [Tensor], result: Tensor, wanted: [Bool]) -> [Tensor?] {
        let places = operands.indices.dropFirst().filter { wanted[$0] && operands[$0].elementType.isFloatingPoint }
        var gains = operands.map { _ in Tensor?.none }
        for (place, gain) in zip(places, reverse(result, Array(operands.dropFirst()), places.map { $0 - 1 }, cotangent))
        {
            gains[place] = gain
        }
        return gains
    }

    private func reverse(_ path: Tensor, _ x: [Tensor], _ places: [Int], _ cotangent: Tensor) -> [Tensor] {
        guard let flags = batches.last else { return adjoint(path, x, places, cotangent) }
        let inner = OdeRule(
            body: body, relativeTolerance: relativeTolerance, absoluteTolerance: absoluteTolerance,
            stepLimit: stepLimit, batches: Array(batches.dropLast()))
        let axes: [Int?] = [0, 0] + flags.map { $0 ? 0 : nil }
        let gains = Vmap.apply([cotangent, path] + x, in: axes, out: nil) {
            inner.reverse($0[1], Array($0[2...]), places, $0[0])
        }
        return zip(gains, places).map { gain, place in flags[place] ? gain : sum(gain, axes: [0]) }
    }

    /// The cotangents of some of y₀, times and θ.
    private func adjoint(_ path: Tensor, _ x: [Tensor], _ places: [Int], _ cotangent: Tensor) -> [Tensor] {
        let (times, parameters) = (x[1], Array(x[2...]))
        let (n, count) = (path.type.shape[1], times.type.shape[0])
        let active = places.filter { $0 >= 2 }.map { $0 - 2 }
        let flat = Flattened(shapes: active.map { parameters[$0].type.shape })
        func f(_ t: Tensor, _ y: Tensor, _ moved: [Tensor]) -> Tensor {
            var all = parameters
            for (place, tensor) in zip(active, moved) { all[place] = tensor }
            return body.applied(to: [t, y] + all)[0]
        }
        // y, a and −θ̄ together, from one output time back to the one before.
        let system = solver { t, state in
            let (y, a) = (state.sliced(axis: 0, start: 0, count: n), state.sliced(axis: 0, start: n, count: n))
            let (slope, pull) = LeibnizCore.pullback(
                { (moved: [Tensor]) in f(t, moved[0], Array(moved[1...])) }, at: [y] + active.map { parameters[$0] })
            let gains = pull(-a)
            return concatenate(
                [slope, gains[0]] + (active.isEmpty ? [] : [flat.joined(Array(gains[1...]), path.elementType)]))
        }
        func rows(_ x: Tensor, _ start: Int) -> Tensor { x.sliced(axis: 0, start: start, count: count - 1) }
        let last = cotangent.sliced(axis: 0, start: count - 1, count: 1).reshaped(to: [n])
        let slices = [rows(path, 1), rows(cotangent, 0), rows(times, 1), rows(times, 0)]
        let first = [last, Tensor.full([flat.count], 0, path.elementType)]
        let (carry, before) = scan(first, over: slices, reversed: true) {
            (carry: [Tensor], slice: [Tensor]) -> ([Tensor], Tensor) in
            let state = concatenate([slice[0], carry[0]] + (active.isEmpty ? [] : [carry[1]]))
            let solved = system.solve(state, stack([slice[2], slice[3]]), stepLimit: stepLimit)
            let end = solved.sliced(axis: 0, start: 1, count: 1).reshaped(to: state.type.shape)
            let a = end.sliced(axis: 0, start: n, count: n)
            let sums = active.isEmpty ? carry[1] : end.sliced(axis: 0, start: 2 * n, count: flat.count)
            return ([a + slice[1], sums], a)
        }
        var gains: [Tensor] = []
        let parameterGains = flat.parts(of: carry[1], leading: [])
        for place in places {
            switch place {
            case 0: gains.append(carry[0])
            case 1:
                // A later output sees its own time; the first time moves the whole path.
                let slopes = vmap({ [f($0[0], $0[1], active.map { parameters[$0] })] })([times, path])[0]
                let own = sum(cotangent * slopes, axes: [1])
                let start = count > 1 ? before.sliced(axis: 0, start: 0, count: 1).reshaped(to: [n]) : last.filled(0)
                let shift = sum(start * slopes.sliced(axis: 0, start: 0, count: 1).reshaped(to: [n]))
                let isFirst = Tensor.iota([count], axis: 0) == 0
                gains.append(which(isFirst, -shift, own))
            default:
                let number = active.firstIndex(of: place - 2) ?? 0
                gains.append(parameterGains[number].cast(to: parameters[place - 2].elementType))
            }
        }
        return gains
    }

    func batched(_ operands: BatchedOperands) -> Tensor {
        var rule = self
        rule.batches.append(Array(operands.isBatched.dropFirst()))
        return Tensor(rule, [operands.spread(0)] + operands.tensors.dropFirst())
    }

    func latex(_ operands: [String]) -> String {
        "\\operatorname{ode}\\left(\(operands.joined(separator: ", "))\\right)"
    }
}
