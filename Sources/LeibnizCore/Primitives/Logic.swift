import LeibnizKernels

extension Tensor {
    /// And: logical for `bool`, bit by bit for integers.
    public func and(_ other: Tensor) -> Tensor { Bitwise.apply(.and, self, other) }
    /// Or: logical for `bool`, bit by bit for integers.
    public func or(_ other: Tensor) -> Tensor { Bitwise.apply(.or, self, other) }
    /// Exclusive or: logical for `bool`, bit by bit for integers.
    public func xor(_ other: Tensor) -> Tensor { Bitwise.apply(.xor, self, other) }
    /// And: logical for `bool`, bit by bit for integers.
    public static func & (a: Tensor, b: Tensor) -> Tensor { a.and(b) }
    /// Or: logical for `bool`, bit by bit for integers.
    public static func | (a: Tensor, b: Tensor) -> Tensor { a.or(b) }
    /// Exclusive or: logical for `bool`, bit by bit for integers.
    public static func ^ (a: Tensor, b: Tensor) -> Tensor { a.xor(b) }
    // Disfavoured, or `1 << 3` would be a tensor.
    /// Integers shifted left; a count outside the type's bits gives 0.
    @_disfavoredOverload public static func << (a: Tensor, b: Tensor) -> Tensor { Bitwise.apply(.shiftLeft, a, b) }
    /// Integers shifted right, keeping the sign.
    @_disfavoredOverload public static func >> (a: Tensor, b: Tensor) -> Tensor { Bitwise.apply(.shiftRight, a, b) }
}

struct Bitwise: PointwisePrimitive {
    let operation: BinaryOperation
    var name: String { operation.rawValue }

    static func apply(_ operation: BinaryOperation, _ a: Tensor, _ b: Tensor) -> Tensor {
        Tensor.unified(operation.rawValue, [a, b]) { Tensor(Bitwise(operation: operation), $0) }
    }

    func elementType(of operands: [ElementType]) throws(TensorError) -> ElementType {
        let isShift = operation == .shiftLeft || operation == .shiftRight
        guard operands[0].isInteger || operands[0] == .bool && !isShift else {
            throw TensorError(
                name, [], "\(operands[0]) has no bits to combine", kind: .elementType,
                hint: "compare first, or cast to an integer type")
        }
        return operands[0]
    }
    func lowered(_ operands: [Scalar]) -> Scalar { operands[0].apply(operation, operands[1]) }
    func partial(_ operand: Int, operands: [Tensor], result: Tensor) -> Tensor? { nil }
    func latex(_ operands: [String]) -> String {
        let sign =
            switch operation {
            case .and: "\\land"
            case .or: "\\lor"
            case .xor: "\\oplus"
            case .shiftLeft: "\\ll"
            case .shiftRight: "\\gg"
            default: "\\mathbin{\\mathrm{\(name)}}"
            }
        return "\\left(\(operands[0]) \(sign) \(operands[1])\\right)"
    }
}
