import LeibnizKernels

/// The greater of two tensors, element by element; NaN where either is NaN. At a tie each operand gets half of the derivative.
public func maximum(_ a: Tensor, _ b: Tensor) -> Tensor { Maximum.apply(a, b) }

/// The lesser of two tensors, element by element; NaN where either is NaN. At a tie each operand gets half of the derivative.
public func minimum(_ a: Tensor, _ b: Tensor) -> Tensor { Minimum.apply(a, b) }

struct Maximum: BinaryPointwise {
    static let name = "maximum"
    static func lowered(_ a: Scalar, _ b: Scalar) -> Scalar { a.apply(.max, b) }
    static func partial(_ operand: Int, _ a: Tensor, _ b: Tensor, value y: Tensor) -> Tensor? {
        share(operand == 0 ? a : b, over: operand == 0 ? b : a)
    }
    func coefficient(_ k: Int, _ series: SeriesOperands) -> Tensor? { series.fromPushforward(k) }
    static func latex(_ a: String, _ b: String) -> String { "\\max\\left(\(a), \(b)\\right)" }
}

struct Minimum: BinaryPointwise {
    static let name = "minimum"
    static func lowered(_ a: Scalar, _ b: Scalar) -> Scalar { a.apply(.min, b) }
    static func partial(_ operand: Int, _ a: Tensor, _ b: Tensor, value y: Tensor) -> Tensor? {
        share(operand == 0 ? b : a, over: operand == 0 ? a : b)
    }
    func coefficient(_ k: Int, _ series: SeriesOperands) -> Tensor? { series.fromPushforward(k) }
    static func latex(_ a: String, _ b: String) -> String { "\\min\\left(\(a), \(b)\\right)" }
}

/// 1 where `winner` exceeds `other`, ½ at ties, else 0.
private func share(_ winner: Tensor, over other: Tensor) -> Tensor {
    which(winner > other, winner.filled(1), which(winner == other, winner.filled(0.5), winner.filled(0)))
}

/// Each element moved into low…high. Derivative 1 inside, on the bounds too, and 0 outside.
public func clamp(_ x: Tensor, _ low: Double, _ high: Double) -> Tensor { Tensor(Clamp(low: low, high: high), [x]) }

struct Clamp: PointwisePrimitive {
    let low: Double
    let high: Double
    var name: String { "clamp" }
    func elementType(of operands: [ElementType]) throws(TensorError) -> ElementType { operands[0] }
    func lowered(_ operands: [Scalar]) -> Scalar {
        let x = operands[0]
        return x.apply(.max, x.constant(low)).apply(.min, x.constant(high))
    }
    func partial(_ operand: Int, operands: [Tensor], result: Tensor) -> Tensor? {
        let x = operands[0]
        return (x >= Tensor(weak: low)).and(x <= Tensor(weak: high)).cast(to: x.elementType)
    }
    func coefficient(_ k: Int, _ series: SeriesOperands) -> Tensor? { series.fromPushforward(k) }
    func latex(_ operands: [String]) -> String {
        "\\min\\left(\\max\\left(\(operands[0]), \(low)\\right), \(high)\\right)"
    }
}
/// max(x, 0) of each element. Derivative 0 at 0, as in PyTorch.
public func relu(_ x: Tensor) -> Tensor { Relu.apply(x) }

struct Relu: UnaryPointwise {
    static let name = "relu"
    static let keepsIntegers = true
    static func lowered(_ x: Scalar) -> Scalar { x.apply(.max, x.constant(0)) }
    // By the value, not the operand: then the operand need not be kept.
    static func derivative(at x: Tensor, value y: Tensor) -> Tensor? { (y > 0).cast(to: y.elementType) }
    func coefficient(_ k: Int, _ series: SeriesOperands) -> Tensor? { series.fromPushforward(k) }
    static func latex(_ x: String) -> String { "\\max\\left(\(x), 0\\right)" }
}
