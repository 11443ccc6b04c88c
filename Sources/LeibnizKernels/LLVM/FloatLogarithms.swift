/// Logarithms and powers in float32.
///
/// x = 2ᵉ·m with √½ ≤ m < √2 and f = m − 1, then log x = e·log 2 + f − f²/2 + f³·p(f), small parts first.
extension FunctionBuilder {
    /// p of degree 8, relative error of the logarithm 2⁻³⁰.
    private static let logarithmTail = [
        0.3333331346511841, -0.25000008940696716, 0.2000211924314499, -0.1666799634695053, 0.14219552278518677,
        -0.1240558922290802, 0.11888162046670914, -0.11675651371479034, 0.06746640056371689,
    ]
    /// The bits of √½.
    private static let leastMantissa: Int64 = 0x3F35_04F3

    /// The exponent e as i32 and the mantissa m of a positive normal number.
    private func split(_ x: Operand) -> (exponent: Operand, mantissa: Operand) {
        let offset = binary("sub", bitcast(x, to: .i32), .integer(Self.leastMantissa, .i32))
        let fraction = binary("and", offset, .integer(0x7F_FFFF, .i32))
        let mantissa = bitcast(binary("add", fraction, .integer(Self.leastMantissa, .i32)), to: .float)
        return (binary("ashr", offset, .integer(23, .i32)), mantissa)
    }

    /// e·log 2 + log(1 + f).
    private func logarithm(exponent e: Operand, _ f: Operand) -> Operand {
        let square = fmul(f, f)
        let cubic = fmul(fmul(f, square), polynomial(Self.logarithmTail, f))
        let low = mulAdd(e, .float(-2.1219444005469058e-4, .float), cubic)
        let fraction = fadd(f, mulAdd(square, .float(-0.5, .float), low))
        return mulAdd(e, .float(0.693359375, .float), fraction)
    }

    /// A logarithm of 1 + `shift` with its values at and below −`shift` and at infinity.
    private func withPole(_ regular: Operand, _ x: Operand, at pole: Double) -> Operand {
        let isRegular = both(
            compare("ogt", x, .float(pole, .float)), compare("olt", x, .float(.infinity, .float)))
        let isBelow = compare("olt", x, .float(pole, .float))
        let special = select(
            compare("oeq", x, .float(pole, .float)), .float(-.infinity, .float),
            select(isBelow, .float(.nan, .float), x))
        return select(isRegular, regular, special)
    }

    /// log x.
    func logarithm(_ x: Operand) -> Operand {
        let isDenormal = compare("olt", x, .float(1.1754943508222875e-38, .float))
        let (e, m) = split(select(isDenormal, fmul(x, .float(8_388_608, .float)), x))
        let exponent = binary("sub", e, select(isDenormal, .integer(23, .i32), .integer(0, .i32)))
        let f = fsub(m, .float(1, .float))
        return withPole(logarithm(exponent: cast("sitofp", exponent, to: .float), f), x, at: 0)
    }

    /// log(1 + x): the exponent comes from the rounded sum u = 1 + x, f = 2⁻ᵉ·x + (2⁻ᵉ − 1) from x itself.
    func logarithmOfOnePlus(_ x: Operand) -> Operand {
        let one = Operand.float(1, .float)
        let (e, m) = split(fadd(x, one))
        let scale = powerOfTwo(binary("sub", .integer(0, .i32), e))
        // Where x is huge the sum is as good, and the scale would be denormal.
        let isHuge = compare("ogt", x, .float(1e9, .float))
        let f = select(isHuge, fsub(m, one), mulAdd(x, scale, fsub(scale, one)))
        let regular = withPole(logarithm(exponent: cast("sitofp", e, to: .float), f), x, at: -1)
        return select(compare("oeq", x, .float(0, .float)), x, regular)
    }

    /// xʸ = 2^(y·log₂ x) in double where x is positive and the result normal; the C library elsewhere.
    func floatPower(_ base: Operand, _ exponent: Operand) -> Operand {
        let operands = matched([base, exponent])
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
        let (e, m) = split(x)
        let f = fsub(cast("fpext", m, to: .double), .float(1, .double))
        let log2 = mulAdd(f, polynomial(logarithm, f), cast("sitofp", e, to: .double))
        let product = fmul(cast("fpext", y, to: .double), log2)
        let magic = Operand.float(6_755_399_441_055_744, .double)
        let shifted = fadd(product, magic)
        let fraction = polynomial(exponential, fsub(product, fsub(shifted, magic)))
        // The lowest bits of `shifted` are the whole part; at bit 52 they add to the exponent.
        let bits = binary("add", bitcast(fraction, to: .i64), binary("shl", bitcast(shifted, to: .i64), .integer(52)))
        let power = cast("fptrunc", bitcast(bits, to: .double), to: .float)
        let isZero = both(
            compare("eq", bitcast(x, to: .i32), .integer(0, .i32)), compare("ogt", y, .float(0, .float)))
        let isRegular = both(
            both(
                compare("oge", x, .float(1.1754943508222875e-38, .float)),
                compare("olt", x, .float(.infinity, .float))),
            compare("olt", intrinsic("fabs", [product]), .float(125, .double)))
        let fast = select(isZero, .float(0, .float), power)
        return corrected(fast, where: not(either(isZero, isRegular)), by: "powf", [x, y])
    }
}
