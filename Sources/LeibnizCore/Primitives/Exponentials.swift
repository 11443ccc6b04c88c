import LeibnizKernels

/// eˣ of each element. d eˣ/dx = eˣ.
public func exp(_ x: Tensor) -> Tensor { Exponential.apply(x) }

struct Exponential: UnaryPointwise {
    static let name = "exp"
    static func lowered(_ x: Scalar) -> Scalar { x.apply(.exp) }
    static func derivative(at x: Tensor, value y: Tensor) -> Tensor? { y }
    static func latex(_ x: String) -> String { "e^{\(x)}" }
}

/// eˣ − 1 of each element, without cancellation near 0. Derivative eˣ.
public func expm1(_ x: Tensor) -> Tensor { ExponentialMinusOne.apply(x) }

struct ExponentialMinusOne: UnaryPointwise {
    static let name = "expm1"
    static func lowered(_ x: Scalar) -> Scalar { x.apply(.expm1) }
    static func derivative(at x: Tensor, value y: Tensor) -> Tensor? { y + 1 }
    static func latex(_ x: String) -> String { "\\left(e^{\(x)} - 1\\right)" }
}

/// The natural logarithm of each element: −∞ at 0, NaN below. Derivative 1/x.
public func log(_ x: Tensor) -> Tensor { Logarithm.apply(x) }

struct Logarithm: UnaryPointwise {
    static let name = "log"
    static func lowered(_ x: Scalar) -> Scalar { x.apply(.log) }
    static func derivative(at x: Tensor, value y: Tensor) -> Tensor? { 1 / x }
    static func latex(_ x: String) -> String { "\\ln \\left(\(x)\\right)" }
}

/// log(1 + x) of each element, without cancellation near 0. Derivative 1/(1 + x).
public func log1p(_ x: Tensor) -> Tensor { LogarithmOnePlus.apply(x) }

struct LogarithmOnePlus: UnaryPointwise {
    static let name = "log1p"
    static func lowered(_ x: Scalar) -> Scalar { x.apply(.log1p) }
    static func derivative(at x: Tensor, value y: Tensor) -> Tensor? { 1 / (x + 1) }
    static func latex(_ x: String) -> String { "\\ln \\left(1 + \(x)\\right)" }
}

/// 1/(1 + e⁻ˣ) of each element. Derivative σ(1 − σ).
public func sigmoid(_ x: Tensor) -> Tensor { Sigmoid.apply(x) }

struct Sigmoid: UnaryPointwise {
    static let name = "sigmoid"
    static func lowered(_ x: Scalar) -> Scalar { x.apply(.sigmoid) }
    static func derivative(at x: Tensor, value y: Tensor) -> Tensor? { y * (1 - y) }
    static func latex(_ x: String) -> String { "\\sigma\\left(\(x)\\right)" }
}

/// log(1 + eˣ) of each element, without overflow: max(x, 0) + log1p(e^(−|x|)). Derivative σ(x).
public func softplus(_ x: Tensor) -> Tensor { Softplus.apply(x) }

struct Softplus: UnaryPointwise {
    static let name = "softplus"
    static func lowered(_ x: Scalar) -> Scalar {
        x.apply(.max, x.constant(0)) + (-x.apply(.abs)).apply(.exp).apply(.log1p)
    }
    static func derivative(at x: Tensor, value y: Tensor) -> Tensor? { sigmoid(x) }
    static func latex(_ x: String) -> String { "\\ln \\left(1 + e^{\(x)}\\right)" }
}
