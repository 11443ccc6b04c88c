import LeibnizKernels

/// The cosine and sine sums of n real numbers along an axis, for the frequencies k = 0 … n/2:
///
///     C_k = Σ_j x_j·cos(2πjk/n),    S_k = Σ_j x_j·sin(2πjk/n).
///
/// The transform is C − iS. Lengths whose prime factors are small are written out as a chain of sparse products (`RealFactors`); of others,
/// a cosine takes the same value at j and n − j, a sine the opposite one: C needs only the sums x_j + x_{n−j}, S only the differences,
/// which makes a quarter as many products as n numbers by n frequencies by two parts.
struct RealTransform {
    /// C, the transformed axis now of n/2 + 1.
    let cosines: Tensor
    /// S, of the same shape; 0 at k = 0 and k = n/2.
    let sines: Tensor

    /// Both sums along an axis of [… n …], n ≥ 2.
    init(of x: Tensor, axis: Int) {
        let n = x.type.shape[axis]
        let (kept, mirrored) = (n / 2 + 1, (n - 1) / 2)
        if let factors = RealFactors.of(n) {
            let all = factors.reduce(x) { Tensor(FixedProduct(axis: axis, rows: $1), [$0]) }
            cosines = all.sliced(axis: axis, start: 0, count: kept)
            sines = all.sliced(axis: axis, start: kept, count: mirrored)
                .padded(axis: axis, before: 1, after: kept - 1 - mirrored)
            return
        }
        let first = x.sliced(axis: axis, start: 0, count: kept)
        // x_{n−1}, x_{n−2}, …, which belong to x_1, x_2, …: at 0 and n/2 stands nothing, and sines are 0.
        let second = x.sliced(axis: axis, start: n - 1, count: mirrored, stride: -1)
            .padded(axis: axis, before: 1, after: kept - 1 - mirrored)
        let labels = Array(0..<x.type.shape.rank), frequency = x.type.shape.rank
        var results = labels
        results[axis] = frequency
        func product(_ numbers: Tensor, _ matrix: Tensor) -> Tensor {
            Tensor(Contraction(left: labels, right: [axis, frequency], output: results), [numbers, matrix])
        }
        cosines = product(first + second, FourierTables.cosines(n, x.elementType))
        sines = product(first - second, FourierTables.sines(n, x.elementType))
    }
}
