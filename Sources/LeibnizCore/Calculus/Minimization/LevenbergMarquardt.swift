/// Least squares by Levenberg and Marquardt's method as Moré made it robust: within a region ‖D·p‖ ≤ Δ that is trusted the linear
/// model ‖r + J·p‖ is least at the p of min ‖(J; √λ·D)·p + (r; 0)‖, where λ is 0 or such that p reaches the border (J. J. Moré, *The
/// Levenberg–Marquardt algorithm: implementation and theory*, 1978). D holds the largest norm that each column of J has had.
struct LevenbergMarquardt {
    let residuals: Residuals
    let descent: Descent
    /// Whether the region has no border, which makes it Gauss and Newton's method; steps are then halved until the value falls.
    let isGaussNewton: Bool
    /// The largest cosine between the residuals and a column of J at a minimum.
    let tolerance: Double

    private var scales: [Double] = []
    private var radius = 0.0
    private var lambda = 0.0

    init(_ residuals: Residuals, _ descent: Descent, isGaussNewton: Bool, tolerance: Double) {
        (self.residuals, self.descent) = (residuals, descent)
        (self.isGaussNewton, self.tolerance) = (isGaussNewton, tolerance)
    }

    mutating func run() throws -> StoppingReason {
        let box = descent.box, rules = descent.rules
        var point = try residuals.linearized(at: descent.current.x)
        if let reason = try descent.begin(at: point.location) { return reason }
        if isOrthogonal(point) { return .gradientSmall }
        while true {
            let x = point.location.x, free = box.free(at: x, point.location.gradient)
            let model = linearModel(of: point, free: free)
            grow(by: point, isFirst: descent.iterations == 0)
            // Shorter and shorter steps, until one is worth taking.
            while true {
                let wanted = isGaussNewton ? gaussNewtonStep(model) : dampedStep(model)
                var step = wanted.masked(by: free)
                if isGaussNewton && radius < 1 { step = step.scaled(by: radius) }
                let target = box.projected(x.adding(step))
                let p = target.subtracting(x)
                let promised = -point.location.gradient.dot(p) - 0.5 * square(point.jacobian, p)
                let trial = try residuals.value(at: target)
                let decrease = point.location.value - trial.location.value
                let ratio = trial.location.value.isFinite && promised > 0 ? decrease / promised : -1
                let relative = promised / point.location.value
                judge(ratio, length: scaled(step).norm)
                if ratio > 1e-4 {
                    let next = try residuals.linearized(at: target)
                    if let reason = try descent.advance(from: nil, to: next.location) { return reason }
                    if isOrthogonal(next) { return .gradientSmall }
                    if scaled(p).norm <= rules.stepTolerance * scaled(target).norm { return .stepSmall }
                    if max(relative, decrease / point.location.value) <= rules.valueTolerance {
                        return .valueChangeSmall
                    }
                    point = next
                    break
                }
                if !(relative > 1e-15) { return .valueChangeSmall }
                if zip(p, x).allSatisfy({ abs($0) <= 1e-16 * (1e-8 + abs($1)) }) {
                    return descent.reason(withoutStepFrom: point.location, promised: promised)
                }
            }
        }
    }

    /// Whether the residuals are orthogonal to all columns of J that are free: whether the largest cosine is at most
    /// `gradientTolerance`. Other than the gradient it does not depend on units.
    private func isOrthogonal(_ point: Residuals.Linearization) -> Bool {
        let location = point.location, n = location.x.count
        let descent = location.gradient.masked(by: self.descent.box.free(at: location.x, location.gradient))
        let length = point.residuals.norm
        return (0..<n).allSatisfy { column in
            let norm = point.residuals.indices.map { point.jacobian[$0 * n + column] }.norm
            return descent[column] == 0 || abs(descent[column]) <= tolerance * norm * length
        }
    }

    /// The triangle of J·p = −r; elements that are not free have columns of zeros, which a one on the diagonal makes regular.
    private func linearModel(of point: Residuals.Linearization, free: [Bool]?) -> Triangle {
        let n = point.location.x.count, m = point.residuals.count
        var (rows, right) = (point.jacobian, point.residuals.scaled(by: -1))
        if let free {
            for place in 0..<n where !free[place] {
                for row in 0..<m { rows[row * n + place] = 0 }
                rows += (0..<n).map { $0 == place ? 1 : 0 }
                right.append(0)
            }
        }
        return Triangle(rows, rows: right.count, columns: n, right: right)
    }

    private mutating func grow(by point: Residuals.Linearization, isFirst: Bool) {
        let n = point.location.x.count
        let norms = (0..<n).map { column in
            point.residuals.indices.map { point.jacobian[$0 * n + column] }.norm
        }
        if isFirst {
            scales = norms.map { $0 > 0 ? $0 : 1 }
            let length = scaled(point.location.x).norm
            radius = isGaussNewton ? 1 : length > 0 ? length : 1
        } else {
            scales = zip(scales, norms).map(max)
        }
    }

    private func scaled(_ p: [Double]) -> [Double] { zip(p, scales).map { $0 * $1 } }

    private mutating func judge(_ ratio: Double, length: Double) {
        if isGaussNewton {
            radius = ratio > 1e-4 ? 1 : 0.5 * radius
        } else if ratio < 0.25 {
            radius = 0.25 * min(radius, length)
            lambda *= 4
        } else if ratio > 0.75 || lambda == 0 {
            radius = 2 * length
            lambda *= 0.5
        }
    }

    /// ‖J·p‖².
    private func square(_ jacobian: [Double], _ p: [Double]) -> Double {
        let n = p.count
        var sum = 0.0
        for row in 0..<jacobian.count / max(1, n) {
            var element = 0.0
            for column in 0..<n { element += jacobian[row * n + column] * p[column] }
            sum += element * element
        }
        return sum
    }

    /// The step of the undamped model; where J's columns depend on each other, with as much damping as tells them apart.
    private func gaussNewtonStep(_ model: Triangle) -> [Double] {
        let regular = model.isRegular ? model : model.damped(by: 1e-16, scales)
        return regular.solved(regular.right)
    }

    /// The step within the region, by Newton's method for λ on 1/‖D·p‖ between bounds (Moré 1978, §5).
    private mutating func dampedStep(_ model: Triangle) -> [Double] {
        var lower = 0.0
        if model.isRegular {
            let p = model.solved(model.right), length = scaled(p).norm
            if length <= 1.1 * radius {
                lambda = 0
                return p
            }
            lower = (length - radius) / (radius * slope(model, p, length))
        }
        let steepest = (0..<model.n).map { column in
            (0...column).reduce(0) { $0 + model.r[$1 * model.n + column] * model.right[$1] } / scales[column]
        }
        var upper = steepest.norm / radius
        if lambda < lower || lambda > upper { lambda = min(max(lambda, lower), upper) }
        if lambda == 0 { lambda = max(1e-3 * upper, (lower * upper).squareRoot()) }
        var p = [Double](repeating: 0, count: model.n)
        for _ in 0..<10 {
            let damped = model.damped(by: lambda, scales)
            p = damped.solved(damped.right)
            let length = scaled(p).norm
            if abs(length - radius) <= 0.1 * radius { break }
            let change = (length - radius) / (radius * slope(damped, p, length))
            if length > radius { lower = max(lower, lambda) } else { upper = min(upper, lambda) }
            lambda = max(lower, lambda + change)
            if lambda > upper || !(lambda > 0) { lambda = max(1e-3 * upper, (lower * upper).squareRoot()) }
        }
        return p
    }

    /// ‖R⁻ᵀ·D²·p‖²/‖D·p‖², by which ‖D·p‖ falls as λ grows, relative to itself.
    private func slope(_ triangle: Triangle, _ p: [Double], _ length: Double) -> Double {
        let w = triangle.solvedTransposed(zip(scaled(p), scales).map { $0 * $1 / length })
        return w.dot(w)
    }
}
