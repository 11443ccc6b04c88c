import LeibnizKernels

/// The value of a scalar function of groups of tensors, and its gradient with respect to all: of the same structure.
///
/// ```swift
/// let (loss, g) = valueWithGradient(at: (weights, bias)) { weights, bias in … }     // dictionaries, structs, arrays, tensors
/// ```
///
/// - Returns: invalid tensors where f's value is no real scalar, or a tensor of a group is not real.
@_disfavoredOverload
public func valueWithGradient<each Argument: TensorGroup>(
    at x: (repeat each Argument), of f: (repeat each Argument) -> Tensor
) -> (value: Tensor, gradient: (repeat each Argument)) {
    let (value, gradients) = valueWithGradients(at: TensorGroups.list(repeat each x)) { changed in
        f(repeat each TensorGroups.replacing((repeat each x), with: changed))
    }
    return (value, TensorGroups.replacing((repeat each x), with: gradients))
}

/// The gradient of a scalar function of a group of tensors, as a function: of the group's structure.
@_disfavoredOverload
public func gradient<Argument: TensorGroup>(of f: @escaping (Argument) -> Tensor) -> (Argument) -> Argument {
    { x in
        let gradients = valueWithGradients(at: x.tensors) { changed in
            var rest = changed[...]
            return f(x.replacing(with: &rest))
        }.gradients
        var rest = gradients[...]
        return x.replacing(with: &rest)
    }
}

/// The gradients of a scalar function of two groups of tensors, as a function.
@_disfavoredOverload
public func gradient<First: TensorGroup, Second: TensorGroup>(
    of f: @escaping (First, Second) -> Tensor
) -> (First, Second) -> (First, Second) {
    { valueWithGradient(at: ($0, $1), of: f).gradient }
}

/// The gradients of a scalar function of three groups of tensors, as a function.
@_disfavoredOverload
public func gradient<First: TensorGroup, Second: TensorGroup, Third: TensorGroup>(
    of f: @escaping (First, Second, Third) -> Tensor
) -> (First, Second, Third) -> (First, Second, Third) {
    { valueWithGradient(at: ($0, $1, $2), of: f).gradient }
}

/// The value of a function of groups of tensors and its derivative along a direction of the same structure.
@_disfavoredOverload
public func pushforward<each Argument: TensorGroup, Value: TensorGroup>(
    _ f: (repeat each Argument) -> Value, at x: (repeat each Argument), along v: (repeat each Argument)
) -> (value: Value, tangent: Value) {
    var structure: Value?
    let (values, tangents) = pushforward(
        { changed in
            let value = f(repeat each TensorGroups.replacing((repeat each x), with: changed))
            structure = value
            return value.tensors
        }, at: TensorGroups.list(repeat each x), along: TensorGroups.list(repeat each v))
    let value = structure ?? f(repeat each x)
    var (first, second) = (values[...], tangents[...])
    return (value.replacing(with: &first), value.replacing(with: &second))
}

/// The value of a function of groups of tensors, and the map from its cotangents to those of the groups.
@_disfavoredOverload
public func pullback<each Argument: TensorGroup>(
    _ f: (repeat each Argument) -> Tensor, at x: (repeat each Argument)
) -> (value: Tensor, pullback: (Tensor) -> (repeat each Argument)) {
    let (value, pull) = pullback(
        { (changed: [Tensor]) in f(repeat each TensorGroups.replacing((repeat each x), with: changed)) },
        at: TensorGroups.list(repeat each x))
    return (value, { TensorGroups.replacing((repeat each x), with: pull($0)) })
}
