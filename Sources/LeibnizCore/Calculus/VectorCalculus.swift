import LeibnizKernels

/// The derivative of a function along a direction, J·v; v is not normalised.
///
/// - Returns: a tensor of the value's shape; an invalid one where x or f's value is not real, or the shapes of x and v differ.
public func directionalDerivative(of f: (Tensor) -> Tensor, at x: Tensor, along v: Tensor) -> Tensor {
    pushforward(f, at: x, along: v).tangent
}

/// The divergence of a vector field, as a function: div f = Σ ∂f_i/∂x_i.
///
/// One batch of pushforwards, of which only the diagonal is used: as many as x has elements.
///
/// - Parameter f: a function whose value has its argument's shape.
/// - Returns: a scalar, invalid with a `ShapeError` for another function.
public func divergence(of f: @escaping (Tensor) -> Tensor) -> (Tensor) -> Tensor {
    { x in
        let (value, linear) = linearized(f, at: x)
        if let invalid = [x, value].first(where: \.isInvalid) { return invalid }
        guard value.type.shape == x.type.shape else {
            let error = TensorError(
                "divergence", [x.type.shape, value.type.shape], "a field's value has as many components as its argument"
            )
            return Tensor(invalid: error.located(among: [x]))
        }
        return sum(vmap { sum(linear($0) * $0) }(Tensor.basis(of: x)))
    }
}

/// The curl of a vector field in three dimensions, as a function:
/// rot f = (∂f₃/∂x₂ − ∂f₂/∂x₃, ∂f₁/∂x₃ − ∂f₃/∂x₁, ∂f₂/∂x₁ − ∂f₁/∂x₂).
///
/// - Parameter f: a function from [3] to [3]; `vmap(curl(of: f))` takes many points at once.
/// - Returns: [3], invalid with a `ShapeError` for another function.
public func curl(of f: @escaping (Tensor) -> Tensor) -> (Tensor) -> Tensor {
    { x in
        let (value, linear) = linearized(f, at: x)
        if let invalid = [x, value].first(where: \.isInvalid) { return invalid }
        guard x.type.shape == [3], value.type.shape == [3] else {
            let error = TensorError(
                "curl", [x.type.shape, value.type.shape], "a curl is taken of fields from [3] to [3]",
                hint: "vmap(curl(of: f)) takes many points at once")
            return Tensor(invalid: error.located(among: [x]))
        }
        // Row j of the batch is ∂f/∂x_j.
        let slopes = vmap(linear)(Tensor.basis(of: x))
        if slopes.isInvalid { return slopes }
        return stack([slopes[1, 2] - slopes[2, 1], slopes[2, 0] - slopes[0, 2], slopes[0, 1] - slopes[1, 0]])
    }
}

/// The Laplacian of a function, as a function: Δf = Σ ∂²f/∂x_j², for each element of its value.
///
/// One batch of Taylor series of order 2, a direction for each element of x: no Hessian is formed.
///
/// - Returns: a tensor of the value's shape, invalid where x or f's value is not real.
public func laplacian(of f: @escaping (Tensor) -> Tensor) -> (Tensor) -> Tensor {
    { x in
        if x.isInvalid { return x }
        let second = vmap { taylor(of: f, at: x, along: $0, order: 2).coefficients[2] }(Tensor.basis(of: x))
        return second.isInvalid ? second : 2 * sum(second, axes: [0])
    }
}
