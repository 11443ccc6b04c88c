import LeibnizKernels

/// A point that a function leaves where it is, x = f(x), by iteration.
///
/// ```swift
/// let x = fixedPoint(of: { cos($0) }, from: 1)                // 0.739…
/// ```
///
/// Derivatives with respect to what f captures are those of the implicit equation, by an iteration of the same kind: they need the
/// result alone, not the way to it. They hold in all orders and modes.
///
/// - Parameters:
///   - initial: where the iteration begins. The result has its shape; its derivative with respect to it is 0.
///   - tolerance: the last change, relative to 1 + max |x|; for float64 1e-12, for float32 1e-6 by default.
///   - limit: the most steps, 1000 by default. An iteration that has not converged by then is a `RuntimeError` of the evaluation.
public func fixedPoint(
    of f: (Tensor) -> Tensor, from initial: Tensor, tolerance: Double? = nil, limit: Int = 1000
) -> Tensor {
    Equation.solved("fixedPoint", initial, tolerance, f) { x, value, tolerance in
        let method = Implicit.Method.iterated(tolerance: tolerance, limit: limit)
        let infinite = Tensor.full([], .infinity, x.elementType)
        let report = LoopReport(
            operation: "fixedPoint", reason: "did not converge",
            hint:
                "begin nearer, damp the function, allow a greater limit:, or find a root of x − f(x) by Newton's method"
        )
        let found = whileLoop([x, infinite], while: { isFar($0[1], tolerance) }, limit: limit, report: report) {
            state in
            let next = value(state[0])
            return [next, Equation.change(state[0], next - state[0])]
        }
        return (found[0], method)
    }
}

/// A zero of a function from n numbers to n numbers, g(x) = 0, by Newton's method with steps that are halved until |g| falls.
///
/// ```swift
/// let x = root(of: { x in stack([x[0] * x[0] + x[1] * x[1] - a, x[0] - x[1]]) }, from: Tensor([1.0, 1], .float64))
/// ```
///
/// Derivatives with respect to what g captures follow from the implicit function theorem, in all orders and modes. The Jacobian is a whole
/// n × n matrix that is factored at every step: O(n³), meant for some hundred unknowns.
///
/// - Parameters:
///   - initial: where the search begins. The result has its shape; its derivative with respect to it is 0.
///   - tolerance: the last Newton step, relative to 1 + max |x|; for float64 1e-12, for float32 1e-6 by default.
///   - limit: the most steps, 100 by default. A search that has not converged by then is a `RuntimeError` of the evaluation.
public func root(
    of g: (Tensor) -> Tensor, from initial: Tensor, tolerance: Double? = nil, limit: Int = 100
) -> Tensor {
    Equation.solved("root", initial, tolerance, g) { x, value, tolerance in
        let one = Tensor.full([], 1, x.elementType)
        let report = LoopReport(
            operation: "root", reason: "Newton's method did not converge",
            hint: "begin nearer, or give an interval in which the function changes its sign")
        let n = x.type.shape.count
        let found = whileLoop(
            [x, value(x), one, one.filled(.infinity)], while: { isFar($0[3], tolerance) }, limit: limit, report: report
        ) { state in
            let (x, g, share) = (state[0], state[1], state[2])
            let matrix = jacobian(of: value, mode: .forward)(x).reshaped(to: [n, n])
            let full = LinearSystem.solve(matrix, g.reshaped(to: [n])).reshaped(to: x.type.shape)
            let change = Equation.change(x, full)
            let next = x - share * full
            let nextG = value(next)
            let isBetter = (sum(nextG * nextG) < sum(g * g)) | (change <= Tensor(weak: tolerance))
            return [
                which(isBetter, next, x), which(isBetter, nextG, g),
                which(isBetter, minimum(2 * share, one), 0.5 * share), change,
            ]
        }
        return (found[0], .dense)
    }
}

/// The zeros of a function of each element by itself, each in an interval at whose ends the function has opposite signs.
///
/// Newton's method where it stays inside and converges fast, else the interval is halved (*Numerical Recipes*, section 9.4): it cannot fail
/// on a continuous function.
///
/// ```swift
/// let x = root(of: { $0 * $0 * $0 - a }, between: 0, and: 2)
/// ```
///
/// - Parameters:
///   - lower, upper: the ends, of one shape after broadcasting.
///   - tolerance: the last step, relative to 1 + max |x|; for float64 1e-12, for float32 1e-6 by default.
///   - limit: the most steps, 200 by default. Equal signs at both ends are a `RuntimeError` of the evaluation.
public func root(
    of g: (Tensor) -> Tensor, between lower: Tensor, and upper: Tensor, tolerance: Double? = nil, limit: Int = 200
) -> Tensor {
    let middle = 0.5 * (lower + upper)
    return Equation.solved("root", middle, tolerance, g) { x, value, tolerance in
        func slope(_ x: Tensor) -> Tensor { pushforward(value, at: x, along: x.filled(1)).tangent }
        let shape = x.type.shape
        let (a, b) = (
            lower.cast(to: x.elementType).broadcast(to: shape), upper.cast(to: x.elementType).broadcast(to: shape)
        )
        let (atA, atB) = (value(a), value(b))
        // The end where the function is negative comes first.
        let isRising = atA < 0
        let isBracket = (atA * atB) <= 0
        let poisoned = which(isBracket, x, Tensor.full(shape, .nan, x.elementType))
        let report = LoopReport(
            operation: "root", reason: "no zero was found",
            hint: "the function must have opposite signs at both ends of the interval, and be continuous in it")
        let first = [which(isRising, a, b), which(isRising, b, a), poisoned, Tensor.full([], .infinity, x.elementType)]
        let found = whileLoop(first, while: { isFar($0[3], tolerance) }, limit: limit, report: report) { state in
            let (low, high, x) = (state[0], state[1], state[2])
            let g = value(x)
            let newLow = which(g < 0, x, low), newHigh = which(g < 0, high, x)
            let newton = x - g / slope(x)
            let isInside = ((newton - newLow) * (newton - newHigh) <= 0)
            let next = which(isInside, newton, 0.5 * (newLow + newHigh))
            let isThere = g == 0
            let step = which(isThere, 0, next - x)
            return [newLow, newHigh, which(isThere, x, next), Equation.change(x, step)]
        }
        return (found[2], .diagonal)
    }
}

/// Whether a change is not yet small; NaN is not.
private func isFar(_ change: Tensor, _ tolerance: Double) -> Tensor { which(change <= Tensor(weak: tolerance), 0, 1) }

private enum Equation {
    /// max |step| / (1 + max |x|).
    static func change(_ x: Tensor, _ step: Tensor) -> Tensor {
        if x.type.shape.count == 0 { return Tensor.full([], 0, x.elementType) }
        return max(abs(step)) / (1 + max(abs(x)))
    }

    /// The solution of an equation as a function of what its function captures.
    ///
    /// - Parameter search: the solution, by operations through which no derivative passes, from the first guess, the function and the
    ///   tolerance.
    static func solved(
        _ operation: String, _ initial: Tensor, _ tolerance: Double?, _ f: (Tensor) -> Tensor,
        _ search: (Tensor, @escaping (Tensor) -> Tensor, Double) -> (Tensor, Implicit.Method)
    ) -> Tensor {
        do throws(TensorError) {
            if let error = initial.error { throw error }
            var x = initial.cast(to: Promotion.real(initial.elementType)).stopGradient()
            var traced = try trace(operation, x, f)
            if traced.type != x.elementType, initial.node.isWeak {
                x = x.cast(to: traced.type)
                traced = try trace(operation, x, f)
            }
            let body = ControlBody(
                formals: traced.formals + traced.closing.captured.map(\.formal), outputs: traced.closing.outputs,
                of: traced.call)
            guard body.outputs[0].type == x.type else {
                throw TensorError(
                    operation, [x.type.shape, body.outputs[0].type.shape],
                    "the function must give a tensor of its argument's shape and element type")
            }
            let captured = traced.closing.captured.map { Tensor($0.node) }
            let held = captured.map { $0.stopGradient() }
            let least = tolerance ?? (x.elementType == .float64 ? 1e-12 : 1e-6)
            let (solution, method) = search(x, { body.applied(to: [$0] + held)[0] }, least)
            if solution.isInvalid || captured.isEmpty { return solution }
            return Tensor(Implicit(body: body, method: method), [solution] + captured)
        } catch {
            return Tensor(invalid: error.located(among: [initial]))
        }
    }

    private static func trace(_ operation: String, _ x: Tensor, _ f: (Tensor) -> Tensor) throws(TensorError) -> (
        formals: [Node], closing: Closing, call: Differentiation, type: ElementType
    ) {
        var type = x.elementType
        let traced = try ControlBody.trace(operation, [x.type]) { formals in
            let value = f(formals[0])
            type = value.elementType
            return [value]
        }
        return (traced.formals, traced.closing, traced.call, type)
    }
}
