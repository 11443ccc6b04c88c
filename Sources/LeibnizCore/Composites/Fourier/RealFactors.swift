import LeibnizKernels

/// The transform of n real numbers as a product of sparse matrices, for lengths whose prime factors are small.
///
/// With L′ = p·L, the transform of p sequences of L numbers, each p-th number of one of L′, gives that of the longer one:
///
///     X_{k + L·s} = Σ_q w_p^{qs}·(w_{L′}^{qk}·A_q[k]),    w_n = e^{−2πi/n},
///
/// a matrix of the inner factors and one of sums (Cooley & Tukey 1965). A transform of L real numbers is stored as L real numbers,
/// C_0 … C_{L/2}, S_1 …, for A[L − k] is the conjugate of A[k] (Sorensen, Jones, Heideman & Burrus, *Real-Valued Fast Fourier
/// Transform Algorithms*, 1987).
struct RealFactors {
    typealias Matrix = [[FixedProduct.Term]]

    /// The prime factors that a length may have.
    private static let primes = [7, 5, 3, 2]
    private static let known = PlanCache<Int, [Matrix]>(capacity: 64)

    /// The matrices for a length, the first to be applied first; nil where a length is long or has a great prime factor.
    static func of(_ n: Int) -> [Matrix]? {
        guard (2...WrittenLoops.longest).contains(n) else { return nil }
        let matrices = known.value(for: n) { RealFactors(n)?.matrices ?? [] }
        return matrices.isEmpty ? nil : matrices
    }

    private var matrices: [Matrix] = []
    private let count: Int

    private init?(_ n: Int) {
        count = n
        var (primes, rest) = ([Int](), n)
        for prime in Self.primes {
            while rest % prime == 0 {
                primes.append(prime)
                rest /= prime
            }
        }
        guard rest == 1 else { return nil }
        var length = 1
        for prime in primes {
            if length > 2 { matrices.append(turned(length, prime)) }
            matrices.append(summed(length, prime))
            length *= prime
        }
    }

    /// Where C_k, or S_k, of sequence `sequence` stands among sequences of some length.
    private func place(_ sequence: Int, _ length: Int, _ k: Int, isSine: Bool) -> Int {
        sequence * length + (isSine ? length / 2 + k : k)
    }

    /// Both parts of frequency k of each sequence q·R′ + r multiplied with w^{qk}: all but those that are real.
    private func turned(_ length: Int, _ prime: Int) -> Matrix {
        let sequences = count / length, step = sequences / prime
        var rows: Matrix = (0..<count).map { [.init(place: $0, weight: 1)] }
        for sequence in step..<sequences {
            for k in 1..<(length + 1) / 2 {
                let w = FourierTables.root(sequence / step * k, prime * length)
                let (c, s) = (place(sequence, length, k, isSine: false), place(sequence, length, k, isSine: true))
                rows[c] = Self.row([(c, w.cos), (s, -w.sin)])
                rows[s] = Self.row([(c, w.sin), (s, w.cos)])
            }
        }
        return rows
    }

    /// The sums over q.
    private func summed(_ length: Int, _ prime: Int) -> Matrix {
        let whole = prime * length, sequences = count / whole
        var rows = Matrix(repeating: [], count: count)
        for sequence in 0..<sequences {
            for frequency in 0...whole / 2 {
                // Beyond half of the short length stand conjugates.
                let isMirrored = 2 * (frequency % length) > length
                let k = isMirrored ? length - frequency % length : frequency % length
                let turn = frequency / length + (isMirrored ? 1 : 0)
                var (cosine, sine) = ([(Int, Double)](), [(Int, Double)]())
                for q in 0..<prime {
                    let source = q * sequences + sequence
                    let isReal = k == 0 || 2 * k == length
                    // What is real was not turned yet.
                    let w =
                        isReal
                        ? FourierTables.root(q * (k + length * turn), whole) : FourierTables.root(q * turn, prime)
                    let c = place(source, length, k, isSine: false)
                    cosine.append((c, w.cos))
                    sine.append((c, w.sin))
                    if !isReal {
                        let (s, sign) = (place(source, length, k, isSine: true), isMirrored ? -1.0 : 1)
                        cosine.append((s, -sign * w.sin))
                        sine.append((s, sign * w.cos))
                    }
                }
                rows[place(sequence, whole, frequency, isSine: false)] = Self.row(cosine)
                if frequency > 0, 2 * frequency < whole {
                    rows[place(sequence, whole, frequency, isSine: true)] = Self.row(sine)
                }
            }
        }
        return rows
    }

    private static func row(_ weights: [(place: Int, weight: Double)]) -> [FixedProduct.Term] {
        weights.filter { $0.weight != 0 }.map { .init(place: $0.place, weight: $0.weight) }
    }
}
