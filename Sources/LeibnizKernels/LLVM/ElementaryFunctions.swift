/// Elementary functions of floating-point operands.
///
/// The frequent ones are polynomials on vectors. The greatest errors that were found among five million values of all sizes
/// (`EmitterFunctionTests` takes 400 thousand), with fused multiply-add and without, in units of the last place, denormal
/// results included:
///
/// | function | float32 | float64 | | function | float32 | float64 |
/// |---|---|---|---|---|---|---|
/// | exp | 0.9 | 1.0 | | log | 0.8 | 0.8 |
/// | expm1 | 1.6 | 1.9 | | log1p | 1.4 | 1.4 |
/// | tanh | 2.0 | 2.0 | | sigmoid | 2.0 | 2.0 |
/// | sin, cos | 1.6 | 1.6 | | erf | 1.3 | 1.4 |
/// | power | 0.6 | the C library's | | rsqrt | 1.5 | 1.5 |
///
/// Where products and sums are rounded apart (SSE4), exp of float32 1.0, expm1 1.4, sigmoid 1.9 and erf 1.2.
///
/// Infinities, NaN, zeros of both signs and poles are as IEEE 754 and C say. All polynomials are minimax fits by Remez'
/// exchange algorithm (Muller, *Elementary Functions*, 3rd edition, chapter 3), made for this library. The C library
/// computes the others lane by lane, and sin and cos of huge arguments.
extension FunctionBuilder {
    /// A function that the machine has no instruction for.
    func elementary(_ operation: UnaryOperation, _ x: Operand) -> Operand {
        switch operation {
        case .exp: exponential(x)
        case .expm1: exponentialMinusOne(x)
        case .log: logarithm(x)
        case .log1p: logarithmOfOnePlus(x)
        case .tanh: hyperbolicTangent(x)
        case .sigmoid: sigmoid(x)
        case .sin: sine(x, quarterTurns: 0)
        case .cos: sine(x, quarterTurns: 1)
        case .erf: errorFunction(x)
        case .digamma: digamma(x)
        default: library(operation.rawValue, [x])
        }
    }

    /// a·b + c, rounded once where the machine can.
    func mulAdd(_ a: Operand, _ b: Operand, _ c: Operand) -> Operand {
        hasFMA ? fma(a, b, c) : fadd(fmul(a, b), c)
    }

    /// A polynomial, lowest coefficient first, by Horner's scheme.
    func polynomial(_ coefficients: [Double], _ x: Operand) -> Operand {
        var sum = Operand.float(coefficients[coefficients.count - 1], x.type.scalar)
        for coefficient in coefficients.dropLast().reversed() {
            sum = mulAdd(sum, x, .float(coefficient, x.type.scalar))
        }
        return sum
    }

    /// `fast`, but where `isSpecial` a function of the C library, called only if some lane needs it.
    func corrected(_ fast: Operand, where isSpecial: Operand, by name: String, _ operands: [Operand]) -> Operand {
        let (type, lanes) = (fast.type, fast.type.lanes)
        let all = operands.map { splat($0, lanes: lanes) }
        let mask = splat(isSpecial, lanes: lanes)
        let any = lanes == 1 ? mask : call("llvm.vector.reduce.or.v\(lanes)i1", IRType(.i1), [mask])
        let function = lanes == 1 ? name : eachLane(name, operandCount: all.count, type)
        declare(
            "declare \(type.with(lanes: 1).text) @\(name)(\(all.map { $0.type.scalar.rawValue }.joined(separator: ", ")))"
        )
        let slow = fresh("%s")
        return alternative(
            if: any, fast, slow, level: (all + [fast, mask]).reduce(0) { max($0, $1.level) },
            "  \(slow)l = call \(type.text) @\(function)(\(all.map(\.typed).joined(separator: ", ")))\n"
                + "  \(slow) = select \(mask.typed), \(type.text) \(slow)l, \(fast.typed)\n")
    }

    /// The name of a module's function that calls another for each lane.
    private func eachLane(_ name: String, operandCount: Int, _ type: IRType) -> String {
        let function = "leibniz_\(name)_\(type.lanes)"
        let (scalar, arguments) = (type.scalar.rawValue, (0..<operandCount).map { "%x\($0)" })
        var text =
            "define internal \(type.text) @\(function)(\(arguments.map { "\(type.text) \($0)" }.joined(separator: ", "))) noinline cold {\n"
        var last = "undef"
        for lane in 0..<type.lanes {
            for (number, argument) in arguments.enumerated() {
                text += "  %e\(lane)_\(number) = extractelement \(type.text) \(argument), i64 \(lane)\n"
            }
            let list = arguments.indices.map { "\(scalar) %e\(lane)_\($0)" }.joined(separator: ", ")
            text += "  %r\(lane) = call \(scalar) @\(name)(\(list))\n"
            text += "  %v\(lane) = insertelement \(type.text) \(last), \(scalar) %r\(lane), i64 \(lane)\n"
            last = "%v\(lane)"
        }
        declare(text + "  ret \(type.text) \(last)\n}")
        return function
    }

    /// ψ(x), by a function of the module, lane by lane in double.
    private func digamma(_ x: Operand) -> Operand {
        let wide = cast("fpext", x, to: .double)
        declare("declare double @tan(double)")
        declare("declare double @log(double)")
        declare("declare double @llvm.floor.f64(double)")
        declare(Self.digammaFunction)
        let result = perLane([wide]) { builder, operand in
            builder.pure("call double @leibniz_digamma(\(operand[0].typed))", IRType(.double), operand)
        }
        return cast("fptrunc", result, to: x.type.scalar)
    }

    /// ψ(x) = ψ(x + 1) − 1/x up to x ≥ 10, then the asymptotic series log x − 1/2x − Σ B₂ₖ/(2k x²ᵏ) (Abramowitz and Stegun
    /// 6.3.5, 6.3.18); for x < 0 the reflection ψ(x) = ψ(1 − x) − π/tan(πx) (6.3.7). Poles give NaN, ±0 gives ∓∞.
    private static let digammaFunction: String = {
        // B₂ₖ/2k for k = 7…1, Horner in 1/x².
        let series = [1.0 / 12, -691.0 / 32760, 1.0 / 132, -1.0 / 240, 1.0 / 252, -1.0 / 120, 1.0 / 12]
        func text(_ x: Double) -> String { Operand.float(x, .double).text }
        var lines = """
            define internal double @leibniz_digamma(double %x) {
            entry:
              %isZero = fcmp oeq double %x, 0.0
              br i1 %isZero, label %zero, label %nonzero
            zero:
              %pole = fdiv double -1.0, %x
              ret double %pole
            nonzero:
              %isNegative = fcmp olt double %x, 0.0
              br i1 %isNegative, label %reflect, label %begin
            reflect:
              %whole = call double @llvm.floor.f64(double %x)
              %isPole = fcmp oeq double %whole, %x
              br i1 %isPole, label %nan, label %reflected
            nan:
              ret double 0x7FF8000000000000
            reflected:
              %fraction = fsub double %x, %whole
              %angle = fmul double %fraction, \(text(.pi))
              %tangent = call double @tan(double %angle)
              %cotangent = fdiv double \(text(.pi)), %tangent
              %mirror = fsub double 1.0, %x
              br label %begin
            begin:
              %start = phi double [ %x, %nonzero ], [ %mirror, %reflected ]
              %extra = phi double [ 0.0, %nonzero ], [ %cotangent, %reflected ]
              br label %test
            test:
              %y = phi double [ %start, %begin ], [ %nextY, %step ]
              %sum = phi double [ 0.0, %begin ], [ %nextSum, %step ]
              %isSmall = fcmp olt double %y, 10.0
              br i1 %isSmall, label %step, label %series
            step:
              %inverseY = fdiv double 1.0, %y
              %nextSum = fadd double %sum, %inverseY
              %nextY = fadd double %y, 1.0
              br label %test
            series:
              %inverse = fdiv double 1.0, %y
              %square = fmul double %inverse, %inverse

            """
        var previous = text(series[0])
        for (number, coefficient) in series.dropFirst().enumerated() {
            lines += "  %m\(number) = fmul double \(previous), %square\n"
            lines += "  %a\(number) = fadd double %m\(number), \(text(coefficient))\n"
            previous = "%a\(number)"
        }
        lines += """
              %tail = fmul double \(previous), %square
              %half = fmul double %inverse, 0.5
              %logarithm = call double @log(double %y)
              %r0 = fsub double %logarithm, %half
              %r1 = fsub double %r0, %tail
              %r2 = fsub double %r1, %sum
              %r3 = fsub double %r2, %extra
              ret double %r3
            }
            """
        return lines
    }()
}
