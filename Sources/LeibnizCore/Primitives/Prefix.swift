import LeibnizKernels

/// Running sums along an axis: y[i] = Σ_{j ≤ i} x[j].
public func cumulativeSum(_ x: Tensor, axis: Int) -> Tensor {
    if x.isInvalid { return x }
    do throws(TensorError) {
        return Tensor(Prefix(operation: .sum, axis: try x.type.shape.axis(axis, of: "cumulativeSum")), [x])
    } catch {
        return Tensor(invalid: error.located(among: [x]))
    }
}

/// A running reduction along an axis. The sum is linear; its adjoint runs from the other end.
struct Prefix: Primitive {
    let operation: ReductionOperation
    let axis: Int
    var name: String { "cumulative_\(operation.rawValue)" }

    func result(of operands: [TensorType]) throws(TensorError) -> TensorType { operands[0] }

    func pushforward(_ tangents: [Tensor?], operands: [Tensor], result: Tensor) -> Tensor? {
        guard let tangent = tangents[0] else { return nil }
        if operation == .sum { return Tensor(self, [tangent]) }
        return contract(tangent, operands[0], transposing: false)
    }

    func pullback(_ cotangent: Tensor, operands: [Tensor], result: Tensor, wanted: [Bool]) -> [Tensor?] {
        if operation == .sum { return [Tensor(self, [cotangent.flipped([axis])]).flipped([axis])] }
        return [contract(cotangent, operands[0], transposing: true)]
    }

    func batched(_ operands: BatchedOperands) -> Tensor {
        Tensor(Prefix(operation: operation, axis: axis + 1), operands.tensors)
    }

    /// Running products have their series by a scan of products (Hillis & Steele 1986): log n rounds, each element times the one
    /// that is 1, 2, 4, … places before it.
    func coefficient(_ k: Int, _ series: SeriesOperands) -> Tensor? {
        if operation == .sum { return series.fromPushforward(k) }
        return series.rewritten(k) { [axis] operands in
            let (extent, type) = (operands[0].type.shape[axis], operands[0].type)
            var (product, reach) = (operands[0], 1)
            while reach < extent {
                let ones = Tensor.full(type.shape.replacing(axis, with: reach), 1, type.elementType)
                let earlier = product.sliced(axis: axis, start: 0, count: extent - reach)
                product = product * concatenate([ones, earlier], axis: axis)
                reach *= 2
            }
            return product
        }
    }

    func latex(_ operands: [String]) -> String {
        "\\\(operation == .sum ? "sum" : "prod")_{j \\leq i} {\(operands[0])}_{j}"
    }

    /// The product with the Jacobian of running products, J[i, j] = ∏_{k ≤ i, k ≠ j} x[k] for j ≤ i: quadratic in the extent.
    private func contract(_ v: Tensor, _ x: Tensor, transposing: Bool) -> Tensor {
        let last = x.type.shape.rank - 1
        let (rows, vector) = (x.swapped(axis, last), v.swapped(axis, last))
        let n = x.type.shape[axis]
        let square = Shape(rows.type.shape.extents + [n])
        let (i, j) = (Tensor.iota(square, axis: last + 1), Tensor.iota(square, axis: last))
        // Running products over i of x with factor j replaced by 1.
        let factors = which(
            i == j, rows.filled(1).expanded(at: last).broadcast(to: square),
            rows.expanded(at: last).broadcast(to: square))
        let running = Tensor(Prefix(operation: operation, axis: last + 1), [factors])
        let jacobian = which(j <= i, running, running.filled(0))
        let product = jacobian * vector.expanded(at: transposing ? last : last + 1).broadcast(to: square)
        return sum(product, axes: [transposing ? last + 1 : last]).swapped(axis, last)
    }
}
