import LeibnizKernels

extension Tensor {
    /// Whether elements are equal.
    public static func == (a: Tensor, b: Tensor) -> Tensor { Tensor.compare(.equal, a, b) }
    /// Whether elements differ; true where either is NaN.
    public static func != (a: Tensor, b: Tensor) -> Tensor { Tensor.compare(.notEqual, a, b) }
    /// Whether each element of the first is less.
    public static func < (a: Tensor, b: Tensor) -> Tensor { Tensor.compare(.less, a, b) }
    /// Whether each element of the first is less or equal.
    public static func <= (a: Tensor, b: Tensor) -> Tensor { Tensor.compare(.lessOrEqual, a, b) }
    /// Whether each element of the first is greater.
    public static func > (a: Tensor, b: Tensor) -> Tensor { Tensor.compare(.greater, a, b) }
    /// Whether each element of the first is greater or equal.
    public static func >= (a: Tensor, b: Tensor) -> Tensor { Tensor.compare(.greaterOrEqual, a, b) }

    private static func compare(_ comparison: Comparison, _ a: Tensor, _ b: Tensor) -> Tensor {
        Tensor.unified(comparison.rawValue, [a, b]) { Tensor(Compare(comparison: comparison), $0) }
    }
}

struct Compare: PointwisePrimitive {
    let comparison: Comparison
    var name: String { comparison.rawValue }
    func elementType(of operands: [ElementType]) throws(TensorError) -> ElementType { .bool }
    func lowered(_ operands: [Scalar]) -> Scalar { operands[0].compare(comparison, operands[1]) }
    func partial(_ operand: Int, operands: [Tensor], result: Tensor) -> Tensor? { nil }
    func latex(_ operands: [String]) -> String {
        let sign =
            switch comparison {
            case .equal: "="
            case .notEqual: "\\neq"
            case .less: "<"
            case .lessOrEqual: "\\leq"
            case .greater: ">"
            case .greaterOrEqual: "\\geq"
            }
        return "\\left[\(operands[0]) \(sign) \(operands[1])\\right]"
    }
}
