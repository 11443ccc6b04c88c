/// Random 64-bit numbers as a function of a key and a position: SplitMix64 started at the key.
///
/// (G. Steele, D. Lea, C. Flood, *Fast splittable pseudorandom number generators*, OOPSLA 2014.)
struct CountedRandom {
    private let key: UInt64
    private var position: UInt64 = 0

    /// The stream of a seed and an epoch. Mixing in between keeps (1, 2) and (2, 1) apart.
    init(seed: UInt64, epoch: UInt64) {
        key = Self.mixed(Self.mixed(seed &+ Self.increment) ^ epoch)
    }

    /// The stream of a seed, an epoch and a sample.
    init(seed: UInt64, epoch: UInt64, sample: UInt64) {
        key = Self.mixed(CountedRandom(seed: seed, epoch: epoch).key &+ Self.increment ^ sample)
    }

    /// The next number of the stream.
    mutating func next() -> UInt64 {
        position &+= 1
        return Self.mixed(key &+ position &* Self.increment)
    }

    /// A number below `bound`, each with the same probability.
    ///
    /// D. Lemire, *Fast random integer generation in an interval*, 2019: the high half of x · bound, where low halves
    /// below 2^64 mod bound are drawn again.
    mutating func next(below bound: UInt64) -> UInt64 {
        while true {
            let (high, low) = next().multipliedFullWidth(by: bound)
            if low >= bound || low >= (0 &- bound) % bound { return high }
        }
    }

    private static let increment: UInt64 = 0x9E37_79B9_7F4A_7C15

    private static func mixed(_ value: UInt64) -> UInt64 {
        var z = value
        z = (z ^ z >> 30) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ z >> 27) &* 0x94D0_49BB_1331_11EB
        return z ^ z >> 31
    }
}

/// The numbers 0 ..< count in the order in which one epoch visits them.
///
/// Every order has the same probability. It depends on `count`, `seed` and `epoch` alone: not on threads, on earlier
/// epochs, or on the version of Swift. (Fisher–Yates, from the end, on a counter-based stream.)
///
/// - Parameters:
///   - count: how many; none for 0 or less.
///   - seed: any number.
///   - epoch: the number of the pass, from 0 or 1 as the caller counts.
/// - Complexity: O(count).
public func shuffledIndices(_ count: Int, seed: Int, epoch: Int) -> [Int] {
    var order = Array(0..<max(count, 0))
    var random = CountedRandom(seed: UInt64(bitPattern: Int64(seed)), epoch: UInt64(bitPattern: Int64(epoch)))
    for last in order.indices.dropFirst().reversed() {
        order.swapAt(last, Int(random.next(below: UInt64(last) + 1)))
    }
    return order
}
