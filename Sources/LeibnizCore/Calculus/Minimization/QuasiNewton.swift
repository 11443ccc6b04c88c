/// BFGS with a dense approximation H of the inverse Hessian: d = −H·∇f, and after a step s with a change y of the gradient
///
/// H ← (I − ρ·s·yᵀ)·H·(I − ρ·y·sᵀ) + ρ·s·sᵀ,  ρ = 1/(y·s)
///
/// (Nocedal & Wright, eq. 6.17). Elements at a bound stand still: rows and columns of theirs are left out.
struct BFGSDirection: SearchDirection {
    let curvature = 0.9
    var isScaled: Bool { inverse != nil }
    /// H, row-major; `nil` before the first step.
    private var inverse: [Double]?

    func direction(at point: Location, free: [Bool]?) -> [Double] {
        let gradient = point.gradient.masked(by: free)
        guard let inverse else { return gradient.scaled(by: -1) }
        return Self.product(inverse, gradient).scaled(by: -1).masked(by: free)
    }

    mutating func learn(step s: [Double], gradientChange: [Double], free: [Bool]?) {
        let y = gradientChange.masked(by: free), n = s.count
        let curvature = y.dot(s)
        guard curvature > 1e-14 * y.norm * s.norm, curvature.isFinite else { return }
        var h = inverse ?? Self.diagonal(curvature / y.dot(y), n)
        let rho = 1 / curvature
        let hy = Self.product(h, y)
        let factor = rho * (1 + rho * y.dot(hy))
        for row in 0..<n {
            for column in 0..<n {
                h[row * n + column] += factor * s[row] * s[column] - rho * (hy[row] * s[column] + s[row] * hy[column])
            }
        }
        inverse = h.isFinite ? h : nil
    }

    mutating func forget() { inverse = nil }

    private static func diagonal(_ value: Double, _ n: Int) -> [Double] {
        var matrix = [Double](repeating: 0, count: n * n)
        for place in 0..<n { matrix[place * n + place] = value }
        return matrix
    }

    private static func product(_ matrix: [Double], _ vector: [Double]) -> [Double] {
        let n = vector.count
        return (0..<n).map { row in
            var sum = 0.0
            for column in 0..<n { sum += matrix[row * n + column] * vector[column] }
            return sum
        }
    }
}

/// L-BFGS: the product H·∇f by two loops over the last steps, without a matrix (Nocedal & Wright, alg. 7.4 and 7.5).
struct LimitedBFGSDirection: SearchDirection {
    let curvature = 0.9
    var isScaled: Bool { !pairs.isEmpty }
    let memory: Int
    var pairs: [(s: [Double], y: [Double])] = []

    init(memory: Int) { self.memory = memory }

    func direction(at point: Location, free: [Bool]?) -> [Double] {
        var q = point.gradient.masked(by: free)
        let known = pairs.map { (s: $0.s.masked(by: free), y: $0.y.masked(by: free)) }.filter {
            Self.isCurved($0.s, $0.y)
        }
        var alphas: [Double] = []
        for (s, y) in known.reversed() {
            let alpha = s.dot(q) / y.dot(s)
            alphas.append(alpha)
            q = q.adding(y, times: -alpha)
        }
        if let (s, y) = known.last { q = q.scaled(by: s.dot(y) / y.dot(y)) }
        for ((s, y), alpha) in zip(known, alphas.reversed()) {
            q = q.adding(s, times: alpha - y.dot(q) / y.dot(s))
        }
        return q.scaled(by: -1).masked(by: free)
    }

    mutating func learn(step: [Double], gradientChange: [Double], free: [Bool]?) {
        guard Self.isCurved(step, gradientChange.masked(by: free)) else { return }
        if pairs.count == memory { pairs.removeFirst() }
        pairs.append((step, gradientChange))
    }

    mutating func forget() { pairs = [] }

    private static func isCurved(_ s: [Double], _ y: [Double]) -> Bool {
        let curvature = s.dot(y)
        return curvature > 1e-14 * y.norm * s.norm && curvature.isFinite
    }
}
