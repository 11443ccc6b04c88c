import LeibnizKernels

/// Tensors joined along an existing axis; all other extents are equal.
public func concatenate(_ tensors: [Tensor], axis: Int = 0) -> Tensor {
    if let invalid = tensors.first(where: \.isInvalid) { return invalid }
    guard let first = tensors.first else {
        return Tensor(invalid: TensorError("concatenate", [], "there is nothing to join", kind: .value))
    }
    do throws(TensorError) {
        let axis = try first.type.shape.axis(axis, of: "concatenate")
        let type = tensors.dropFirst().reduce((first.elementType, first.node.isWeak)) {
            (Promotion.common($0.0, weak: $0.1, $1.elementType, weak: $1.node.isWeak), $0.1 && $1.node.isWeak)
        }.0
        return tensors.count == 1 ? first : Tensor(Concatenate(axis: axis), tensors.map { $0.cast(to: type) })
    } catch {
        return Tensor(invalid: error.located(among: tensors))
    }
}

/// Tensors joined along an axis. Adjoint: the slice that was the operand.
struct Concatenate: LinearPrimitive {
    let axis: Int
    var name: String { "concatenate" }

    func result(of operands: [TensorType]) throws(TensorError) -> TensorType {
        let shape = operands[0].shape
        guard
            operands.allSatisfy({
                $0.shape.rank == shape.rank && $0.shape.replacing(axis, with: 0) == shape.replacing(axis, with: 0)
            })
        else {
            throw TensorError(name, operands.map(\.shape), "all extents but that of axis \(axis) must be equal")
        }
        return TensorType(
            shape.replacing(axis, with: operands.reduce(0) { $0 + $1.shape[axis] }), operands[0].elementType)
    }

    func pushforward(_ tangents: [Tensor?], operands: [Tensor], result: Tensor) -> Tensor? {
        guard tangents.contains(where: { $0 != nil }) else { return nil }
        return Tensor(self, zip(tangents, operands).map { $0 ?? $1.filled(0) })
    }

    func adjoint(_ operand: Int, of cotangent: Tensor, operands: [Tensor]) -> Tensor {
        let start = operands[..<operand].reduce(0) { $0 + $1.type.shape[axis] }
        return cotangent.sliced(axis: axis, start: start, count: operands[operand].type.shape[axis])
    }

    func coefficient(_ k: Int, _ series: SeriesOperands) -> Tensor? { series.fromPushforward(k) }

    func batched(_ operands: BatchedOperands) -> Tensor { Tensor(Concatenate(axis: axis + 1), operands.all) }

    func latex(_ operands: [String]) -> String {
        "\\left[\(operands.joined(separator: " \\mid "))\\right]_{\\text{axis } \(axis)}"
    }
}
