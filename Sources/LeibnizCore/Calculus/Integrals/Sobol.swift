/// Sobol's low-discrepancy sequences with Owen's scrambling.
///
/// Direction numbers of the first 21 dimensions as found by S. Joe and F. Y. Kuo (*Constructing Sobol sequences with better two-dimensional
/// projections*, 2008, file new-joe-kuo-6). Bits are scrambled in nested order by a hash (B. Burley, *Practical hash-based Owen
/// scrambling*, 2020; the hash is that of S. Laine and T. Karras, 2011).
enum Sobol {
    /// For dimensions 2, 3, …: the degree s of the primitive polynomial, its inner coefficients a, and m₁ … m_s.
    private static let directions: [(a: UInt32, m: [UInt32])] = [
        (0, [1]), (1, [1, 3]), (1, [1, 3, 1]), (2, [1, 1, 1]), (1, [1, 1, 3, 3]), (4, [1, 3, 5, 13]),
        (2, [1, 1, 5, 5, 17]), (4, [1, 1, 5, 5, 5]), (7, [1, 1, 7, 11, 19]), (11, [1, 1, 5, 1, 1]),
        (13, [1, 1, 1, 3, 11]), (14, [1, 3, 5, 5, 31]), (1, [1, 3, 3, 9, 7, 49]), (13, [1, 1, 1, 15, 21, 21]),
        (16, [1, 3, 1, 13, 27, 49]), (19, [1, 1, 1, 15, 7, 5]), (22, [1, 3, 1, 15, 13, 25]),
        (25, [1, 1, 5, 5, 19, 61]), (1, [1, 3, 7, 11, 23, 15, 103]), (4, [1, 3, 7, 13, 13, 15, 69]),
    ]
    static let greatestDimension = directions.count + 1
    /// How many independent scramblings tell the error.
    static let replicates = 8

    /// The 32 direction numbers of a dimension, as binary fractions.
    static func directionNumbers(_ dimension: Int) -> [UInt32] {
        if dimension == 0 { return (0..<32).map { 1 << (31 - $0) } }
        let (a, m) = directions[dimension - 1]
        let degree = m.count
        var v = m.enumerated().map { place, m in m << UInt32(31 - place) }
        // v_k = v_{k−s} ⊕ (v_{k−s} ≫ s) ⊕ the v_{k−j} for which the polynomial has a coefficient.
        for k in degree..<32 {
            var next = v[k - degree] ^ (v[k - degree] >> UInt32(degree))
            for j in 1..<degree where a >> UInt32(degree - 1 - j) & 1 == 1 { next ^= v[k - j] }
            v.append(next)
        }
        return v
    }

    /// The first points in (0, 1)ᵈ, one after the other.
    ///
    /// - Parameter seed: of the scrambling; `nil` for the plain sequence, which begins at 0.
    static func points(_ count: Int, _ dimension: Int, seed: Int?) -> [Double] {
        let numbers = (0..<dimension).map(directionNumbers)
        let keys = seed.map { seed in (0..<dimension).map { mixed(UInt64(bitPattern: Int64(seed)), UInt64($0)) } }
        var (points, state) = ([Double](), [UInt32](repeating: 0, count: dimension))
        points.reserveCapacity(count * dimension)
        for place in 0..<count {
            for axis in 0..<dimension {
                if let keys {
                    // The middle of the finest cell.
                    points.append((Double(scrambled(state[axis], keys[axis])) + 0.5) * 0x1p-32)
                } else {
                    points.append(Double(state[axis]) * 0x1p-32)
                }
            }
            // In the order of the Gray code one direction changes at a time.
            let bit = (~place).trailingZeroBitCount
            if bit < 32 { for axis in 0..<dimension { state[axis] ^= numbers[axis][bit] } }
        }
        return points
    }

    /// Each bit flipped or not by a hash of those before it.
    private static func scrambled(_ x: UInt32, _ seed: UInt32) -> UInt32 {
        var v = reversed(x)
        v &+= seed
        v ^= v &* 0x6c50_b47c
        v ^= v &* 0xb82f_1e52
        v ^= v &* 0xc7af_e638
        v ^= v &* 0x8d22_f6e6
        return reversed(v)
    }

    private static func reversed(_ x: UInt32) -> UInt32 {
        var (v, result) = (x, UInt32(0))
        for _ in 0..<32 {
            result = result << 1 | v & 1
            v >>= 1
        }
        return result
    }

    /// 32 bits that look random (SplitMix64; Steele, Lea & Flood 2014).
    private static func mixed(_ seed: UInt64, _ axis: UInt64) -> UInt32 {
        var z = seed &* 0x9E37_79B9_7F4A_7C15 &+ axis &* 0xD1B5_4A32_D192_ED03 &+ 0x9E37_79B9_7F4A_7C15
        z = (z ^ z >> 30) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ z >> 27) &* 0x94D0_49BB_1331_11EB
        return UInt32(truncatingIfNeeded: z ^ z >> 31)
    }
}
