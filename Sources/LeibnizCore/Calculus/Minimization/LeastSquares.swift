import LeibnizKernels

/// How `leastSquares` goes downhill.
public enum LeastSquaresMethod: String, Hashable, Sendable, CaseIterable {
    /// Levenberg and Marquardt's method: Gauss and Newton's within a region where the linear model is trusted (Moré 1978).
    case levenbergMarquardt
    /// Gauss and Newton's method with steps that are halved until the sum of squares falls.
    case gaussNewton
}

/// Looks for a point at which half the sum of the squares of residuals, f(x) = ½·Σ rᵢ(x)², is least.
///
/// The Jacobian J of the residuals is computed with them in one plan, by columns or rows, whichever are fewer; steps are solved for
/// by an orthogonal triangulation of J, never by JᵀJ. Residuals, and all that is said of `minimize`, are in float64.
///
/// ```swift
/// let minimum = try leastSquares({ (b: Tensor) in b[0] * exp(b[1] * x) - y }, from: Tensor([1, 0]))
/// ```
///
/// - Parameters:
///   - residuals: real numbers of any shape.
///   - start: real tensors.
///   - method: Levenberg and Marquardt's by default.
///   - lower: as of `minimize`.
///   - upper: as of `minimize`.
///   - stopping: when to end. Not to depend on units, `gradientTolerance` is here compared with the cosine of the angle between the
///     residuals and each column of J, `stepTolerance` with the step relative to the point, both scaled by J's columns, and
///     `valueTolerance` with one step's decrease, as expected and as found.
///   - recordsPath: whether the result's `path` holds every point; `false` by default.
///   - callback: is told of the start and of each step; `false` ends the minimisation.
/// - Returns: a minimum whose `value` is f, and whose gradient is Jᵀ·r.
/// - Throws: what `minimize` throws; a `ValueError` where the Jacobian would be too large for memory.
/// - Complexity: O(m·n²) for each step besides the residuals, m of them with n unknowns.
public func leastSquares<each Argument: TensorGroup>(
    _ residuals: @escaping (repeat each Argument) -> Tensor, from start: (repeat each Argument),
    method: LeastSquaresMethod = .levenbergMarquardt, lower: (repeat each Argument)? = nil,
    upper: (repeat each Argument)? = nil, stopping: StoppingRules = StoppingRules(), recordsPath: Bool = false,
    callback: ((Iterate<(repeat each Argument)>) throws -> Bool)? = nil
) throws -> Minimization<(repeat each Argument)> {
    let place = try StartingPlace(
        "leastSquares", TensorGroups.list(repeat each start), lower.map { TensorGroups.list(repeat each $0) },
        upper.map { TensorGroups.list(repeat each $0) })
    let function = { (x: [Tensor]) in residuals(repeat each TensorGroups.replacing((repeat each start), with: x)) }
    let way = Way(place.layout, isRecorded: recordsPath, callback) {
        TensorGroups.replacing((repeat each start), with: $0)
    }
    let plans = Residuals(function, place.layout, limit: stopping.maximumEvaluations)
    var rules = stopping
    rules.gradientTolerance = 0
    let descent = Descent(from: place.start, in: place.box, rules: rules, report: way.report)
    let reason = try descent.ending {
        var method = LevenbergMarquardt(
            plans, descent, isGaussNewton: method == .gaussNewton, tolerance: stopping.gradientTolerance)
        return try method.run()
    }
    let last = descent.end(reason)
    return Minimization(
        point: way.point(last.x), value: last.value, gradientNorm: descent.gradientNorm(last),
        iterations: descent.iterations, evaluations: plans.evaluations, hessianVectorProducts: 0, reason: reason,
        path: way.path)
}
