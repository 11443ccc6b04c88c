extension Descent {
    /// Newton's method within a ball that shrinks where the quadratic model m(p) = f + ∇f·p + ½·p·H·p misjudges the function and
    /// grows where it does not (Nocedal & Wright, alg. 4.1).
    func explore(_ objective: Objective) throws -> StoppingReason {
        var point = try objective.valueWithGradient(at: current.x)
        if let reason = try begin(at: point) { return reason }
        var radius = 1.0
        while true {
            let free = box.free(at: point.x, point.gradient)
            let step = try steihaugStep(objective, at: point, free: free, radius: radius)
            let x = box.projected(point.x.adding(step))
            let p = x.subtracting(point.x)
            let hp = try objective.hessianProduct(at: point.x, along: p)
            let promised = -point.gradient.dot(p) - 0.5 * p.dot(hp)
            let trial = try objective.valueWithGradient(at: x)
            let noise = Descent.rounding * abs(point.value)
            let decrease = point.value - trial.value
            let isHidden = promised <= noise && abs(decrease) <= noise
            let ratio = isHidden ? 1 : promised > 0 ? decrease / promised : -1
            let length = p.norm
            let isUsable = trial.isFinite || trial.value < rules.lowestValue
            if !isUsable || ratio < 0.25 {
                radius = 0.25 * min(radius, length)
            } else if ratio > 0.75 && length > 0.99 * radius {
                radius *= 2
            }
            if isUsable && ratio > 1e-4 {
                if let reason = try advance(from: point, to: trial) { return reason }
                point = trial
            } else if zip(p, point.x).allSatisfy({ abs($0) <= 1e-16 * (1 + abs($1)) }) {
                return reason(withoutStepFrom: point, promised: promised)
            }
        }
    }

    /// The step that conjugate gradients reach within the ball; they stop at its border, also where H curves downwards (Steihaug
    /// 1983; Nocedal & Wright, alg. 7.2).
    private func steihaugStep(
        _ objective: Objective, at point: Location, free: [Bool]?, radius: Double
    ) throws -> [Double] {
        let gradient = point.gradient.masked(by: free)
        let tolerance = min(0.5, gradient.norm.squareRoot()) * gradient.norm
        var z = [Double](repeating: 0, count: gradient.count)
        var r = gradient
        var d = r.scaled(by: -1)
        for _ in 0..<max(20, 2 * gradient.count) {
            let hd = try objective.hessianProduct(at: point.x, along: d).masked(by: free)
            let (square, bend) = (r.dot(r), d.dot(hd))
            let next = z.adding(d, times: square / bend)
            guard bend > 0, next.norm < radius else {
                return z.adding(d, times: Self.border(from: z, along: d, radius))
            }
            z = next
            r = r.adding(hd, times: square / bend)
            if r.norm < tolerance { break }
            d = d.scaled(by: r.dot(r) / square).subtracting(r)
        }
        return z
    }

    /// The t ≥ 0 at which ‖z + t·d‖ = radius.
    private static func border(from z: [Double], along d: [Double], _ radius: Double) -> Double {
        let a = d.dot(d), b = z.dot(d), c = z.dot(z) - radius * radius
        // b² − a·c is positive: z is within the ball. The root is taken without cancellation.
        let root = max(0, b * b - a * c).squareRoot()
        return b > 0 ? -c / (b + root) : (root - b) / a
    }
}
