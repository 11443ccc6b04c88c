/// Steepest descent: d = −∇f.
struct SteepestDirection: SearchDirection {
    let curvature = 0.9
    let isScaled = false

    func direction(at point: Location, free: [Bool]?) -> [Double] { point.gradient.masked(by: free).scaled(by: -1) }
    func learn(step: [Double], gradientChange: [Double], free: [Bool]?) {}
    func forget() {}
}

extension Descent {
    /// Gradient descent with a fixed rate, with or without momentum: v ← momentum·v − rate·∇f, x ← P(x + v).
    ///
    /// - Parameter nesterov: whether the gradient is that at x + momentum·v.
    func roll(rate: Double, momentum: Double = 0, nesterov: Bool = false, of objective: Objective) throws
        -> StoppingReason
    {
        var point = try objective.valueWithGradient(at: current.x)
        if let reason = try begin(at: point) { return reason }
        var velocity = [Double](repeating: 0, count: point.x.count)
        while true {
            let gradient =
                nesterov && iterations > 0
                ? try objective.valueWithGradient(at: box.projected(point.x.adding(velocity, times: momentum))).gradient
                : point.gradient
            velocity = velocity.scaled(by: momentum).adding(gradient, times: -rate)
            let x = box.projected(point.x.adding(velocity))
            let next = try objective.valueWithGradient(at: x)
            // What a bound has stopped has no speed left.
            velocity = x.subtracting(point.x)
            if let reason = try advance(from: point, to: next) { return reason }
            point = next
        }
    }
}
