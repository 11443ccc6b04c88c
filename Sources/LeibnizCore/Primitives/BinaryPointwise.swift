import LeibnizKernels

/// A pointwise function of two tensors of one element type.
protocol BinaryPointwise: PointwisePrimitive {
    init()
    static var name: String { get }
    /// Whether the function is of real numbers: integers are then converted first.
    static var isReal: Bool { get }
    static func lowered(_ a: Scalar, _ b: Scalar) -> Scalar
    /// The value of two numbers that have no type yet, for functions by which such numbers are written: `4.0 / 3`.
    static func folded(_ a: Double, _ b: Double) -> Double?
    /// ∂f/∂a and ∂f/∂b; `nil` where zero almost everywhere.
    static func partial(_ operand: Int, _ a: Tensor, _ b: Tensor, value y: Tensor) -> Tensor?
    static func latex(_ a: String, _ b: String) -> String
}

extension BinaryPointwise {
    static var isReal: Bool { false }
    static func folded(_ a: Double, _ b: Double) -> Double? { nil }

    var name: String { Self.name }
    func elementType(of operands: [ElementType]) throws(TensorError) -> ElementType { operands[0] }
    func lowered(_ operands: [Scalar]) -> Scalar { Self.lowered(operands[0], operands[1]) }
    func partial(_ operand: Int, operands: [Tensor], result: Tensor) -> Tensor? {
        Self.partial(operand, operands[0], operands[1], value: result)
    }
    func latex(_ operands: [String]) -> String { Self.latex(operands[0], operands[1]) }

    static func apply(_ a: Tensor, _ b: Tensor) -> Tensor {
        // Two literals: what they are together is not rounded before it meets a tensor whose type it takes.
        if a.node.isWeak, b.node.isWeak, a.type.shape == b.type.shape, let x = a.uniformNumber, let y = b.uniformNumber,
            let number = folded(x, y)
        {
            let common = Promotion.common(a.elementType, weak: true, b.elementType, weak: true)
            let type = isReal ? Promotion.real(common) : common
            if type.isFloatingPoint || Int32(exactly: number) != nil {
                return Tensor(Fill(number: number, type: TensorType(a.type.shape, type)), [], isWeak: true)
            }
        }
        return Tensor.unified(name, [a, b], real: isReal) { Tensor(Self(), $0, isWeak: a.node.isWeak && b.node.isWeak) }
    }
}

extension Tensor {
    /// Brings operands to one shape and one element type, then applies `body`.
    static func unified(
        _ name: String, _ operands: [Tensor], real: Bool = false, _ body: ([Tensor]) -> Tensor
    ) -> Tensor {
        if let invalid = operands.first(where: \.isInvalid) { return invalid }
        let first = operands[0].type
        let isWanted = !real || first.elementType.isFloatingPoint
        if isWanted, operands.allSatisfy({ $0.type == first }) { return body(operands) }
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
