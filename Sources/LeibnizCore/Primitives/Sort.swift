import LeibnizKernels

/// The elements along an axis in order, and where each came from (int64). Stable; NaN counts as greatest.
public func sort(_ x: Tensor, axis: Int = -1, descending: Bool = false) -> (values: Tensor, indices: Tensor) {
    if x.isInvalid { return (x, x) }
    do throws(TensorError) {
        let axis = try x.type.shape.axis(axis, of: "sort")
        let last = x.type.shape.rank - 1
        let indices = Tensor(SortIndices(descending: descending), [x.swapped(axis, last)]).swapped(axis, last)
        return (x.taking(along: axis, indices), indices)
    } catch {
        let invalid = Tensor(invalid: error.located(among: [x]))
        return (invalid, invalid)
    }
}

/// The `count` greatest (or least) elements along an axis in order, and where each came from (int64).
public func topK(_ x: Tensor, _ count: Int, axis: Int = -1, largest: Bool = true) -> (values: Tensor, indices: Tensor) {
    let (values, indices) = sort(x, axis: axis, descending: largest)
    return (values.sliced(axis: axis, start: 0, count: count), indices.sliced(axis: axis, start: 0, count: count))
}

/// The order of the last axis, as positions. Given it, sorting is linear: taking along the axis.
struct SortIndices: ConstantPrimitive {
    let descending: Bool
    var name: String { "sort_indices" }
    func result(of operands: [TensorType]) throws(TensorError) -> TensorType { TensorType(operands[0].shape, .int64) }
    func batched(_ operands: BatchedOperands) -> Tensor { Tensor(self, operands.tensors) }
    func latex(_ operands: [String]) -> String { "\\operatorname{argsort}\\left(\(operands[0])\\right)" }
}
