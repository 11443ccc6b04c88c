import LeibnizKernels

/// The position of the greatest element along an axis (of all elements, row-major, without one), as int64. The first of equals; NaN wins.
public func argMax(_ x: Tensor, axis: Int? = nil, keepingAxis: Bool = false) -> Tensor {
    Tensor.reduced(x, axis.map { [$0] }, keepingAxis, "argMax") { Tensor(ArgReduce(operation: .argMax, axes: $0), [x]) }
}

/// The position of the least element along an axis (of all elements, row-major, without one), as int64. The first of equals; NaN wins.
public func argMin(_ x: Tensor, axis: Int? = nil, keepingAxis: Bool = false) -> Tensor {
    Tensor.reduced(x, axis.map { [$0] }, keepingAxis, "argMin") { Tensor(ArgReduce(operation: .argMin, axes: $0), [x]) }
}

/// The row-major position, within its region, of the chosen element.
struct ArgReduce: ConstantPrimitive {
    let operation: ReductionOperation
    let axes: [Int]
    var name: String { operation.rawValue }

    func result(of operands: [TensorType]) throws(TensorError) -> TensorType {
        if axes.contains(where: { operands[0].shape[$0] == 0 }) {
            throw TensorError(name, operands.map(\.shape), "nothing has no extreme", kind: .value)
        }
        return TensorType(operands[0].shape.removing(axes), .int64)
    }
    func batched(_ operands: BatchedOperands) -> Tensor {
        Tensor(ArgReduce(operation: operation, axes: axes.map { $0 + 1 }), operands.tensors)
    }
    func latex(_ operands: [String]) -> String { "\\arg\(operation == .argMax ? "\\max" : "\\min") \(operands[0])" }
}
