/// A binary floating-point type as its bits: x = ±2^(E − bias)·1.F, with F in the lowest bits and E above it.
struct FloatingFormat {
    /// The type.
    let scalar: IRScalar
    /// The integers of its width.
    let integer: IRScalar
    /// The bits of F.
    let fractionBits: Int64
    /// What is added to an exponent.
    let bias: Int64

    static let float = FloatingFormat(scalar: .float, integer: .i32, fractionBits: 23, bias: 127)
    static let double = FloatingFormat(scalar: .double, integer: .i64, fractionBits: 52, bias: 1023)

    /// The format of an operand.
    static func of(_ x: Operand) -> FloatingFormat { x.type.scalar == .float ? float : double }

    /// 1.5·2^fractionBits: added to it a number rounds to a whole one, which the lowest bits of the sum then hold.
    var rounder: Operand { rounder(plus: 0) }

    /// The same for the whole number plus another.
    func rounder(plus offset: Int64) -> Operand {
        number(1.5 * Double(sign: .plus, exponent: Int(fractionBits), significand: 1) + Double(offset))
    }

    /// A number of the type.
    func number(_ x: Double) -> Operand { .float(x, scalar) }

    /// An integer of the type's width.
    func bits(_ x: Int64) -> Operand { .integer(x, integer) }
}

extension FunctionBuilder {
    /// 2ⁿ, with n + bias in the lowest bits of an integer, whatever lies above them; 0 for n = −bias.
    func powerOfTwo(biased n: Operand, _ format: FloatingFormat) -> Operand {
        bitcast(binary("shl", n, format.bits(format.fractionBits)), to: format.scalar)
    }

    /// A number moved into an interval; NaN stays NaN.
    func limited(_ x: Operand, _ low: Double, _ high: Double) -> Operand {
        limited(limited(x, from: low), upTo: high)
    }

    /// A number, or `low` where that is greater; NaN stays NaN.
    func limited(_ x: Operand, from low: Double) -> Operand {
        let least = Operand.float(low, x.type.scalar)
        return select(compare("olt", x, least), least, x)
    }

    /// A number, or `high` where that is less; NaN stays NaN.
    func limited(_ x: Operand, upTo high: Double) -> Operand {
        let greatest = Operand.float(high, x.type.scalar)
        return select(compare("ogt", x, greatest), greatest, x)
    }
}
