import LeibnizKernels

/// The greatest integer not above each element. Derivative 0.
public func floor(_ x: Tensor) -> Tensor { Floor.apply(x) }

struct Floor: UnaryPointwise {
    static let name = "floor"
    static func lowered(_ x: Scalar) -> Scalar { x.apply(.floor) }
    static func derivative(at x: Tensor, value y: Tensor) -> Tensor? { nil }
    static func latex(_ x: String) -> String { "\\lfloor \(x) \\rfloor" }
}

/// The least integer not below each element. Derivative 0.
public func ceil(_ x: Tensor) -> Tensor { Ceiling.apply(x) }

struct Ceiling: UnaryPointwise {
    static let name = "ceil"
    static func lowered(_ x: Scalar) -> Scalar { x.apply(.ceil) }
    static func derivative(at x: Tensor, value y: Tensor) -> Tensor? { nil }
    static func latex(_ x: String) -> String { "\\lceil \(x) \\rceil" }
}

/// The integer nearest to each element, halves to even. Derivative 0.
public func round(_ x: Tensor) -> Tensor { Round.apply(x) }

struct Round: UnaryPointwise {
    static let name = "round"
    static func lowered(_ x: Scalar) -> Scalar { x.apply(.round) }
    static func derivative(at x: Tensor, value y: Tensor) -> Tensor? { nil }
    static func latex(_ x: String) -> String { "\\lfloor \(x) \\rceil" }
}
