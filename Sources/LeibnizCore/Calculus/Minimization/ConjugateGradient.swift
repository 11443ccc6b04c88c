/// Nonlinear conjugate gradients: d ← −∇f + β·d with β = max(0, ∇fₖ₊₁·(∇fₖ₊₁ − ∇fₖ) / ‖∇fₖ‖²) (Polak and Ribière; Nocedal &
/// Wright, eq. 5.44–5.45). It begins anew where successive gradients are far from orthogonal (eq. 5.52) or another bound is met.
struct ConjugateDirection: SearchDirection {
    let curvature = 0.1
    let isScaled = false
    private var last: (direction: [Double], gradient: [Double], free: [Bool]?)?

    mutating func direction(at point: Location, free: [Bool]?) -> [Double] {
        let gradient = point.gradient.masked(by: free)
        var direction = gradient.scaled(by: -1)
        if let last, last.free == free {
            let (square, overlap) = (gradient.dot(gradient), gradient.dot(last.gradient))
            if abs(overlap) < 0.5 * square {
                let beta = max(0, (square - overlap) / last.gradient.dot(last.gradient))
                let conjugate = direction.adding(last.direction, times: beta)
                if conjugate.dot(gradient) < 0 { direction = conjugate }
            }
        }
        last = (direction, gradient, free)
        return direction
    }

    func learn(step: [Double], gradientChange: [Double], free: [Bool]?) {}
    mutating func forget() { last = nil }
}
