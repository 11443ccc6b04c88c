import LeibnizKernels

/// The product of a scalar function's Hessian with a direction, H·v: the derivative of the gradient along it (Pearlmutter 1994).
///
/// Costs a few evaluations of f, whatever the number of arguments. Works for one tensor, tuples, arrays, dictionaries and structs
/// of tensors, and by `withParameters` for models:
///
/// ```swift
/// let Hv = hessianVectorProduct(of: loss, at: w, along: v)
/// let Mv = hessianVectorProduct(of: { model.withParameters($0) { meanSquaredError(model(x), y) } }, at: model.parameterValues, along: d)
/// ```
///
/// - Returns: invalid tensors where f's value is no real scalar, or a direction has another shape than its argument.
public func hessianVectorProduct<each Argument: TensorGroup>(
    of f: (repeat each Argument) -> Tensor, at x: (repeat each Argument), along v: (repeat each Argument)
) -> (repeat each Argument) {
    let product = Curvature.hessianVectorProduct(
        at: TensorGroups.list(repeat each x), along: TensorGroups.list(repeat each v)
    ) { changed in
        f(repeat each TensorGroups.replacing((repeat each x), with: changed))
    }
    return TensorGroups.replacing((repeat each x), with: product)
}

/// The product of a Gauss–Newton matrix with a direction, Jᵀ·H·J·v, for a loss ℓ of a model's value f(x): J is f's Jacobian, H the
/// Hessian of ℓ at f(x). It is the Hessian of ℓ(f(x)) without the curvature of f, and has no negative eigenvalue where ℓ is convex
/// (Schraudolph 2002).
///
/// - Parameters:
///   - loss: a scalar function of f's value; ½·Σ r² by default, for residuals r = f(x): the product is then Jᵀ·J·v.
/// - Returns: invalid tensors where a value or the direction is unfit.
public func gaussNewtonVectorProduct<each Argument: TensorGroup>(
    of f: (repeat each Argument) -> Tensor, loss: (Tensor) -> Tensor = { 0.5 * sum($0 * $0) },
    at x: (repeat each Argument), along v: (repeat each Argument)
) -> (repeat each Argument) {
    let product = Curvature.gaussNewtonVectorProduct(
        at: TensorGroups.list(repeat each x), along: TensorGroups.list(repeat each v), loss: loss
    ) { changed in
        f(repeat each TensorGroups.replacing((repeat each x), with: changed))
    }
    return TensorGroups.replacing((repeat each x), with: product)
}

private enum Curvature {
    static func hessianVectorProduct(at x: [Tensor], along v: [Tensor], of f: ([Tensor]) -> Tensor) -> [Tensor] {
        withoutActuallyEscaping(f) { f in
            pushforward({ valueWithGradients(at: $0, of: f).gradients }, at: x, along: v).tangents
        }
    }

    static func gaussNewtonVectorProduct(
        at x: [Tensor], along v: [Tensor], loss: (Tensor) -> Tensor, of f: ([Tensor]) -> Tensor
    ) -> [Tensor] {
        let (value, pull) = pullback(f, at: x)
        let tangent = pushforward(f, at: x, along: v).tangent
        if let invalid = [value, tangent].first(where: \.isInvalid) { return x.map { _ in invalid } }
        let curved = hessianVectorProduct(at: [value], along: [tangent]) { loss($0[0]) }[0]
        return pull(curved)
    }
}
