import LeibnizKernels

struct Negate: UnaryPointwise {
    static let name = "negate"
    static let keepsIntegers = true
    static func lowered(_ x: Scalar) -> Scalar { x.apply(.negate) }
    static func derivative(at x: Tensor, value y: Tensor) -> Tensor? { x.filled(-1) }
    func coefficient(_ k: Int, _ series: SeriesOperands) -> Tensor? { series.fromPushforward(k) }
    static func latex(_ x: String) -> String { "-\(x)" }
}

/// The absolute value of each element. Derivative sign x, which is 0 at 0.
public func abs(_ x: Tensor) -> Tensor { AbsoluteValue.apply(x) }

struct AbsoluteValue: UnaryPointwise {
    static let name = "abs"
    static let keepsIntegers = true
    static func lowered(_ x: Scalar) -> Scalar { x.apply(.abs) }
    static func derivative(at x: Tensor, value y: Tensor) -> Tensor? { sign(x) }
    func coefficient(_ k: Int, _ series: SeriesOperands) -> Tensor? { series.fromPushforward(k) }
    static func latex(_ x: String) -> String { "\\left|\(x)\\right|" }
}

/// −1, 0 or 1 as each element is negative, zero or positive; NaN stays NaN. Derivative 0.
public func sign(_ x: Tensor) -> Tensor { Sign.apply(x) }

struct Sign: UnaryPointwise {
    static let name = "sign"
    static let keepsIntegers = true
    static func lowered(_ x: Scalar) -> Scalar { x.apply(.sign) }
    static func derivative(at x: Tensor, value y: Tensor) -> Tensor? { nil }
    static func latex(_ x: String) -> String { "\\operatorname{sgn}\\left(\(x)\\right)" }
}
