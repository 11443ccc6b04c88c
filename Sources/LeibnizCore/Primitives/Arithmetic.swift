import LeibnizKernels

extension Tensor {
    /// The sum of two tensors, element by element after broadcasting.
    public static func + (a: Tensor, b: Tensor) -> Tensor { Add.apply(a, b) }
    /// The difference of two tensors.
    public static func - (a: Tensor, b: Tensor) -> Tensor { Subtract.apply(a, b) }
    /// The product of two tensors, element by element; `matmul` is the matrix product.
    public static func * (a: Tensor, b: Tensor) -> Tensor { Multiply.apply(a, b) }
    /// The quotient of two tensors; of integers it is float32, as in Python 3.
    public static func / (a: Tensor, b: Tensor) -> Tensor { Divide.apply(a, b) }
    /// The remainder a − ⌊a/b⌋·b, which has the sign of the divisor.
    public static func % (a: Tensor, b: Tensor) -> Tensor { Remainder.apply(a, b) }
    /// The negative of each element.
    public static prefix func - (a: Tensor) -> Tensor { Negate.apply(a) }
}

struct Add: BinaryPointwise {
    static let name = "add"
    static func lowered(_ a: Scalar, _ b: Scalar) -> Scalar { a.type == .bool ? a.apply(.or, b) : a + b }
    static func folded(_ a: Double, _ b: Double) -> Double? { a + b }
    static func partial(_ operand: Int, _ a: Tensor, _ b: Tensor, value y: Tensor) -> Tensor? { y.filled(1) }
    func coefficient(_ k: Int, _ series: SeriesOperands) -> Tensor? { series.fromPushforward(k) }
    static func latex(_ a: String, _ b: String) -> String { "\(a) + \(b)" }
}

struct Subtract: BinaryPointwise {
    static let name = "subtract"
    static func lowered(_ a: Scalar, _ b: Scalar) -> Scalar { a.type == .bool ? a.apply(.xor, b) : a - b }
    static func folded(_ a: Double, _ b: Double) -> Double? { a - b }
    static func partial(_ operand: Int, _ a: Tensor, _ b: Tensor, value y: Tensor) -> Tensor? {
        y.filled(operand == 0 ? 1 : -1)
    }
    func coefficient(_ k: Int, _ series: SeriesOperands) -> Tensor? { series.fromPushforward(k) }
    static func latex(_ a: String, _ b: String) -> String { "\(a) - \\left(\(b)\\right)" }
}

struct Multiply: BinaryPointwise {
    static let name = "multiply"
    static func lowered(_ a: Scalar, _ b: Scalar) -> Scalar { a.type == .bool ? a.apply(.and, b) : a * b }
    static func folded(_ a: Double, _ b: Double) -> Double? { a * b }
    static func partial(_ operand: Int, _ a: Tensor, _ b: Tensor, value y: Tensor) -> Tensor? { operand == 0 ? b : a }
    /// y_k = Σ a_i·b_{k−i}.
    func coefficient(_ k: Int, _ series: SeriesOperands) -> Tensor? { series.product(0, 1, k, through: k) }
    static func latex(_ a: String, _ b: String) -> String { "\\left(\(a)\\right) \\cdot \\left(\(b)\\right)" }
}

struct Divide: BinaryPointwise {
    static let name = "divide"
    static let isReal = true
    static func lowered(_ a: Scalar, _ b: Scalar) -> Scalar { a / b }
    static func folded(_ a: Double, _ b: Double) -> Double? { a / b }
    static func partial(_ operand: Int, _ a: Tensor, _ b: Tensor, value y: Tensor) -> Tensor? {
        operand == 0 ? 1 / b : -y / b
    }
    /// From a = y·b: y_k = (a_k − Σ_{i ≥ 1} b_i·y_{k−i}) / b₀.
    func coefficient(_ k: Int, _ series: SeriesOperands) -> Tensor? {
        let rest = series.isMoving(1) ? series.product(1, nil, k, from: 1, through: k) : nil
        let numerator = Tensor.sum(series.x(0, k), rest.map { -$0 })
        return numerator.map { $0 / series.values()[1] }
    }
    static func latex(_ a: String, _ b: String) -> String { "\\frac{\(a)}{\(b)}" }
}

/// The quotient rounded down, ⌊a/b⌋, of the operands' type. Derivative 0.
public func floorDivide(_ a: Tensor, _ b: Tensor) -> Tensor {
    a.elementType.isFloatingPoint || b.elementType.isFloatingPoint ? floor(a / b) : FloorDivide.apply(a, b)
}

struct FloorDivide: BinaryPointwise {
    static let name = "floorDivide"
    static func lowered(_ a: Scalar, _ b: Scalar) -> Scalar { (a - a.apply(.remainder, b)).apply(.divide, b) }
    static func partial(_ operand: Int, _ a: Tensor, _ b: Tensor, value y: Tensor) -> Tensor? { nil }
    static func latex(_ a: String, _ b: String) -> String { "\\lfloor \\frac{\(a)}{\(b)} \\rfloor" }
}

struct Remainder: BinaryPointwise {
    static let name = "remainder"
    static func lowered(_ a: Scalar, _ b: Scalar) -> Scalar { a.apply(.remainder, b) }
    static func partial(_ operand: Int, _ a: Tensor, _ b: Tensor, value y: Tensor) -> Tensor? {
        operand == 0 ? y.filled(1) : -floor(a / b)
    }
    func coefficient(_ k: Int, _ series: SeriesOperands) -> Tensor? { series.fromPushforward(k) }
    static func latex(_ a: String, _ b: String) -> String { "\(a) \\bmod \(b)" }
}

/// a to the power b, element by element; NaN for a negative base and a fractional exponent.
///
/// ∂/∂a = b·a^(b−1), 0 where b = 0. ∂/∂b = aᵇ·log a, 0 where a = 0 and b ≥ 0.
///
/// The overload for a constant exponent is preferred: `pow(x, 3)` is a constant power.
@_disfavoredOverload
public func pow(_ a: Tensor, _ b: Tensor) -> Tensor { Power.apply(a, b) }

/// Each element to a constant power. Derivative n·x^(n−1).
public func pow(_ x: Tensor, _ exponent: Double) -> Tensor {
    Tensor(ConstantPower(exponent: exponent), [x.cast(to: Promotion.real(x.elementType))])
}

struct Power: BinaryPointwise {
    static let name = "power"
    static func lowered(_ a: Scalar, _ b: Scalar) -> Scalar { a.apply(.power, b) }
    static func partial(_ operand: Int, _ a: Tensor, _ b: Tensor, value y: Tensor) -> Tensor? {
        if operand == 0 { return which(b == 0, a.filled(0), b * pow(a, b - 1)) }
        return which((a == 0).and(b >= 0), a.filled(0), y * log(a))
    }
    static func latex(_ a: String, _ b: String) -> String { "{\\left(\(a)\\right)}^{\(b)}" }
}

struct ConstantPower: PointwisePrimitive {
    let exponent: Double
    var name: String { "power" }
    func elementType(of operands: [ElementType]) throws(TensorError) -> ElementType { operands[0] }

    func lowered(_ operands: [Scalar]) -> Scalar {
        let x = operands[0]
        switch exponent {
        case 0: return x.constant(1)
        case 0.5: return x.apply(.sqrt)
        case -0.5: return x.apply(.rsqrt)
        case -1: return 1 / x
        case 1...8 where exponent == exponent.rounded():
            // By squaring: x⁷ = x·x²·x⁴.
            var (bits, square, product) = (Int(exponent), x, Scalar?.none)
            while bits > 0 {
                if bits & 1 == 1 { product = product.map { $0 * square } ?? square }
                bits >>= 1
                if bits > 0 { square = square * square }
            }
            return product ?? x
        default: return x.apply(.power, x.constant(exponent))
        }
    }

    func partial(_ operand: Int, operands: [Tensor], result: Tensor) -> Tensor? {
        exponent == 0 ? nil : exponent == 1 ? result.filled(1) : pow(operands[0], exponent - 1) * Tensor(weak: exponent)
    }
    /// Whole powers by squaring, which holds at 0 too; others from x·y′ = n·x′·y:
    /// y_k = Σ_{j ≥ 1} (n·j − (k − j))·x_j·y_{k−j} / (k·x₀).
    func coefficient(_ k: Int, _ series: SeriesOperands) -> Tensor? {
        let size = Swift.abs(exponent)
        if size == size.rounded(), size <= 64 {
            return series.rewritten(k) { operands in
                let power = ConstantPower.power(operands[0], Int(size))
                return exponent < 0 ? 1 / power : power
            }
        }
        var sum: Tensor?
        for j in 1...k {
            guard let x = series.x(0, j), let y = series.y(k - j) else { continue }
            let factor = (exponent * Double(j) - Double(k - j)) / Double(k)
            sum = Tensor.sum(sum, x * y * Tensor(weak: factor))
        }
        return sum.map { $0 / series.values()[0] }
    }

    private static func power(_ x: Tensor, _ exponent: Int) -> Tensor {
        var (bits, square, product) = (exponent, x, Tensor?.none)
        while bits > 0 {
            if bits & 1 == 1 { product = product.map { $0 * square } ?? square }
            bits >>= 1
            if bits > 0 { square = square * square }
        }
        return product ?? x.filled(1)
    }

    func latex(_ operands: [String]) -> String { "{\\left(\(operands[0])\\right)}^{\(exponent)}" }
}

/// The angle of the point (x, y) from the positive first axis, in (−π, π]. ∂/∂y = x/(x² + y²), ∂/∂x = −y/(x² + y²).
public func atan2(_ y: Tensor, _ x: Tensor) -> Tensor { ArcTangent2.apply(y, x) }

struct ArcTangent2: BinaryPointwise {
    static let name = "atan2"
    static let isReal = true
    static func lowered(_ a: Scalar, _ b: Scalar) -> Scalar { a.apply(.atan2, b) }
    static func partial(_ operand: Int, _ y: Tensor, _ x: Tensor, value: Tensor) -> Tensor? {
        (operand == 0 ? x : -y) / (x * x + y * y)
    }
    static func latex(_ y: String, _ x: String) -> String { "\\operatorname{atan2}\\left(\(y), \(x)\\right)" }
}
