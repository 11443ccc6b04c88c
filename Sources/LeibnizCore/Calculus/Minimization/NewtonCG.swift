/// Newton's direction, H·d = −∇f, by conjugate gradients that stop when the residual is min(½, √‖∇f‖)·‖∇f‖ or H curves downwards
/// (Nocedal & Wright, alg. 7.1). H is met through its products alone.
struct NewtonDirection: SearchDirection {
    let curvature = 0.9
    let isScaled = true
    let objective: Objective

    func direction(at point: Location, free: [Bool]?) throws -> [Double] {
        let gradient = point.gradient.masked(by: free)
        let tolerance = min(0.5, gradient.norm.squareRoot()) * gradient.norm
        var z = [Double](repeating: 0, count: gradient.count)
        var r = gradient
        var d = r.scaled(by: -1)
        for _ in 0..<max(20, 2 * gradient.count) {
            let hd = try objective.hessianProduct(at: point.x, along: d).masked(by: free)
            let bend = d.dot(hd)
            guard bend > 1e-14 * d.dot(d) else { return z.contains { $0 != 0 } ? z : d }
            let square = r.dot(r), alpha = square / bend
            z = z.adding(d, times: alpha)
            r = r.adding(hd, times: alpha)
            if r.norm < tolerance { break }
            d = d.scaled(by: r.dot(r) / square).subtracting(r)
        }
        return z
    }

    func learn(step: [Double], gradientChange: [Double], free: [Bool]?) {}
    func forget() {}
}
