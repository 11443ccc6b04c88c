import LeibnizKernels

/// The value of a function and its derivative there as a linear map, v ↦ J·v. The function is called once, the map as often as wanted.
///
/// ```swift
/// let (y, linear) = linearized(f, at: x)
/// let tangents = vmap(linear)(directions)
/// ```
///
/// - Returns: a map whose results are invalid where x or f's value is not real, or the direction has another shape than x.
public func linearized(_ f: (Tensor) -> Tensor, at x: Tensor) -> (value: Tensor, linear: (Tensor) -> Tensor) {
    let call = Differentiation()
    let argument = Argument.wrap(x, for: call)
    let value = f(argument)
    if let error = Tensor.differentiationError("linearized", value, [argument], isScalar: false) {
        return (value, { _ in error })
    }
    return (
        value,
        { direction in
            // While this function lives it may ask for the history of its value.
            defer { withExtendedLifetime(call) {} }
            if direction.isInvalid { return direction }
            guard direction.type.shape == x.type.shape else {
                let error = TensorError(
                    "linearized", [x.type.shape, direction.type.shape], "the direction must have the argument's shape")
                return Tensor(invalid: error.located(among: [x, direction]))
            }
            let source = (argument.node, direction.cast(to: argument.elementType))
            return Forward.tangents(of: [value.node], along: [source])[0] ?? value.filled(0)
        }
    )
}

/// The transpose of a linear function, ȳ ↦ Aᵀ·ȳ for f(x) = A·x: the adjoint of every operation in it, in the opposite order.
///
/// ```swift
/// let spread = transposed({ sum($0, axes: [0]) }, of: [3, 4])       // repeats [4] three times
/// ```
///
/// - Parameters:
///   - shape: that of f's argument.
///   - elementType: that of f's argument, float32 by default.
/// - Returns: a function whose result is invalid, with a `ValueError`, where f is not linear: where its derivative depends on where
///   it is taken. Of f(x) = A·x + b it is the transpose of A.
public func transposed(
    _ f: @escaping (Tensor) -> Tensor, of shape: Shape, _ elementType: ElementType = .float32
) -> (Tensor) -> Tensor {
    { cotangent in
        let call = Differentiation()
        defer { call.close() }
        let argument = Argument.wrap(.full(shape, 0, elementType), for: call)
        let value = f(argument)
        if let error = Tensor.differentiationError("transposed", value, [argument], isScalar: false) { return error }
        if cotangent.isInvalid { return cotangent }
        func refused(_ reason: String, _ kind: TensorError.Kind, _ hint: String? = nil) -> Tensor {
            let error = TensorError(
                "transposed", [value.type.shape, cotangent.type.shape], reason, kind: kind, hint: hint)
            return Tensor(invalid: error.located(among: [cotangent]))
        }
        guard cotangent.type.shape == value.type.shape else {
            return refused("the operand must have the shape of the function's value", .shape)
        }
        let root = (value.node, cotangent.cast(to: value.elementType))
        guard let result = Reverse.cotangents(of: [root], at: [argument.node])[0] else { return argument.filled(0) }
        let isLinear = !Node.sorted([result.node], through: { $0.depends(on: call) }).contains {
            $0 === argument.node
        }
        return isLinear
            ? result : refused("the function is not linear", .value, "pullback(f, at: x) transposes its derivative")
    }
}
