import LeibnizKernels

/// The value of a scalar function and its gradient, in one pass: f(x) and ∂f/∂x, of x's shape.
///
/// - Returns: invalid tensors where f's value is not a scalar, or x has no real elements. Zeros where f does not depend on x.
public func valueWithGradient(at x: Tensor, of f: (Tensor) -> Tensor) -> (value: Tensor, gradient: Tensor) {
    let (value, gradients) = valueWithGradients(at: [x]) { f($0[0]) }
    return (value, gradients[0])
}

/// The value of a scalar function of two tensors and both gradients, in one pass.
public func valueWithGradient(
    at x: Tensor, _ y: Tensor, of f: (Tensor, Tensor) -> Tensor
) -> (value: Tensor, gradient: (Tensor, Tensor)) {
    let (value, gradients) = valueWithGradients(at: [x, y]) { f($0[0], $0[1]) }
    return (value, (gradients[0], gradients[1]))
}

/// The value of a scalar function of several tensors and the gradient of each, in one pass.
public func valueWithGradients(at x: [Tensor], of f: ([Tensor]) -> Tensor) -> (value: Tensor, gradients: [Tensor]) {
    let call = Differentiation()
    defer { call.close() }
    let arguments = x.map { Argument.wrap($0, for: call) }
    let value = f(arguments)
    if let error = Tensor.differentiationError("gradient", value, arguments, isScalar: true) {
        return (value, x.map { _ in error })
    }
    let cotangents = Reverse.cotangents(of: [(value.node, value.filled(1))], at: arguments.map(\.node))
    return (value, zip(cotangents, x).map { $0 ?? $1.filled(0) })
}

/// The gradient of a scalar function, as a function.
///
/// ```swift
/// let slope = gradient(of: { sum(sin($0)) })(x)       // cos(x)
/// ```
public func gradient(of f: @escaping (Tensor) -> Tensor) -> (Tensor) -> Tensor {
    { valueWithGradient(at: $0, of: f).gradient }
}

/// The gradients of a scalar function of two tensors, as a function.
public func gradient(of f: @escaping (Tensor, Tensor) -> Tensor) -> (Tensor, Tensor) -> (Tensor, Tensor) {
    { valueWithGradient(at: $0, $1, of: f).gradient }
}

prefix operator ∇
/// The gradient of a scalar function: `(∇f)(x)`.
public prefix func ∇ (f: @escaping (Tensor) -> Tensor) -> (Tensor) -> Tensor { gradient(of: f) }
/// The gradients of a scalar function of two tensors: `(∇f)(x, y)`.
public prefix func ∇ (f: @escaping (Tensor, Tensor) -> Tensor) -> (Tensor, Tensor) -> (Tensor, Tensor) {
    gradient(of: f)
}

extension Tensor {
    /// Why a derivative cannot be taken, as an invalid tensor.
    static func differentiationError(
        _ name: String, _ value: Tensor, _ arguments: [Tensor], isScalar: Bool
    ) -> Tensor? {
        if value.isInvalid { return value }
        if let invalid = arguments.first(where: \.isInvalid) { return invalid }
        for tensor in arguments + [value] where !tensor.elementType.isFloatingPoint {
            return Tensor(
                invalid: TensorError(
                    name, [tensor.type.shape], "\(tensor.elementType) has no derivative", kind: .elementType,
                    hint: "cast(to: .float32) first"
                ).located(among: arguments))
        }
        guard isScalar, value.type.shape.count != 1 else { return nil }
        return Tensor(
            invalid: TensorError(
                name, [value.type.shape], "only a scalar has a gradient", hint: "take the sum or mean, or use pullback"
            ).located(among: arguments))
    }
}
