/// What logarithms of one type are computed with.
private struct LogarithmConstants {
    /// Two parts of log 2: the first has so few bits that its products with all e are exact.
    var high: Double
    var low: Double
    /// The bits of √½.
    var leastMantissa: Int64
    /// The least normal number.
    var leastNormal: Double

    static let float = LogarithmConstants(
        high: 0.693359375, low: -2.1219444005469058e-4, leastMantissa: 0x3F35_04F3, leastNormal: 0x1p-126)
    static let double = LogarithmConstants(
        high: 0.6931471805592082, low: 7.371002565167799e-13, leastMantissa: 0x3FE6_A09E_667F_3BCD,
        leastNormal: 0x1p-1022)

    static func of(_ x: Operand) -> LogarithmConstants { x.type.scalar == .float ? float : double }
}

/// Logarithms.
///
/// x = 2ᵉ·m with √½ ≤ m < √2 and f = m − 1, then log x = e·log 2 + f − f²/2 + c(f), small parts first.
extension FunctionBuilder {
    /// The biased exponent E = e + bias as an integer and the mantissa m of a positive normal number.
    private func split(_ x: Operand) -> (exponent: Operand, mantissa: Operand) {
        let format = FloatingFormat.of(x)
        let least = LogarithmConstants.of(x).leastMantissa
        // Such that the mantissa's carry moves E on from √2, and that E stays positive.
        let offset = format.bits((format.bias << format.fractionBits) - least)
        let moved = binary("add", bitcast(x, to: format.integer), offset)
        let fraction = binary("and", moved, format.bits((1 << format.fractionBits) - 1))
        let mantissa = bitcast(binary("add", fraction, format.bits(least)), to: format.scalar)
        return (binary("lshr", moved, format.bits(format.fractionBits)), mantissa)
    }

    /// E − bias − `extra` as floating point: E in the lowest bits of 2^fractionBits, which no machine lacks.
    private func whole(_ exponent: Operand, minus extra: Operand, _ format: FloatingFormat) -> Operand {
        let unit = Double(sign: .plus, exponent: Int(format.fractionBits), significand: 1)
        let one = bitcast(format.number(unit), to: format.integer)
        return fsub(bitcast(binary("or", exponent, one), to: format.scalar), extra)
    }

    /// e·log 2 + log(1 + f).
    private func logarithm(exponent e: Operand, _ f: Operand) -> Operand {
        let (format, constants) = (FloatingFormat.of(f), LogarithmConstants.of(f))
        let square = fmul(f, f)
        let rest = format.scalar == .float ? cubicPolynomial(f, square) : cubicSeries(f, square)
        let low = mulAdd(e, format.number(constants.low), rest)
        let fraction = fadd(f, mulAdd(square, format.number(-0.5), low))
        return mulAdd(e, format.number(constants.high), fraction)
    }

    /// c(f) = f³·p(f), p of degree 8: relative error of the logarithm 2⁻³⁰.
    private func cubicPolynomial(_ f: Operand, _ square: Operand) -> Operand {
        let p = [
            0.3333331346511841, -0.25000008940696716, 0.2000211924314499, -0.1666799634695053, 0.14219552278518677,
            -0.1240558922290802, 0.11888162046670914, -0.11675651371479034, 0.06746640056371689,
        ]
        return fmul(fmul(f, square), polynomial(p, f))
    }

    /// c(f) = s·(f²/2 + s²·p(s²)) with s = f/(2 + f), for log(1 + f) = 2·artanh s; p of degree 6: relative error of the
    /// logarithm 2⁻⁵⁹.
    private func cubicSeries(_ f: Operand, _ square: Operand) -> Operand {
        let p = [
            0.6666666666666735, 0.39999999999411096, 0.28571428743262406, 0.22222198475993993, 0.18183569739930922,
            0.15313903242587365, 0.14797507669045395,
        ]
        let s = fdiv(f, fadd(f, .float(2, .double)))
        let argument = fmul(s, s)
        return fmul(s, mulAdd(square, .float(0.5, .double), fmul(argument, polynomial(p, argument))))
    }

    /// A logarithm of 1 + `shift` with its values at and below −`shift` and at infinity.
    private func withPole(_ regular: Operand, _ x: Operand, at place: Double) -> Operand {
        let format = FloatingFormat.of(x)
        let (pole, infinity) = (format.number(place), format.number(.infinity))
        let isRegular = both(compare("ogt", x, pole), compare("olt", x, infinity))
        let isBelow = compare("olt", x, pole)
        let special = select(
            compare("oeq", x, pole), format.number(-.infinity), select(isBelow, format.number(.nan), x))
        return select(isRegular, regular, special)
    }

    /// log x.
    func logarithm(_ x: Operand) -> Operand {
        let format = FloatingFormat.of(x)
        let unit = Double(sign: .plus, exponent: Int(format.fractionBits), significand: 1)
        let isDenormal = compare("olt", x, format.number(LogarithmConstants.of(x).leastNormal))
        let (exponent, m) = split(select(isDenormal, fmul(x, format.number(unit)), x))
        let bias = unit + Double(format.bias)
        let extra = select(isDenormal, format.number(bias + Double(format.fractionBits)), format.number(bias))
        let e = whole(exponent, minus: extra, format)
        return withPole(logarithm(exponent: e, fsub(m, format.number(1))), x, at: 0)
    }

    /// log(1 + x): the exponent comes from the rounded sum u = 1 + x, f = 2⁻ᵉ·x + (2⁻ᵉ − 1) from x itself.
    func logarithmOfOnePlus(_ x: Operand) -> Operand {
        let format = FloatingFormat.of(x)
        let one = format.number(1)
        let (exponent, m) = split(fadd(x, one))
        let scale = powerOfTwo(biased: binary("sub", format.bits(2 * format.bias), exponent), format)
        // Where x is huge the sum is as good, and the scale would be denormal.
        let isHuge = compare("ogt", x, format.number(1e18))
        let f = select(isHuge, fsub(m, one), mulAdd(x, scale, fsub(scale, one)))
        let bias = Double(sign: .plus, exponent: Int(format.fractionBits), significand: 1) + Double(format.bias)
        let e = whole(exponent, minus: format.number(bias), format)
        let regular = withPole(logarithm(exponent: e, f), x, at: -1)
        return select(compare("oeq", x, format.number(0)), x, regular)
    }

    /// xʸ = 2^(y·log₂ x) in double where x is positive and the result normal; the C library elsewhere.
    func floatPower(_ base: Operand, _ power: Operand) -> Operand {
        let operands = matched([base, power])
        let (x, y) = (operands[0], operands[1])
        let logarithm = [
            1.442695040939345, -0.7213475252132329, 0.48089832072958166, -0.3606728005454979, 0.2885406435457682,
            -0.2405041741432512, 0.20609625672372378, -0.17904695247120622, 0.15900149120284646,
            -0.15698225543209424, 0.15485755616013605, -0.0863460334541533,
        ]
        let exponential = [
            0.999999999961682, 0.6931471807284467, 0.24022651198157757, 0.055504103534487335,
            0.009618027253640152, 0.0013333922563082573, 0.00015469291150981167, 1.520192168774404e-05,
        ]
        let (exponent, m) = split(x)
        let f = fsub(cast("fpext", m, to: .double), .float(1, .double))
        let e = cast("sitofp", binary("sub", exponent, .integer(127, .i32)), to: .double)
        let log2 = mulAdd(f, polynomial(logarithm, f), e)
        let product = fmul(cast("fpext", y, to: .double), log2)
        let magic = Operand.float(6_755_399_441_055_744, .double)
        let shifted = fadd(product, magic)
        let fraction = polynomial(exponential, fsub(product, fsub(shifted, magic)))
        // The lowest bits of `shifted` are the whole part; at bit 52 they add to the exponent.
        let bits = binary("add", bitcast(fraction, to: .i64), binary("shl", bitcast(shifted, to: .i64), .integer(52)))
        let result = cast("fptrunc", bitcast(bits, to: .double), to: .float)
        let isZero = both(
            compare("eq", bitcast(x, to: .i32), .integer(0, .i32)), compare("ogt", y, .float(0, .float)))
        let isRegular = both(
            both(
                compare("oge", x, .float(1.1754943508222875e-38, .float)),
                compare("olt", x, .float(.infinity, .float))),
            compare("olt", intrinsic("fabs", [product]), .float(125, .double)))
        let fast = select(isZero, .float(0, .float), result)
        return corrected(fast, where: not(either(isZero, isRegular)), by: "powf", [x, y])
    }
}
