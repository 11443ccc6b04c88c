import LeibnizKernels

/// Whether each element is not a number.
public func isNaN(_ x: Tensor) -> Tensor { IsNaN.apply(x) }

struct IsNaN: UnaryPointwise {
    static let name = "isNaN"
    static let resultType: ElementType? = .bool
    static func lowered(_ x: Scalar) -> Scalar { x.apply(.isNaN, .bool) }
    static func derivative(at x: Tensor, value y: Tensor) -> Tensor? { nil }
    static func latex(_ x: String) -> String { "\\left[\(x) \\neq \(x)\\right]" }
}

/// Whether each element is neither infinite nor NaN.
public func isFinite(_ x: Tensor) -> Tensor { IsFinite.apply(x) }

struct IsFinite: UnaryPointwise {
    static let name = "isFinite"
    static let resultType: ElementType? = .bool
    static func lowered(_ x: Scalar) -> Scalar { x.apply(.isFinite, .bool) }
    static func derivative(at x: Tensor, value y: Tensor) -> Tensor? { nil }
    static func latex(_ x: String) -> String { "\\left[\\left|\(x)\\right| < \\infty\\right]" }
}

/// Not: logical for `bool`, bit by bit for integers.
public prefix func ~ (x: Tensor) -> Tensor { Not.apply(x) }

struct Not: UnaryPointwise {
    static let name = "not"
    static let keepsIntegers = true
    static func lowered(_ x: Scalar) -> Scalar { x.apply(.not) }
    func elementType(of operands: [ElementType]) throws(TensorError) -> ElementType {
        guard !operands[0].isFloatingPoint else {
            throw TensorError(name, [], "bits of \(operands[0]) have no complement", kind: .elementType)
        }
        return operands[0]
    }
    static func derivative(at x: Tensor, value y: Tensor) -> Tensor? { nil }
    static func latex(_ x: String) -> String { "\\lnot \(x)" }
}
