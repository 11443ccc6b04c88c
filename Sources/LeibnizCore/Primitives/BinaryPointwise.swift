import LeibnizKernels

/// A pointwise function of two tensors of one element type.
protocol BinaryPointwise: PointwisePrimitive {
    init()
    static var name: String { get }
    /// Whether the function is of real numbers: integers are then converted first.
    static var isReal: Bool { get }
    static func lowered(_ a: Scalar, _ b: Scalar) -> Scalar
    /// ∂f/∂a and ∂f/∂b; `nil` where zero almost everywhere.
    static func partial(_ operand: Int, _ a: Tensor, _ b: Tensor, value y: Tensor) -> Tensor?
    static func latex(_ a: String, _ b: String) -> String
}

extension BinaryPointwise {
    static var isReal: Bool { false }

    var name: String { Self.name }
    func elementType(of operands: [ElementType]) throws(TensorError) -> ElementType { operands[0] }
    func lowered(_ operands: [Scalar]) -> Scalar { Self.lowered(operands[0], operands[1]) }
    func partial(_ operand: Int, operands: [Tensor], result: Tensor) -> Tensor? {
        Self.partial(operand, operands[0], operands[1], value: result)
    }
    func latex(_ operands: [String]) -> String { Self.latex(operands[0], operands[1]) }

    static func apply(_ a: Tensor, _ b: Tensor) -> Tensor {
        Tensor.unified(name, [a, b], real: isReal) { Tensor(Self(), $0, isWeak: a.node.isWeak && b.node.isWeak) }
    }
}

extension Tensor {
    /// Brings operands to one shape and one element type, then applies `body`.
    static func unified(
        _ name: String, _ operands: [Tensor], real: Bool = false, _ body: ([Tensor]) -> Tensor
    ) -> Tensor {
        if let invalid = operands.first(where: \.isInvalid) { return invalid }
        var (shape, type, isWeak) = (operands[0].type.shape, operands[0].elementType, operands[0].node.isWeak)
        for operand in operands.dropFirst() {
            guard let common = shape.broadcast(with: operand.type.shape) else {
                let error = TensorError.unbroadcastable(name, operands.map(\.type.shape), shape, operand.type.shape)
                return Tensor(invalid: error.located(among: operands))
            }
            shape = common
            type = Promotion.common(type, weak: isWeak, operand.elementType, weak: operand.node.isWeak)
            isWeak = isWeak && operand.node.isWeak
        }
        if real { type = Promotion.real(type) }
        return body(operands.map { $0.cast(to: type).broadcast(to: shape) })
    }
}
