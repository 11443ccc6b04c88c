/// What exponentials of one type are computed with.
private struct ExponentialConstants {
    /// Two parts of log 2: the first has so few bits that its products with all n are exact.
    var high: Double
    var low: Double
    /// The coefficients of q.
    var tail: [Double]
    /// Arguments beyond which eˣ is 0 and infinite.
    var range: (Double, Double)
    /// −log of half a unit in the last place of 1, rounded up: beyond, 1 − e⁻ˣ is 1.
    var saturation: Double
    /// k of σ(x) = 2⁻ᵏ/(2⁻ᵏ + 2⁻ᵏ·e⁻ˣ): so great that e⁻ˣ does not overflow before σ(x) is 0.
    var shift: Int64

    /// q of degree 4, relative error of eʳ 2⁻²⁸.
    static let float = ExponentialConstants(
        high: 0.693359375, low: -2.1219444005469058e-4,
        tail: [
            0.4999999403953552, 0.16666515171527863, 0.04166845604777336, 0.008369418792426586, 0.0013813144760206342,
        ], range: (-104, 89), saturation: 18, shift: 24)

    /// q of degree 9, relative error of eʳ − 1 2⁻⁵⁵.
    static let double = ExponentialConstants(
        high: 0.6931471805592082, low: 7.371002565167799e-13,
        tail: [
            0.5000000000000004, 0.16666666666666594, 0.041666666666578506, 0.008333333333387883, 0.001388888893113323,
            0.00019841269722267307, 2.4801505686066018e-05, 2.7557404856816162e-06, 2.762590374565786e-07,
            2.505457677859206e-08,
        ], range: (-746, 710), saturation: 38, shift: 54)

    static func of(_ x: Operand) -> ExponentialConstants { x.type.scalar == .float ? float : double }
}

/// Exponentials, and what is made of them.
///
/// x = n·log 2 + r with |r| ≤ (log 2)/2, by Cody and Waite's two-part log 2 (*Software Manual for the Elementary Functions*,
/// 1980, chapter 6), then eˣ = 2ⁿ·eʳ and eʳ = 1 + r + r²·q(r).
extension FunctionBuilder {
    /// The parts of an argument within limits: an integer with n + `bias` in its lowest bits, n itself, r, and a function that
    /// gives what r has lost by rounding.
    ///
    /// - Parameter isLenient: whether the greater n the less r counts.
    private func reduced(_ x: Operand, bias: Int64, isLenient: Bool = false) -> (
        n: Operand, number: Operand, r: Operand, lost: () -> Operand
    ) {
        let (format, constants) = (FloatingFormat.of(x), ExponentialConstants.of(x))
        let rounder = format.rounder(plus: bias)
        let shifted = mulAdd(x, format.number(1.4426950408889634), rounder)
        let n = fsub(shifted, rounder)
        // As a float32 log 2 happens to be right to 28 bits.
        let isWhole = isLenient && format.scalar == .float
        let rest = isWhole ? x : mulAdd(n, format.number(-constants.high), x)
        let low = format.number(isWhole ? -0.6931471805599453 : -constants.low)
        let r = mulAdd(n, low, rest)
        return (bitcast(shifted, to: format.integer), n, r, { self.mulAdd(n, low, self.fsub(rest, r)) })
    }

    /// r + (r²·q(r) + lost), which is eʳ − 1.
    private func fraction(_ r: Operand, lost: Operand? = nil) -> Operand {
        let (square, tail) = (fmul(r, r), polynomial(ExponentialConstants.of(r).tail, r))
        if let lost { return fadd(r, mulAdd(square, tail, lost)) }
        return mulAdd(square, tail, r)
    }

    /// eˣ.
    func exponential(_ x: Operand) -> Operand {
        let (format, range) = (FloatingFormat.of(x), ExponentialConstants.of(x).range)
        // What is masked in a softmax comes as −∞ or −10⁹: a product that underflows would take Intel's processors a hundred cycles.
        let isNothing = compare("olt", x, format.number(range.0))
        if hasScaling(x.type) {
            let (_, number, r, _) = reduced(limited(x, upTo: range.1), bias: format.bias)
            return scaled(powerOfE(r), by: number, where: not(isNothing))
        }
        // In two steps, so that neither factor overflows and a denormal result is rounded once; with the least n both are 0.
        let least = format.number(-2 * Double(format.bias) / 1.4426950408889634)
        let (n, _, r, _) = reduced(limited(select(isNothing, least, x), upTo: range.1), bias: 2 * format.bias)
        let half = binary("lshr", n, format.bits(1))
        let power = fmul(powerOfE(r), powerOfTwo(biased: half, format))
        return fmul(power, powerOfTwo(biased: binary("sub", n, half), format))
    }

    /// eʳ; where products are rounded apart the great terms come last.
    private func powerOfE(_ r: Operand) -> Operand {
        hasFMA
            ? polynomial([1, 1] + ExponentialConstants.of(r).tail, r)
            : fadd(fraction(r), FloatingFormat.of(r).number(1))
    }

    /// Whether the machine multiplies by powers of two given by their exponents, denormal results rounded once: AVX-512 does.
    private func hasScaling(_ type: IRType) -> Bool {
        target.hasAVX512 && type.lanes * type.scalar.bits == 512 && type.scalar.isFloatingPoint
    }

    /// x·2ⁿ where `condition` holds, 0 elsewhere.
    private func scaled(_ x: Operand, by n: Operand, where condition: Operand = .bool(true)) -> Operand {
        let (type, kind) = (x.type, x.type.scalar == .float ? "ps" : "pd")
        let (mask, all) = ("i\(type.lanes)", splat(condition, lanes: type.lanes))
        let bits = pure("bitcast \(all.typed) to \(mask)", IRType(.i1), [all])
        let function = "llvm.x86.avx512.mask.scalef.\(kind).512"
        let operands = "\(x.typed), \(n.typed), \(type.text) zeroinitializer, \(mask) \(bits.text), i32 4"
        declare("declare \(type.text) @\(function)(\(type.text), \(type.text), \(type.text), \(mask), i32)")
        return pure("call \(type.text) @\(function)(\(operands))", type, [x, n, bits])
    }

    /// eˣ where it is known to be normal.
    private func normalExponential(_ x: Operand) -> Operand {
        let format = FloatingFormat.of(x)
        let (n, number, r, _) = reduced(x, bias: format.bias)
        return hasScaling(x.type) ? scaled(powerOfE(r), by: number) : fmul(powerOfE(r), powerOfTwo(biased: n, format))
    }

    /// eˣ − 1 = 2·(2ⁿ⁻¹·(eʳ − 1) + (2ⁿ⁻¹ − ½)).
    func exponentialMinusOne(_ x: Operand) -> Operand {
        let (format, constants) = (FloatingFormat.of(x), ExponentialConstants.of(x))
        let (n, _, r, lost) = reduced(limited(x, -constants.saturation, constants.range.1), bias: format.bias - 1)
        let half = powerOfTwo(biased: n, format)
        let sum = mulAdd(fraction(r, lost: lost()), half, fadd(half, format.number(-0.5)))
        // Halves of denormal numbers are not exact, and −0 is lost.
        let isTiny = compare("olt", intrinsic("fabs", [x]), format.number(1e-18))
        return select(isTiny, x, fadd(sum, sum))
    }

    /// tanh x = (1 − e⁻²ˣ)/(1 + e⁻²ˣ), for |x|; the sign comes last.
    func hyperbolicTangent(_ x: Operand) -> Operand {
        let format = FloatingFormat.of(x)
        let size = limited(intrinsic("fabs", [x]), upTo: ExponentialConstants.of(x).saturation / 2 + 1)
        let (n, _, r, lost) = reduced(fneg(fadd(size, size)), bias: format.bias, isLenient: true)
        let scale = powerOfTwo(biased: n, format)
        let fraction = fraction(r, lost: lost())
        // The denominator is not made from the numerator, whose rounding would count twice.
        let numerator = mulAdd(fraction, scale, fadd(scale, format.number(-1)))
        let denominator = mulAdd(fraction, scale, fadd(scale, format.number(1)))
        return intrinsic("copysign", [fdiv(numerator, denominator), x])
    }

    /// 1/(1 + e⁻ˣ), both sides of the fraction times 2⁻ᵏ, so that denormal results come out of the division.
    func sigmoid(_ x: Operand) -> Operand {
        let (format, constants) = (FloatingFormat.of(x), ExponentialConstants.of(x))
        let (n, _, r, _) = reduced(
            fneg(limited(x, constants.range.0, constants.saturation)), bias: format.bias - constants.shift)
        let unit = format.number(Double(sign: .plus, exponent: Int(-constants.shift), significand: 1))
        let scale = powerOfTwo(biased: n, format)
        // Of 1 and 2ⁿ the greater comes last, so that the small sum's rounding does not count. Compared as integers, in
        // which positive numbers have the same order, they leave the multipliers free.
        let (one, power) = (bitcast(unit, to: format.integer), bitcast(scale, to: format.integer))
        let isGreat = compare("slt", one, power)
        let (less, greater) = (select(isGreat, one, power), select(isGreat, power, one))
        let small = mulAdd(fraction(r), scale, bitcast(less, to: format.scalar))
        return fdiv(unit, fadd(small, bitcast(greater, to: format.scalar)))
    }

    /// erf x: x + x·p(x²) near 0, else 1 − e^{t(x)} with t a fit to log erfc, for |x|; the sign comes last.
    func errorFunction(_ x: Operand) -> Operand {
        let (format, constants) = (FloatingFormat.of(x), ErrorFunctionConstants.of(x))
        let size = intrinsic("fabs", [x])
        let small = mulAdd(size, polynomial(constants.p, fmul(size, size)), size)
        let logarithm = polynomial(constants.t, limited(size, upTo: constants.last))
        let large = fsub(format.number(1), normalExponential(logarithm))
        let isSmall = compare("olt", size, format.number(constants.split))
        return intrinsic("copysign", [select(isSmall, small, large), x])
    }
}

/// What the error function of one type is computed with.
private struct ErrorFunctionConstants {
    /// The coefficients of p.
    var p: [Double]
    /// The coefficients of t.
    var t: [Double]
    /// Where t takes over.
    var split: Double
    /// From here on the result is 1.
    var last: Double

    /// Errors 2⁻²⁷ and 2⁻²⁹ of the result.
    static let float = ErrorFunctionConstants(
        p: [
            0.12837916612625122, -0.37612631916999817, 0.11283687502145767, -0.026858940720558167,
            0.005199906881898642, -0.0008130013011395931, 8.31677534733899e-05,
        ],
        t: [
            0.0001746831985656172, -1.1295149326324463, -0.6333469152450562, -0.10828007012605667,
            0.025119416415691376, -0.004171058535575867, 0.0004344616609159857, -2.1094963813084178e-05,
        ], split: 0.925, last: 4)

    /// Errors 2⁻⁵⁷ and 2⁻⁵⁶ of the result.
    static let double = ErrorFunctionConstants(
        p: [
            0.12837916709551256, -0.3761263890318352, 0.11283791670944185, -0.026866170643111476,
            0.005223977606118561, -0.0008548325929319047, 0.00012055293577039872, -1.4924712304690757e-05,
            1.644713160417576e-06, -1.6206314008193444e-07, 1.3710981466848314e-08, -7.779470462045632e-10,
        ],
        t: [
            -2.4296265458095226e-07, -1.1283765747897945, -0.6366325956288205, -0.1027336241805509,
            0.01904717414706921, 0.00033182455652566815, -0.0018333449258651352, 0.0007036152887578635,
            -9.242323495753932e-05, -4.1630891270723795e-05, 3.1260122244819094e-05, -1.1278009835707755e-05,
            2.7608536867474325e-06, -4.867172751415115e-07, 6.14761108519571e-08, -5.311759005843185e-09,
            2.8209534529245765e-10, -6.95497358535347e-12,
        ], split: 1, last: 6)

    static func of(_ x: Operand) -> ErrorFunctionConstants { x.type.scalar == .float ? float : double }
}
