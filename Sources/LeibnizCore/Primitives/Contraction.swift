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
        let extents = try output.map { label throws(TensorError) in try extent(of: label, operands) }
        for label in left where !output.contains(label) { _ = try extent(of: label, operands) }
        return TensorType(Shape(extents), operands[0].elementType)
    }

    /// The extent of the axes of one label, which run together.
    private func extent(of label: Int, _ operands: [TensorType]) throws(TensorError) -> Int {
        var extent: Int?
        for (labels, operand) in [(left, operands[0]), (right, operands[1])] {
            for (place, other) in labels.enumerated() where other == label {
                if let extent, extent != operand.shape.extents[place] {
                    throw TensorError(name, operands.map(\.shape), "axes that run together have different extents")
                }
                extent = operand.shape.extents[place]
            }
        }
        return extent ?? 1
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
