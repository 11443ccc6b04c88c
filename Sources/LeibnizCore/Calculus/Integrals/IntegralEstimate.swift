import LeibnizKernels

/// An integral with what is known of its error.
public struct IntegralEstimate: Sendable {
    /// The integral, float64, of the shape of the integrand's value.
    public let value: Tensor
    /// How far the value may be off: the greatest over its elements. For random samples one standard error.
    public let error: Double
    /// The number of points at which the integrand was computed.
    public let evaluations: Int
}

/// How exact an adaptive integral has to be, and how much may be done for it.
///
/// It is exact enough where the estimated error is at most `absolute`, or `relative` times the greatest element of the integral, or
/// 50 rounding errors of ∫|f|: as far as float64 goes.
struct IntegrationGoal: Hashable, Sendable {
    var absolute: Double
    var relative: Double
    /// The greatest number of panels or regions.
    var limit: Int

    /// What is wrong with it, if anything.
    var error: TensorError? {
        guard absolute >= 0, relative >= 0, limit > 0 else {
            return TensorError(
                "integrate", [],
                "tolerances \(absolute) and \(relative) with \(limit) subdivisions: neither may be negative, the last at least 1",
                kind: .value)
        }
        return nil
    }
}

/// Why an integral has no value.
public enum IntegrationError: Error, Sendable {
    /// The error stayed too great until the greatest number of subdivisions was reached.
    case notConverged(IntegralEstimate)
    /// Near this point the integrand grows so fast that the integral does not seem to exist; infinite where it does not fall off.
    case singular(at: Double)
    /// The integrand is infinite or NaN at this point, and near it. Several coordinates in several dimensions.
    case notFinite(at: [Double])
    /// The integrand could not be computed, or the call does not make sense.
    case failed(TensorError)
}

extension IntegrationError: CustomStringConvertible {
    /// One sentence of what went wrong.
    public var description: String {
        switch self {
        case .notConverged(let best):
            "the integral did not converge: after \(best.evaluations) evaluations the error is still about \(best.error)"
        case .singular(let point):
            "the integral seems to diverge: the integrand is singular at \(point)"
        case .notFinite(let point):
            "the integrand is not finite at \(point.count == 1 ? "\(point[0])" : "\(point)")"
        case .failed(let error): error.reason
        }
    }

    /// The error as an invalid tensor carries it.
    var asTensorError: TensorError {
        let hint: String? =
            switch self {
            case .notConverged: "points: names places where the integrand jumps or has a kink"
            case .singular: nil
            case .notFinite: "integrate up to there, or name the point in points:"
            case .failed: nil
            }
        if case .failed(let error) = self { return error }
        return TensorError("integrate", [], description, kind: .value, hint: hint)
    }
}
