import Foundation
import LeibnizCore

/// The map's lowest frequencies, seen on a coarser grid: its discrete Fourier transform, cropped, transformed back (Rippel, Snoek &
/// Adams 2015).
///
/// Along an axis of extent n with o results, y_j = (1/n) Σ_{|k| ≤ o/2} x̂_k e^{2πi·jk/o}, so that a constant stays what it is; for even
/// o the frequencies ±o/2, which are the same on the coarser grid, count half each. That is `irfft` of the first frequencies of `rfft`.
///
/// Cropping is linear, and for both signs of k at once real: a product with Dirichlet's kernel, y_j = (1/n) Σ_i D(2π(j/o − i/n))·x_i with
/// D(θ) = Σ_{|k| ≤ o/2} cos kθ. With o·n multiplications per line it is computed so along short axes, and along lengths with large prime
/// factors, for which a transform costs several times as much.
public struct SpectralPool<Space: PoolingSpace>: Layer {
    private let outputs: [Int]

    /// Maps of `outputs` results along each pooled axis, none more than the map has elements.
    public init(_ outputs: [Int]) { self.outputs = outputs }

    /// [N, C, H, W] → [N, C, outputs…].
    public func callAsFunction(_ x: Tensor) -> Tensor {
        if x.isInvalid { return x }
        let (name, rank) = ("SpectralPool\(Space.rank)D", Space.rank)
        guard x.rank >= rank else { return .refused(name, [x], Space.layout) }
        guard outputs.count == rank,
            zip(outputs, x.shape.extents.suffix(rank)).allSatisfy({ (1...Swift.max(1, $1)).contains($0) })
        else {
            return .refused(
                name, [x], "the spectrum cannot be cropped to \(outputs)", kind: .value,
                hint: "name for each pooled axis a positive number that is at most its extent")
        }
        return (0..<rank).reduce(x) { y, axis in
            let (place, last) = (x.rank - rank + axis, x.rank - 1)
            if Self.isTransformed(x.shape[place], outputs[axis]) {
                return irfft(
                    rfft(y, axis: place, normalization: .forward), axis: place, count: outputs[axis],
                    normalization: .forward)
            }
            let kernel = Self.kernel(x.shape[place], outputs[axis], x.elementType)
            return matmul(y.swapped(place, last), kernel.transposed()).swapped(place, last)
        }
    }

    /// Whether transforms take less time than the product with the kernel.
    static func isTransformed(_ n: Int, _ o: Int) -> Bool {
        func greatestFactor(_ n: Int) -> Int {
            var (rest, factor) = (n, 2)
            while factor * factor <= rest { if rest % factor == 0 { rest /= factor } else { factor += 1 } }
            return rest
        }
        return o >= 512 && greatestFactor(n) < 64 && greatestFactor(o) < 64
    }

    /// D(2π(j/o − i/n))/n, [o, n], by the sum of the geometric series: D(θ) = sin(oθ/2)/sin(θ/2), and for even o, where the last
    /// frequency counts half, sin(oθ/2)·cot(θ/2).
    private static func kernel(_ n: Int, _ o: Int, _ type: ElementType) -> Tensor {
        let numbers = (0..<o * n).map { place -> Double in
            // (j/o − i/n) as a whole number of (o·n)-ths of a turn, at most half of one, so that large multiples of it lose nothing.
            var turn = (place / n) * n - (place % n) * o
            if 2 * turn > o * n { turn -= o * n } else if 2 * turn < -o * n { turn += o * n }
            if turn == 0 { return Double(o) / Double(n) }
            let half = Double.pi * Double(turn) / Double(o * n)
            let sum = sin(Double.pi * Double(turn % (2 * n)) / Double(n)) / sin(half)
            return (o % 2 == 0 ? sum * cos(half) : sum) / Double(n)
        }
        return Tensor(numbers, shape: [o, n], .float64).cast(to: type)
    }
}

/// Signals [N, C, L].
public typealias SpectralPool1D = SpectralPool<PoolingLine>
/// Images [N, C, H, W].
public typealias SpectralPool2D = SpectralPool<PoolingPlane>
/// Volumes [N, C, D, H, W].
public typealias SpectralPool3D = SpectralPool<PoolingVolume>
