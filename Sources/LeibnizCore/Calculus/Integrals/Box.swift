import LeibnizKernels

/// A rectangle, a cuboid or a box of more dimensions: all x with lower ≤ x ≤ upper, as the domain of an integral.
public struct Box: Sendable {
    /// The corner with the least coordinates, [d].
    public let lower: Tensor
    /// The corner with the greatest coordinates, [d].
    public let upper: Tensor

    /// The box between two corners.
    ///
    /// - Parameters:
    ///   - lower, upper: [d], finite. Where a coordinate of `lower` is the greater one, the integral changes its sign.
    public init(lower: Tensor, upper: Tensor) { (self.lower, self.upper) = (lower, upper) }

    /// The product of intervals: `Box(0...1, -1...1)`.
    public init(_ sides: ClosedRange<Double>...) { self.init(sides) }

    /// The product of intervals.
    public init(_ sides: [ClosedRange<Double>]) {
        self.init(lower: Tensor(sides.map(\.lowerBound), .float64), upper: Tensor(sides.map(\.upperBound), .float64))
    }

    /// The volume, a scalar.
    public var volume: Tensor { product(upper - lower) }
}

extension Box {
    /// Why it is no domain.
    var error: TensorError? {
        if let invalid = [lower, upper].first(where: \.isInvalid) { return invalid.error }
        let (a, b) = (lower.type.shape, upper.type.shape)
        if a == b, a.rank == 1, a[0] > 0 { return nil }
        return TensorError("integrate", [a, b], "the corners of a box are two vectors of one extent, at least 1")
    }

    /// The number of dimensions.
    var dimension: Int { lower.type.shape[0] }

    /// The points of the box at shares u of its sides, [d] or [n, d].
    func points(at u: Tensor) -> Tensor { lower * (1 - u) + upper * u }

    /// The function u ↦ V·f(lower + (upper − lower)·u) on the unit cube.
    func integrand(_ f: (Tensor) -> Tensor) -> Integrand {
        Integrand(of: [dimension]) { u in f(points(at: u)) * volume }
    }

    /// The box in float64.
    var real: Box { Box(lower: lower.cast(to: .float64), upper: upper.cast(to: .float64)) }
}

/// How an integral over a box is computed.
public enum CubatureMethod: Hashable, Sendable {
    /// By values, halving regions that are not exact enough: up to about six dimensions. Inside `vmap`, `compiled` and other integrals too,
    /// by at most half a million evaluations in two dimensions, five million in three and 1.3 million in four to six; an integral that
    /// needs more is an error of the evaluation.
    case adaptive
    /// A rule along each axis: nᵈ points.
    case rule(QuadratureRule)
    /// The mean over random points. Error O(1/√samples) in any number of dimensions.
    case monteCarlo(samples: Int, seed: Int)
    /// The mean over eight scrambled Sobol sequences, of at least `samples` points together. Error nearly O(1/samples) where the
    /// integrand is smooth; up to 21 dimensions.
    case sobol(samples: Int, seed: Int)
}

/// The integral of a function over a box.
///
/// ```swift
/// integrate({ x in exp(-sum(x * x)) }, over: Box(-1...1, -1...1))
/// ```
///
/// It can be differentiated with respect to both corners and to all that f captured, in every mode and order. For `.adaptive` the
/// derivative is by Leibniz's rule an integral that is adaptive itself; for the others it is that of the sum.
///
/// - Parameters:
///   - f: a function of one point, float64 [d]; its value may have any shape. It is called once.
///   - method: adaptive by default.
///   - relative: for `.adaptive` the error that is wanted, relative to the greatest element of the integral; 1e-8 by default.
///   - absolute: the same as an absolute error; 1e-11 by default. One of both must hold.
///   - subdivisions: for `.adaptive` the greatest number of regions; 20,000 by default. Inside `vmap`, `compiled` and other integrals at most
///     512 of two dimensions, 256 of three, 4,096 of four to six.
/// - Returns: float64, of the shape of f's value; invalid where the integral does not converge.
public func integrate(
    _ f: (Tensor) -> Tensor, over box: Box, method: CubatureMethod = .adaptive, relative: Double = 1e-8,
    absolute: Double = 1e-11, subdivisions: Int = 20_000
) -> Tensor {
    if let error = box.error { return Tensor(invalid: error.located(among: [box.lower, box.upper])) }
    let goal = IntegrationGoal(absolute: absolute, relative: relative, limit: subdivisions)
    let integrand = box.real.integrand(f)
    if method == .adaptive {
        return Integral.of(integrand, .cube(CubeIntegration(goal: goal, dimension: box.dimension)))
    }
    do throws(TensorError) {
        return try CubePoints(method, box.dimension).mean(of: integrand)
    } catch {
        return Tensor(invalid: error.located(among: [box.lower, box.upper]))
    }
}

/// The integral of a function over a box with an estimate of its error: for `.monteCarlo` and `.sobol` one standard error, for a rule
/// NaN, because it does not tell.
///
/// - Parameters: as of `integrate`.
/// - Throws: an `IntegrationError`.
public func integralEstimate(
    of f: (Tensor) -> Tensor, over box: Box, method: CubatureMethod = .adaptive, relative: Double = 1e-8,
    absolute: Double = 1e-11, subdivisions: Int = 20_000
) throws(IntegrationError) -> IntegralEstimate {
    if let error = box.error { throw .failed(error) }
    let goal = IntegrationGoal(absolute: absolute, relative: relative, limit: subdivisions)
    let integrand = box.real.integrand(f)
    do {
        if method == .adaptive {
            return try CubeIntegration(goal: goal, dimension: box.dimension).estimate(of: integrand)
        }
        return try CubePoints(method, box.dimension).estimate(of: integrand)
    } catch let error as IntegrationError {
        throw error
    } catch {
        throw .failed((error as? TensorError) ?? TensorError("integrate", [], "\(error)", kind: .runtime))
    }
}
