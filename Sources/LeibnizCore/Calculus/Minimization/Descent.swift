/// Thrown by a function that is asked for more evaluations than the rules allow.
struct EvaluationLimit: Error {}

/// What all methods share: the box, the rules, and where the way has led so far.
///
/// A method begins at `current`, calls `begin` once and `advance` after each step, and ends with the reason that either gives.
final class Descent {
    let box: Box
    let rules: StoppingRules
    /// Is told of each point; `false` ends the descent.
    private let report: (Location, _ iteration: Int, _ gradientNorm: Double) throws -> Bool

    private(set) var iterations = 0
    /// Where the last step led; at first the start without its value.
    private(set) var current: Location
    /// The point with the least value so far.
    private var best: Location
    private var quietSteps = 0

    init(
        from start: [Double], in box: Box, rules: StoppingRules,
        report: @escaping (Location, Int, Double) throws -> Bool
    ) {
        (self.box, self.rules, self.report) = (box, rules, report)
        best = Location(x: box.projected(start), value: .nan, gradient: [])
        current = best
    }

    /// The reason why a method ended, which may be that all evaluations are used up.
    func ending(_ method: () throws -> StoppingReason) throws -> StoppingReason {
        do { return try method() } catch is EvaluationLimit { return .evaluationLimit }
    }

    /// Where it ended for a reason: at the last point if that is taken for a minimum, else at the best one.
    func end(_ reason: StoppingReason) -> Location { reason.isConvergence ? current : best }

    /// Takes the first point into account.
    func begin(at start: Location) throws -> StoppingReason? {
        (best, current) = (start, start)
        let goesOn = try report(start, 0, gradientNorm(start))
        return state(of: start) ?? (goesOn ? nil : .stoppedByCallback)
    }

    /// Takes a step into account.
    ///
    /// - Parameter last: where it began; `nil` where the method judges by itself how small its steps are.
    func advance(from last: Location?, to next: Location) throws -> StoppingReason? {
        iterations += 1
        current = next
        if next.value <= best.value || !best.isFinite { best = next }
        let goesOn = try report(next, iterations, gradientNorm(next))
        if let reason = state(of: next) { return reason }
        if let last, let reason = standstill(from: last, to: next) { return reason }
        if !goesOn { return .stoppedByCallback }
        return iterations >= rules.maximumIterations ? .iterationLimit : nil
    }

    /// Why a method has to end when no step along a direction lowers the value: a decrease that rounding hides is no failure.
    func reason(withoutStepFrom point: Location, promised decrease: Double) -> StoppingReason {
        decrease <= Descent.rounding * abs(point.value) ? .valueChangeSmall : .lineSearchFailed
    }

    /// ‖P(x − ∇f) − x‖∞.
    func gradientNorm(_ point: Location) -> Double {
        point.gradient.isEmpty ? .nan : box.projectedDescent(at: point.x, point.gradient).maximumNorm
    }

    /// The relative error that a value is granted.
    static let rounding = 1e-13

    /// Whether a step has led nowhere.
    private func standstill(from last: Location, to next: Location) -> StoppingReason? {
        let (forStep, forValue) = (rules.stepTolerance, rules.valueTolerance)
        if forStep > 0, zip(last.x, next.x).allSatisfy({ abs($1 - $0) <= forStep * (1 + abs($1)) }) {
            return .stepSmall
        }
        let isQuiet = abs(last.value - next.value) <= forValue * max(abs(last.value), abs(next.value))
        quietSteps = isQuiet ? quietSteps + 1 : 0
        return forValue > 0 && quietSteps >= 3 ? .valueChangeSmall : nil
    }

    private func state(of point: Location) -> StoppingReason? {
        if point.value < rules.lowestValue { return .unboundedBelow }
        if !point.isFinite { return .notFinite }
        let tolerance = rules.gradientTolerance
        return tolerance > 0 && gradientNorm(point) <= tolerance ? .gradientSmall : nil
    }
}
