/// The scalar operations of loop nests as IR; `ScalarSemantics` says the same one number at a time.
extension FunctionBuilder {
    // MARK: One operand

    /// A function of one operand of an element type.
    func unary(_ operation: UnaryOperation, _ x: Operand, _ type: ElementType) -> Operand {
        switch type {
        case .float32, .float64: floatUnary(operation, x)
        case .int32, .int64, .uint8, .bool: integerUnary(operation, x, type)
        }
    }

    private func floatUnary(_ operation: UnaryOperation, _ x: Operand) -> Operand {
        let scalar = x.type.scalar
        let zero = Operand.float(0, scalar)
        switch operation {
        case .negate: return fneg(x)
        case .abs: return intrinsic("fabs", [x])
        case .sign:
            let nonzero = select(
                compare("ogt", x, zero), .float(1, scalar),
                select(compare("olt", x, zero), .float(-1, scalar), zero))
            return select(compare("uno", x, x), x, nonzero)
        case .sqrt: return intrinsic("sqrt", [x])
        case .rsqrt: return fdiv(.float(1, scalar), intrinsic("sqrt", [x]))
        case .floor: return intrinsic("floor", [x])
        case .ceil: return intrinsic("ceil", [x])
        case .round: return intrinsic("roundeven", [x])
        case .isNaN: return compare("uno", x, zero)
        case .isFinite: return compare("olt", intrinsic("fabs", [x]), .float(.infinity, scalar))
        case .not: return x
        case .exp, .expm1, .log, .log1p, .sin, .cos, .tan, .asin, .acos, .atan, .sinh, .cosh, .tanh, .sigmoid, .erf,
            .lgamma, .digamma:
            return elementary(operation, x)
        }
    }

    private func integerUnary(_ operation: UnaryOperation, _ x: Operand, _ type: ElementType) -> Operand {
        let scalar = x.type.scalar
        let zero = Operand.integer(0, scalar)
        if type == .bool {
            switch operation {
            case .negate, .abs, .sign: return x
            case .not: return not(x)
            case .isNaN: return .bool(false)
            case .isFinite: return .bool(true)
            default: return zero
            }
        }
        switch operation {
        case .negate: return binary("sub", zero, x)
        case .abs: return type == .uint8 ? x : select(compare("slt", x, zero), binary("sub", zero, x), x)
        case .sign:
            let positive = select(compare(type == .uint8 ? "ugt" : "sgt", x, zero), .integer(1, scalar), zero)
            return type == .uint8 ? positive : select(compare("slt", x, zero), .integer(-1, scalar), positive)
        case .not: return binary("xor", x, .integer(-1, scalar))
        case .isNaN: return .bool(false)
        case .isFinite: return .bool(true)
        default: return zero
        }
    }

    // MARK: Two operands

    /// A function of two operands of an element type.
    func binary(_ operation: BinaryOperation, _ x: Operand, _ y: Operand, _ type: ElementType) -> Operand {
        switch type {
        case .float32, .float64: floatBinary(operation, x, y)
        case .bool: boolBinary(operation, x, y)
        case .int32, .int64, .uint8: integerBinary(operation, x, y, type)
        }
    }

    private func floatBinary(_ operation: BinaryOperation, _ x: Operand, _ y: Operand) -> Operand {
        switch operation {
        case .add: return fadd(x, y)
        case .subtract: return fsub(x, y)
        case .multiply: return fmul(x, y)
        case .divide: return fdiv(x, y)
        case .max: return extreme("gt", x, y)
        case .min: return extreme("lt", x, y)
        case .remainder:
            let zero = Operand.float(0, x.type.scalar)
            let both = matched([x, y])
            let towardsZero = perLane(both) { $0.binary("frem", $1[0], $1[1]) }
            // A zero takes the divisor's sign; a NaN divisor stays NaN by way of `frem`.
            let signed = intrinsic("copysign", [zero, both[1]])
            let wrongSide = binary("xor", compare("olt", towardsZero, zero), compare("olt", both[1], zero))
            let moved = select(wrongSide, fadd(towardsZero, both[1]), towardsZero)
            return select(compare("oeq", towardsZero, zero), signed, moved)
        case .power: return power(x, y)
        case .atan2: return library("atan2", [x, y])
        case .and, .or, .xor, .shiftLeft, .shiftRight: return x
        }
    }

    /// The greater or lesser of two floating-point numbers; NaN wins.
    ///
    /// One comparison does where one side is a known number. (Two were also read wrongly by LLVM 19, which took
    /// max(|x|, 0) for a comparison of x itself.)
    private func extreme(_ relation: String, _ x: Operand, _ y: Operand) -> Operand {
        if y.isNumber { return select(compare("u" + relation, x, y), x, y) }
        if x.isNumber { return select(compare("o" + relation, x, y), x, y) }
        // An instruction of AArch64, and three of x86, where LLVM makes four of what is written out. Which zero is greater does not matter.
        if target.llvmVersion >= 17 {
            let both = matched([x, y])
            let name = "llvm.\(relation == "gt" ? "maximum" : "minimum").\(both[0].type.suffix)"
            declare("declare \(both[0].type.text) @\(name)(\(both[0].type.text), \(both[0].type.text))")
            return pure(
                "call nsz \(both[0].type.text) @\(name)(\(both[0].typed), \(both[1].typed))", both[0].type, both)
        }
        return select(compare("uno", x, x), x, select(compare("o" + relation, x, y), x, y))
    }

    /// x to the y; the exponents that derivatives and norms are full of need no library.
    private func power(_ x: Operand, _ y: Operand) -> Operand {
        switch y {
        case .float(2, y.type.scalar): fmul(x, x)
        case .float(3, y.type.scalar): fmul(fmul(x, x), x)
        case .float(1, y.type.scalar): x
        case .float(0, y.type.scalar): .float(1, y.type.scalar)
        case .float(-1, y.type.scalar): fdiv(.float(1, y.type.scalar), x)
        default: y.type.scalar == .float ? floatPower(x, y) : library("pow", [x, y])
        }
    }

    private func boolBinary(_ operation: BinaryOperation, _ x: Operand, _ y: Operand) -> Operand {
        switch operation {
        case .add, .max, .or: either(x, y)
        case .multiply, .min, .and, .divide: both(x, y)
        case .subtract, .xor: binary("xor", x, y)
        case .power: either(x, not(y))
        case .remainder, .atan2: .bool(false)
        case .shiftLeft, .shiftRight: both(x, not(y))
        }
    }

    private func integerBinary(_ operation: BinaryOperation, _ x: Operand, _ y: Operand, _ type: ElementType) -> Operand
    {
        let scalar = x.type.scalar
        let zero = Operand.integer(0, scalar)
        let sign = type == .uint8 ? "u" : "s"
        switch operation {
        case .add: return binary("add", x, y)
        case .subtract: return binary("sub", x, y)
        case .multiply: return binary("mul", x, y)
        case .and: return binary("and", x, y)
        case .or: return binary("or", x, y)
        case .xor: return binary("xor", x, y)
        case .max: return select(compare("\(sign)gt", x, y), x, y)
        case .min: return select(compare("\(sign)lt", x, y), x, y)
        case .divide, .remainder: return division(operation, x, y, type)
        case .shiftLeft, .shiftRight:
            let legal = compare("ult", y, .integer(Int64(scalar.bits), scalar))
            let count = select(legal, y, zero)
            if operation == .shiftLeft { return select(legal, binary("shl", x, count), zero) }
            if type == .uint8 { return select(legal, binary("lshr", x, count), zero) }
            return binary("ashr", x, select(legal, y, .integer(Int64(scalar.bits - 1), scalar)))
        case .power:
            let all = matched([x, y])
            declare(Self.integerPower)
            let wide = all.map { cast(type == .uint8 ? "zext" : "sext", $0, to: .i64) }
            let result = perLane(wide) { builder, pair in
                builder.pure(
                    "call i64 @leibniz_integer_power(\(pair[0].typed), \(pair[1].typed))", IRType(.i64), pair)
            }
            return cast("trunc", result, to: scalar)
        case .atan2: return zero
        }
    }

    /// Quotient towards zero, or remainder with the divisor's sign; nothing traps.
    private func division(_ operation: BinaryOperation, _ x: Operand, _ y: Operand, _ type: ElementType) -> Operand {
        let scalar = x.type.scalar
        let zero = Operand.integer(0, scalar)
        if type == .uint8 {
            let isZero = compare("eq", y, zero)
            let divisor = select(isZero, .integer(1, scalar), y)
            return select(isZero, zero, binary(operation == .divide ? "udiv" : "urem", x, divisor))
        }
        let isSafe = y.isConstant && y.type.lanes == 1 && y.text != "0" && y.text != "-1"
        // y + 1 < 2 unsigned: y is 0 or −1.
        let isSpecial =
            isSafe ? Operand.bool(false) : compare("ult", binary("add", y, .integer(1, scalar)), .integer(2, scalar))
        let divisor = isSafe ? y : select(isSpecial, .integer(1, scalar), y)
        if operation == .divide {
            let quotient = binary("sdiv", x, divisor)
            if isSafe { return quotient }
            let special = select(compare("eq", y, zero), zero, binary("sub", zero, x))
            return select(isSpecial, special, quotient)
        }
        let towardsZero = binary("srem", x, divisor)
        let differs = compare("slt", binary("xor", towardsZero, divisor), zero)
        let wrongSide = binary("and", differs, compare("ne", towardsZero, zero))
        let moved = select(wrongSide, binary("add", towardsZero, divisor), towardsZero)
        return isSafe ? moved : select(isSpecial, zero, moved)
    }

    private static let integerPower = """
        define internal i64 @leibniz_integer_power(i64 %base, i64 %exponent) {
        entry:
          %negative = icmp slt i64 %exponent, 0
          %isOne = icmp eq i64 %base, 1
          %isMinusOne = icmp eq i64 %base, -1
          %bit = and i64 %exponent, 1
          %odd = icmp ne i64 %bit, 0
          %sign = select i1 %odd, i64 -1, i64 1
          %special = select i1 %isMinusOne, i64 %sign, i64 0
          %inverse = select i1 %isOne, i64 1, i64 %special
          br i1 %negative, label %done, label %test
        test:
          %result = phi i64 [ 1, %entry ], [ %nextResult, %body ]
          %square = phi i64 [ %base, %entry ], [ %nextSquare, %body ]
          %rest = phi i64 [ %exponent, %entry ], [ %nextRest, %body ]
          %more = icmp sgt i64 %rest, 0
          br i1 %more, label %body, label %done
        body:
          %low = and i64 %rest, 1
          %take = icmp ne i64 %low, 0
          %product = mul i64 %result, %square
          %nextResult = select i1 %take, i64 %product, i64 %result
          %nextSquare = mul i64 %square, %square
          %nextRest = lshr i64 %rest, 1
          br label %test
        done:
          %value = phi i64 [ %inverse, %entry ], [ %result, %test ]
          ret i64 %value
        }
        """

    // MARK: Comparisons and conversions

    /// A comparison of two operands of an element type.
    func compare(_ comparison: Comparison, _ x: Operand, _ y: Operand, _ type: ElementType) -> Operand {
        let order: String =
            switch comparison {
            case .equal: "eq"
            case .notEqual: "ne"
            case .less: "lt"
            case .lessOrEqual: "le"
            case .greater: "gt"
            case .greaterOrEqual: "ge"
            }
        if type.isFloatingPoint { return compare(comparison == .notEqual ? "une" : "o\(order)", x, y) }
        if comparison == .equal || comparison == .notEqual { return compare(order, x, y) }
        return compare((type == .uint8 || type == .bool ? "u" : "s") + order, x, y)
    }

    /// A number of one element type as another.
    func convert(_ x: Operand, from: ElementType, to: ElementType) -> Operand {
        let (source, target) = (IRScalar(from), IRScalar(to))
        if from == to { return x }
        if to == .bool {
            return from.isFloatingPoint
                ? compare("une", x, .float(0, source)) : compare("ne", x, .integer(0, source))
        }
        if from.isFloatingPoint {
            if to.isFloatingPoint { return cast(to == .float64 ? "fpext" : "fptrunc", x, to: target) }
            let wide = to == .int64 ? IRScalar.i64 : .i32
            let result = IRType(wide, lanes: x.type.lanes)
            let saturated = call("llvm.fptosi.sat.\(result.suffix).\(x.type.suffix)", result, [x])
            return cast("trunc", saturated, to: target)
        }
        let isUnsigned = from == .uint8 || from == .bool
        if to.isFloatingPoint { return cast(isUnsigned ? "uitofp" : "sitofp", x, to: target) }
        return cast(target.bits < source.bits ? "trunc" : isUnsigned ? "zext" : "sext", x, to: target)
    }

    // MARK: Lane by lane

    /// The results of a scalar computation on each lane of operands of one lane count.
    func perLane(_ operands: [Operand], _ body: (FunctionBuilder, [Operand]) -> Operand) -> Operand {
        let lanes = operands[0].type.lanes
        if lanes == 1 { return body(self, operands) }
        return vector(
            (0..<lanes).map { number in body(self, operands.map { lane($0, number) }) }, lanes: lanes)
    }

    /// A function of the C library, lane by lane: `name` for double, `name` + `f` for float.
    func library(_ name: String, _ operands: [Operand]) -> Operand {
        let all = matched(operands)
        let scalar = all[0].type.scalar
        return perLane(all) { $0.call(scalar == .float ? name + "f" : name, IRType(scalar), $1) }
    }

    // MARK: Random bits

    /// Word 0…3 of Philox4x32-10 as i32, from i64 keys and counters.
    func philox(key: Operand, counter: Operand, word: Int) -> Operand {
        let both = matched([key, counter])
        let lanes = both[0].type.lanes
        func low(_ x: Operand) -> Operand { cast("trunc", x, to: .i32) }
        func high(_ x: Operand) -> Operand { low(binary("lshr", x, .integer(32))) }
        func wide(_ x: Operand, times factor: Int64) -> Operand {
            binary("mul", cast("zext", x, to: .i64), .integer(factor))
        }
        let zero = splat(.integer(0, .i32), lanes: lanes)
        var (c0, c1, c2, c3) = (low(both[1]), high(both[1]), zero, zero)
        var (k0, k1) = (low(both[0]), high(both[0]))
        for _ in 0..<10 {
            let first = wide(c0, times: 0xD251_1F53)
            let second = wide(c2, times: 0xCD9E_8D57)
            (c0, c1, c2, c3) = (
                binary("xor", binary("xor", high(second), c1), k0), low(second),
                binary("xor", binary("xor", high(first), c3), k1), low(first)
            )
            k0 = binary("add", k0, .integer(Int64(Int32(bitPattern: 0x9E37_79B9)), .i32))
            k1 = binary("add", k1, .integer(Int64(Int32(bitPattern: 0xBB67_AE85)), .i32))
        }
        return [c0, c1, c2, c3][word]
    }
}
