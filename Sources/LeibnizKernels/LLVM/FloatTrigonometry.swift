/// Sine and cosine in float32.
///
/// x = n·π/2 + r with |r| ≤ π/4, in double, by a two-part π/2 of which the first has 33 bits, so that its products with
/// n < 2²⁰ are exact (Cody and Waite, chapter 8). Greater arguments, for which this is not enough, go to the C library.
extension FunctionBuilder {
    /// The sine of x + `quarterTurns`·π/2.
    func sine(_ x: Operand, quarterTurns: Int, library name: String) -> Operand {
        let magic = Operand.float(6_755_399_441_055_744, .double)
        let wide = cast("fpext", x, to: .double)
        let shifted = mulAdd(wide, .float(0.6366197723675814, .double), magic)
        let n = fsub(shifted, magic)
        let high = mulAdd(n, .float(-1.5707963267341256, .double), wide)
        let r = cast("fptrunc", mulAdd(n, .float(-6.077100506506192e-11, .double), high), to: .float)
        let count = cast("trunc", bitcast(shifted, to: .i64), to: .i32)
        let quarter = binary("add", count, .integer(Int64(quarterTurns), .i32))

        let square = fmul(r, r)
        let sineTail = polynomial([-0.16666655242443085, 0.008332155644893646, -0.0001951463200384751], square)
        let sine = mulAdd(fmul(r, square), sineTail, r)
        let cosineTail = polynomial([0.04166664555668831, -0.0013887309469282627, 2.443241282890085e-05], square)
        let cosine = mulAdd(fmul(square, square), cosineTail, mulAdd(square, .float(-0.5, .float), .float(1, .float)))

        let isOdd = compare("ne", binary("and", quarter, .integer(1, .i32)), .integer(0, .i32))
        // Bit 1 says that the sign changes: moved to bit 31.
        let sign = binary("shl", binary("and", quarter, .integer(2, .i32)), .integer(30, .i32))
        let signed = bitcast(binary("xor", bitcast(select(isOdd, cosine, sine), to: .i32), sign), to: .float)
        // The sine of −0 is −0, which r has lost.
        let result = quarterTurns == 0 ? select(compare("oeq", x, .float(0, .float)), x, signed) : signed
        let isFar = compare("ogt", intrinsic("fabs", [x]), .float(1e6, .float))
        return corrected(result, where: isFar, by: name, [x])
    }
}
