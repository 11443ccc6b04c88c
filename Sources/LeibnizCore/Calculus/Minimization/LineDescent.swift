/// A rule that makes a direction downhill from what was seen on the way.
protocol SearchDirection {
    /// c₂ of the search along the directions.
    var curvature: Double { get }
    /// Whether the length of the direction says how far to go, as that of Newton's methods does once they know the curvature.
    var isScaled: Bool { get }
    /// The direction at a point; elements that are not free must be zero in it.
    mutating func direction(at point: Location, free: [Bool]?) throws -> [Double]
    /// Takes a step and the change of the gradient into account.
    mutating func learn(step: [Double], gradientChange: [Double], free: [Bool]?)
    /// Forgets the way, so that the next direction is that of steepest descent.
    mutating func forget()
}

extension Descent {
    /// Follows directions by line searches until a rule ends it.
    ///
    /// Far from the bounds a step satisfies the strong Wolfe conditions; where the path bends at a bound, Armijo's along its
    /// projection.
    func follow(_ rule: some SearchDirection, of objective: Objective) throws -> StoppingReason {
        var rule = rule
        let search = LineSearch(
            curvature: rule.curvature, objective: objective, box: box, lowestValue: rules.lowestValue)
        var point = try objective.valueWithGradient(at: current.x)
        if let reason = try begin(at: point) { return reason }
        /// Whether the rule's last direction led nowhere.
        var hasFailed = false
        /// The decrease that the last step promised to first order, t·φ′(0): the next is taken to be as large.
        var lastDecrease: Double?
        while true {
            let free = box.free(at: point.x, point.gradient)
            let gradient = point.gradient.masked(by: free)
            var direction = hasFailed ? gradient.scaled(by: -1) : try rule.direction(at: point, free: free)
            if let leaving = box.leaving(point.x, along: direction) {
                direction = direction.masked(by: leaving.map { !$0 })
            }
            if !direction.isFinite || !(direction.dot(gradient) < 0) {
                rule.forget()
                direction = gradient.scaled(by: -1)
            }
            let slope = direction.dot(gradient)
            let guess = lastDecrease.map { min(1e10, 1.01 * $0 / slope) } ?? min(1, 1 / gradient.norm)
            let first = rule.isScaled && !hasFailed ? 1 : guess
            let reach = box.distance(from: point.x, along: direction)
            let found =
                reach >= first
                ? try search.step(from: point, along: direction, first: first, atMost: reach)
                : try search.projectedStep(from: point, along: direction, first: first)
            guard let (next, step) = found else {
                if hasFailed { return reason(withoutStepFrom: point, promised: -first * slope) }
                rule.forget()
                (hasFailed, lastDecrease) = (true, nil)
                continue
            }
            rule.learn(
                step: next.x.subtracting(point.x), gradientChange: next.gradient.subtracting(point.gradient), free: free
            )
            (hasFailed, lastDecrease) = (false, step * slope)
            if let reason = try advance(from: point, to: next) { return reason }
            point = next
        }
    }
}
