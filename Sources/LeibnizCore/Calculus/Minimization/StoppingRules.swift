/// When a minimisation ends.
public struct StoppingRules: Hashable, Sendable {
    /// Ends where ‖P(x − ∇f) − x‖∞ is at most this: without bounds the largest partial derivative. 1e-8 by default.
    public var gradientTolerance: Double
    /// Ends after a step of |Δxᵢ| ≤ stepTolerance·(1 + |xᵢ|) in every element. 1e-12 by default.
    public var stepTolerance: Double
    /// Ends after three steps in succession of |Δf| ≤ valueTolerance·|f|. 1e-14 by default.
    public var valueTolerance: Double
    /// 10,000 by default.
    public var maximumIterations: Int
    /// Values of the function, with or without a gradient. 100,000 by default.
    public var maximumEvaluations: Int
    /// A function that reaches less is taken to have no minimum. −1e50 by default.
    public var lowestValue: Double

    /// Rules; zero turns a tolerance off.
    public init(
        gradientTolerance: Double = 1e-8, stepTolerance: Double = 1e-12, valueTolerance: Double = 1e-14,
        maximumIterations: Int = 10_000, maximumEvaluations: Int = 100_000, lowestValue: Double = -1e50
    ) {
        (self.gradientTolerance, self.stepTolerance, self.valueTolerance) =
            (gradientTolerance, stepTolerance, valueTolerance)
        (self.maximumIterations, self.maximumEvaluations) = (maximumIterations, maximumEvaluations)
        self.lowestValue = lowestValue
    }
}

/// Why a minimisation ended.
public enum StoppingReason: String, Hashable, Sendable, CaseIterable {
    /// The gradient is zero within `gradientTolerance`.
    case gradientSmall = "gradient small"
    /// The last step was shorter than `stepTolerance`.
    case stepSmall = "step small"
    /// The value no longer changes within `valueTolerance`.
    case valueChangeSmall = "value change small"
    /// `maximumIterations` were made.
    case iterationLimit = "iteration limit"
    /// `maximumEvaluations` were made.
    case evaluationLimit = "evaluation limit"
    /// The value fell below `lowestValue`.
    case unboundedBelow = "unbounded below"
    /// The value or a derivative at the point is infinite or no number.
    case notFinite = "not finite"
    /// No step along the direction, however short, lowered the value.
    case lineSearchFailed = "line search failed"
    /// The callback returned `false`.
    case stoppedByCallback = "stopped by callback"

    /// Whether the point is a minimum as far as the rules can tell.
    public var isConvergence: Bool {
        switch self {
        case .gradientSmall, .stepSmall, .valueChangeSmall: true
        default: false
        }
    }
}

extension StoppingReason: CustomStringConvertible {
    /// The reason in words.
    public var description: String { rawValue }
}
