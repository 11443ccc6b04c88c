import LeibnizKernels

/// A model whose parameters were fitted to data, and how well they are known.
public struct Fit<Parameters> {
    /// The parameters of least squares, of the start's structure, in float64.
    public let parameters: Parameters
    /// The standard error of each parameter, √Cᵢᵢ. Infinite where the data do not tell parameters apart.
    public let standardErrors: Parameters
    /// The covariance of the parameters, C = s²·(JᵀJ)⁻¹, with J the Jacobian of the residuals at the end: [n, n].
    public let covariance: Tensor
    /// ‖r‖, the root of the sum of the squares of the residuals.
    public let residualNorm: Double
    /// s = ‖r‖/√(m − n) for m data and n parameters; NaN for m = n.
    public let residualStandardDeviation: Double
    /// m − n.
    public let degreesOfFreedom: Int
    /// R² = 1 − ‖r‖²/Σ (yᵢ − ȳ)²: the share of the variance that the model explains.
    public let rSquared: Double
    /// How the parameters were found.
    public let minimum: Minimization<Parameters>
}

extension Fit: Sendable where Parameters: Sendable {}

/// Fits the parameters of a model to data by nonlinear least squares: min Σ ((f(b)ᵢ − yᵢ)/σᵢ)².
///
/// ```swift
/// let model = { (b: Tensor) in b[0] * (1 - exp(-b[1] * x)) }
/// let fitted = try fit(model, to: y, from: Tensor([250, 5e-4]))
/// print(fitted.parameters, "±", fitted.standardErrors)
/// ```
///
/// - Parameters:
///   - model: the values that the parameters predict, of y's shape.
///   - y: the data, at least as many as there are parameters.
///   - start: real tensors.
///   - standardDeviations: σ, of y's shape or one that broadcasts to it; 1 by default.
///   - deviationsAreKnown: whether σ is known by itself, so that C = (JᵀJ)⁻¹; `false` by default: only the ratios of σ count, and
///     its size follows from the residuals.
///   - method: Levenberg and Marquardt's by default.
///   - lower: as of `minimize`. Errors do not know of bounds.
///   - upper: as of `minimize`.
///   - stopping: when to end.
/// - Throws: what `leastSquares` throws; a `ShapeError` for too few data, or a model whose value has another shape than y.
public func fit<each Argument: TensorGroup>(
    _ model: @escaping (repeat each Argument) -> Tensor, to y: Tensor, from start: (repeat each Argument),
    standardDeviations: Tensor? = nil, deviationsAreKnown: Bool = false,
    method: LeastSquaresMethod = .levenbergMarquardt, lower: (repeat each Argument)? = nil,
    upper: (repeat each Argument)? = nil, stopping: StoppingRules = StoppingRules()
) throws -> Fit<(repeat each Argument)> {
    if let error = y.error ?? standardDeviations?.error { throw error }
    let weights = standardDeviations.map { 1 / $0.cast(to: .float64).broadcast(to: y.type.shape) }
    let data = y.cast(to: .float64)
    let residuals = { (b: repeat each Argument) -> Tensor in
        let value = model(repeat each b)
        guard value.isInvalid || value.type.shape == data.type.shape else {
            let error = TensorError(
                "fit", [value.type.shape, data.type.shape], "the model's value must have the shape of the data")
            return Tensor(invalid: error.located(among: [value, data]))
        }
        return weights.map { (value - data) * $0 } ?? (value - data)
    }
    let tensors = TensorGroups.list(repeat each start)
    let layout = PointLayout(tensors.map(\.type.shape))
    let (m, n) = (data.type.shape.count, layout.count)
    guard m >= n else {
        throw TensorError("fit", [data.type.shape], "\(m) data do not tell \(n) parameters").located(among: [y])
    }
    let minimum = try leastSquares(
        residuals, from: (repeat each start), method: method, lower: lower, upper: upper, stopping: stopping)

    let end = try layout.vector(TensorGroups.list(repeat each minimum.point))
    let function = { (x: [Tensor]) in residuals(repeat each TensorGroups.replacing((repeat each start), with: x)) }
    let last = try Residuals(function, layout, limit: 1).linearized(at: end)
    let triangle = Triangle(last.jacobian, rows: m, columns: n, right: last.residuals)
    let length = last.residuals.norm
    let deviation = length / Double(m - n).squareRoot()
    let variance = deviationsAreKnown ? 1 : deviation * deviation
    let isRegular = triangle.isRegular && last.jacobian.isFinite
    let covariance =
        isRegular
        ? triangle.inverseOfSquare.scaled(by: variance) : [Double](repeating: .infinity, count: n * n)
    let errors = (0..<n).map { covariance[$0 * n + $0].squareRoot() }
    return Fit(
        parameters: minimum.point,
        standardErrors: TensorGroups.replacing((repeat each start), with: layout.tensors(errors)),
        covariance: Tensor(covariance, shape: [n, n], .float64), residualNorm: length,
        residualStandardDeviation: m > n ? deviation : .nan, degreesOfFreedom: m - n,
        rSquared: 1 - length * length / (try spread(of: data, weights)), minimum: minimum)
}

/// Σ wᵢ²·(yᵢ − ȳ)² about the mean that weighs the same.
private func spread(of y: Tensor, _ weights: Tensor?) throws -> Double {
    let data = try y.doubles(), squares = try weights?.doubles().map { $0 * $0 } ?? data.map { _ in 1 }
    let centre = data.dot(squares) / squares.reduce(0, +)
    return zip(data, squares).reduce(0) { $0 + $1.1 * ($1.0 - centre) * ($1.0 - centre) }
}
