/// The value of an integral between bounds.
public struct DefiniteIntegral: Sendable {
    /// The value.
    public let value: Double
    /// An estimate of its error.
    public let error: Double
    /// How often the integrand was evaluated.
    public let evaluations: Int
    /// The value as a formula, where an antiderivative gives it.
    public let exact: Formula?
    /// The antiderivative, where one was found.
    public let antiderivative: WorkedIntegral?

    /// A value that was found in some way.
    public init(
        value: Double, error: Double, evaluations: Int, exact: Formula? = nil, antiderivative: WorkedIntegral? = nil
    ) {
        (self.value, self.error, self.evaluations) = (value, error, evaluations)
        (self.exact, self.antiderivative) = (exact, antiderivative)
    }
}

extension Formula {
    /// The integral by a variable between two bounds.
    ///
    /// F(b) − F(a) of an antiderivative counts only where numbers agree: an antiderivative with a jump between the bounds has
    /// another difference, and an integral that diverges may have a finite one.
    ///
    /// - Parameters:
    ///   - lower: a formula without variables; it may be infinite.
    ///   - upper: a formula without variables; it may be infinite.
    ///   - quadrature: integrates numerically; an adaptive Gauss–Kronrod rule by default.
    /// - Throws: an `EvaluationError` where the integrand or a bound has no value or the integral was not found to converge.
    public func definiteIntegral(
        by variable: String, from lower: Formula, to upper: Formula,
        quadrature: @escaping FormulaProgram.Quadrature = adaptiveQuadrature
    ) throws(EvaluationError) -> DefiniteIntegral {
        let bounds = (lower: try lower.evaluated(), upper: try upper.evaluated())
        let program = try FormulaProgram(self, variables: [variable], quadrature: quadrature)
        var count = 0
        let numerical: (value: Double, error: Double)
        do {
            numerical = try quadrature(
                { x in
                    count += 1
                    return try program([x])
                }, bounds.lower, bounds.upper)
            guard numerical.value.isFinite else { throw NotConverged() }
        } catch let error as EvaluationError {
            throw error
        } catch {
            let reason = divergence(by: variable, lower, upper)
            throw EvaluationError(kind: .notSummable, summary: reason ?? "\(error)", subexpression: self)
        }
        let worked = try? workedAntiderivative(by: variable)
        let difference = worked.flatMap { boundary(of: $0.antiderivative, variable, lower, upper) }
        if let difference, let value = try? difference.evaluated(),
            Swift.abs(value - numerical.value)
                <= Swift.max(1e-7 * Swift.abs(numerical.value), 10 * numerical.error, 1e-10)
        {
            let rounding = 4 * value.ulp
            return DefiniteIntegral(
                value: value, error: rounding, evaluations: count, exact: difference, antiderivative: worked)
        }
        return DefiniteIntegral(
            value: numerical.value, error: numerical.error, evaluations: count, antiderivative: worked)
    }

    /// Why the integral diverges, where an antiderivative has no finite limit at a bound.
    private func divergence(by variable: String, _ lower: Formula, _ upper: Formula) -> String? {
        guard let worked = try? workedAntiderivative(by: variable) else { return nil }
        for (bound, side) in [(lower, LimitSide.above), (upper, .below)] {
            guard let limit = try? worked.antiderivative.limit(by: variable, to: bound, from: side),
                limit.holdsInfinity
            else { continue }
            return "the integral diverges: the antiderivative \(worked.antiderivative) goes to \(limit) at \(bound)"
        }
        return nil
    }

    /// F(b) − F(a), as limits where F has no value.
    private func boundary(
        of antiderivative: Formula, _ variable: String, _ lower: Formula, _ upper: Formula
    ) -> Formula? {
        func end(_ bound: Formula, _ side: LimitSide) -> Formula? {
            if !bound.holdsInfinity {
                let value = antiderivative.substituting([variable: bound])
                if let number = try? value.evaluated(), number.isFinite { return value.simplified() }
            }
            guard let limit = try? antiderivative.limit(by: variable, to: bound, from: side), !limit.holdsInfinity
            else {
                return nil
            }
            return limit
        }
        guard let below = end(lower, .above), let above = end(upper, .below) else { return nil }
        return (above - below).simplified()
    }
}
