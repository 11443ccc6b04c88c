import LeibnizKernels

/// The value of a function and its directional derivative, J·v, by forward mode.
///
/// ```swift
/// let (y, dy) = pushforward({ sin($0) }, at: x, along: v)       // dy = cos(x)·v
/// ```
///
/// - Parameters:
///   - v: the direction, of x's shape.
/// - Returns: zeros as the tangent where f does not depend on x; invalid tensors where x or f's value is not real.
public func pushforward(
    _ f: (Tensor) -> Tensor, at x: Tensor, along v: Tensor
) -> (value: Tensor, tangent: Tensor) {
    pushforward({ f($0[0]) }, at: [x], along: [v])
}

/// The value of a function of two tensors and its derivative along a direction of each, Jₓ·v + J_y·w.
public func pushforward(
    _ f: (Tensor, Tensor) -> Tensor, at x: (Tensor, Tensor), along v: (Tensor, Tensor)
) -> (value: Tensor, tangent: Tensor) {
    pushforward({ f($0[0], $0[1]) }, at: [x.0, x.1], along: [v.0, v.1])
}

/// The value of a function of several tensors and its derivative along a direction of each.
public func pushforward(
    _ f: ([Tensor]) -> Tensor, at x: [Tensor], along v: [Tensor]
) -> (value: Tensor, tangent: Tensor) {
    let (values, tangents) = pushforward({ [f($0)] }, at: x, along: v)
    return (values[0], tangents[0])
}

/// The values of a function from several tensors to several, and the derivative of each along a direction of every argument.
///
/// A Hessian-vector product, H·v, is the pushforward of a gradient (Pearlmutter 1994):
///
/// ```swift
/// let slope = { (x: [Tensor]) in valueWithGradients(at: x, of: loss).gradients }
/// let hv = pushforward(slope, at: x, along: v).tangents
/// ```
///
/// - Parameter v: the directions, each of its argument's shape.
/// - Returns: zeros for a value that does not depend on x; invalid tangents where x or a value is not real.
public func pushforward(
    _ f: ([Tensor]) -> [Tensor], at x: [Tensor], along v: [Tensor]
) -> (values: [Tensor], tangents: [Tensor]) {
    let call = Differentiation()
    defer { call.close() }
    let arguments = x.map { Argument.wrap($0, for: call) }
    let values = f(arguments)
    func refused(_ reason: Tensor) -> (values: [Tensor], tangents: [Tensor]) { (values, values.map { _ in reason }) }
    let errors = values.lazy.compactMap {
        Tensor.differentiationError("pushforward", $0, arguments, isScalar: false)
    }
    if let error = errors.first { return refused(error) }
    if let invalid = v.first(where: \.isInvalid) { return refused(invalid) }
    guard v.map(\.type.shape) == x.map(\.type.shape) else {
        let shapes = x.map(\.type.shape) + v.map(\.type.shape)
        let error = TensorError("pushforward", shapes, "each direction must have the shape of its argument")
        return refused(Tensor(invalid: error.located(among: x + v)))
    }
    let sources = zip(arguments, v).map { ($0.node, $1.cast(to: $0.elementType)) }
    let tangents = Forward.tangents(of: values.map(\.node), along: sources)
    return (values, zip(values, tangents).map { $1 ?? $0.filled(0) })
}

/// The value of a function and the map from cotangents of the value to those of the argument, ȳ ↦ Jᵀ·ȳ, by reverse mode.
public func pullback(_ f: (Tensor) -> Tensor, at x: Tensor) -> (value: Tensor, pullback: (Tensor) -> Tensor) {
    let (value, pullback) = pullback({ f($0[0]) }, at: [x])
    return (value, { pullback($0)[0] })
}

/// The value of a function of two tensors and the map from cotangents of the value to those of both.
public func pullback(
    _ f: (Tensor, Tensor) -> Tensor, at x: (Tensor, Tensor)
) -> (value: Tensor, pullback: (Tensor) -> (Tensor, Tensor)) {
    let (value, pullback) = pullback({ f($0[0], $0[1]) }, at: [x.0, x.1])
    return (
        value,
        {
            let cotangents = pullback($0)
            return (cotangents[0], cotangents[1])
        }
    )
}

/// The value of a function of several tensors and the map from cotangents of the value to those of all.
public func pullback(_ f: ([Tensor]) -> Tensor, at x: [Tensor]) -> (value: Tensor, pullback: (Tensor) -> [Tensor]) {
    let call = Differentiation()
    let arguments = x.map { Argument.wrap($0, for: call) }
    let value = f(arguments)
    if let error = Tensor.differentiationError("pullback", value, arguments, isScalar: false) {
        return (value, { _ in x.map { _ in error } })
    }
    return (
        value,
        { cotangent in
            // While this function lives it may ask for the history of its value.
            defer { withExtendedLifetime(call) {} }
            if cotangent.isInvalid { return x.map { _ in cotangent } }
            guard cotangent.type.shape == value.type.shape else {
                let error = TensorError(
                    "pullback", [value.type.shape, cotangent.type.shape], "the cotangent must have the value's shape")
                let invalid = Tensor(invalid: error.located(among: x + [cotangent]))
                return x.map { _ in invalid }
            }
            let root = (value.node, cotangent.cast(to: value.elementType))
            return zip(Reverse.cotangents(of: [root], at: arguments.map(\.node)), x).map { $0 ?? $1.filled(0) }
        }
    )
}
