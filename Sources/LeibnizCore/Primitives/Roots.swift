import LeibnizKernels

/// √x of each element, NaN below 0. Derivative 1/(2√x), infinite at 0.
public func sqrt(_ x: Tensor) -> Tensor { SquareRoot.apply(x) }

struct SquareRoot: UnaryPointwise {
    static let name = "sqrt"
    static func lowered(_ x: Scalar) -> Scalar { x.apply(.sqrt) }
    static func derivative(at x: Tensor, value y: Tensor) -> Tensor? { 0.5 / y }
    /// From y² = x: y_k = (x_k − Σ_{0 < i < k} y_i·y_{k−i}) / 2y₀.
    func coefficient(_ k: Int, _ series: SeriesOperands) -> Tensor? {
        let rest = series.product(nil, nil, k, from: 1, through: k - 1)
        return Tensor.sum(series.x(0, k), rest.map { -$0 }).map { $0 * (0.5 / Tensor(series.result)) }
    }
    static func latex(_ x: String) -> String { "\\sqrt{\(x)}" }
}

/// 1/√x of each element. Derivative −1/(2x√x).
public func rsqrt(_ x: Tensor) -> Tensor { ReciprocalSquareRoot.apply(x) }

struct ReciprocalSquareRoot: UnaryPointwise {
    static let name = "rsqrt"
    static func lowered(_ x: Scalar) -> Scalar { x.apply(.rsqrt) }
    static func derivative(at x: Tensor, value y: Tensor) -> Tensor? { -0.5 * y / x }
    static func latex(_ x: String) -> String { "\\frac{1}{\\sqrt{\(x)}}" }
}
