import LeibnizKernels

/// An axis multiplied with a small sparse matrix of constants: result[…, a, …] = Σᵢ matrix[a][i]·x[…, i, …].
///
/// Each row is an expression of its own, without the matrix's zeros, so all loops along the axis are written out: a chain of such
/// products is straight-line code in which everything is computed once. Adjoint: the product with the transposed matrix.
struct FixedProduct: LinearPrimitive {
    /// A number of a row that is not zero, and the place of the element that it is multiplied with.
    struct Term: Hashable, Sendable {
        let place: Int
        let weight: Double
    }

    let axis: Int
    /// The rows of the matrix.
    let rows: [[Term]]
    var name: String { "fixedProduct" }

    init(axis: Int, rows: [[Term]]) { (self.axis, self.rows) = (axis, rows) }

    /// - Parameter matrix: its rows, at most `WrittenLoops.longest`.
    init(axis: Int, matrix: [[Double]]) {
        self.init(
            axis: axis,
            rows: matrix.map { row in
                row.enumerated().compactMap { $1 == 0 ? nil : Term(place: $0, weight: $1) }
            })
    }

    func result(of operands: [TensorType]) throws(TensorError) -> TensorType {
        TensorType(operands[0].shape.replacing(axis, with: rows.count), operands[0].elementType)
    }

    func adjoint(_ operand: Int, of cotangent: Tensor, operands: [Tensor]) -> Tensor {
        var columns = Array(repeating: [Term](), count: operands[0].type.shape[axis])
        for (place, row) in rows.enumerated() {
            for term in row { columns[term.place].append(Term(place: place, weight: term.weight)) }
        }
        return Tensor(FixedProduct(axis: axis, rows: columns), [cotangent])
    }

    func batched(_ operands: BatchedOperands) -> Tensor {
        Tensor(FixedProduct(axis: axis + 1, rows: rows), operands.tensors)
    }

    func latex(_ operands: [String]) -> String { "M \(operands[0])" }
}
