import LeibnizKernels

/// A pointwise function of one tensor. A conforming type is empty: all it says is static.
protocol UnaryPointwise: PointwisePrimitive {
    init()
    static var name: String { get }
    /// Whether integers stay integers; otherwise they are converted to float32 first.
    static var keepsIntegers: Bool { get }
    /// The result's element type, where it is not the operand's.
    static var resultType: ElementType? { get }
    static func lowered(_ x: Scalar) -> Scalar
    /// f′(x), which may use the value y = f(x); `nil` where it is zero almost everywhere.
    static func derivative(at x: Tensor, value y: Tensor) -> Tensor?
    static func latex(_ x: String) -> String
}

extension UnaryPointwise {
    static var keepsIntegers: Bool { false }
    static var resultType: ElementType? { nil }

    var name: String { Self.name }
    func elementType(of operands: [ElementType]) throws(TensorError) -> ElementType { Self.resultType ?? operands[0] }
    func lowered(_ operands: [Scalar]) -> Scalar { Self.lowered(operands[0]) }
    func partial(_ operand: Int, operands: [Tensor], result: Tensor) -> Tensor? {
        Self.derivative(at: operands[0], value: result)
    }
    func latex(_ operands: [String]) -> String { Self.latex(operands[0]) }

    static func apply(_ x: Tensor) -> Tensor {
        Tensor(Self(), [keepsIntegers ? x : x.cast(to: Promotion.real(x.elementType))], isWeak: x.node.isWeak)
    }
}
