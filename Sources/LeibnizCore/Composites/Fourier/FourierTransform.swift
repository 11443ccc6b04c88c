import LeibnizKernels

/// The discrete Fourier transform, composed of small matrix products.
///
/// For n = f·m write j = j₁·m + j₂ and k = k₁ + f·k₂; with w = e^{∓2πi/n}
///
///     Σ_j x_j·w^{jk} = Σ_{j₂} w_m^{j₂k₂}·[ w^{j₂k₁}·Σ_{j₁} x_{j₁,j₂}·w_f^{j₁k₁} ]:
///
/// a product with an f×f matrix, a factor for each element, and transforms of length m (Cooley & Tukey 1965). Each stage writes its k
/// behind the axes that are still to be transformed and before those that are done, so that the result is in order without a
/// permutation (Stockham). A prime factor too long for a matrix is a convolution with a chirp (Bluestein 1970).
///
/// Real numbers cost about half: their first stage computes only k₁ ≤ f/2, and the other columns are mirror images. That holds
/// where n has factors up to 128; a prime length beyond that costs as much as a complex one. Lengths that are a product of two factors
/// up to 64 take two stages (`ShortTransform`), written out where the primes in a factor are at most 7.
///
/// Both parts of a complex tensor stand in one, [2, b, n, t], transformed along n; b and t stand for all axes before and after it.
enum FourierTransform {
    /// The longest prime that is transformed by a matrix.
    private static let longestMatrix = 128
    /// The longest product of primes that is.
    private static let longestRadix = 64
    /// What a stage costs beyond its multiplications, in columns of a matrix.
    private static let stageCost = 32

    /// The factors of a length, so that stages are few and matrices small: the longest first, primes beyond the longest matrix last.
    static func radices(_ n: Int) -> [Int] {
        var (rest, long) = (n, [Int]())
        var (prime, small) = (2, [Int]())
        while prime * prime <= rest {
            while rest % prime == 0 {
                rest /= prime
                small.append(prime)
            }
            prime += 1
        }
        if rest > 1 { small.append(rest) }
        long = small.filter { $0 > longestMatrix }
        small.removeAll { $0 > longestMatrix }
        var known: [Int: (cost: Int, first: Int)] = [1: (0, 1)]
        func best(_ m: Int) -> (cost: Int, first: Int) {
            if let known = known[m] { return known }
            let primes = Set(small)
            var found = (cost: Int.max, first: m)
            for radix in 2...Swift.min(m, longestMatrix)
            where m % radix == 0 && (radix <= longestRadix || primes.contains(radix)) {
                let cost = radix + stageCost + best(m / radix).cost
                if cost < found.cost { found = (cost, radix) }
            }
            known[m] = found
            return found
        }
        var (short, m) = ([Int](), small.reduce(1, *))
        while m > 1 {
            let radix = best(m).first
            short.append(radix)
            m /= radix
        }
        return short.sorted(by: >) + long
    }

    /// Σ_j z_j·e^{sign·2πi·jk/n} along axis 2 of [2, b, n, t].
    static func complex(_ z: Tensor, sign: Int) -> Tensor {
        if z.isInvalid { return z }
        let extents = z.type.shape.extents, (b, n) = (extents[1], extents[2])
        var (state, rest, inner) = (z, n, extents[3])
        for radix in radices(n) {
            rest /= radix
            let stage: Tensor
            if radix <= longestMatrix {
                // Labels: 0 and 5 the parts, 1 b, 2 j₁, 3 j₂, 4 what is done, 6 k₁.
                stage = Tensor(
                    Contraction(left: [0, 1, 2, 3, 4], right: [0, 2, 5, 6], output: [5, 1, 3, 6, 4]),
                    [
                        state.reshaped(to: [2, b, radix, rest, inner]),
                        FourierTables.matrix(radix, sign: sign, z.elementType),
                    ])
            } else {
                stage = byChirp(state.reshaped(to: [2, b, radix, rest * inner]), sign: sign)
                    .reshaped(to: [2, b, radix, rest, inner]).transposed([0, 1, 3, 2, 4])
            }
            state = stage.reshaped(to: [2, b, rest * radix, inner])
            if rest > 1 {
                state = multiplied(
                    state,
                    by: FourierTables.twiddles(radix: radix, rest: rest, columns: radix, sign: sign, z.elementType))
            }
            inner *= radix
            state = state.reshaped(to: [2, b, rest, inner])
        }
        return state.reshaped(to: z.type.shape)
    }

    /// The first n/2 + 1 frequencies of real numbers, [b, n, t] → [2, b, n/2 + 1, t].
    ///
    /// - Parameter weights: what they are multiplied by, [n].
    static func spectrum(_ x: Tensor, weights: Tensor? = nil) -> Tensor {
        if x.isInvalid { return x }
        let (b, n, t) = (x.type.shape[0], x.type.shape[1], x.type.shape[2])
        if let short = ShortTransform(n) { return stack(short.spectrum(x, weights: weights).tensors) }
        if let weights { return spectrum(x * weights.expanded(at: 1)) }
        let radix = radices(n).first ?? 1
        guard radix <= longestMatrix else {
            return complex(stack([x, x.filled(0)]), sign: -1).sliced(axis: 2, start: 0, count: n / 2 + 1)
        }
        let (rest, columns) = (n / radix, radix / 2 + 1)
        // Labels: 1 b, 2 j₁, 3 j₂, 4 t, 5 the parts, 6 k₁.
        let first = Tensor(
            Contraction(left: [1, 2, 3, 4], right: [2, 5, 6], output: [5, 1, 3, 6, 4]),
            [
                x.reshaped(to: [b, radix, rest, t]),
                FourierTables.spectrumMatrix(radix, columns: columns, x.elementType),
            ])
        if rest == 1 { return first.reshaped(to: [2, b, columns, t]) }
        let twiddles = FourierTables.twiddles(radix: radix, rest: rest, columns: columns, sign: -1, x.elementType)
        let twisted = multiplied(first.reshaped(to: [2, b, rest * columns, t]), by: twiddles)
        let half = complex(twisted.reshaped(to: [2, b, rest, columns * t]), sign: -1)
            .reshaped(to: [2, b, rest, columns, t])
        // Column f − k₁ is the conjugate of column k₁, read backwards.
        let mirrored = half.sliced(axis: 3, start: 1, count: radix - columns).flipped([2, 3])
        return concatenate([half, conjugated(mirrored)], axis: 3).reshaped(to: [2, b, n, t])
            .sliced(axis: 2, start: 0, count: n / 2 + 1)
    }

    /// The same as two tensors [b, n/2 + 1, t].
    static func spectrumParts(_ x: Tensor, weights: Tensor? = nil) -> ComplexTensor {
        if !x.isInvalid, let short = ShortTransform(x.type.shape[1]) {
            return short.spectrum(x, weights: weights)
        }
        let pair = spectrum(x, weights: weights)
        return ComplexTensor(real: pair[0], imaginary: pair[1])
    }

    /// The n real numbers of which these are the first n/2 + 1 frequencies, times n: [2, b, n/2 + 1, t] → [b, n, t].
    static func signal(_ z: Tensor, _ n: Int) -> Tensor {
        if z.isInvalid { return z }
        let (b, t) = (z.type.shape[1], z.type.shape[3])
        if let short = ShortTransform(n) { return short.signal(z) }
        let radix = radices(n).first ?? 1
        let (rest, columns) = (n / radix, radix / 2 + 1)
        // Labels: 0 the parts, 1 b, 2 j₁, 3 j₂, 4 t, 6 k₁.
        func finished(_ stage: Tensor) -> Tensor {
            Tensor(
                Contraction(left: [0, 1, 3, 6, 4], right: [0, 6, 2], output: [1, 2, 3, 4]),
                [
                    stage.reshaped(to: [2, b, rest, columns, t]),
                    FourierTables.signalMatrix(radix, rows: columns, z.elementType),
                ]
            ).reshaped(to: [b, n, t])
        }
        if rest == 1, radix <= longestMatrix { return finished(z) }
        let mirrored = conjugated(z.sliced(axis: 2, start: 1, count: (n - 1) / 2).flipped([2]))
        let whole = concatenate([z, mirrored], axis: 2)
        guard radix <= longestMatrix else { return complex(whole, sign: 1)[0] }
        let half = whole.reshaped(to: [2, b, rest, radix, t]).sliced(axis: 3, start: 0, count: columns)
        let state = complex(half.reshaped(to: [2, b, rest, columns * t]), sign: 1)
        let twiddles = FourierTables.twiddles(radix: radix, rest: rest, columns: columns, sign: 1, z.elementType)
        return finished(multiplied(state.reshaped(to: [2, b, rest * columns, t]), by: twiddles))
    }

    /// The product with complex factors along axis 2: (x + iy)(c + is) = (x, y)·c + (y, x)·(−s, s).
    private static func multiplied(_ z: Tensor, by factors: [Tensor]) -> Tensor {
        z * factors[0] + z.flipped([0]) * factors[1]
    }

    /// The conjugate of a pair.
    private static func conjugated(_ z: Tensor) -> Tensor {
        z * Tensor([1.0, -1], shape: Shape([2] + z.type.shape.extents.dropFirst().map { _ in 1 }), z.elementType)
    }

    /// Any length by transforms of a length that has small factors: jk = (j² + k² − (k − j)²)/2, so that with c_j = e^{sign·πi·j²/n}
    /// the transform is c_k·Σ_j (z_j·c_j)·c̄_{k−j}.
    private static func byChirp(_ z: Tensor, sign: Int) -> Tensor {
        if z.isInvalid { return z }
        let (n, type) = (z.type.shape[2], z.elementType)
        let length = smoothLength(2 * n - 1)
        let chirp = FourierTables.chirp(n, sign: sign, type)
        let spectrum = complex(multiplied(z, by: chirp).padded(axis: 2, before: 0, after: length - n), sign: -1)
        let product = multiplied(spectrum, by: FourierTables.chirpSpectrum(n, length: length, sign: sign, type))
        return multiplied(complex(product, sign: 1).sliced(axis: 2, start: 0, count: n), by: chirp)
    }

    /// The least length from n on whose only prime factors are 2, 3 and 5.
    static func smoothLength(_ n: Int) -> Int {
        (Swift.max(1, n)...).first { length in
            var rest = length
            for prime in [2, 3, 5] { while rest % prime == 0 { rest /= prime } }
            return rest == 1
        } ?? n
    }
}
