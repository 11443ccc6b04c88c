import LeibnizKernels

/// The solution x of A·x = b, by elimination with row pivoting; infinite or NaN where A is singular.
///
/// Its derivatives are those of the equation, A·ẋ = ḃ − Ȧ·x, in all orders and modes.
///
/// - Parameters:
///   - a: square matrices of a floating-point type, `[…, n, n]`.
///   - b: `[…, n]`.
/// - Returns: `[…, n]`.
/// - Complexity: O(n³) for each system, in one loop of n steps.
public func linearSolve(_ a: Tensor, _ b: Tensor) -> Tensor {
    if let invalid = [a, b].first(where: \.isInvalid) { return invalid }
    func refuse(_ reason: String, kind: TensorError.Kind = .shape) -> Tensor {
        Tensor(invalid: TensorError("linearSolve", [a.shape, b.shape], reason, kind: kind).located(among: [a, b]))
    }
    let (matrix, vector) = (a.shape.extents, b.shape.extents)
    guard matrix.count >= 2, Array(matrix.dropLast()) == vector, matrix[matrix.count - 1] == matrix[matrix.count - 2]
    else { return refuse("matrices are […, n, n] and right-hand sides […, n]") }
    guard a.elementType.isFloatingPoint, a.elementType == b.elementType else {
        return refuse(
            "both must have one floating-point type, not \(a.elementType) and \(b.elementType)", kind: .elementType)
    }
    return LinearSystem.solve(a, b)
}

/// Systems of linear equations, A·x = b.
enum LinearSystem {
    /// x with A·x = b; infinite or NaN where A is singular.
    ///
    /// Gauss–Jordan elimination with row pivoting, one loop of n steps of O(n²) operations (Golub & Van Loan, *Matrix Computations*,
    /// chapter 3). Differentiable: A·ẋ = ḃ − Ȧ·x.
    ///
    /// - Parameters:
    ///   - a: `[…, n, n]`.
    ///   - b: `[…, n]`.
    static func solve(_ a: Tensor, _ b: Tensor) -> Tensor {
        if let invalid = [a, b].first(where: \.isInvalid) { return invalid }
        guard a.type.shape.rank == 2 else {
            return Vmap.apply([a, b], in: [0, 0], out: [0]) { [solve($0[0], $0[1])] }[0]
        }
        return Tensor(Solution(), [eliminated(a.stopGradient(), b.stopGradient()), a, b])
    }

    private static func eliminated(_ a: Tensor, _ b: Tensor) -> Tensor {
        let n = b.type.shape.count
        if n < 2 { return b / a.reshaped(to: b.type.shape) }
        let rows = Tensor.iota([n], axis: 0)
        let whole = concatenate([a, b.reshaped(to: [n, 1])], axis: 1)
        let reduced = fold(whole, length: n) { matrix, k in
            // The row with the greatest pivot changes places with row k.
            let size = which(rows >= k, abs(matrix.gathered(k, axis: 1)), -1)
            let pivot = argMax(size, axis: 0)
            let order = which(rows == k, pivot, which(rows == pivot, k, rows))
            let ordered = matrix.gathered(order, axis: 0)
            let column = ordered.gathered(k, axis: 1)
            let row = ordered.gathered(k, axis: 0)
            let scaled = row / row.gathered(k, axis: 0)
            let others = ordered - column.reshaped(to: [n, 1]) * scaled.reshaped(to: [1, n + 1])
            return which((rows == k).reshaped(to: [n, 1]), scaled.reshaped(to: [1, n + 1]), others)
        }
        return reduced.sliced(axis: 1, start: n, count: 1).reshaped(to: [n])
    }

    /// A·x for `[…, n, m]` and `[…, m]`.
    fileprivate static func product(_ a: Tensor, _ x: Tensor) -> Tensor { sum(a * x.expanded(at: -2), axes: [-1]) }
}

/// The solution of A·x = b: operand 0, as a function of A and b.
struct Solution: IdentityPrimitive {
    var name: String { "solve" }
    func result(of operands: [TensorType]) throws(TensorError) -> TensorType { operands[0] }

    func pushforward(_ tangents: [Tensor?], operands: [Tensor], result: Tensor) -> Tensor? {
        let change = Tensor.sum(tangents[2], tangents[1].map { -LinearSystem.product($0, result) })
        return change.map { LinearSystem.solve(operands[1], $0) }
    }

    /// b̄ = A⁻ᵀ·x̄, Ā = −b̄·xᵀ.
    func pullback(_ cotangent: Tensor, operands: [Tensor], result: Tensor, wanted: [Bool]) -> [Tensor?] {
        let rank = operands[1].type.shape.rank
        let transposed = operands[1].moved(from: rank - 1, to: rank - 2)
        let gain = LinearSystem.solve(transposed, cotangent)
        return [
            nil, wanted[1] ? -(gain.expanded(at: -1) * result.expanded(at: -2)) : nil, wanted[2] ? gain : nil,
        ]
    }

    func batched(_ operands: BatchedOperands) -> Tensor { Tensor(self, operands.all) }
    func coefficient(_ k: Int, _ series: SeriesOperands) -> Tensor? { series.fromDerivative(k) }
    func latex(_ operands: [String]) -> String { "{\(operands[1])}^{-1} \(operands[2])" }
}
