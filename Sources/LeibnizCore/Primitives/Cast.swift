import LeibnizKernels

extension Tensor {
    /// The same numbers in another element type.
    ///
    /// Float to integer goes towards zero and saturates, NaN becomes 0; to `uint8` integers wrap; to `bool` is ≠ 0.
    /// Linear between floating-point types; other conversions have no derivative.
    public func cast(to type: ElementType) -> Tensor {
        if isInvalid || type == elementType && !node.isWeak { return self }
        if let fill = node.primitive as? Fill {
            return Tensor(Fill(number: fill.number, type: TensorType(node.type.shape, type)), [])
        }
        return type == elementType ? self : Tensor(Cast(to: type), [self])
    }
}

struct Cast: LinearPrimitive, PointwisePrimitive {
    let to: ElementType
    var name: String { "cast" }
    func elementType(of operands: [ElementType]) throws(TensorError) -> ElementType { to }
    func lowered(_ operands: [Scalar]) -> Scalar { operands[0].converted(to: to) }
    func partial(_ operand: Int, operands: [Tensor], result: Tensor) -> Tensor? { nil }

    func adjoint(_ operand: Int, of cotangent: Tensor, operands: [Tensor]) -> Tensor {
        cotangent.cast(to: operands[0].elementType)
    }
    func pushforward(_ tangents: [Tensor?], operands: [Tensor], result: Tensor) -> Tensor? {
        to.isFloatingPoint ? tangents[0]?.cast(to: to) : nil
    }
    func pullback(_ cotangent: Tensor, operands: [Tensor], result: Tensor, wanted: [Bool]) -> [Tensor?] {
        let isLinear = to.isFloatingPoint && operands[0].elementType.isFloatingPoint
        return [isLinear && wanted[0] ? adjoint(0, of: cotangent, operands: operands) : nil]
    }
    func coefficient(_ k: Int, _ series: SeriesOperands) -> Tensor? { series.fromPushforward(k) }
    func latex(_ operands: [String]) -> String { operands[0] }
}
