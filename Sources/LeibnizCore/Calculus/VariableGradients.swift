import LeibnizKernels

/// The gradient of a scalar with respect to the current values of variables, one tensor per variable, of its shape.
///
/// Zeros for a variable that does not influence the scalar.
/// - Throws: the error of an invalid loss; a `ShapeError` where it is no scalar; a `ValueError` where no variable influences it.
public func gradients(of loss: Tensor, withRespectTo variables: [Variable]) throws -> [Tensor] {
    if let error = loss.error { throw error }
    guard loss.elementType.isFloatingPoint, loss.type.shape.count == 1 else {
        throw TensorError(
            "gradients", [loss.type.shape], "only a real scalar has a gradient",
            hint: "take the sum or mean of the losses"
        ).located(among: [loss])
    }
    let targets = variables.map(\.node)
    let cotangents = Reverse.cotangents(of: [(loss.node, loss.filled(1))], at: targets)
    guard targets.isEmpty || cotangents.contains(where: { $0 != nil }) else {
        throw TensorError(
            "gradients", [loss.type.shape],
            "no parameter influences the loss, or its history is gone because a parameter was updated since",
            kind: .value,
            hint: "compute the loss from the model anew before each step"
        ).located(among: [loss])
    }
    return zip(cotangents, targets).map { $0 ?? Tensor($1).filled(0) }
}
