import LeibnizKernels

extension NestLowering {
    /// An element of a fixed product, written out.
    mutating func fixedProduct(
        _ product: FixedProduct, _ number: Int, at index: [Affine], bounds: [Bound]
    ) throws(LoweringInterruption) -> Scalar {
        guard region == nil else { throw .materialize(number) }
        guard index[product.axis].isConstant else {
            throw unrolling(index[product.axis]) ?? .materialize(number)
        }
        let row = product.rows[index[product.axis].offset]
        let factor = row.first.map { abs($0.weight) } ?? 0
        // ½a + ½b is ½(a + b).
        let isCommon = row.allSatisfy { abs($0.weight) == factor }
        var sum: Scalar?
        for each in row {
            var source = index
            source[product.axis] = Affine(each.place)
            let element = try element(program[number].operands[0], at: source, bounds: bounds)
            let term = isCommon || abs(each.weight) == 1 ? element : element * abs(each.weight)
            sum = sum.map { each.weight < 0 ? $0 - term : $0 + term } ?? (each.weight < 0 ? -term : term)
        }
        guard let sum else { return builder.constant(0, program[number].type.elementType) }
        return isCommon && factor != 1 ? sum * factor : sum
    }
}
