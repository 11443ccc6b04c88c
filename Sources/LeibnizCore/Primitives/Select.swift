import LeibnizKernels

/// The elements of `a` where `condition` is true, else those of `b`, after broadcasting.
///
/// Linear in `a` and `b`: the derivative goes to the chosen one, 0 to the other. Where the other was made with an infinite
/// derivative, 0·∞ is NaN: guard its operand, as in `which(x > 0, sqrt(which(x > 0, x, 1)), 0)`.
public func which(_ condition: Tensor, _ a: Tensor, _ b: Tensor) -> Tensor {
    if let invalid = [condition, a, b].first(where: \.isInvalid) { return invalid }
    return Tensor.unified("which", [a, b]) { pair in
        guard let shape = condition.type.shape.broadcast(with: pair[0].type.shape) else {
            let error = TensorError(
                "which", [condition.type.shape, pair[0].type.shape], "the condition must broadcast with the choices")
            return Tensor(invalid: error.located(among: [condition, a, b]))
        }
        return Tensor(
            Select(),
            [
                condition.cast(to: .bool).broadcast(to: shape), pair[0].broadcast(to: shape),
                pair[1].broadcast(to: shape),
            ])
    }
}

struct Select: PointwisePrimitive {
    var name: String { "which" }
    func elementType(of operands: [ElementType]) throws(TensorError) -> ElementType { operands[1] }
    func lowered(_ operands: [Scalar]) -> Scalar { operands[0].select(operands[1], operands[2]) }
    func partial(_ operand: Int, operands: [Tensor], result: Tensor) -> Tensor? {
        guard operand > 0 else { return nil }
        let (one, zero) = (result.filled(1), result.filled(0))
        return operand == 1 ? which(operands[0], one, zero) : which(operands[0], zero, one)
    }

    func pushforward(_ tangents: [Tensor?], operands: [Tensor], result: Tensor) -> Tensor? {
        guard tangents[1] != nil || tangents[2] != nil else { return nil }
        let zero = result.filled(0)
        return which(operands[0], tangents[1] ?? zero, tangents[2] ?? zero)
    }

    func pullback(_ cotangent: Tensor, operands: [Tensor], result: Tensor, wanted: [Bool]) -> [Tensor?] {
        let zero = cotangent.filled(0)
        return [
            nil, wanted[1] ? which(operands[0], cotangent, zero) : nil,
            wanted[2] ? which(operands[0], zero, cotangent) : nil,
        ]
    }
    func coefficient(_ k: Int, _ series: SeriesOperands) -> Tensor? { series.fromPushforward(k) }
    func latex(_ operands: [String]) -> String {
        "\\begin{cases} \(operands[1]) & \(operands[0]) \\\\ \(operands[2]) & \\text{otherwise} \\end{cases}"
    }
}
