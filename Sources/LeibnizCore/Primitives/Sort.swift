import LeibnizKernels

/// The elements along an axis in order, and where each came from (int64). Stable; NaN counts as greatest.
public func sort(_ x: Tensor, axis: Int = -1, descending: Bool = false) -> (values: Tensor, indices: Tensor) {
    ordered(x, "sort", axis: axis, descending: descending, count: nil)
}

/// The `count` greatest (or least) elements along an axis in order, and where each came from (int64).
///
/// Of equal elements those that come first; NaN counts as greatest.
/// - Parameters:
///   - count: at most the axis's extent.
///   - axis: the last by default.
///   - largest: whether the greatest are wanted rather than the least; true by default.
/// - Complexity: O(n) for n elements if `count` is small; beyond that as `sort`.
public func topK(_ x: Tensor, _ count: Int, axis: Int = -1, largest: Bool = true) -> (values: Tensor, indices: Tensor) {
    ordered(x, "topK", axis: axis, descending: largest, count: count)
}

private func ordered(
    _ x: Tensor, _ operation: String, axis: Int, descending: Bool, count: Int?
) -> (values: Tensor, indices: Tensor) {
    if x.isInvalid { return (x, x) }
    do throws(TensorError) {
        let axis = try x.type.shape.axis(axis, of: operation)
        let (last, extent) = (x.type.shape.rank - 1, x.type.shape[axis])
        if let count, !(0...extent).contains(count) {
            throw TensorError(
                operation, [x.type.shape], "\(count) elements are not to be had of axis \(axis) of extent \(extent)",
                kind: .value, hint: "ask for 0 to \(extent)")
        }
        let order = SortIndices(descending: descending, count: count ?? extent)
        let indices = Tensor(order, [x.swapped(axis, last)]).swapped(axis, last)
        return (x.taking(along: axis, indices), indices)
    } catch {
        let invalid = Tensor(invalid: error.located(among: [x]))
        return (invalid, invalid)
    }
}

/// The order of the last axis, or its beginning, as positions. Given it, sorting is linear: taking along the axis.
struct SortIndices: ConstantPrimitive {
    let descending: Bool
    /// How many positions.
    let count: Int
    var name: String { "sort_indices" }
    func result(of operands: [TensorType]) throws(TensorError) -> TensorType {
        TensorType(Shape(operands[0].shape.extents.dropLast() + [count]), .int64)
    }
    func batched(_ operands: BatchedOperands) -> Tensor { Tensor(self, operands.tensors) }
    func latex(_ operands: [String]) -> String { "\\operatorname{argsort}\\left(\(operands[0])\\right)" }
}
