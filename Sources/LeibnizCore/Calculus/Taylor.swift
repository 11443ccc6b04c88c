import LeibnizKernels

/// The first coefficients of a Taylor series, y(t) = Σ y_k·tᵏ, each a tensor.
public struct TaylorSeries: Sendable {
    /// y₀, y₁, …: the k-th derivative of y at t = 0 divided by k!.
    public let coefficients: [Tensor]

    /// The greatest power of t.
    public var order: Int { coefficients.count - 1 }

    /// The derivatives of y at t = 0 from the value itself on: dᵏy/dtᵏ = k!·y_k.
    public var derivatives: [Tensor] {
        var factorial = 1.0
        return coefficients.enumerated().map { k, coefficient in
            if k < 2 { return coefficient }
            factorial *= Double(k)
            return coefficient * Tensor(weak: factorial)
        }
    }

    /// The polynomial at t, by Horner's rule.
    public func callAsFunction(_ t: Tensor) -> Tensor {
        coefficients.dropLast().reversed().reduce(coefficients[coefficients.count - 1]) { $0 * t + $1 }
    }
}

/// The Taylor series of t ↦ f(x + t·v): its coefficients y_k = (1/k!)·dᵏf(x + t·v)/dtᵏ at t = 0.
///
/// All orders are computed together, from the operations' own rules: k·y_k = Σ_{j=1…k} j·x_j·(∂f)_{k−j} (Taylor mode; Griewank & Walther,
/// *Evaluating Derivatives*, chapter 13). The cost grows with the square of the order, where nested first derivatives double with
/// each.
///
/// ```swift
/// let series = taylor(of: { sin($0) }, at: 0, order: 7)       // 0, 1, 0, −1/6, 0, 1/120, …
/// let derivatives = series.derivatives                        // 0, 1, 0, −1, 0, 1, …
/// ```
///
/// - Parameters:
///   - x: where; a whole number is taken as a real one.
///   - v: the direction, of x's shape; ones by default, which is d/dx for a scalar, and for a function of each element by itself.
///   - order: 0 to 170.
/// - Returns: `order` + 1 coefficients, of the shape of f's value; zeros where f does not depend on x. Invalid ones where x or f's
///   value is not real.
public func taylor(of f: (Tensor) -> Tensor, at x: Tensor, along v: Tensor? = nil, order: Int) -> TaylorSeries {
    taylor(of: { f($0[0]) }, at: [x], along: v.map { [$0] }, order: order)
}

/// The Taylor series of t ↦ f(x + t·v) for a function of several tensors.
public func taylor(of f: ([Tensor]) -> Tensor, at x: [Tensor], along v: [Tensor]? = nil, order: Int) -> TaylorSeries {
    let x = x.map { $0.isInvalid ? $0 : $0.cast(to: $0.node.isWeak ? Promotion.real($0.elementType) : $0.elementType) }
    let directions = v ?? x.map { $0.filled(1) }
    guard x.count == directions.count else {
        let error = TensorError(
            "taylor", x.map(\.type.shape), "there are \(directions.count) directions for \(x.count) arguments",
            kind: .value)
        return Taylor.refused(Tensor(invalid: error.located(among: x)), order)
    }
    return taylor(of: f, series: zip(x, directions).map { [$0, $1] }, order: order)
}

/// The Taylor series of t ↦ f(x(t)) for curves x(t) = Σ x_k·tᵏ.
///
/// - Parameters:
///   - x: for each argument its curve's coefficients from x₀ on, all of one shape; those that are missing are zero.
///   - order: 0 to 170.
public func taylor(of f: ([Tensor]) -> Tensor, series x: [[Tensor]], order: Int) -> TaylorSeries {
    if let error = Taylor.error(x, order) { return Taylor.refused(error, order) }
    let call = Differentiation()
    defer { call.close() }
    let arguments = x.map { Argument.wrap($0[0], for: call) }
    let value = f(arguments)
    if let error = Tensor.differentiationError("taylor", value, arguments, isScalar: false) {
        return Taylor.refused(error, order)
    }
    let sources = zip(arguments, x).map { argument, curve in
        (argument.node, [argument] + curve.dropFirst().prefix(order).map { $0.cast(to: argument.elementType) })
    }
    let found = SeriesPropagation.coefficients(of: [value.node], sources: sources, order: order, of: call)[0]
    return TaylorSeries(coefficients: found.map { $0 ?? value.filled(0) })
}

private enum Taylor {
    static func refused(_ error: Tensor, _ order: Int) -> TaylorSeries {
        TaylorSeries(coefficients: Array(repeating: error, count: Swift.min(171, Swift.max(1, order + 1))))
    }

    /// Why there is no series, as an invalid tensor.
    static func error(_ x: [[Tensor]], _ order: Int) -> Tensor? {
        if let invalid = x.joined().first(where: \.isInvalid) { return invalid }
        let shapes = x.joined().map(\.type.shape)
        let error: TensorError? =
            if !(0...170).contains(order) {
                TensorError("taylor", shapes, "order \(order) is not in 0…170: 171! is beyond float64", kind: .value)
            } else if x.contains(where: \.isEmpty) {
                TensorError("taylor", shapes, "a curve needs its first coefficient, the point", kind: .value)
            } else if x.contains(where: { curve in curve.contains { $0.type.shape != curve[0].type.shape } }) {
                TensorError("taylor", shapes, "each direction must have the shape of its argument")
            } else {
                nil
            }
        return error.map { Tensor(invalid: $0.located(among: x.flatMap { $0 })) }
    }
}
