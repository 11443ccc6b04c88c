import LeibnizKernels

/// Random expressions whose floating-point results two implementations can be compared on: what jumps (comparisons,
/// roundings, conversions to integers) or is ill-conditioned acts on exact numbers only, and everything else is bounded
/// with moderate slopes, so that a few ulp stay a few ulp.
extension NestBuilder {
    private static let steady: [UnaryOperation] = [
        .negate, .abs, .sin, .cos, .atan, .tanh, .sigmoid, .erf,
    ]
    private static let anyReal: [UnaryOperation] = [
        .negate, .abs, .sign, .exp, .expm1, .sin, .cos, .atan, .sinh, .cosh, .tanh, .sigmoid, .erf, .floor, .ceil,
        .round,
    ]
    private static let positiveReal: [UnaryOperation] = [.log, .log1p, .sqrt, .rsqrt, .lgamma, .digamma, .exp]

    /// A scalar of a type at a point of the axes.
    mutating func expression(_ type: ElementType, over axes: [Int], depth limit: Int) -> ValueID {
        // Deeper, the infinities would meet results that one implementation rounds to zero and the other does not.
        let depth = hasSpecialValues ? min(limit, 1) : limit
        if depth == 0 { return leaf(type, over: axes) }
        if chance(0.1) {
            let condition = expression(.bool, over: axes, depth: depth - 1)
            let (a, b) = (
                expression(type, over: axes, depth: depth - 1), expression(type, over: axes, depth: depth - 1)
            )
            return mark(nest.value(.select(condition, a, b), type), max(magnitude(a), magnitude(b)))
        }
        return switch type {
        case .float32, .float64: realExpression(type, over: axes, depth: depth)
        case .int32, .int64, .uint8: integerExpression(type, over: axes, depth: depth)
        case .bool: truthExpression(over: axes, depth: depth)
        }
    }

    /// Exact: a load, a constant, or for `int64` a function of the indices.
    mutating func leaf(_ type: ElementType, over axes: [Int], positive: Bool = false) -> ValueID {
        if chance(0.8) { return load(type, over: axes, positive: positive) }
        switch type {
        case .float32, .float64: return nest.value(.float(Double(pick(1...8)) / 4), type)
        case .int64:
            return nest.value(.index(Affine(pick(-5...5), axes.map { ($0, pick(-3...3)) })), type)
        case .int32: return nest.value(.integer(Int64(pick(-8...8))), type)
        case .uint8: return nest.value(.integer(Int64(pick(0...8))), type)
        case .bool:
            let bounds = axes.filter { _ in chance(0.5) }.map { Bound(Affine(-1, [($0, 1)]), extent: pick(1...20)) }
            return nest.value(.within(bounds), type)
        }
    }

    func magnitude(_ value: ValueID) -> Double { magnitudes[value] ?? 2 }

    /// Notes how large a value can be; squashes what is too large to go on with.
    mutating func mark(_ value: ValueID, _ magnitude: Double) -> ValueID {
        guard nest.values[value].type.isFloatingPoint else { return value }
        if magnitude <= 12 {
            magnitudes[value] = magnitude
            return value
        }
        let squashed = nest.value(.unary(.tanh, value), nest.values[value].type)
        magnitudes[squashed] = 1
        return squashed
    }

    private mutating func realExpression(_ type: ElementType, over axes: [Int], depth: Int) -> ValueID {
        switch pick(0...9) {
        case 0:
            let x = leaf(type, over: axes)
            return mark(nest.value(.unary(pick(Self.anyReal), x), type), 8)
        case 1:
            let x = leaf(type, over: axes, positive: true)
            return mark(nest.value(.unary(pick(Self.positiveReal), x), type), 8)
        case 2:
            let x = expression(type, over: axes, depth: depth - 1)
            return mark(nest.value(.unary(pick(Self.steady), x), type), magnitude(x))
        case 3:
            let (x, y) = (expression(type, over: axes, depth: depth - 1), leaf(type, over: axes, positive: true))
            return mark(nest.value(.binary(.divide, x, y), type), magnitude(x) * 4)
        case 4:
            let (x, y) = (leaf(type, over: axes, positive: true), leaf(type, over: axes))
            return mark(nest.value(.binary(pick([.power, .atan2]), x, y), type), 16)
        case 5: return conversion(to: type, over: axes, depth: depth)
        default:
            let (x, y) = (
                expression(type, over: axes, depth: depth - 1), expression(type, over: axes, depth: depth - 1)
            )
            let operation = pick([BinaryOperation.add, .subtract, .multiply, .max, .min])
            let magnitude =
                operation == .multiply ? magnitude(x) * magnitude(y) : magnitude(x) + magnitude(y)
            return mark(nest.value(.binary(operation, x, y), type), magnitude)
        }
    }

    private mutating func conversion(to type: ElementType, over axes: [Int], depth: Int) -> ValueID {
        let from = pick(ElementType.allCases)
        if from.isFloatingPoint {
            let x = expression(from, over: axes, depth: depth - 1)
            return mark(nest.value(.convert(x), type), magnitude(x))
        }
        let x = nest.value(.convert(expression(from, over: axes, depth: depth - 1)), type)
        return mark(x, .infinity)
    }

    private mutating func integerExpression(_ type: ElementType, over axes: [Int], depth: Int) -> ValueID {
        switch pick(0...6) {
        case 0:
            let x = expression(type, over: axes, depth: depth - 1)
            return nest.value(.unary(pick([.negate, .abs, .sign, .not]), x), type)
        case 1:
            let from = pick(ElementType.allCases)
            let x =
                from.isFloatingPoint ? leaf(from, over: axes) : expression(from, over: axes, depth: depth - 1)
            return nest.value(.convert(x), type)
        case 2:
            if type != .int32 { return expression(type, over: axes, depth: depth - 1) }
            let (key, counter) = (leaf(.int64, over: []), leaf(.int64, over: axes))
            return nest.value(.random(key: key, counter: counter, word: pick(0...3)), .int32)
        default:
            let (x, y) = (
                expression(type, over: axes, depth: depth - 1), expression(type, over: axes, depth: depth - 1)
            )
            let operation = pick(BinaryOperation.allCases.filter { $0 != .atan2 })
            return nest.value(.binary(operation, x, y), type)
        }
    }

    private mutating func truthExpression(over axes: [Int], depth: Int) -> ValueID {
        switch pick(0...4) {
        case 0:
            let type = pick([ElementType.float32, .float64])
            return nest.value(.unary(pick([.isNaN, .isFinite]), leaf(type, over: axes)), .bool)
        case 1: return nest.value(.unary(.not, expression(.bool, over: axes, depth: depth - 1)), .bool)
        case 2:
            let (x, y) = (
                expression(.bool, over: axes, depth: depth - 1), expression(.bool, over: axes, depth: depth - 1)
            )
            return nest.value(.binary(pick([.and, .or, .xor, .max, .min]), x, y), .bool)
        default:
            let type = pick(ElementType.allCases)
            return nest.value(
                .compare(pick(Comparison.allCases), leaf(type, over: axes), leaf(type, over: axes)), .bool)
        }
    }
}
