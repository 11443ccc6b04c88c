/// Arithmetic on operands. Where a scalar meets a vector it is broadcast; where all are scalars the result is one.
extension FunctionBuilder {
    /// The operand in `lanes` equal lanes.
    func splat(_ x: Operand, lanes: Int) -> Operand {
        if x.type.lanes == lanes { return x }
        let type = x.type.with(lanes: lanes)
        if x.isConstant {
            let lane = x.typed
            let text = "<" + repeatElement(lane, count: lanes).joined(separator: ", ") + ">"
            return Operand(text, type, level: 0, isConstant: true)
        }
        let first = pure("insertelement \(type.text) undef, \(x.typed), i64 0", type, [x])
        return pure(
            "shufflevector \(first.typed), \(type.text) undef, <\(lanes) x i32> zeroinitializer", type, [first])
    }

    /// All operands in the greatest number of lanes that one of them has.
    func matched(_ operands: [Operand]) -> [Operand] {
        let lanes = operands.reduce(1) { max($0, $1.type.lanes) }
        return lanes == 1 ? operands : operands.map { splat($0, lanes: lanes) }
    }

    /// An instruction of the form `name type a, b`.
    func binary(_ name: String, _ a: Operand, _ b: Operand) -> Operand {
        let both = matched([a, b])
        return pure("\(name) \(both[0].typed), \(both[1].text)", both[0].type, both)
    }

    func fadd(_ a: Operand, _ b: Operand) -> Operand { binary("fadd", a, b) }
    func fsub(_ a: Operand, _ b: Operand) -> Operand { binary("fsub", a, b) }
    func fmul(_ a: Operand, _ b: Operand) -> Operand { binary("fmul", a, b) }
    func fdiv(_ a: Operand, _ b: Operand) -> Operand { binary("fdiv", a, b) }
    func fneg(_ a: Operand) -> Operand { pure("fneg \(a.typed)", a.type, [a]) }

    /// An i64 sum; constants fold, since most of them are addresses.
    func iadd(_ a: Operand, _ b: Operand) -> Operand {
        if let x = a.integerValue, let y = b.integerValue { return .integer(x &+ y) }
        if a.integerValue == 0 { return b }
        if b.integerValue == 0 { return a }
        return binary("add", a, b)
    }

    /// An i64 product; constants fold.
    func imul(_ a: Operand, _ b: Operand) -> Operand {
        if let x = a.integerValue, let y = b.integerValue { return .integer(x &* y) }
        if a.integerValue == 1 { return b }
        if b.integerValue == 1 { return a }
        return binary("mul", a, b)
    }

    /// A call of an intrinsic or library function without effects, on operands of one lane count.
    func call(_ name: String, _ result: IRType, _ operands: [Operand], flags: String = "") -> Operand {
        let types = operands.map(\.type.text).joined(separator: ", ")
        declare("declare \(result.text) @\(name)(\(types))\(flags)")
        return pure(
            "call \(result.text) @\(name)(\(operands.map(\.typed).joined(separator: ", ")))", result, operands)
    }

    /// An intrinsic whose operands and result have one type, such as `llvm.sqrt`.
    func intrinsic(_ name: String, _ operands: [Operand]) -> Operand {
        let all = matched(operands)
        return call("llvm.\(name).\(all[0].type.suffix)", all[0].type, all)
    }

    /// a·b + c, rounded once.
    func fma(_ a: Operand, _ b: Operand, _ c: Operand) -> Operand { intrinsic("fma", [a, b, c]) }

    /// A comparison by an LLVM predicate such as `olt` or `ult`; i1 in as many lanes.
    func compare(_ predicate: String, _ a: Operand, _ b: Operand) -> Operand {
        let both = matched([a, b])
        let name = both[0].type.scalar.isFloatingPoint ? "fcmp" : "icmp"
        return pure(
            "\(name) \(predicate) \(both[0].typed), \(both[1].text)", IRType(.i1, lanes: both[0].type.lanes), both)
    }

    /// `a` where `condition`, else `b`; a scalar condition chooses whole vectors.
    func select(_ condition: Operand, _ a: Operand, _ b: Operand) -> Operand {
        if condition.isConstant, condition.type.lanes == 1 { return condition.text == "true" ? a : b }
        if a == b { return a }
        let lanes = max(condition.type.lanes, a.type.lanes, b.type.lanes)
        let (x, y) = (splat(a, lanes: lanes), splat(b, lanes: lanes))
        return pure("select \(condition.typed), \(x.typed), \(y.typed)", x.type, [condition, x, y])
    }

    /// Whether both hold; constants fold.
    func both(_ a: Operand, _ b: Operand) -> Operand {
        if a.isConstant, a.type.lanes == 1 { return a.text == "true" ? b : a }
        if b.isConstant, b.type.lanes == 1 { return b.text == "true" ? a : b }
        return binary("and", a, b)
    }

    /// Whether either holds.
    func either(_ a: Operand, _ b: Operand) -> Operand { binary("or", a, b) }

    /// The contrary.
    func not(_ a: Operand) -> Operand {
        if a.isConstant, a.type.lanes == 1 { return .bool(a.text != "true") }
        return binary("xor", a, .bool(true))
    }

    /// A conversion instruction such as `sext` or `fptrunc`; nothing where the type is the same.
    func cast(_ name: String, _ x: Operand, to scalar: IRScalar) -> Operand {
        if x.type.scalar == scalar { return x }
        if name == "trunc", let value = x.integerValue { return .integer(value, scalar) }
        let type = IRType(scalar, lanes: x.type.lanes)
        return pure("\(name) \(x.typed) to \(type.text)", type, [x])
    }

    /// The same bits as another type of the same width.
    func bitcast(_ x: Operand, to scalar: IRScalar) -> Operand { cast("bitcast", x, to: scalar) }

    /// A vector of i32 that what is made of it later does not change.
    ///
    /// LLVM chooses among positions in as few bits as their last use has, and then narrows each comparison's mask for it.
    func fenced(_ x: Operand) -> Operand {
        guard x.type.scalar == .i32, x.type.lanes > 1 else { return x }
        return bitcast(intrinsic("arithmetic.fence", [bitcast(x, to: .float)]), to: .i32)
    }

    /// Some neighbouring lanes of a vector.
    func part(_ x: Operand, _ lanes: Range<Int>) -> Operand {
        if lanes == 0..<x.type.lanes { return x }
        return lanes.count == 1 ? lane(x, lanes.lowerBound) : shuffle(x, nil, Array(lanes))
    }

    /// One lane of a vector; a scalar is its own every lane.
    func lane(_ x: Operand, _ number: Int) -> Operand {
        if x.type.lanes == 1 { return x }
        return pure("extractelement \(x.typed), i64 \(number)", x.type.with(lanes: 1), [x])
    }

    /// A vector of scalars.
    func vector(_ scalars: [Operand], lanes: Int) -> Operand {
        let type = scalars[0].type.with(lanes: lanes)
        var result = Operand(scalars.count < lanes ? "zeroinitializer" : "undef", type, level: 0, isConstant: true)
        for (number, scalar) in scalars.enumerated() {
            result = pure("insertelement \(result.typed), \(scalar.typed), i64 \(number)", type, [result, scalar])
        }
        return result
    }

    /// Lanes of `a` and `b` (numbered on from those of `a`), by number; a single one is a scalar.
    func shuffle(_ a: Operand, _ b: Operand?, _ numbers: [Int]) -> Operand {
        if let only = numbers.first, numbers.count == 1 {
            let lanes = a.type.lanes
            return only < lanes ? lane(a, only) : lane(b ?? a, only - lanes)
        }
        let type = a.type.with(lanes: numbers.count)
        let second = b ?? Operand("undef", a.type, level: 0, isConstant: true)
        let mask = numbers.map { "i32 \($0)" }.joined(separator: ", ")
        return pure(
            "shufflevector \(a.typed), \(second.typed), <\(numbers.count) x i32> <\(mask)>", type, [a, second])
    }

    /// 0, 1, 2, … times `stride`, as a constant vector of integers; in the order of lanes that is given.
    func ramp(_ stride: Int, lanes: Int, _ scalar: IRScalar = .i64, in order: LaneOrder = .ascending) -> Operand {
        let text = order.iterations(lanes: lanes).map { Operand.integer(Int64($0 * stride), scalar).typed }.joined(
            separator: ", ")
        return Operand("<\(text)>", IRType(scalar, lanes: lanes), level: 0, isConstant: true)
    }

    /// The mask that is true in the first `count` lanes.
    func prefix(_ count: Int, lanes: Int) -> Operand {
        let text = (0..<lanes).map { "i1 \($0 < count ? "true" : "false")" }.joined(separator: ", ")
        return Operand("<\(text)>", IRType(.i1, lanes: lanes), level: 0, isConstant: true)
    }
}
