#if canImport(Darwin)
    import Darwin
#elseif canImport(Musl)
    import Musl
#else
    import Glibc
#endif

/// What every scalar operation of a loop nest means, one number at a time.
///
/// Real numbers are held as `Double`, integers and truth values as `Int64`. A float32 result is that of the double
/// operation, rounded once: for + − × ÷ √ this is the correctly rounded result, since a double has more than twice the
/// digits of a float (Figueroa 1995).
public enum ScalarSemantics {
    /// The nearest number of a floating-point type; integers' types leave it as it is.
    public static func rounded(_ x: Double, to type: ElementType) -> Double {
        type == .float32 ? Double(Float(x)) : x
    }

    /// An integer modulo 2ᵇⁱᵗˢ of its type; for `bool` whether it is not zero.
    public static func wrapped(_ x: Int64, to type: ElementType) -> Int64 {
        switch type {
        case .int64, .float32, .float64: x
        case .int32: Int64(Int32(truncatingIfNeeded: x))
        case .uint8: Int64(UInt8(truncatingIfNeeded: x))
        case .bool: x == 0 ? 0 : 1
        }
    }

    /// A real number as an integer type: towards zero, saturating, NaN → 0; `uint8` by way of int32; `bool`: ≠ 0.
    public static func integer(_ x: Double, as type: ElementType) -> Int64 {
        if type == .bool { return x == 0 ? 0 : 1 }
        if x.isNaN { return 0 }
        if type == .int64 {
            if x >= 0x1p63 { return .max }
            return x < -0x1p63 ? .min : Int64(x)
        }
        if x >= 0x1p31 { return wrapped(Int64(Int32.max), to: type) }
        return wrapped(x <= -0x1p31 ? Int64(Int32.min) : Int64(x), to: type)
    }

    /// An integer as a floating-point type, rounded once.
    public static func float(_ x: Int64, as type: ElementType) -> Double {
        type == .float32 ? Double(Float(x)) : Double(x)
    }

    // MARK: Real numbers

    /// A function of one real number, before rounding to its type. `not`, `isNaN` and `isFinite` have no real value.
    public static func float(_ operation: UnaryOperation, _ x: Double) -> Double {
        switch operation {
        case .negate: -x
        case .abs: Swift.abs(x)
        case .sign: x.isNaN ? x : x > 0 ? 1 : x < 0 ? -1 : 0
        case .exp: exp(x)
        case .expm1: expm1(x)
        case .log: log(x)
        case .log1p: log1p(x)
        case .sqrt: x.squareRoot()
        case .rsqrt: 1 / x.squareRoot()
        case .sin: sin(x)
        case .cos: cos(x)
        case .tan: tan(x)
        case .asin: asin(x)
        case .acos: acos(x)
        case .atan: atan(x)
        case .sinh: sinh(x)
        case .cosh: cosh(x)
        case .tanh: tanh(x)
        case .sigmoid: SpecialFunctions.sigmoid(x)
        case .erf: erf(x)
        case .lgamma: SpecialFunctions.logAbsoluteGamma(x)
        case .digamma: SpecialFunctions.digamma(x)
        case .floor: x.rounded(.down)
        case .ceil: x.rounded(.up)
        case .round: x.rounded(.toNearestOrEven)
        case .not, .isNaN, .isFinite: .nan
        }
    }

    /// Whether a real number is NaN or finite, as 0 or 1; nil for the other operations.
    public static func test(_ operation: UnaryOperation, _ x: Double) -> Int64? {
        switch operation {
        case .isNaN: x.isNaN ? 1 : 0
        case .isFinite: x.isFinite ? 1 : 0
        default: nil
        }
    }

    /// A function of two real numbers, before rounding to their type. `and`, `or`, `xor` and shifts have no real value.
    public static func float(_ operation: BinaryOperation, _ x: Double, _ y: Double) -> Double {
        switch operation {
        case .add: x + y
        case .subtract: x - y
        case .multiply: x * y
        case .divide: x / y
        case .remainder: remainder(x, y)
        case .power: pow(x, y)
        case .atan2: atan2(x, y)
        case .max: x.isNaN || x > y ? x : y
        case .min: x.isNaN || x < y ? x : y
        case .and, .or, .xor, .shiftLeft, .shiftRight: .nan
        }
    }

    /// x − ⌊x/y⌋·y without the cancellation: the exact remainder towards zero, moved to the divisor's side.
    private static func remainder(_ x: Double, _ y: Double) -> Double {
        let towardsZero = fmod(x, y)
        if towardsZero == 0 { return y.isNaN ? y : Double(signOf: y, magnitudeOf: 0) }
        return (towardsZero < 0) == (y < 0) ? towardsZero : towardsZero + y
    }

    /// A comparison; with NaN only `notEqual` holds.
    public static func compare(_ comparison: Comparison, _ x: Double, _ y: Double) -> Bool {
        switch comparison {
        case .equal: x == y
        case .notEqual: x != y
        case .less: x < y
        case .lessOrEqual: x <= y
        case .greater: x > y
        case .greaterOrEqual: x >= y
        }
    }

    // MARK: Integers and truth values

    /// A function of one integer of a type; functions of real numbers only give 0.
    public static func integer(_ operation: UnaryOperation, _ x: Int64, _ type: ElementType) -> Int64 {
        switch operation {
        case .negate: wrapped(0 &- x, to: type)
        case .abs: wrapped(x < 0 ? 0 &- x : x, to: type)
        case .sign: x.signum()
        case .not: type == .bool ? 1 - x : wrapped(~x, to: type)
        default: 0
        }
    }

    /// A function of two integers of a type; functions of real numbers only give 0.
    public static func integer(_ operation: BinaryOperation, _ x: Int64, _ y: Int64, _ type: ElementType) -> Int64 {
        let bits = Int64(type.byteCount * 8)
        switch operation {
        case .add: return wrapped(x &+ y, to: type)
        case .subtract: return wrapped(x &- y, to: type)
        case .multiply: return wrapped(x &* y, to: type)
        case .divide: return y == 0 ? 0 : wrapped(x.dividedReportingOverflow(by: y).partialValue, to: type)
        case .remainder:
            // Least mod −1 would trap.
            guard y != 0, y != -1 else { return 0 }
            let towardsZero = x % y
            return towardsZero == 0 || (towardsZero < 0) == (y < 0) ? towardsZero : towardsZero + y
        case .power: return power(x, y, type)
        case .max: return Swift.max(x, y)
        case .min: return Swift.min(x, y)
        case .and: return x & y
        case .or: return x | y
        case .xor: return x ^ y
        case .shiftLeft: return y < 0 || y >= bits ? 0 : wrapped(x &<< y, to: type)
        case .shiftRight: return y < 0 || y >= bits ? (x < 0 ? -1 : 0) : x &>> y
        case .atan2: return 0
        }
    }

    /// By squaring; a negative exponent gives 0 but for the bases 1 and −1.
    private static func power(_ base: Int64, _ exponent: Int64, _ type: ElementType) -> Int64 {
        if exponent < 0 {
            if base == 1 { return 1 }
            return base == -1 ? (exponent & 1 == 0 ? 1 : -1) : 0
        }
        var (result, square, rest): (Int64, Int64, Int64) = (1, base, exponent)
        while rest > 0 {
            if rest & 1 == 1 { result = result &* square }
            square = square &* square
            rest >>= 1
        }
        return wrapped(result, to: type)
    }

    /// A comparison.
    public static func compare(_ comparison: Comparison, _ x: Int64, _ y: Int64) -> Bool {
        switch comparison {
        case .equal: x == y
        case .notEqual: x != y
        case .less: x < y
        case .lessOrEqual: x <= y
        case .greater: x > y
        case .greaterOrEqual: x >= y
        }
    }

    // MARK: Reductions

    /// What a reduction of real numbers starts from; arg-max and arg-min start from no best value.
    public static func floatIdentity(_ operation: ReductionOperation) -> Double {
        switch operation {
        case .sum: 0
        case .product: 1
        case .max, .argMax: -.infinity
        case .min, .argMin: .infinity
        }
    }

    /// What a reduction of integers of a type starts from.
    public static func integerIdentity(_ operation: ReductionOperation, _ type: ElementType) -> Int64 {
        let range: ClosedRange<Int64> =
            switch type {
            case .int32: Int64(Int32.min)...Int64(Int32.max)
            case .uint8: 0...255
            case .bool: 0...1
            case .int64, .float32, .float64: .min ... .max
            }
        return switch operation {
        case .sum: 0
        case .product: 1
        case .max, .argMax: range.lowerBound
        case .min, .argMin: range.upperBound
        }
    }

    // MARK: Random bits

    /// Philox4x32-10: four random words from a counter of four and a key of two (Salmon, Moraes, Dror and Shaw,
    /// "Parallel random numbers: as easy as 1, 2, 3", 2011).
    public static func philox(
        counter: (UInt32, UInt32, UInt32, UInt32), key: (UInt32, UInt32)
    ) -> (UInt32, UInt32, UInt32, UInt32) {
        var (c, k) = (counter, key)
        var round = 0
        while round < 10 {
            let first = UInt64(0xD251_1F53) &* UInt64(c.0)
            let second = UInt64(0xCD9E_8D57) &* UInt64(c.2)
            c = (
                UInt32(truncatingIfNeeded: second &>> 32) ^ c.1 ^ k.0, UInt32(truncatingIfNeeded: second),
                UInt32(truncatingIfNeeded: first &>> 32) ^ c.3 ^ k.1, UInt32(truncatingIfNeeded: first)
            )
            k = (k.0 &+ 0x9E37_79B9, k.1 &+ 0xBB67_AE85)
            round += 1
        }
        return c
    }

    /// One word, 0…3, of the block for a 64-bit counter and key, as a signed 32-bit number.
    public static func random(key: Int64, counter: Int64, word: Int) -> Int64 {
        func halves(_ x: Int64) -> (UInt32, UInt32) {
            (UInt32(truncatingIfNeeded: x), UInt32(truncatingIfNeeded: UInt64(bitPattern: x) &>> 32))
        }
        let c = halves(counter)
        let words = philox(counter: (c.0, c.1, 0, 0), key: halves(key))
        let chosen =
            switch word {
            case 0: words.0
            case 1: words.1
            case 2: words.2
            default: words.3
            }
        return Int64(Int32(bitPattern: chosen))
    }
}
