import LeibnizKernels

/// A place in the sequence of random numbers of a seed: what is drawn depends on nothing but these three, and so neither on the
/// number of threads nor on the order of evaluation nor on the back end.
///
/// Two places with another seed or stream are independent. Element number i of a tensor, row-major, is drawn at position + i, so
/// drawing n elements takes n positions. The bits are those of Philox4x32-10; see `RandomBits`.
public struct RandomPosition: Sendable {
    /// Identifies the sequence.
    public var seed: Int
    /// A further identity, for independent sequences of one seed.
    public var stream: Int
    /// Where in the sequence the first element is taken.
    public var position: Int
    /// Further on by a number that is data.
    private var offset: Tensor?

    /// A place; stream and position are 0 by default.
    public init(seed: Int, stream: Int = 0, position: Int = 0) {
        (self.seed, self.stream, self.position) = (seed, stream, position)
    }

    /// Seed and stream as one key, mixed as SplitMix64 does (Steele, Lea & Flood 2014).
    /// The place further on by `count` elements, an integer tensor of one element: what a batch or a loop draws where.
    ///
    /// ```swift
    /// let rows = vmap { Tensor.normal([3], at: place.moved(by: $0)) }(Tensor([0, 3, 6]))      // as normal([9]) from there
    /// ```
    public func moved(by count: Tensor) -> RandomPosition {
        var place = self
        place.offset = offset.map { $0 + count } ?? count
        return place
    }

    private var key: Int64 {
        func mixed(_ bits: UInt64) -> UInt64 {
            var z = bits &+ 0x9E37_79B9_7F4A_7C15
            z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
            z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
            return z ^ (z >> 31)
        }
        // One after the other: neither equal nor exchanged numbers meet in one key.
        return Int64(bitPattern: mixed(mixed(UInt64(bitPattern: Int64(seed))) &+ UInt64(bitPattern: Int64(stream))))
    }

    /// 32 random bits per element.
    fileprivate func bits(_ shape: Shape, word: Int) -> Tensor {
        let key = Tensor(copying: [key], [])
        var counter = Tensor(copying: [Int64(position)], [])
        if let offset {
            guard offset.isInvalid || offset.elementType.isInteger && offset.type.shape.count == 1 else {
                let error = TensorError(
                    "random", [offset.type.shape], "a position moves by one integer, not by \(offset.elementType)",
                    kind: .elementType, hint: "cast(to: .int64)")
                return Tensor(invalid: error.located(among: [offset]))
            }
            counter = counter + offset.cast(to: .int64).reshaped(to: [])
        }
        return Tensor(RandomBits(shape: shape, word: word), [key, counter])
    }

    /// Numbers in [0, 1) on a grid of 2⁻²⁴ (float32) or 2⁻⁵³ (float64).
    fileprivate func unit(_ shape: Shape, _ type: ElementType, words first: Int) -> Tensor {
        func high(_ word: Int, _ count: Int) -> Tensor {
            let shift = Tensor(weak: Double(32 - count), .int32)
            return (bits(shape, word: word) >> shift) & Tensor(weak: Double((1 << count) - 1), .int32)
        }
        if type == .float32 { return high(first, 24).cast(to: .float32) * Tensor(weak: 0x1p-24) }
        let (upper, lower) = (high(first, 26).cast(to: .float64), high(first + 1, 27).cast(to: .float64))
        return (upper * Tensor(weak: 0x1p27) + lower) * Tensor(weak: 0x1p-53)
    }
}

extension Tensor {
    /// - Parameter flaw: what is wrong with the numbers that describe the distribution.
    private static func random(
        _ name: String, _ shape: Shape, _ type: ElementType = .float64, flaw: String? = nil, _ body: () -> Tensor
    ) -> Tensor {
        if let error = shape.flaw(of: name, type) { return Tensor(invalid: error.located()) }
        let flaw = type.isFloatingPoint ? flaw : "real numbers are drawn as float32 or float64, not \(type)"
        return flaw.map { Tensor(invalid: TensorError(name, [shape], $0, kind: .value).located()) } ?? body()
    }

    /// Random numbers, equally likely in low ..< high.
    ///
    /// - Parameters:
    ///   - low, high: finite, `low` not above `high`; 0 and 1 by default.
    ///   - elementType: float32 by default, whose numbers lie on a grid of 2⁻²⁴ of the range; 2⁻⁵³ for float64.
    public static func uniform(
        _ shape: Shape, _ low: Double = 0, _ high: Double = 1, at place: RandomPosition, _ type: ElementType = .float32
    ) -> Tensor {
        let isRange = low.isFinite && high.isFinite && low <= high && (high - low).isFinite
        return random("uniform", shape, type, flaw: isRange ? nil : "\(low) ..< \(high) is no range") {
            let unit = place.unit(shape, type, words: 0)
            if low == 0 && high == 1 { return unit }
            // The sum may be rounded up to the end, which does not belong to the range.
            let last = type == .float32 ? Double(Float(high).nextDown) : high.nextDown
            let spread = unit * Tensor(argument: high - low) + Tensor(argument: low)
            return low < high ? minimum(spread, Tensor(argument: Swift.max(low, last))) : spread
        }
    }

    /// Random numbers, equally likely in low ..< high; the same for the same seed.
    public static func uniform(
        _ shape: Shape, _ low: Double = 0, _ high: Double = 1, seed: Int, _ type: ElementType = .float32
    ) -> Tensor {
        uniform(shape, low, high, at: RandomPosition(seed: seed), type)
    }

    /// Random numbers of the normal distribution, by Box & Muller's transform (1958): √(−2 ln u)·cos 2πv.
    ///
    /// Computed in float64, of which float32 gives the rounded numbers: functions of float64 differ in their last bits between
    /// back ends, which rounding hides but for one number in 10⁸.
    ///
    /// - Parameters:
    ///   - mean: finite; 0 by default.
    ///   - deviation: finite, not negative; 1 by default.
    public static func normal(
        _ shape: Shape, mean: Double = 0, deviation: Double = 1, at place: RandomPosition,
        _ type: ElementType = .float32
    ) -> Tensor {
        let isFit = mean.isFinite && deviation.isFinite && deviation >= 0
        return random(
            "normal", shape, type,
            flaw: isFit ? nil : "there is no distribution of mean \(mean) and deviation \(deviation)"
        ) {
            let u = 1 - place.unit(shape, .float64, words: 0)
            let v = place.unit(shape, .float64, words: 2)
            let z = (sqrt(-2 * log(u)) * cos(Tensor(weak: 2 * Double.pi) * v)).cast(to: type)
            return mean == 0 && deviation == 1 ? z : z * Tensor(argument: deviation) + Tensor(argument: mean)
        }
    }

    /// Random numbers of the normal distribution; the same for the same seed.
    public static func normal(
        _ shape: Shape, mean: Double = 0, deviation: Double = 1, seed: Int, _ type: ElementType = .float32
    ) -> Tensor {
        normal(shape, mean: mean, deviation: deviation, at: RandomPosition(seed: seed), type)
    }

    /// True with the given probability, as bool.
    ///
    /// - Parameter probability: 0 to 1; as exact as 2⁻²⁴.
    public static func bernoulli(_ shape: Shape, probability: Double, at place: RandomPosition) -> Tensor {
        random(
            "bernoulli", shape, flaw: (0...1).contains(probability) ? nil : "\(probability) is no probability"
        ) { place.unit(shape, .float32, words: 0) < Tensor(argument: probability) }
    }

    /// True with the given probability, as bool; the same for the same seed.
    public static func bernoulli(_ shape: Shape, probability: Double, seed: Int) -> Tensor {
        bernoulli(shape, probability: probability, at: RandomPosition(seed: seed))
    }

    /// Random integers, equally likely in low ..< high, as int64.
    ///
    /// - Parameters:
    ///   - low: the least.
    ///   - high: one more than the greatest; above `low`, by at most 2³².
    public static func randint(_ shape: Shape, _ low: Int, _ high: Int, at place: RandomPosition) -> Tensor {
        let (range, isTooWide) = high.subtractingReportingOverflow(low)
        let isFit = !isTooWide && range > 0 && range <= 1 << 32
        return random("randint", shape, flaw: isFit ? nil : "\(low) ..< \(high) has not 1 to 2³² integers") {
            // 53 bits times the range, rounded down: no integer is likelier than another by more than 2⁻²¹ of its share.
            let scaled = place.unit(shape, .float64, words: 0) * Tensor(argument: Double(range))
            return scaled.cast(to: .int64) + Tensor(copying: [Int64(low)], [])
        }
    }

    /// Random integers, equally likely in low ..< high, as int64; the same for the same seed.
    public static func randint(_ shape: Shape, _ low: Int, _ high: Int, seed: Int) -> Tensor {
        randint(shape, low, high, at: RandomPosition(seed: seed))
    }

    /// The numbers 0 ..< count in random order, every order equally likely, as int64: positions sorted by 53 random bits each.
    public static func permutation(_ count: Int, at place: RandomPosition) -> Tensor {
        random("permutation", [count]) { sort(place.unit([count], .float64, words: 0)).indices }
    }

    /// The numbers 0 ..< count in random order, as int64; the same for the same seed.
    public static func permutation(_ count: Int, seed: Int) -> Tensor {
        permutation(count, at: RandomPosition(seed: seed))
    }
}
