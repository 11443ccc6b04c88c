import LeibnizKernels

/// The transform of n complex numbers as a product of sparse matrices, for short lengths whose prime factors are small.
///
/// The real parts stand before the imaginary ones. Both are transformed as real numbers (`RealFactors`), each to C and S; frequency k of
/// x + iy is C_x ± S_y + i(C_y ∓ S_x), and frequency n − k has the other signs.
enum ComplexFactors {
    private struct Key: Hashable, Sendable {
        let length: Int
        let sign: Int
    }
    private static let known = PlanCache<Key, [RealFactors.Matrix]>(capacity: 64)

    /// Whether a length has such factors.
    static func areWrittenOut(_ n: Int) -> Bool { 2 * n <= WrittenLoops.longest && RealFactors.of(n) != nil }

    /// The matrices for a length, the first to be applied first; nil where a length is long or has a great prime factor.
    ///
    /// - Parameter sign: that of the exponent.
    static func of(_ n: Int, sign: Int) -> [RealFactors.Matrix]? {
        guard areWrittenOut(n), let factors = RealFactors.of(n) else { return nil }
        return known.value(for: Key(length: n, sign: sign)) {
            factors.map { $0 + $0.map { row in row.map { .init(place: $0.place + n, weight: $0.weight) } } }
                + [combined(n, sign: sign)]
        }
    }

    /// Both parts of all frequencies, of C_0 … C_{n/2}, S_1 … of the real parts and those of the imaginary ones.
    private static func combined(_ n: Int, sign: Int) -> RealFactors.Matrix {
        func row(_ cosine: Int, _ sine: Int, _ k: Int, _ weight: Int) -> [FixedProduct.Term] {
            // C_{n−k} = C_k, S_{n−k} = −S_k.
            let (near, direction) = 2 * k <= n ? (k, 1) : (n - k, -1)
            let isReal = near == 0 || 2 * near == n
            return [.init(place: cosine + near, weight: 1)]
                + (isReal ? [] : [.init(place: sine + n / 2 + near, weight: Double(weight * direction))])
        }
        return (0..<n).map { row(0, n, $0, -sign) } + (0..<n).map { row(n, 0, $0, sign) }
    }
}
