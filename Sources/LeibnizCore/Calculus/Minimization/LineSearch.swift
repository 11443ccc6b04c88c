/// Looks for a step t along a direction d that satisfies the strong Wolfe conditions for φ(t) = f(x + t·d):
///
/// φ(t) ≤ φ(0) + c₁·t·φ′(0)  and  |φ′(t)| ≤ c₂·|φ′(0)|
///
/// by bracketing and zooming with cubic interpolation (Nocedal & Wright, *Numerical Optimization*, 2nd ed., alg. 3.5 and 3.6). A
/// step to where the function is not finite is too long. The first condition is granted what rounding may hide, or the gradient
/// could not become smaller than the square root of the rounding error.
struct LineSearch {
    /// c₁.
    static let decrease = 1e-4
    /// c₂: 0.9 for Newton's directions, 0.1 for those of conjugate gradients.
    let curvature: Double
    let objective: Objective
    let box: Box
    let lowestValue: Double
    private static let maximumTrials = 60

    /// A point on the line.
    private struct Trial {
        var step: Double
        var value: Double
        var slope: Double
        var location: Location?
        var isFinite: Bool { value.isFinite && slope.isFinite }
    }

    /// The point where the step leads, or `nil` where none lowers the value.
    ///
    /// - Parameters:
    ///   - direction: downhill.
    ///   - first: the step that is tried first.
    ///   - longest: the longest that is allowed; there the second condition is not asked for.
    func step(
        from start: Location, along direction: [Double], first: Double, atMost longest: Double
    ) throws -> (location: Location, step: Double)? {
        let origin = Trial(
            step: 0, value: start.value, slope: start.gradient.dot(direction), location: nil)
        var (last, step) = (origin, min(first, longest))
        for _ in 0..<Self.maximumTrials {
            let trial = try trial(at: step, from: start, along: direction)
            if isEnd(trial) { return found(trial) }
            if !trial.isFinite || isTooHigh(trial, origin) || last.step > 0 && trial.value >= last.value {
                return try zoom(low: last, high: trial, origin, start, direction)
            }
            if abs(trial.slope) <= -curvature * origin.slope || step >= longest { return found(trial) }
            if trial.slope >= 0 { return try zoom(low: trial, high: last, origin, start, direction) }
            // Further, to where a cubic has its minimum, within reason.
            var ahead = Self.cubicMinimum(last, trial) ?? .infinity
            if ahead <= step { ahead = .infinity }
            let width = step - last.step
            (last, step) = (trial, min(longest, max(step + 1.1 * width, min(step + 9 * width, ahead))))
        }
        return found(last)
    }

    /// Narrows an interval that holds a good step: its low end is the best so far, and the slope there points to the high end.
    private func zoom(
        low: Trial, high: Trial, _ origin: Trial, _ start: Location, _ direction: [Double]
    ) throws -> (location: Location, step: Double)? {
        var (low, high) = (low, high)
        var lastWidth = Double.infinity
        for _ in 0..<Self.maximumTrials {
            let width = high.step - low.step
            var step = low.step + (high.isFinite ? 0.5 : 0.1) * width
            if high.isFinite, let minimum = Self.cubicMinimum(low, high), abs(width) < 0.66 * lastWidth {
                let (a, b) = (low.step + 0.1 * width, high.step - 0.1 * width)
                step = min(max(minimum, min(a, b)), max(a, b))
            }
            lastWidth = abs(width)
            if step == low.step || step == high.step { break }
            let trial = try trial(at: step, from: start, along: direction)
            if isEnd(trial) { return found(trial) }
            if !trial.isFinite || isTooHigh(trial, origin) || trial.value > low.value + slack(origin) {
                high = trial
            } else {
                if abs(trial.slope) <= -curvature * origin.slope { return found(trial) }
                if trial.slope * width >= 0 { high = low }
                low = trial
            }
        }
        return low.step > 0 && low.value < origin.value ? found(low) : nil
    }

    private func trial(at step: Double, from start: Location, along direction: [Double]) throws -> Trial {
        let location = try objective.valueWithGradient(at: box.projected(start.x.adding(direction, times: step)))
        return Trial(
            step: step, value: location.value, slope: location.gradient.dot(direction), location: location)
    }

    private func found(_ trial: Trial) -> (location: Location, step: Double)? {
        trial.location.map { ($0, trial.step) }
    }

    private func isEnd(_ trial: Trial) -> Bool { trial.value < lowestValue }

    private func isTooHigh(_ trial: Trial, _ origin: Trial) -> Bool {
        trial.value > origin.value + Self.decrease * trial.step * origin.slope + slack(origin)
    }

    private func slack(_ origin: Trial) -> Double { Descent.rounding * abs(origin.value) }

    /// Where the cubic through two points with their slopes has its minimum (Nocedal & Wright, eq. 3.59).
    private static func cubicMinimum(_ a: Trial, _ b: Trial) -> Double? {
        let theta = a.slope + b.slope - 3 * (a.value - b.value) / (a.step - b.step)
        let square = theta * theta - a.slope * b.slope
        guard square >= 0 else { return nil }
        let root = (b.step >= a.step ? 1 : -1) * square.squareRoot()
        let minimum = b.step - (b.step - a.step) * (b.slope + root - theta) / (b.slope - a.slope + 2 * root)
        return minimum.isFinite ? minimum : nil
    }
}

extension LineSearch {
    /// Goes back along the path P(x + t·d) within the box until the value has fallen enough (Armijo's condition; Bertsekas 1982):
    /// f(P(x + t·d)) ≤ f(x) + c₁·∇f·(P(x + t·d) − x).
    func projectedStep(
        from start: Location, along direction: [Double], first: Double
    ) throws -> (location: Location, step: Double)? {
        var step = first
        for _ in 0..<Self.maximumTrials {
            let x = box.projected(start.x.adding(direction, times: step))
            if x == start.x { return nil }
            let location = try objective.valueWithGradient(at: x)
            let promised = start.gradient.dot(x.subtracting(start.x))
            if location.value < lowestValue { return (location, step) }
            if location.isFinite, promised < 0, location.value <= start.value + Self.decrease * promised {
                return (location, step)
            }
            step *= 0.5
        }
        return nil
    }
}
