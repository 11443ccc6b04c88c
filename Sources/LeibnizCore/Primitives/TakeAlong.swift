import LeibnizKernels

extension Tensor {
    /// result[…, j, …] = x[…, indices[…, j, …], …] along `axis`: one index per element of the result.
    ///
    /// - Parameter indices: integers in 0 ..< extent, of x's shape but for `axis` (axes of extent 1 stretch). Others are an
    ///   `IndexError` of the evaluation.
    public func taking(along axis: Int, _ indices: Tensor) -> Tensor {
        if let invalid = [self, indices].first(where: \.isInvalid) { return invalid }
        do throws(TensorError) {
            let axis = try type.shape.axis(axis, of: "taking")
            guard indices.type.shape.rank == type.shape.rank else {
                throw TensorError(
                    "taking", [type.shape, indices.type.shape], "indices must have as many axes as the tensor")
            }
            let shape = type.shape.replacing(axis, with: indices.type.shape[axis])
            return Tensor(TakeAlong(axis: axis), [self, indices.broadcast(to: shape)])
        } catch {
            return Tensor(invalid: error.located(among: [self, indices]))
        }
    }

    /// The slices that `indices` name along `axis`: its shape replaces the axis.
    ///
    /// - Parameter indices: integers in 0 ..< extent. Others are an `IndexError` of the evaluation.
    public func gathered(_ indices: Tensor, axis: Int = 0) -> Tensor {
        gathered(indices, axis: axis, report: nil)
    }

    /// - Parameter report: how the indices look to the user, where they were prepared.
    func gathered(_ indices: Tensor, axis: Int, report: IndexReport?) -> Tensor {
        if let invalid = [self, indices].first(where: \.isInvalid) { return invalid }
        do throws(TensorError) {
            let axis = try type.shape.axis(axis, of: "gather")
            let (before, after) = (type.shape.extents[..<axis], type.shape.extents[(axis + 1)...])
            let flat = Shape(before.map { _ in 1 } + [indices.type.shape.count] + after.map { _ in 1 })
            let shape = type.shape.replacing(axis, with: indices.type.shape.count)
            let report =
                report
                ?? IndexReport(
                    operation: "gather", axis: axis, extent: type.shape[axis], indices: indices.type.shape,
                    isWrapped: false)
            let rows = Tensor(
                TakeAlong(axis: axis, report: report), [self, indices.reshaped(to: flat).broadcast(to: shape)])
            return rows.isInvalid ? rows : rows.reshaped(to: Shape(before + indices.type.shape.extents + after))
        } catch {
            return Tensor(invalid: error.located(among: [self, indices]))
        }
    }
}

/// How the indices of a gather look to the user, for errors.
struct IndexReport: Hashable, Sendable {
    /// What the user called.
    let operation: String
    /// The axis of the user's tensor, and its extent.
    let axis: Int
    let extent: Int
    /// The shape of the user's indices, which the gather sees flat along its axis.
    let indices: Shape
    /// Whether negative indices were counted from the end.
    let isWrapped: Bool
    /// What an index out of range stands for, where it is the answer to a question about values.
    var finding: Finding?

    /// What a plan found, and what to do about it.
    struct Finding: Hashable, Sendable {
        let reason: String
        let hint: String
    }
}

extension Tensor {
    /// The same values; the running plan throws a `ValueError` where a condition does not hold.
    func reported(unless condition: Tensor, by operation: String, _ reason: String, hint: String) -> Tensor {
        if let invalid = [self, condition].first(where: \.isInvalid) { return invalid }
        let report = IndexReport(
            operation: operation, axis: 0, extent: 1, indices: [], isWrapped: false,
            finding: IndexReport.Finding(reason: reason, hint: hint))
        return expanded(at: 0).gathered(which(condition, 0, 1).cast(to: .int64), axis: 0, report: report)
    }
}

extension Primitive {
    /// Throws where the second operand cannot be indices.
    fileprivate func checkIndices(_ operands: [TensorType]) throws(TensorError) {
        if operands[1].elementType.isInteger { return }
        throw TensorError(
            name, operands.map(\.shape), "indices are \(operands[1].elementType), not integers", kind: .elementType,
            hint: "cast(to: .int64)")
    }
}

/// One element per index along an axis. Linear in the first operand; adjoint: adding each element back at its index.
struct TakeAlong: LinearPrimitive {
    let axis: Int
    /// `nil` where the indices are the user's own.
    var report: IndexReport? = nil
    var name: String { "gather" }
    var linearOperands: [Int]? { [0] }

    func result(of operands: [TensorType]) throws(TensorError) -> TensorType {
        try checkIndices(operands)
        return TensorType(operands[1].shape, operands[0].elementType)
    }

    func adjoint(_ operand: Int, of cotangent: Tensor, operands: [Tensor]) -> Tensor {
        let (shape, indices) = (operands[0].type.shape, operands[1])
        guard indices.type.shape[axis] == 1 else {
            return Tensor(ScatterAdd(axis: axis, extent: shape[axis], report: report), [cotangent, indices])
        }
        // One index per row: each element asks whether it is the one, which needs no scatter.
        // Looking the index up in a table of all places checks it here as well: the forward pass may be in another plan, or in none.
        let report =
            report
            ?? IndexReport(
                operation: name, axis: axis, extent: shape[axis], indices: indices.type.shape, isWrapped: false)
        let checked = Tensor.iota([shape[axis]], axis: 0).gathered(indices, axis: 0, report: report)
        let isIt = Tensor.iota(shape, axis: axis) == checked.broadcast(to: shape)
        return which(isIt, cotangent.broadcast(to: shape), Tensor.full(shape, 0, cotangent.elementType))
    }

    /// Where the table is the same for all it stays so: the batch of indices is laid along the axis.
    func batched(_ operands: BatchedOperands) -> Tensor {
        guard !operands.isBatched[0] else {
            return Tensor(TakeAlong(axis: axis + 1, report: report), operands.all)
        }
        let indices = operands.tensors[1]
        let extents = indices.type.shape.extents
        let order = Array(1..<axis + 1) + [0] + Array(axis + 1..<extents.count)
        let moved = order.map { extents[$0] }
        let flat = Shape(moved[..<axis] + [moved[axis] * moved[axis + 1]] + moved[(axis + 2)...])
        let report = report.map {
            IndexReport(
                operation: $0.operation, axis: $0.axis, extent: $0.extent,
                indices: Shape([operands.count] + $0.indices.extents), isWrapped: $0.isWrapped, finding: $0.finding)
        }
        return Tensor(
            TakeAlong(axis: axis, report: report),
            [operands.tensors[0], indices.transposed(order).reshaped(to: flat)]
        ).reshaped(to: Shape(moved)).transposed(Transpose(order: order).inverse)
    }

    func latex(_ operands: [String]) -> String { "{\(operands[0])}_{\\left[\(operands[1])\\right]}" }
}

/// result[…, indices[…, j, …], …] = Σ x[…, j, …]: each element added at its index along an axis. Linear in the first operand;
/// adjoint: taking along the axis. Elements with an equal index are added in order, so results do not depend on threads.
struct ScatterAdd: LinearPrimitive {
    let axis: Int
    let extent: Int
    /// `nil` where the indices are the user's own.
    var report: IndexReport? = nil
    var name: String { "scatter_add" }
    var linearOperands: [Int]? { [0] }

    func result(of operands: [TensorType]) throws(TensorError) -> TensorType {
        try checkIndices(operands)
        return TensorType(operands[0].shape.replacing(axis, with: extent), operands[0].elementType)
    }

    func adjoint(_ operand: Int, of cotangent: Tensor, operands: [Tensor]) -> Tensor {
        Tensor(TakeAlong(axis: axis, report: report), [cotangent, operands[1]])
    }

    func batched(_ operands: BatchedOperands) -> Tensor {
        Tensor(ScatterAdd(axis: axis + 1, extent: extent, report: report), operands.all)
    }

    func latex(_ operands: [String]) -> String { "\\sum_{j} e_{\(operands[1])_j} {\(operands[0])}_{j}" }
}
