import LeibnizKernels

/// The transform of n = f·m real numbers, and its inverse, by two products.
///
/// With j = j₁·m + j₂ and k = k₁ + f·k₂, e^{−2πi·jk/n} = e^{−2πi·j₁k₁/f}·e^{−2πi·j₂k/n}: a product with an f×f matrix that all j₂ share,
/// and one with a matrix for each k₁, in which the factors between the stages are contained (Cooley & Tukey 1965). Only k₂ up to
/// n/2f is computed, so there are no mirror images to be put in place: a few more multiplications for far fewer walks through memory.
struct ShortTransform: Hashable, Sendable {
    /// n.
    let length: Int
    /// f.
    let radix: Int
    /// m.
    var rest: Int { length / radix }
    /// How many k₂ there are.
    var columns: Int { length / 2 / radix + 1 }

    /// The longest factor, and the most numbers in the second product's matrices, which a core's own cache should hold.
    private static let (longestRadix, greatestTable) = (64, 160_000)

    /// The two factors of a length that make the fewest multiplications; nil where one product does, or two do not.
    init?(_ n: Int) {
        guard n > FourierTransform.radices(n).first ?? n else { return nil }
        let factors = (2...Self.longestRadix).filter { n % $0 == 0 && n / $0 <= Self.longestRadix && n / $0 > 1 }
        guard let radix = factors.reversed().min(by: { $0 + n / $0 < $1 + n / $1 }) else { return nil }
        (length, self.radix) = (n, radix)
        if tableCount > Self.greatestTable { return nil }
    }

    /// The numbers in the second product's matrices.
    var tableCount: Int { 4 * length * columns }

    /// The first n/2 + 1 frequencies, [b, n, t] → [2, b, n/2 + 1, t].
    func spectrum(_ x: Tensor) -> Tensor {
        let (b, t) = (x.type.shape[0], x.type.shape[2])
        // Labels: 0 and 5 the parts, 1 b, 2 j₁, 3 j₂, 4 t, 6 k₁, 7 k₂.
        let first = Tensor(
            Contraction(left: [1, 2, 3, 4], right: [2, 0, 6], output: [0, 1, 3, 6, 4]),
            [
                x.reshaped(to: [b, radix, rest, t]),
                FourierTables.spectrumMatrix(radix, columns: radix, x.elementType),
            ])
        return Tensor(
            Contraction(left: [0, 1, 3, 6, 4], right: [0, 3, 5, 7, 6], output: [5, 1, 7, 6, 4]),
            [first, FourierTables.second(self, isInverse: false, x.elementType)]
        ).reshaped(to: [2, b, columns * radix, t]).sliced(axis: 2, start: 0, count: length / 2 + 1)
    }

    /// The n real numbers of these frequencies, times n: [2, b, n/2 + 1, t] → [b, n, t].
    func signal(_ z: Tensor) -> Tensor {
        let (b, t) = (z.type.shape[1], z.type.shape[3])
        let whole = z.padded(axis: 2, before: 0, after: columns * radix - length / 2 - 1)
        // Labels: 0 and 5 the parts, 1 b, 2 j₁, 3 j₂, 4 t, 6 k₁, 7 k₂.
        let second = Tensor(
            Contraction(left: [0, 1, 7, 6, 4], right: [0, 7, 5, 3, 6], output: [5, 1, 3, 6, 4]),
            [
                whole.reshaped(to: [2, b, columns, radix, t]),
                FourierTables.second(self, isInverse: true, z.elementType),
            ])
        return Tensor(
            Contraction(left: [5, 1, 3, 6, 4], right: [5, 6, 2], output: [1, 2, 3, 4]),
            [second, FourierTables.signalMatrix(radix, rows: radix, z.elementType)]
        ).reshaped(to: [b, length, t])
    }
}
