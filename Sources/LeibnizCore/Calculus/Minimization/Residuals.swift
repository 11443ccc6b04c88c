import LeibnizKernels

/// Residuals r(x) whose squares are summed, as plans on vectors: half their sum, its gradient Jᵀ·r, and the Jacobian J.
final class Residuals {
    let layout: PointLayout
    private let function: ([Tensor]) -> Tensor
    private let limit: Int
    private(set) var evaluations = 0
    private var valuePlan, jacobianPlan: Trace<[Tensor]>?

    /// The residuals at a point, with their Jacobian, row-major [m, n], where it was asked for.
    struct Linearization {
        var location: Location
        var residuals: [Double]
        var jacobian: [Double]
    }

    /// So many elements of a Jacobian are held in memory.
    private static let largestJacobian = 1 << 27

    init(_ function: @escaping ([Tensor]) -> Tensor, _ layout: PointLayout, limit: Int) {
        (self.function, self.layout, self.limit) = (function, layout, limit)
    }

    /// The residuals and half the sum of their squares.
    func value(at x: [Double]) throws -> Linearization {
        let trace = try valuePlan ?? traced { f, x in [f(x)] }
        valuePlan = trace
        return linearization(x, try run(trace, x)[0], [])
    }

    /// The residuals with their Jacobian.
    func linearized(at x: [Double]) throws -> Linearization {
        let trace = try jacobianPlan ?? traced { f, x in [f(x), jacobian(of: f)(x)] }
        jacobianPlan = trace
        let results = try run(trace, x)
        return linearization(x, results[0], results[1])
    }

    private func linearization(_ x: [Double], _ residuals: [Double], _ jacobian: [Double]) -> Linearization {
        let length = residuals.norm, n = x.count
        var gradient = jacobian.isEmpty && !residuals.isEmpty ? [] : [Double](repeating: 0, count: n)
        if !gradient.isEmpty {
            for (row, residual) in residuals.enumerated() {
                for column in 0..<n { gradient[column] += jacobian[row * n + column] * residual }
            }
        }
        let location = Location(x: x, value: 0.5 * length * length, gradient: gradient)
        return Linearization(location: location, residuals: residuals, jacobian: jacobian)
    }

    private func run(_ trace: Trace<[Tensor]>, _ x: [Double]) throws -> [[Double]] {
        guard evaluations < limit else { throw EvaluationLimit() }
        evaluations += 1
        return try trace.run([Tensor(copying: x, [x.count])], as: "leastSquares").map { try $0.doubles() }
    }

    private func traced(_ body: (@escaping (Tensor) -> Tensor, Tensor) -> [Tensor]) throws -> Trace<[Tensor]> {
        let layout = layout
        return try Trace(of: [TensorType([layout.count], .float64)]) { [function] x in
            let residuals = { (x: Tensor) in
                let value = function(layout.pieces(of: x))
                if let error = Tensor.differentiationError("leastSquares", value, [x], isScalar: false) { return error }
                return value.reshaped(to: [value.type.shape.count])
            }
            let count = residuals(x[0]).type.shape.count
            guard count.multipliedReportingOverflow(by: layout.count).partialValue <= Self.largestJacobian else {
                throw TensorError(
                    "leastSquares", layout.shapes, "a Jacobian of [\(count), \(layout.count)] is too large",
                    kind: .value,
                    hint: "minimize(…, method: .lbfgs()) of ½·Σ r² forms none")
            }
            return try body(residuals, x[0]).map { try $0.cast(to: .float64).checkedForMinimization("leastSquares") }
        }
    }
}
