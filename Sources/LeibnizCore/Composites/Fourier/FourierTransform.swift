import LeibnizKernels

/// The discrete Fourier transform, composed of small ones.
///
/// For n = f·m write j = j₁·m + j₂ and k = k₁ + f·k₂; with w = e^{∓2πi/n}
///
///     Σ_j x_j·w^{jk} = Σ_{j₂} w_m^{j₂k₂}·[ w^{j₂k₁}·Σ_{j₁} x_{j₁,j₂}·w_f^{j₁k₁} ]:
///
/// transforms of f numbers, a factor for each element, and transforms of length m (Cooley & Tukey 1965). Each stage writes its k
/// behind the axes that are still to be transformed and before those that are done, so that the result is in order without a
/// permutation (Stockham). A stage is written out where the prime factors of f are small (`ComplexFactors`), else a product with a matrix;
/// a prime factor too long for that is a convolution with a chirp (Bluestein 1970).
///
/// Real numbers cost half where n is even: they are the parts of n/2 complex ones. Lengths of one stage compute half of all frequencies, and
/// so do two stages for a product of two factors up to 64 (`ShortTransform`).
///
/// All are transformed along the second of three axes, [b, n, t]; b and t stand for all axes before and after it. Between stages both
/// parts stand in one tensor, [2, b, …].
enum FourierTransform {
    /// The longest prime that is transformed by a matrix.
    private static let longestMatrix = 128
    /// The longest product of primes that is.
    private static let longestRadix = 64
    /// What a stage costs beyond its multiplications, in columns of a matrix.
    private static let stageCost = 32
    /// The fewest numbers beside each other that fill vectors.
    private static let fewestNeighbours = 16

    /// The factors of a length, so that stages are few and short: the longest first, primes beyond the longest matrix last.
    static func radices(_ n: Int) -> [Int] {
        let primes = primes(n)
        let long = primes.filter { $0 > longestMatrix }
        let short = Set(primes.filter { $0 <= longestMatrix })
        var known: [Int: (cost: Int, first: Int)] = [1: (0, 1)]
        func best(_ m: Int) -> (cost: Int, first: Int) {
            if let known = known[m] { return known }
            var found = (cost: Int.max, first: m)
            for radix in 2...Swift.min(m, longestMatrix)
            where m % radix == 0 && (radix <= longestRadix || short.contains(radix)) {
                let cost = cost(of: radix) + stageCost + best(m / radix).cost
                if cost < found.cost { found = (cost, radix) }
            }
            known[m] = found
            return found
        }
        var (radices, m) = ([Int](), n / long.reduce(1, *))
        while m > 1 {
            radices.append(best(m).first)
            m /= radices[radices.count - 1]
        }
        return radices.sorted(by: >) + long
    }

    /// What a stage costs, in columns of a matrix.
    private static func cost(of radix: Int) -> Int {
        ComplexFactors.areWrittenOut(radix) ? 3 * primes(radix).reduce(0, +) : 2 * radix
    }

    /// The prime factors of a number.
    static func primes(_ n: Int) -> [Int] {
        var (rest, prime, primes) = (n, 2, [Int]())
        while prime * prime <= rest {
            while rest % prime == 0 {
                rest /= prime
                primes.append(prime)
            }
            prime += 1
        }
        return rest > 1 ? primes + [rest] : primes
    }

    /// Σ_j z_j·e^{sign·2πi·jk/n} along the second axis of [b, n, t].
    static func complex(_ z: ComplexTensor, sign: Int) -> ComplexTensor {
        if z.real.isInvalid { return z }
        let (b, n, t) = (z.shape[0], z.shape[1], z.shape[2])
        let radices = radices(n)
        guard let first = radices.first else { return z }
        // Vectors run along what is not transformed yet, or along rows.
        if t == 1, b >= RowGroups.size, n < fewestNeighbours * first {
            let groups = RowGroups(count: b)
            return complex(z.mapped { Tensor(Copy(), [groups.gathered($0)]) }, sign: sign).mapped(groups.scattered)
        }
        var (rest, inner) = (n / first, t)
        var state = stage(z.reshaped(to: [b, first, rest, inner]), sign: sign)
        for (done, radix) in zip(radices, radices.dropFirst()) {
            let twiddles = FourierTables.twiddles(radix: done, rest: rest, sign: sign, z.elementType)
            state = multiplied(state.reshaped(to: [2, b, rest * done, inner]), by: twiddles)
            (rest, inner) = (rest / radix, inner * done)
            state = stage(state.reshaped(to: [2, b, radix, rest, inner]), sign: sign)
        }
        let pair = state.reshaped(to: [2, b, n, t])
        return ComplexTensor(real: pair[0], imaginary: pair[1])
    }

    /// Transforms of f numbers, the first ones: [b, f, m, t] → [2, b, m, f, t].
    private static func stage(_ z: ComplexTensor, sign: Int) -> Tensor {
        let radix = z.shape[1]
        guard let matrices = ComplexFactors.of(radix, sign: sign) else { return stage(stack(z.tensors), sign: sign) }
        // What is written out reads each part where it is, and no padding.
        return written(
            z.real.padded(axis: 1, before: 0, after: radix) + z.imaginary.padded(axis: 1, before: radix, after: 0),
            matrices)
    }

    /// Transforms of f numbers: [2, b, f, m, t] → [2, b, m, f, t].
    private static func stage(_ z: Tensor, sign: Int) -> Tensor {
        let (b, radix, rest, inner) = (z.type.shape[1], z.type.shape[2], z.type.shape[3], z.type.shape[4])
        if radix > longestMatrix {
            return byChirp(z.reshaped(to: [2, b, radix, rest * inner]), sign: sign)
                .reshaped(to: [2, b, radix, rest, inner]).transposed([0, 1, 3, 2, 4])
        }
        if let matrices = ComplexFactors.of(radix, sign: sign) {
            return written(z.transposed([1, 0, 2, 3, 4]).reshaped(to: [b, 2 * radix, rest, inner]), matrices)
        }
        // Labels: 0 and 5 the parts, 1 b, 2 j₁, 3 j₂, 4 what is done, 6 k₁.
        return Tensor(
            Contraction(left: [0, 1, 2, 3, 4], right: [0, 2, 5, 6], output: [5, 1, 3, 6, 4]),
            [z, FourierTables.matrix(radix, sign: sign, z.elementType)])
    }

    /// The same with the sparse matrices of f: [b, 2f, m, t] → [2, b, m, f, t].
    private static func written(_ numbers: Tensor, _ matrices: [RealFactors.Matrix]) -> Tensor {
        let shape = numbers.type.shape
        let frequencies = matrices.reduce(numbers) { Tensor(FixedProduct(axis: 1, rows: $1), [$0]) }
            .reshaped(to: [shape[0], 2, shape[1] / 2, shape[2], shape[3]]).transposed([1, 0, 3, 2, 4])
        // The next stage has its vectors along k₁.
        return shape[3] == 1 && shape[2] > 1 ? Tensor(Copy(), [frequencies]) : frequencies
    }

    /// The first n/2 + 1 frequencies of real numbers, [b, n, t] → [b, n/2 + 1, t].
    ///
    /// - Parameter weights: what they are multiplied by, [n].
    static func spectrum(_ x: Tensor, weights: Tensor? = nil) -> ComplexTensor {
        if x.isInvalid { return ComplexTensor(real: x, imaginary: x) }
        let n = x.type.shape[1]
        if let short = ShortTransform(n) { return short.spectrum(x, weights: weights) }
        if let weights { return spectrum(x * weights.expanded(at: 1)) }
        if takesHalf(n) { return smallSpectrum(x) }
        if n % 2 == 0 { return spectrumOfPairs(x) }
        return complex(ComplexTensor(x), sign: -1).mapped { $0.sliced(axis: 1, start: 0, count: n / 2 + 1) }
    }

    /// Whether the transform of n real numbers computes only half of all frequencies, in one stage or two.
    private static func takesHalf(_ n: Int) -> Bool {
        RealFactors.of(n) != nil || ShortTransform(n) != nil || radices(n) == [n] && n <= longestMatrix
    }

    /// The spectrum in one stage.
    private static func smallSpectrum(_ x: Tensor) -> ComplexTensor {
        let groups = RowGroups(count: x.type.shape[0])
        let isWrittenOut = RealFactors.of(x.type.shape[1]) != nil
        let isGrouped = isWrittenOut && x.type.shape[2] == 1 && groups.count >= RowGroups.size
        let transform = RealTransform(of: isGrouped ? Tensor(Copy(), [groups.gathered(x)]) : x, axis: 1)
        let half = ComplexTensor(real: transform.cosines, imaginary: -transform.sines)
        return isGrouped ? half.mapped(groups.scattered) : half
    }

    /// The spectrum of an even n: the numbers are the real and the imaginary parts of m = n/2 complex ones.
    ///
    /// Of their transform Z, Z_k + Z̄_{m−k} is twice that of the numbers with even places, −i·(Z_k − Z̄_{m−k}) twice that of the others. At
    /// k = 0 and k = m these are the sum and the difference of both parts of Z_0.
    private static func spectrumOfPairs(_ x: Tensor) -> ComplexTensor {
        let (b, n, t) = (x.type.shape[0], x.type.shape[1], x.type.shape[2])
        let pairs = x.reshaped(to: [b, n / 2, 2, t])
        let z = complex(
            ComplexTensor(real: pairs[0..., 0..., 0], imaginary: pairs[0..., 0..., 1]), sign: -1)
        let between =
            separated(z.mapped { $0.sliced(axis: 1, start: 1, count: n / 2 - 1) }, n, sign: -1)
            * Tensor(weak: 0.5)
        let ends = z.mapped { $0.sliced(axis: 1, start: 0, count: 1) }
        let real =
            between.real.padded(axis: 1, before: 1, after: 1)
            + (ends.real + ends.imaginary).padded(axis: 1, before: 0, after: n / 2)
            + (ends.real - ends.imaginary).padded(axis: 1, before: n / 2, after: 0)
        return ComplexTensor(real: real, imaginary: between.imaginary.padded(axis: 1, before: 1, after: 1))
    }

    /// z_k + z̄_{m−k} + sign·i·e^{sign·2πi·k/n}·(z_k − z̄_{m−k}) for k = 1 … m − 1.
    private static func separated(_ z: ComplexTensor, _ n: Int, sign: Int) -> ComplexTensor {
        let mirrored = z.mapped { $0.flipped([1]) }.conjugate
        return z + mirrored + (z - mirrored) * FourierTables.halfTurns(n, sign: sign, z.elementType)
    }

    /// The n real numbers of which these are the first n/2 + 1 frequencies, times n: [b, n/2 + 1, t] → [b, n, t].
    static func signal(_ z: ComplexTensor, _ n: Int) -> Tensor {
        if z.real.isInvalid { return z.real }
        let (b, t) = (z.shape[0], z.shape[2])
        if takesHalf(n) {
            // x_j = Σ_k w_k·(Re X_k·cos(2πjk/n) − Im X_k·sin(2πjk/n)): with w_k = 2 for what stands for its mirror image as well, the
            // transpose of the transform.
            let weighted = stack(z.tensors) * FourierTables.multiplicities(n, z.elementType)
            return transposed({ stack(spectrum($0).tensors) }, of: [b, n, t], z.elementType)(weighted)
        }
        guard n > 1, n % 2 == 0 else {
            let mirrored = z.mapped { $0.sliced(axis: 1, start: 1, count: (n - 1) / 2).flipped([1]) }.conjugate
            let whole = ComplexTensor(
                real: concatenate([z.real, mirrored.real], axis: 1),
                imaginary: concatenate([z.imaginary, mirrored.imaginary], axis: 1))
            return complex(whole, sign: 1).real
        }
        // `spectrumOfPairs` backwards; the imaginary parts of frequencies 0 and m have no influence.
        let between = separated(z.mapped { $0.sliced(axis: 1, start: 1, count: n / 2 - 1) }, n, sign: 1)
        let (first, last) = (z.real.sliced(axis: 1, start: 0, count: 1), z.real.sliced(axis: 1, start: n / 2, count: 1))
        func behind(_ end: Tensor, _ part: Tensor) -> Tensor {
            part.padded(axis: 1, before: 1, after: 0) + end.padded(axis: 1, before: 0, after: n / 2 - 1)
        }
        let pairs = complex(
            ComplexTensor(real: behind(first + last, between.real), imaginary: behind(first - last, between.imaginary)),
            sign: 1)
        return stack(pairs.tensors).transposed([1, 2, 0, 3]).reshaped(to: [b, n, t])
    }

    /// The product with complex factors along axis 2: (x + iy)(c + is) = (x, y)·c + (y, x)·(−s, s).
    private static func multiplied(_ z: Tensor, by factors: [Tensor]) -> Tensor {
        z * factors[0] + z.flipped([0]) * factors[1]
    }

    /// Any length by transforms of a length that has small factors: jk = (j² + k² − (k − j)²)/2, so that with c_j = e^{sign·πi·j²/n}
    /// the transform is c_k·Σ_j (z_j·c_j)·c̄_{k−j}.
    private static func byChirp(_ z: Tensor, sign: Int) -> Tensor {
        if z.isInvalid { return z }
        let (n, type) = (z.type.shape[2], z.elementType)
        let length = smoothLength(2 * n - 1)
        let chirp = FourierTables.chirp(n, sign: sign, type)
        let filled = multiplied(z, by: chirp).padded(axis: 2, before: 0, after: length - n)
        let spectrum = stack(complex(ComplexTensor(real: filled[0], imaginary: filled[1]), sign: -1).tensors)
        let product = multiplied(spectrum, by: FourierTables.chirpSpectrum(n, length: length, sign: sign, type))
        let result = complex(ComplexTensor(real: product[0], imaginary: product[1]), sign: 1)
        return multiplied(stack(result.tensors).sliced(axis: 2, start: 0, count: n), by: chirp)
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
