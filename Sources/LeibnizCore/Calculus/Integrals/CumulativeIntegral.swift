import LeibnizKernels

/// How the integral of samples is taken between them.
public enum SampleRule: String, Hashable, Sendable {
    /// Straight lines between neighbours.
    case trapezoid
    /// A parabola through three neighbours for two intervals at a time.
    case simpson
}

/// The integral of samples from the first one on, F[i] = ∫ up to sample i, along an axis.
///
/// - Parameters:
///   - y: [… n …], samples at equal distances.
///   - spacing: their distance; 1 by default.
///   - axis: the last by default.
///   - rule: the trapezoid rule by default; Simpson's needs three samples.
/// - Returns: y's shape; the first element along the axis is 0.
public func cumulativeIntegral(
    _ y: Tensor, spacing: Double = 1, axis: Int = -1, rule: SampleRule = .trapezoid
) -> Tensor {
    accumulated(y, axis) { (axis: Int, n: Int) throws(TensorError) in
        func from(_ start: Int, _ count: Int) -> Tensor { y.sliced(axis: axis, start: start, count: count) }
        if rule == .trapezoid { return (from(0, n - 1) + from(1, n - 1)) * Tensor(weak: spacing / 2) }
        guard n >= 3 else {
            throw TensorError(
                "cumulativeIntegral", [y.type.shape], "Simpson's rule needs three samples, there are \(n)", kind: .value
            )
        }
        // h/12·(5y₀ + 8y₁ − y₂) for the first interval of three samples, the mirror image for the second.
        let triples = (a: from(0, n - 2), b: from(1, n - 2), c: from(2, n - 2))
        let first = 5 * triples.a + 8 * triples.b - triples.c, second = 8 * triples.b + 5 * triples.c - triples.a
        // Interval i begins triple i, and ends triple i − 1: even ones begin, odd ones and the last one end.
        let rank = y.type.shape.rank
        let begins = first.padded(axis: axis, before: 0, after: 1),
            ends = second.padded(axis: axis, before: 1, after: 0)
        let place = Tensor.iota([n - 1], axis: 0)
        let isEnding = (place % 2 == 1).reshaped(
            to: Shape((0..<rank).map { $0 == axis ? n - 1 : 1 }))
        let isLast = (place == Tensor(n - 2)).reshaped(to: Shape((0..<rank).map { $0 == axis ? n - 1 : 1 }))
        return which(isEnding.cast(to: .int64) + isLast.cast(to: .int64) > 0, ends, begins)
            * Tensor(weak: spacing / 12)
    }
}

/// The integral of samples at given places from the first one on, by the trapezoid rule.
///
/// - Parameters:
///   - y: [… n …].
///   - x: [n], where the samples were taken.
///   - axis: the last by default.
/// - Returns: y's shape; the first element along the axis is 0.
public func cumulativeIntegral(_ y: Tensor, at x: Tensor, axis: Int = -1) -> Tensor {
    if x.isInvalid { return x }
    return accumulated(y, axis) { (axis: Int, n: Int) throws(TensorError) in
        guard x.type.shape == [n] else {
            throw TensorError(
                "cumulativeIntegral", [y.type.shape, x.type.shape],
                "there must be one place for each of the \(n) samples along axis \(axis)")
        }
        let gaps = x.sliced(axis: 0, start: 1, count: n - 1) - x.sliced(axis: 0, start: 0, count: n - 1)
        let column = Shape((0..<y.type.shape.rank).map { $0 == axis ? n - 1 : 1 })
        return (y.sliced(axis: axis, start: 0, count: n - 1) + y.sliced(axis: axis, start: 1, count: n - 1))
            * gaps.reshaped(to: column) * 0.5
    }
}

/// The running sum of the integrals over the n − 1 intervals, after a 0.
private func accumulated(
    _ y: Tensor, _ axis: Int, _ intervals: (Int, Int) throws(TensorError) -> Tensor
) -> Tensor {
    if y.isInvalid { return y }
    do throws(TensorError) {
        let axis = try y.type.shape.axis(axis, of: "cumulativeIntegral")
        let n = y.type.shape[axis]
        if n == 0 { return y }
        if n == 1 { return y.filled(0) }
        return cumulativeSum(try intervals(axis, n), axis: axis).padded(axis: axis, before: 1, after: 0)
    } catch {
        return Tensor(invalid: error.located(among: [y]))
    }
}

/// The antiderivative of a function at several places, F(x_k) = ∫_a^{x_k} f(x) dx.
///
/// The intervals between neighbouring places are integrated together, adaptively, and added up. The derivative at x_k is f(x_k), by
/// Leibniz's rule.
///
/// - Parameters:
///   - f: a function of one point, a float64 scalar; its value may have any shape.
///   - a: where F is 0.
///   - x: [n], in any order; neighbours should lie near each other.
///   - relative, absolute: as of `integrate`.
/// - Returns: float64, [n] + the shape of f's value.
public func cumulativeIntegral(
    of f: (Tensor) -> Tensor, from a: Tensor, at x: Tensor, relative: Double = 1e-10, absolute: Double = 1e-12
) -> Tensor {
    if let invalid = [a, x].first(where: \.isInvalid) { return invalid }
    guard x.type.shape.rank == 1, a.type.shape.count == 1 else {
        let error = TensorError(
            "cumulativeIntegral", [a.type.shape, x.type.shape], "the places are a vector, the start is one number")
        return Tensor(invalid: error.located(among: [a, x]))
    }
    let ends = x.cast(to: .float64), n = x.type.shape[0]
    let starts = concatenate([Bounds.real(a).reshaped(to: [1]), ends]).sliced(axis: 0, start: 0, count: n)
    let body = Integrand(of: [], f)
    // Interval k at the share u of its way, as one integrand of n components.
    let intervals = integrate(
        { u in
            let values = body.values(at: starts * (1 - u) + ends * u)
            if values.isInvalid { return values }
            return values
                * (ends - starts).reshaped(to: Shape([n] + values.type.shape.extents.dropFirst().map { _ in 1 }))
        }, from: 0, to: 1, relative: relative, absolute: absolute)
    return intervals.isInvalid ? intervals : cumulativeSum(intervals, axis: 0)
}

/// The length of a curve: of the graph of a function, ∫ √(1 + f′(x)²) dx, or of the path of a point, ∫ ‖f′(t)‖ dt.
///
/// ```swift
/// arcLength(of: { t in stack([cos(t), sin(t)]) }, from: 0, to: .pi)       // π
/// ```
///
/// - Parameters:
///   - f: a function of one point; a scalar value is a graph's, a vector's [d] a path's.
///   - points: where the curve has a corner; none by default.
///   - relative, absolute: as of `integrate`.
public func arcLength(
    of f: @escaping (Tensor) -> Tensor, from a: Tensor, to b: Tensor, points: [Double] = [], relative: Double = 1e-10,
    absolute: Double = 1e-12
) -> Tensor {
    integrate(
        { t in
            let slope = pushforward(f, at: t, along: t.filled(1)).tangent
            if slope.isInvalid { return slope }
            return slope.type.shape.rank == 0 ? sqrt(1 + slope * slope) : norm(slope)
        }, from: a, to: b, points: points, relative: relative, absolute: absolute)
}

/// The length of a curve between Swift numbers.
@_disfavoredOverload
public func arcLength(
    of f: @escaping (Tensor) -> Tensor, from a: Double, to b: Double, points: [Double] = [], relative: Double = 1e-10,
    absolute: Double = 1e-12
) -> Tensor {
    arcLength(
        of: f, from: Tensor(a, .float64), to: Tensor(b, .float64), points: points, relative: relative,
        absolute: absolute)
}
