/// Sine and cosine.
///
/// x = n·π/2 + r with |r| ≤ π/4, π/2 in parts of which all but the last have so few bits that their products with n are
/// exact (Cody and Waite, *Software Manual for the Elementary Functions*, 1980, chapter 8). Greater arguments, for which
/// this is not enough, go to the C library.
extension FunctionBuilder {
    /// The sine of x + `quarterTurns`·π/2.
    func sine(_ x: Operand, quarterTurns: Int64) -> Operand {
        let format = FloatingFormat.of(x)
        let isFloat = format.scalar == .float
        let (n, r) = isFloat ? reducedFloat(x) : reducedDouble(x)
        let quarter = binary("add", n, format.bits(quarterTurns))

        // Errors 2⁻²⁸ and more in float32, 2⁻⁵⁸ and less in float64.
        let (sineTail, cosineTail) =
            isFloat
            ? (
                [-0.16666655242443085, 0.008332155644893646, -0.0001951463200384751],
                [0.04166664555668831, -0.0013887309469282627, 2.443241282890085e-05]
            )
            : (
                [
                    -0.1666666666666663, 0.008333333333322063, -0.00019841269829543173, 2.7557313604712243e-06,
                    -2.505074506580056e-08, 1.589606908009729e-10,
                ],
                [
                    0.041666666666666595, -0.0013888888888872978, 2.4801587288800702e-05, -2.75573141641611e-07,
                    2.087569873233867e-09, -1.1358424690644066e-11,
                ]
            )
        let square = fmul(r, r)
        let sine = mulAdd(fmul(r, square), polynomial(sineTail, square), r)
        let parabola = mulAdd(square, format.number(-0.5), format.number(1))
        let cosine = mulAdd(fmul(square, square), polynomial(cosineTail, square), parabola)

        let isOdd = compare("ne", binary("and", quarter, format.bits(1)), format.bits(0))
        // Bit 1 says that the sign changes: moved to the sign's place.
        let sign = binary(
            "shl", binary("and", quarter, format.bits(2)), format.bits(Int64(format.integer.bits - 2)))
        let magnitude = bitcast(select(isOdd, cosine, sine), to: format.integer)
        let signed = bitcast(binary("xor", magnitude, sign), to: format.scalar)
        // The sine of −0 is −0, which r has lost.
        let result = quarterTurns == 0 ? select(compare("oeq", x, format.number(0)), x, signed) : signed
        let isFar = compare("ogt", intrinsic("fabs", [x]), format.number(isFloat ? 1e6 : 1e5))
        return corrected(result, where: isFar, by: (quarterTurns == 0 ? "sin" : "cos") + (isFloat ? "f" : ""), [x])
    }

    /// n, in the lowest bits of an i32, and r by π/2 in three parts of 24 bits each.
    ///
    /// x − n·first is a multiple of the last place of `first` or of x, less than 1, and so exact in one rounding. The nearest that a float32
    /// comes to a multiple of π/2 is 2⁻³⁰, far more than what parts leave out: n·10⁻²³.
    private func reducedFloat(_ x: Operand) -> (n: Operand, r: Operand) {
        guard hasFMA else { return reducedInDouble(x) }
        let rounder = FloatingFormat.float.rounder
        let shifted = fma(x, .float(0.6366197723675814, .float), rounder)
        let n = fsub(shifted, rounder)
        let parts = [-1.5707963705062866, 4.371138828673793e-08, 1.7151245100058819e-15]
        let r = parts.reduce(x) { fma(n, .float($1, .float), $0) }
        return (bitcast(shifted, to: .i32), r)
    }

    /// n, in the lowest bits of an i32, and r by π/2 in double, in two parts, the first of 33 bits for n < 2²⁰.
    private func reducedInDouble(_ x: Operand) -> (n: Operand, r: Operand) {
        let rounder = FloatingFormat.double.rounder
        let wide = cast("fpext", x, to: .double)
        let shifted = mulAdd(wide, .float(0.6366197723675814, .double), rounder)
        let n = fsub(shifted, rounder)
        let high = mulAdd(n, .float(-1.5707963267341256, .double), wide)
        let r = cast("fptrunc", mulAdd(n, .float(-6.077100506506192e-11, .double), high), to: .float)
        return (cast("trunc", bitcast(shifted, to: .i64), to: .i32), r)
    }

    /// n, in the lowest bits of an i64, and r by π/2 in three parts, the first two of 37 bits for n < 2¹⁶.
    ///
    /// No double of this size is nearer than 2⁻⁵⁸ to a multiple of π/2, where the parts' error is 2⁻¹¹¹.
    private func reducedDouble(_ x: Operand) -> (n: Operand, r: Operand) {
        let rounder = FloatingFormat.double.rounder
        let shifted = mulAdd(x, .float(0.6366197723675814, .double), rounder)
        let n = fsub(shifted, rounder)
        let middle = Operand.float(-2.5633441515839558e-12, .double)
        let high = mulAdd(n, .float(-1.5707963267923333, .double), x)
        let sum = mulAdd(n, middle, high)
        // What the sum has lost by rounding, then the last part.
        let lost = mulAdd(n, middle, fsub(high, sum))
        return (bitcast(shifted, to: .i64), fadd(sum, mulAdd(n, .float(-1.0562999066987428e-23, .double), lost)))
    }
}
