import LeibnizKernels

/// The general product of two tensors: result[out] = Σ left[…]·right[…] over the labels that `output` lacks.
///
/// Each axis has a label; equal labels run together. Matrix products, convolutions (of `windows`) and their derivatives are all
/// of this form, and the adjoint in each operand is again a contraction. Every label of an operand occurs in the other or in `output`.
struct Contraction: LinearPrimitive {
    let left: [Int]
    let right: [Int]
    let output: [Int]
    var name: String { "contraction" }

    /// The labels that are summed over, in order of their first occurrence.
    var summed: [Int] { left.filter { !output.contains($0) } }

    func result(of operands: [TensorType]) throws(TensorError) -> TensorType {
        guard operands[0].elementType == operands[1].elementType else {
            throw TensorError(
                name, operands.map(\.shape),
                "element types \(operands[0].elementType) and \(operands[1].elementType) differ", kind: .elementType)
        }
        var extents: [Int: Int] = [:]
        for (labels, operand) in [(left, operands[0]), (right, operands[1])] {
            for (label, extent) in zip(labels, operand.shape.extents) {
                guard extents.updateValue(extent, forKey: label).map({ $0 == extent }) ?? true else {
                    throw TensorError(name, operands.map(\.shape), "axes that run together have different extents")
                }
            }
        }
        return TensorType(Shape(output.map { extents[$0] ?? 1 }), operands[0].elementType)
    }

    func adjoint(_ operand: Int, of cotangent: Tensor, operands: [Tensor]) -> Tensor {
        operand == 0
            ? Tensor(Contraction(left: output, right: right, output: left), [cotangent, operands[1]])
            : Tensor(Contraction(left: left, right: output, output: right), [operands[0], cotangent])
    }

    func batched(_ operands: BatchedOperands) -> Tensor {
        let batch = (left + right + output).reduce(0, Swift.max) + 1
        func labels(_ labels: [Int], _ place: Int) -> [Int] { operands.isBatched[place] ? [batch] + labels : labels }
        return Tensor(
            Contraction(left: labels(left, 0), right: labels(right, 1), output: [batch] + output), operands.tensors)
    }

    func latex(_ operands: [String]) -> String { "\\sum \(operands[0]) \\cdot \(operands[1])" }
}
