import LeibnizKernels

/// The error function of each element, 2/√π ∫₀ˣ e^(−t²) dt. Derivative 2/√π·e^(−x²).
public func erf(_ x: Tensor) -> Tensor { ErrorFunction.apply(x) }

struct ErrorFunction: UnaryPointwise {
    static let name = "erf"
    static func lowered(_ x: Scalar) -> Scalar { x.apply(.erf) }
    static func derivative(at x: Tensor, value y: Tensor) -> Tensor? { 1.1283791670955126 * exp(-x * x) }
    static func latex(_ x: String) -> String { "\\operatorname{erf}\\left(\(x)\\right)" }
}

/// log |Γ(x)| of each element. Derivative ψ(x), the digamma function.
public func lgamma(_ x: Tensor) -> Tensor { LogGamma.apply(x) }

struct LogGamma: UnaryPointwise {
    static let name = "lgamma"
    static func lowered(_ x: Scalar) -> Scalar { x.apply(.lgamma) }
    static func derivative(at x: Tensor, value y: Tensor) -> Tensor? { digamma(x) }
    static func latex(_ x: String) -> String { "\\ln \\left|\\Gamma\\left(\(x)\\right)\\right|" }
}

/// ψ(x) = Γ′(x)/Γ(x) of each element. Its derivative is the trigamma function ψ′.
public func digamma(_ x: Tensor) -> Tensor { Digamma.apply(x) }

struct Digamma: UnaryPointwise {
    static let name = "digamma"
    static func lowered(_ x: Scalar) -> Scalar { x.apply(.digamma) }
    static func derivative(at x: Tensor, value y: Tensor) -> Tensor? { polygamma(1, x) }
    static func latex(_ x: String) -> String { "\\psi\\left(\(x)\\right)" }
}

/// The polygamma function ψ⁽ⁿ⁾ of each element for n ≥ 1: the n-th derivative of the digamma function.
///
/// For x > 0 by recurrence ψ⁽ⁿ⁾(x) = ψ⁽ⁿ⁾(x + 1) − (−1)ⁿ n! x^(−n−1) up to x ≥ 16 and the asymptotic series (Abramowitz & Stegun
/// 6.4.6, 6.4.11). Not defined here for x ≤ 0, where the result is NaN. Orders beyond 8 are refused.
public func polygamma(_ order: Int, _ x: Tensor) -> Tensor {
    guard (1...8).contains(order) else {
        return Tensor(invalid: TensorError("polygamma", [x.shape], "order \(order) is not in 1…8", kind: .value))
    }
    return Tensor(Polygamma(order: order), [x.cast(to: Promotion.real(x.elementType))])
}

struct Polygamma: PointwisePrimitive {
    let order: Int
    var name: String { "polygamma\(order)" }

    func elementType(of operands: [ElementType]) throws(TensorError) -> ElementType { operands[0] }

    func lowered(_ operands: [Scalar]) -> Scalar {
        // In float64 throughout: the recurrence cancels.
        let x = operands[0].converted(to: .float64)
        let sign: Double = order % 2 == 0 ? -1 : 1
        var factorial = 1.0
        for m in 1...order { factorial *= Double(m) }
        func power(_ x: Scalar, _ n: Int) -> Scalar {
            var product = x
            for _ in 1..<n { product = product * x }
            return product
        }
        var sum = x.constant(0)
        for shift in 0..<16 {
            let term: Scalar = x.constant(factorial) / power(x + Double(shift), order + 1)
            sum = sum + term
        }
        let z = x + 16
        var tail: Scalar = x.constant(factorial / Double(order)) / power(z, order)
        tail = tail + x.constant(factorial / 2) / power(z, order + 1)
        // B₂ₖ (2k+n−1)!/(2k)! z^(−2k−n)
        let bernoulli: [Double] = [1.0 / 6, -1.0 / 30, 1.0 / 42, -1.0 / 30, 5.0 / 66, -691.0 / 2730, 7.0 / 6]
        for (place, number) in bernoulli.enumerated() {
            let k = 2 * (place + 1)
            var ratio = 1.0
            for m in (k + 1)..<(k + order) { ratio *= Double(m) }
            let factor: Scalar = x.constant(number * ratio)
            let term: Scalar = factor / power(z, k + order)
            tail = tail + term
        }
        let value = (sum + tail) * sign
        let isPositive = x.compare(.greater, x.constant(0))
        return isPositive.select(value, x.constant(.nan)).converted(to: operands[0].type)
    }

    func partial(_ operand: Int, operands: [Tensor], result: Tensor) -> Tensor? { polygamma(order + 1, operands[0]) }
    func latex(_ operands: [String]) -> String { "\\psi^{(\(order))}\\left(\(operands[0])\\right)" }
}
