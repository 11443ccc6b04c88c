import LeibnizKernels

/// The sine of each element, in radians. Derivative cos x.
public func sin(_ x: Tensor) -> Tensor { Sine.apply(x) }

struct Sine: UnaryPointwise {
    static let name = "sin"
    static func lowered(_ x: Scalar) -> Scalar { x.apply(.sin) }
    static func derivative(at x: Tensor, value y: Tensor) -> Tensor? { cos(x) }
    static func latex(_ x: String) -> String { "\\sin \\left(\(x)\\right)" }
}

/// The cosine of each element, in radians. Derivative −sin x.
public func cos(_ x: Tensor) -> Tensor { Cosine.apply(x) }

struct Cosine: UnaryPointwise {
    static let name = "cos"
    static func lowered(_ x: Scalar) -> Scalar { x.apply(.cos) }
    static func derivative(at x: Tensor, value y: Tensor) -> Tensor? { -sin(x) }
    static func latex(_ x: String) -> String { "\\cos \\left(\(x)\\right)" }
}

/// The tangent of each element, in radians. Derivative 1 + tan² x.
public func tan(_ x: Tensor) -> Tensor { Tangent.apply(x) }

struct Tangent: UnaryPointwise {
    static let name = "tan"
    static func lowered(_ x: Scalar) -> Scalar { x.apply(.tan) }
    static func derivative(at x: Tensor, value y: Tensor) -> Tensor? { 1 + y * y }
    static func latex(_ x: String) -> String { "\\tan \\left(\(x)\\right)" }
}

/// The angle in [−π/2, π/2] whose sine each element is. Derivative 1/√(1 − x²).
public func asin(_ x: Tensor) -> Tensor { ArcSine.apply(x) }

struct ArcSine: UnaryPointwise {
    static let name = "asin"
    static func lowered(_ x: Scalar) -> Scalar { x.apply(.asin) }
    static func derivative(at x: Tensor, value y: Tensor) -> Tensor? { rsqrt((1 - x) * (1 + x)) }
    static func latex(_ x: String) -> String { "\\arcsin \\left(\(x)\\right)" }
}

/// The angle in [0, π] whose cosine each element is. Derivative −1/√(1 − x²).
public func acos(_ x: Tensor) -> Tensor { ArcCosine.apply(x) }

struct ArcCosine: UnaryPointwise {
    static let name = "acos"
    static func lowered(_ x: Scalar) -> Scalar { x.apply(.acos) }
    static func derivative(at x: Tensor, value y: Tensor) -> Tensor? { -rsqrt((1 - x) * (1 + x)) }
    static func latex(_ x: String) -> String { "\\arccos \\left(\(x)\\right)" }
}

/// The angle in (−π/2, π/2) whose tangent each element is. Derivative 1/(1 + x²).
public func atan(_ x: Tensor) -> Tensor { ArcTangent.apply(x) }

struct ArcTangent: UnaryPointwise {
    static let name = "atan"
    static func lowered(_ x: Scalar) -> Scalar { x.apply(.atan) }
    static func derivative(at x: Tensor, value y: Tensor) -> Tensor? { 1 / (1 + x * x) }
    static func latex(_ x: String) -> String { "\\arctan \\left(\(x)\\right)" }
}
