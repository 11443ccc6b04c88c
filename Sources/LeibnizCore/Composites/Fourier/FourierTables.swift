import LeibnizKernels

import func Foundation.cos
import func Foundation.sin

/// The constants of Fourier transforms: matrices of small transforms, factors between their stages, chirps.
///
/// All are made in float64 from angles reduced to an eighth of a turn, so that what is symmetric is so to the last bit, and then
/// rounded. The last used ones are kept. Complex tables are stored as the two real factors of a product with a tensor
/// [2, …] of both parts.
enum FourierTables {
    private enum Kind: Hashable, Sendable {
        case matrix(Int, sign: Int), twiddles(radix: Int, rest: Int, sign: Int), chirp(Int, sign: Int)
        case chirpSpectrum(Int, length: Int, sign: Int)
        case cosines(Int), sines(Int), turns(Int, Int), multiplicities(Int)
        case halfTurns(Int, sign: Int)
    }
    private struct Key: Hashable, Sendable {
        let kind: Kind
        let type: ElementType
    }
    private static let known = PlanCache<Key, [Tensor]>(capacity: 128)
    /// Tables of more numbers are made again each time.
    private static let greatestKept = 1 << 21

    /// e^{2πi·m/n}, from an angle of at most π/4.
    static func root(_ m: Int, _ n: Int) -> (cos: Double, sin: Double) {
        let turn = m % n < 0 ? m % n + n : m % n
        // The angle is (quarter + part/n)·π/2.
        let (quarter, part) = (4 * turn / n, 4 * turn % n)
        func at(_ part: Int) -> Double { Double.pi / 2 * (Double(part) / Double(n)) }
        // An eighth of a turn is its own mirror image.
        let (c, s) =
            2 * part == n
            ? (0.5.squareRoot(), 0.5.squareRoot())
            : 2 * part < n
                ? (Foundation.cos(at(part)), Foundation.sin(at(part)))
                : (Foundation.sin(at(n - part)), Foundation.cos(at(n - part)))
        return switch quarter {
        case 0: (c, s)
        case 1: (-s, c)
        case 2: (-c, -s)
        default: (s, -c)
        }
    }

    /// The matrix of a whole transform, [c, j, c′, k]: both parts of e^{sign·2πi·jk/n} as they act on both parts.
    static func matrix(_ n: Int, sign: Int, _ type: ElementType) -> Tensor {
        table(.matrix(n, sign: sign), type) {
            var numbers = [Double](repeating: 0, count: 4 * n * n)
            for j in 0..<n {
                for k in 0..<n {
                    let w = root(sign * (j * k % n), n)
                    numbers[(j * 2 + 0) * n + k] = w.cos
                    numbers[(j * 2 + 1) * n + k] = w.sin
                    numbers[((n + j) * 2 + 0) * n + k] = -w.sin
                    numbers[((n + j) * 2 + 1) * n + k] = w.cos
                }
            }
            return [(numbers, [2, n, 2, n])]
        }[0]
    }

    /// cos(2πjk/n) for j, k ≤ n/2, [j, k].
    static func cosines(_ n: Int, _ type: ElementType) -> Tensor {
        table(.cosines(n), type) { [quarter(n) { $0.cos }] }[0]
    }

    /// sin(2πjk/n) for j, k ≤ n/2, [j, k].
    static func sines(_ n: Int, _ type: ElementType) -> Tensor {
        table(.sines(n), type) { [quarter(n) { $0.sin }] }[0]
    }

    private static func quarter(_ n: Int, _ part: ((cos: Double, sin: Double)) -> Double) -> ([Double], Shape) {
        let half = 0...n / 2
        let numbers: [Double] = half.flatMap { j in half.map { k in part(root(j * k % n, n)) } }
        return (numbers, [half.count, half.count])
    }

    /// cos(2πjk/fm) and sin(2πjk/fm) for j < m and k ≤ f/2, [j, k, 1]: the factors between the stages of a short transform.
    static func turns(_ f: Int, _ m: Int, _ type: ElementType) -> (cos: Tensor, sin: Tensor) {
        let pair = table(.turns(f, m), type) {
            let roots = (0..<m).flatMap { j in (0...f / 2).map { k in root(j * k, f * m) } }
            let shape: Shape = [m, f / 2 + 1, 1]
            return [(roots.map(\.cos), shape), (roots.map(\.sin), shape)]
        }
        return (pair[0], pair[1])
    }

    /// For how many of n frequencies each of the first n/2 + 1 stands, itself and its mirror image, [k, 1].
    static func multiplicities(_ n: Int, _ type: ElementType) -> Tensor {
        table(.multiplicities(n), type) {
            let numbers: [Double] = (0...n / 2).map { k in k == 0 || 2 * k == n ? 1 : 2 }
            return [(numbers, [n / 2 + 1, 1])]
        }[0]
    }

    /// The factors between two stages, e^{sign·2πi·rk/(radix·rest)} for r < rest and k < radix, row by row.
    static func twiddles(radix: Int, rest: Int, sign: Int, _ type: ElementType) -> [Tensor] {
        table(.twiddles(radix: radix, rest: rest, sign: sign), type) {
            factors((0..<rest).flatMap { r in (0..<radix).map { k in root(sign * r * k, radix * rest) } })
        }
    }

    /// sign·i·e^{sign·2πi·k/n} for 0 < k < n/2, [k, 1]: the factors between the transforms of all second numbers and that of all.
    static func halfTurns(_ n: Int, sign: Int, _ type: ElementType) -> ComplexTensor {
        let parts = table(.halfTurns(n, sign: sign), type) {
            let roots = (1..<n / 2).map { k in root(sign * (4 * k + n), 4 * n) }
            return [roots.map(\.cos), roots.map(\.sin)].map { ($0, [n / 2 - 1, 1]) }
        }
        return ComplexTensor(real: parts[0], imaginary: parts[1])
    }

    /// The chirp of Bluestein's algorithm, e^{sign·πi·j²/n}.
    static func chirp(_ n: Int, sign: Int, _ type: ElementType) -> [Tensor] {
        table(.chirp(n, sign: sign), type) { factors(chirp(n, sign: sign)) }
    }

    /// The transform of the conjugate chirp, laid around a circle of `length`, divided by `length`.
    static func chirpSpectrum(_ n: Int, length: Int, sign: Int, _ type: ElementType) -> [Tensor] {
        table(.chirpSpectrum(n, length: length, sign: sign), type) {
            var circle = [Double](repeating: 0, count: 2 * length)
            for (place, w) in chirp(n, sign: -sign).enumerated() {
                for position in Set([place, (length - place) % length]) {
                    (circle[position], circle[length + position]) = (w.cos, w.sin)
                }
            }
            let whole = Tensor(circle, shape: [2, 1, length, 1], .float64)
            let spectrum = FourierTransform.complex(ComplexTensor(real: whole[0], imaginary: whole[1]), sign: -1)
            let parts = try spectrum.tensors.map { try $0.doubles().map { $0 / Double(length) } }
            return factors((0..<length).map { (parts[0][$0], parts[1][$0]) })
        }
    }

    private static func chirp(_ n: Int, sign: Int) -> [(cos: Double, sin: Double)] {
        (0..<n).map { root(sign * ($0 * $0 % (2 * n)), 2 * n) }
    }

    /// Complex factors of a tensor [2, b, count, t] as the pair of `FourierTransform.multiplied`.
    private static func factors(_ roots: [(cos: Double, sin: Double)]) -> [(numbers: [Double], shape: Shape)] {
        [
            (roots.map(\.cos), [roots.count, 1]),
            (roots.map { -$0.sin } + roots.map(\.sin), [2, 1, roots.count, 1]),
        ]
    }

    private static func table(
        _ kind: Kind, _ type: ElementType, _ make: () throws -> [(numbers: [Double], shape: Shape)]
    ) -> [Tensor] {
        func made() -> [Tensor] {
            do {
                return try make().map { Tensor($0.numbers, shape: $0.shape, type) }
            } catch {
                let reason = (error as? TensorError) ?? TensorError("fft", [], "\(error)", kind: .runtime)
                return Array(repeating: Tensor(invalid: reason), count: 2)
            }
        }
        let size =
            switch kind {
            case .twiddles(let radix, let rest, _): rest * radix
            case .chirpSpectrum(_, let length, _): length
            case .turns(let f, let m): f * m
            case .chirp(let n, _), .matrix(let n, _), .cosines(let n), .sines(let n), .multiplicities(let n),
                .halfTurns(let n, _):
                n
            }
        return size > greatestKept ? made() : known.value(for: Key(kind: kind, type: type), make: made)
    }
}
