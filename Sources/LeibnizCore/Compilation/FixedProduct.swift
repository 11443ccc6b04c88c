import LeibnizKernels

/// An axis multiplied with a small matrix of constants: result[…, a, …] = Σᵢ matrix[a][i]·x[…, i, …].
///
/// Programs are rewritten with it; no graph holds one. Each row of the matrix is an expression of its own, without its zeros, so all
/// loops along the axis are written out.
struct FixedProduct: ConstantPrimitive {
    let axis: Int
    /// Its rows.
    let matrix: [[Double]]
    var name: String { "fixedProduct" }

    func result(of operands: [TensorType]) throws(TensorError) -> TensorType {
        TensorType(operands[0].shape.replacing(axis, with: matrix.count), operands[0].elementType)
    }

    func batched(_ operands: BatchedOperands) -> Tensor {
        Tensor(FixedProduct(axis: axis + 1, matrix: matrix), operands.tensors)
    }
}

extension NestLowering {
    /// An element of a fixed product, written out.
    mutating func fixedProduct(
        _ product: FixedProduct, _ number: Int, at index: [Affine], bounds: [Bound]
    ) throws(LoweringInterruption) -> Scalar {
        guard region == nil else { throw .materialize(number) }
        guard index[product.axis].isConstant else {
            throw unrolling(index[product.axis]) ?? .materialize(number)
        }
        let row = product.matrix[index[product.axis].offset]
        let factor = row.first { $0 != 0 }.map(abs) ?? 0
        // ½a + ½b is ½(a + b).
        let isCommon = row.allSatisfy { $0 == 0 || abs($0) == factor }
        var sum: Scalar?
        for (place, weight) in row.enumerated() where weight != 0 {
            var source = index
            source[product.axis] = Affine(place)
            let element = try element(program[number].operands[0], at: source, bounds: bounds)
            let term = isCommon || abs(weight) == 1 ? element : element * abs(weight)
            sum = sum.map { weight < 0 ? $0 - term : $0 + term } ?? (weight < 0 ? -term : term)
        }
        guard let sum else { return builder.constant(0, program[number].type.elementType) }
        return isCommon && factor != 1 ? sum * factor : sum
    }
}
