import LeibnizKernels

/// The integral of a function over an interval, ∫_a^b f(x) dx, by adaptive Gauss–Kronrod quadrature.
///
/// ```swift
/// integrate({ exp(-$0 * $0) }, from: -.infinity, to: .infinity)                    // √π
/// let work = { (t: Tensor) in integrate({ x in sin(t * x) }, from: 0, to: t) }
/// gradient(of: work)(2)                                                            // by Leibniz's rule
/// ```
///
/// It can be differentiated with respect to both bounds and to all that f captured, in every mode and order, by Leibniz's rule:
/// d/dt ∫_{a(t)}^{b(t)} f(x, t) dx = f(b, t)·b′ − f(a, t)·a′ + ∫ ∂f/∂t dx, where the integral on the right is again adaptive.
///
/// The panels are chosen by the integrand's values when `integrate` is called. Inside `vmap`, `compiled` and another integral, where
/// there are no values yet, a loop of the running plan chooses them, at most 256 for each part. All is computed in float64. Bounded work.
///
/// - Parameters:
///   - f: a function of one point, a float64 scalar; its value may have any shape. It is called once.
///   - a, b: scalars, also infinite; b may be less than a.
///   - points: places within the interval where f jumps, has a kink or is singular; none by default. They do not move with
///     parameters: split the integral where a place has a derivative.
///   - relative: the error that is wanted, relative to the greatest element of the integral; 1e-10 by default.
///   - absolute: the same as an absolute error; 1e-12 by default. One of both must hold, as far as float64 goes.
///   - subdivisions: the greatest number of panels, of 21 points each; 1000 by default.
/// - Returns: float64, of the shape of f's value. Invalid, with the reason that `IntegrationError` gives, where the integral does not converge.
public func integrate(
    _ f: (Tensor) -> Tensor, from a: Tensor, to b: Tensor, points: [Double] = [], relative: Double = 1e-10,
    absolute: Double = 1e-12, subdivisions: Int = 1000
) -> Tensor {
    let goal = IntegrationGoal(absolute: absolute, relative: relative, limit: subdivisions)
    return Bounds.checked(a, b) { a, b in
        Integral.of(Integrand(of: [], f), .line(LineIntegration(goal: goal, points: points)), bounds: [a, b])
    }
}

/// The integral between Swift numbers, as arguments of the plan.
@_disfavoredOverload
public func integrate(
    _ f: (Tensor) -> Tensor, from a: Double, to b: Double, points: [Double] = [], relative: Double = 1e-10,
    absolute: Double = 1e-12, subdivisions: Int = 1000
) -> Tensor {
    integrate(
        f, from: Tensor(a, .float64), to: Tensor(b, .float64), points: points, relative: relative, absolute: absolute,
        subdivisions: subdivisions)
}

/// The integral of a function over an interval with an estimate of its error.
///
/// - Parameters: as of `integrate`.
/// - Throws: an `IntegrationError`: not converged, singular, not finite, or what the integrand's evaluation found.
public func integralEstimate(
    of f: (Tensor) -> Tensor, from a: Tensor, to b: Tensor, points: [Double] = [], relative: Double = 1e-10,
    absolute: Double = 1e-12, subdivisions: Int = 1000
) throws(IntegrationError) -> IntegralEstimate {
    let goal = IntegrationGoal(absolute: absolute, relative: relative, limit: subdivisions)
    let bounds = [a, b].map(Bounds.real)
    if let error = Bounds.error(bounds) { throw .failed(error) }
    return try LineIntegration(goal: goal, points: points)
        .estimate(of: Integrand(of: [], f), from: bounds[0], to: bounds[1])
}

/// The integral between Swift numbers with an estimate of its error.
@_disfavoredOverload
public func integralEstimate(
    of f: (Tensor) -> Tensor, from a: Double, to b: Double, points: [Double] = [], relative: Double = 1e-10,
    absolute: Double = 1e-12, subdivisions: Int = 1000
) throws(IntegrationError) -> IntegralEstimate {
    try integralEstimate(
        of: f, from: Tensor(a, .float64), to: Tensor(b, .float64), points: points, relative: relative,
        absolute: absolute, subdivisions: subdivisions)
}

/// The integral of a function over an interval by a fixed rule: (b − a)/2 · Σ wᵢ·f((a + b)/2 + xᵢ·(b − a)/2).
///
/// Its derivatives are those of this sum, which are the rule's own values of the terms of Leibniz's rule.
///
/// - Parameters:
///   - f: a function of one point, a float64 scalar; its value may have any shape. It is called once.
///   - a, b: finite scalars.
public func integrate(_ f: (Tensor) -> Tensor, from a: Tensor, to b: Tensor, rule: QuadratureRule) -> Tensor {
    Bounds.checked(a, b) { a, b in
        if rule.nodes.isEmpty { return Tensor(invalid: rule.emptiness.located(among: [a, b])) }
        let count = rule.nodes.count
        // Shares of both bounds, so that a bound of 0 leaves small points exact.
        let x =
            a * Tensor(copying: rule.nodes.map { (1 - $0) / 2 }, [count])
            + b * Tensor(copying: rule.nodes.map { (1 + $0) / 2 }, [count])
        let weights = Tensor(copying: rule.weights.map { $0 / 2 }, [count])
        return LineIntegration.weighted(Integrand(of: [], f).values(at: x), weights) * (b - a)
    }
}

/// The integral between Swift numbers by a fixed rule.
@_disfavoredOverload
public func integrate(_ f: (Tensor) -> Tensor, from a: Double, to b: Double, rule: QuadratureRule) -> Tensor {
    integrate(f, from: Tensor(a, .float64), to: Tensor(b, .float64), rule: rule)
}

extension QuadratureRule {
    /// The error of using a rule without nodes.
    var emptiness: TensorError {
        TensorError(
            "integrate", [], "\(name) has no nodes", kind: .value, hint: "a rule has at least one node or panel")
    }
}

extension Tensor {
    /// ∞, as a bound of an integral.
    public static var infinity: Tensor { Tensor(weak: .infinity) }
}

/// The bounds of an interval.
enum Bounds {
    /// A bound as a float64 scalar.
    static func real(_ bound: Tensor) -> Tensor {
        guard !bound.isInvalid, bound.type.shape.count == 1 else { return bound }
        return bound.cast(to: .float64).reshaped(to: [])
    }

    /// Why tensors are no bounds.
    static func error(_ bounds: [Tensor]) -> TensorError? {
        if let invalid = bounds.first(where: \.isInvalid) { return invalid.error }
        guard bounds.contains(where: { $0.type.shape.rank > 0 }) else { return nil }
        return TensorError(
            "integrate", bounds.map(\.type.shape), "a bound is one number", hint: "vmap integrates between many bounds")
    }

    static func checked(_ a: Tensor, _ b: Tensor, _ body: (Tensor, Tensor) -> Tensor) -> Tensor {
        let bounds = [a, b].map(real)
        if let error = error(bounds) { return Tensor(invalid: error.located(among: [a, b])) }
        return body(bounds[0], bounds[1])
    }
}
