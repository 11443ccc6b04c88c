/// Exponentials in float32, and what is made of them.
///
/// x = n·log 2 + r with |r| ≤ (log 2)/2, by Cody and Waite's two-part log 2 (*Software Manual for the Elementary Functions*,
/// 1980, chapter 6), then eˣ = 2ⁿ·eʳ and eʳ = 1 + r + r²·q(r).
extension FunctionBuilder {
    /// q of degree 4, relative error of eʳ 2⁻²⁸.
    private static let exponentialTail = [
        0.4999999403953552, 0.16666515171527863, 0.04166845604777336, 0.008369418792426586, 0.0013813144760206342,
    ]

    /// The parts of an argument within limits: the whole number n (as i32), r, and what r has lost by rounding.
    private func reduced(_ x: Operand) -> (n: Operand, r: Operand, lost: Operand) {
        // Added to 1.5·2²³ a number rounds to a whole one, which the lowest bits of the sum then hold.
        let magic = Operand.float(12_582_912, .float)
        let shifted = mulAdd(x, .float(1.4426950408889634, .float), magic)
        let n = fsub(shifted, magic)
        let whole = binary("sub", bitcast(shifted, to: .i32), .integer(0x4B40_0000, .i32))
        // 355/512 has so few bits that its products with n are exact.
        let rest = mulAdd(n, .float(-0.693359375, .float), x)
        let low = Operand.float(2.1219444005469058e-4, .float)
        let r = mulAdd(n, low, rest)
        return (whole, r, mulAdd(n, low, fsub(rest, r)))
    }

    /// 2ⁿ for −126 ≤ n ≤ 127.
    func powerOfTwo(_ n: Operand) -> Operand {
        bitcast(binary("shl", binary("add", n, .integer(127, .i32)), .integer(23, .i32)), to: .float)
    }

    /// A number moved into an interval; NaN stays NaN.
    func limited(_ x: Operand, _ low: Double, _ high: Double) -> Operand {
        let (least, greatest) = (Operand.float(low, x.type.scalar), Operand.float(high, x.type.scalar))
        let above = select(compare("olt", x, least), least, x)
        return select(compare("ogt", above, greatest), greatest, above)
    }

    /// eˣ.
    func exponential(_ x: Operand) -> Operand {
        // Beyond, the result is 0 or infinite.
        let (n, r, lost) = reduced(limited(x, -104, 89))
        let one = Operand.float(1, .float)
        // 1 + r loses bits that go with the small terms.
        let high = fadd(r, one)
        let low = fadd(fsub(r, fsub(high, one)), lost)
        let power = fadd(high, mulAdd(fmul(r, r), polynomial(Self.exponentialTail, r), low))
        let half = binary("ashr", n, .integer(1, .i32))
        // In two steps, so that neither factor overflows and a denormal result is rounded once.
        return fmul(fmul(power, powerOfTwo(half)), powerOfTwo(binary("sub", n, half)))
    }

    /// eˣ − 1 = 2·(2ⁿ⁻¹·(eʳ − 1) + (2ⁿ⁻¹ − ½)).
    func exponentialMinusOne(_ x: Operand) -> Operand {
        let (n, r, lost) = reduced(limited(x, -30, 89))
        let fraction = fadd(r, mulAdd(fmul(r, r), polynomial(Self.exponentialTail, r), lost))
        let half = powerOfTwo(binary("sub", n, .integer(1, .i32)))
        let sum = mulAdd(fraction, half, fadd(half, .float(-0.5, .float)))
        let isTiny = compare("olt", intrinsic("fabs", [x]), .float(1e-9, .float))
        return select(isTiny, x, fadd(sum, sum))
    }

    /// tanh x: x + x³·p(x²) near 0, else 1 − 2/(e²ˣ + 1), for |x|; the sign comes last.
    func hyperbolicTangent(_ x: Operand) -> Operand {
        let p = [
            -0.3333333134651184, 0.1333320587873459, -0.05394676327705383, 0.021700702607631683,
            -0.008177398703992367, 0.002142961835488677,
        ]
        let one = Operand.float(1, .float)
        let size = intrinsic("fabs", [x])
        let square = fmul(size, size)
        let small = mulAdd(fmul(size, square), polynomial(p, square), size)
        let power = exponential(fadd(size, size))
        let large = fsub(one, fdiv(.float(2, .float), fadd(power, one)))
        return intrinsic("copysign", [select(compare("olt", size, .float(0.625, .float)), small, large), x])
    }

    /// 1/(1 + e⁻ˣ), by way of e^−|x|, which does not overflow.
    func sigmoid(_ x: Operand) -> Operand {
        let scalar = x.type.scalar
        let one = Operand.float(1, scalar)
        let opposite = fneg(intrinsic("fabs", [x]))
        let decay = scalar == .float ? exponential(opposite) : library("exp", [opposite])
        let numerator = select(compare("ogt", x, .float(0, scalar)), one, decay)
        let sum = fadd(one, decay)
        guard scalar == .float else { return fdiv(numerator, sum) }
        // One step of Newton's makes good what the sum and the quotient have lost.
        let lost = fsub(decay, fsub(sum, one))
        let inverse = fdiv(one, sum)
        let quotient = fmul(numerator, inverse)
        let rest = mulAdd(fneg(quotient), lost, mulAdd(fneg(quotient), sum, numerator))
        return mulAdd(rest, inverse, quotient)
    }

    /// erf x: x + x·p(x²) near 0, else 1 − e^{t(x)} with t a fit to log erfc, for |x|; the sign comes last.
    func errorFunction(_ x: Operand) -> Operand {
        let p = [
            0.12837916612625122, -0.37612631916999817, 0.11283687502145767, -0.026858940720558167,
            0.005199906881898642, -0.0008130013011395931, 8.31677534733899e-05,
        ]
        let t = [
            0.0001746831985656172, -1.1295149326324463, -0.6333469152450562, -0.10828007012605667,
            0.025119416415691376, -0.004171058535575867, 0.0004344616609159857, -2.1094963813084178e-05,
        ]
        let size = intrinsic("fabs", [x])
        let small = mulAdd(size, polynomial(p, fmul(size, size)), size)
        // From 4 on the result is 1.
        let logarithm = polynomial(t, limited(size, 0, 4))
        let large = fsub(.float(1, .float), exponential(logarithm))
        return intrinsic("copysign", [select(compare("olt", size, .float(0.925, .float)), small, large), x])
    }
}
