import LeibnizKernels

/// The hyperbolic sine of each element, (eˣ − e⁻ˣ)/2. Derivative cosh x.
public func sinh(_ x: Tensor) -> Tensor { HyperbolicSine.apply(x) }

struct HyperbolicSine: UnaryPointwise {
    static let name = "sinh"
    static func lowered(_ x: Scalar) -> Scalar { x.apply(.sinh) }
    static func derivative(at x: Tensor, value y: Tensor) -> Tensor? { cosh(x) }
    static func latex(_ x: String) -> String { "\\sinh \\left(\(x)\\right)" }
}

/// The hyperbolic cosine of each element, (eˣ + e⁻ˣ)/2. Derivative sinh x.
public func cosh(_ x: Tensor) -> Tensor { HyperbolicCosine.apply(x) }

struct HyperbolicCosine: UnaryPointwise {
    static let name = "cosh"
    static func lowered(_ x: Scalar) -> Scalar { x.apply(.cosh) }
    static func derivative(at x: Tensor, value y: Tensor) -> Tensor? { sinh(x) }
    static func latex(_ x: String) -> String { "\\cosh \\left(\(x)\\right)" }
}

/// The hyperbolic tangent of each element, (eˣ − e⁻ˣ)/(eˣ + e⁻ˣ). Derivative 1 − tanh² x.
public func tanh(_ x: Tensor) -> Tensor { HyperbolicTangent.apply(x) }

struct HyperbolicTangent: UnaryPointwise {
    static let name = "tanh"
    static func lowered(_ x: Scalar) -> Scalar { x.apply(.tanh) }
    static func derivative(at x: Tensor, value y: Tensor) -> Tensor? { 1 - y * y }
    static func latex(_ x: String) -> String { "\\tanh \\left(\(x)\\right)" }
}
