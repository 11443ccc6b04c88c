import LeibnizKernels

/// The transform of n = f·m real numbers, and its inverse, by two products.
///
/// With j = j₁·m + j₂ and k = k₁ + f·k₂, e^{−2πi·jk/n} = e^{−2πi·j₁k₁/f}·e^{−2πi·j₂k/n}: a product with a matrix of f columns that all j₂
/// share, and one with a matrix for each k₁, in which the factors between the stages are contained (Cooley & Tukey 1965). The first
/// computes only k₁ ≤ f/2, for the second reads those of f − k₁ once more, conjugated by its matrix; and that only k₂ up to n/2f.
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

    /// How many k₁ ≤ f/2 there are: the sums over j₁ of the others are conjugates of theirs.
    private var halfRadix: Int { radix / 2 + 1 }

    /// Neighbouring k₁ whose sums over j₁ are computed, or are the conjugates of those at f − k₁.
    enum Run: Hashable, Sendable, CaseIterable {
        case computed, mirrored
    }

    /// The k₁ of a run.
    func residues(of run: Run) -> Range<Int> {
        let middle = (radix + 1) / 2
        return run == .computed ? 0..<middle : middle..<radix
    }

    /// The first n/2 + 1 frequencies, [b, n, t] → [b, 2, n/2 + 1, t].
    ///
    /// - Parameter weights: what the numbers are multiplied by, [n].
    func spectrum(_ x: Tensor, weights: Tensor? = nil) -> Tensor {
        let (b, t) = (x.type.shape[0], x.type.shape[2])
        // What is summed lies together: j₁ next to t.
        var samples = x.reshaped(to: [b, radix, rest, t]).transposed([0, 2, 1, 3])
        if let weights { samples = samples * weights.reshaped(to: [radix, rest]).transposed([1, 0]).expanded(at: 2) }
        // Labels: 0 and 5 the parts, 1 b, 2 j₁, 3 j₂, 4 t, 6 k₁, 7 k₂.
        let first = Tensor(
            Contraction(left: [1, 3, 2, 4], right: [2, 0, 6], output: [1, 6, 0, 3, 4]),
            [samples, FourierTables.spectrumMatrix(radix, columns: halfRadix, x.elementType)])
        let parts = Run.allCases.map { run in
            let count = residues(of: run).count
            let sums =
                run == .computed
                ? first.sliced(axis: 1, start: 0, count: count)
                : first.sliced(axis: 1, start: count, count: count, stride: -1)
            return Tensor(
                Contraction(left: [1, 6, 0, 3, 4], right: [6, 0, 3, 5, 7], output: [1, 5, 7, 6, 4]),
                [sums, FourierTables.second(self, run, isInverse: false, x.elementType)])
        }
        return concatenate(parts, axis: 3).reshaped(to: [b, 2, columns * radix, t])
            .sliced(axis: 2, start: 0, count: length / 2 + 1)
    }

    /// The n real numbers of these frequencies, times n: [2, b, n/2 + 1, t] → [b, n, t].
    func signal(_ z: Tensor) -> Tensor {
        let (b, t) = (z.type.shape[1], z.type.shape[3])
        let whole = z.padded(axis: 2, before: 0, after: columns * radix - length / 2 - 1)
            .reshaped(to: [2, b, columns, radix, t])
        // Labels: 0 and 5 the parts, 1 b, 2 j₁, 3 j₂, 4 t, 6 k₁, 7 k₂.
        let parts = Run.allCases.map { run in
            let residues = residues(of: run)
            let sums = Tensor(
                Contraction(left: [0, 1, 7, 6, 4], right: [6, 0, 7, 5, 3], output: [1, 6, 5, 3, 4]),
                [
                    whole.sliced(axis: 3, start: residues.lowerBound, count: residues.count),
                    FourierTables.second(self, run, isInverse: true, z.elementType),
                ])
            return run == .computed
                ? sums.padded(axis: 1, before: 0, after: halfRadix - residues.count)
                : sums.flipped([1]).padded(axis: 1, before: 1, after: halfRadix - 1 - residues.count)
        }
        return Tensor(
            Contraction(left: [1, 6, 5, 3, 4], right: [5, 6, 2], output: [1, 2, 3, 4]),
            [parts[0] + parts[1], FourierTables.signalMatrix(radix, rows: halfRadix, z.elementType)]
        ).reshaped(to: [b, length, t])
    }
}
