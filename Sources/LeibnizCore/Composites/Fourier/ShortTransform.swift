import LeibnizKernels

/// The transform of n = f·m real numbers in two stages.
///
/// With j = j₁·m + j₂ and k = k₁ + f·k₂, e^{−2πi·jk/n} = e^{−2πi·j₁k₁/f}·e^{−2πi·j₂k₁/n}·e^{−2πi·j₂k₂/m} (Cooley & Tukey 1965): a
/// transform of f real numbers for each j₂, a factor, a transform of m complex numbers for each k₁, which is two of real ones. The first
/// computes only k₁ ≤ f/2: X_{n−k} = X̄_k gives the others.
struct ShortTransform {
    /// n.
    let length: Int
    /// f.
    let radix: Int
    /// m.
    var rest: Int { length / radix }
    /// How many k₂ the first n/2 + 1 frequencies reach.
    private var columns: Int { rest / 2 + 1 }
    /// How many k₁ the first stage computes.
    private var halfRadix: Int { radix / 2 + 1 }

    /// The longest factor.
    private static let longestRadix = 64

    /// The two factors of a length that make the fewest multiplications; nil where one product does, or two do not.
    init?(_ n: Int) {
        guard n > FourierTransform.radices(n).first ?? n, RealFactors.of(n) == nil else { return nil }
        let factors = (2...Self.longestRadix).filter { n % $0 == 0 && n / $0 <= Self.longestRadix && n / $0 > 1 }
        guard let radix = factors.reversed().min(by: { $0 + n / $0 < $1 + n / $1 }) else { return nil }
        (length, self.radix) = (n, radix)
    }

    /// The first n/2 + 1 frequencies, [b, n, t] → [b, n/2 + 1, t].
    ///
    /// - Parameter weights: what the numbers are multiplied by, [n].
    func spectrum(_ x: Tensor, weights: Tensor? = nil) -> ComplexTensor {
        let (b, t) = (x.type.shape[0], x.type.shape[2])
        guard t == 1, b >= RowGroups.size else { return neighbours(x, weights: weights) }
        let groups = RowGroups(count: b)
        return neighbours(groups.gathered(x), weights: weights).mapped(groups.scattered)
    }

    /// The same for rows of which t stand beside each other.
    private func neighbours(_ x: Tensor, weights: Tensor?) -> ComplexTensor {
        let (b, t) = (x.type.shape[0], x.type.shape[2])
        // What is summed lies together: j₁ next to t.
        var samples = x.reshaped(to: [b, radix, rest, t]).transposed([0, 2, 1, 3])
        if let weights { samples = samples * weights.reshaped(to: [radix, rest]).transposed([1, 0]).expanded(at: 2) }
        // [b, j₂, j₁, t] → [b, j₂, k₁, t]; the factors between the stages.
        let first = RealTransform(of: Tensor(Copy(), [samples]), axis: 2)
        let (c, s) = FourierTables.turns(radix, rest, x.elementType)
        let (even, odd) = (first.cosines, first.sines)
        let real = RealTransform(of: even * c - odd * s, axis: 1)
        let imaginary = RealTransform(of: -(even * s) - odd * c, axis: 1)
        // [b, k₂, k₁, t]: frequency k₂ of x + iy is C_x + S_y + i(C_y − S_x), m − k₂ is C_x − S_y + i(C_y + S_x).
        return ComplexTensor(
            real: ordered(real.cosines + imaginary.sines, mirrored: real.cosines - imaginary.sines),
            imaginary: ordered(imaginary.cosines - real.sines, mirrored: -imaginary.cosines - real.sines))
    }

    /// Frequencies in order: [b, k₂, k₁, t] for k₁ ≤ f/2, and the conjugates at m − k₂, which are those of f − k₁ at k₂ − 1.
    private func ordered(_ direct: Tensor, mirrored: Tensor) -> Tensor {
        let (b, t, count) = (direct.type.shape[0], direct.type.shape[3], (radix - 1) / 2)
        let others = mirrored.sliced(axis: 2, start: count, count: count, stride: -1)
            .sliced(axis: 1, start: 1, count: columns - 1).padded(axis: 1, before: 0, after: 1)
        let both =
            direct.padded(axis: 2, before: 0, after: radix - halfRadix)
            + others.padded(axis: 2, before: halfRadix, after: 0)
        return Tensor(CopiedBackwards(), [both.reshaped(to: [b, columns * radix, t])])
            .sliced(axis: 1, start: 0, count: length / 2 + 1)
    }
}
