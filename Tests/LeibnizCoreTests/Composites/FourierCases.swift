import Foundation

@testable import LeibnizCore

/// Σ_j z_j·e^{sign·2πi·jk/n}, term by term, for the given frequencies.
func slowTransform(
    _ x: [Double], _ y: [Double], sign: Double = -1, frequencies: [Int]? = nil
) -> (x: [Double], y: [Double]) {
    let n = x.count
    let sums = (frequencies ?? Array(0..<n)).map { k in
        var (real, imaginary) = (0.0, 0.0)
        for j in 0..<n {
            let angle = sign * 2 * Double.pi * Double(j * k % n) / Double(n)
            real += x[j] * cos(angle) - y[j] * sin(angle)
            imaginary += x[j] * sin(angle) + y[j] * cos(angle)
        }
        return (real, imaginary)
    }
    return (sums.map { $0.0 }, sums.map { $0.1 })
}

/// Fourier transforms of complex tensors given by two operands, both parts of the result joined along a new first axis.
let transforms: [CompositeEntry] = [
    CompositeEntry(
        "fft",
        [([3, 4], 1), ([6, 2], 0), ([2, 5, 2], 1), ([1], 0), ([40], 0), ([131], 0)].enumerated().flatMap {
            (number, trial: ([Int], Int)) in
            [-1.0, 1].map { sign in
                PrimitiveCase(
                    [Operand(trial.0, .reals(-2...2), .strided), Operand(trial.0, .reals(-2...2), .transposed)],
                    {
                        let z = ComplexTensor(real: $0[0], imaginary: $0[1])
                        return stack(
                            sign < 0
                                ? fft(z, axis: trial.1).tensors
                                : ifft(z, axis: trial.1, normalization: .forward).tensors)
                    }, checksDerivative: number < 3, tolerance: 1e-11, tolerance32: 2e-4
                ) { parts in transformed(parts, trial.1, sign) }
            }
        }),
    CompositeEntry(
        "rfft",
        [([3, 4], 1), ([9, 2], 0), ([2, 5, 2], 1), ([1], 0), ([66], 0), ([75], 0), ([131], 0), ([0, 6], 1)]
            .enumerated()
            .map { (number, trial: ([Int], Int)) in
                PrimitiveCase(
                    [Operand(trial.0, .reals(-2...2), .flipped)], { stack(rfft($0[0], axis: trial.1).tensors) },
                    checksDerivative: number < 3, tolerance: 1e-11, tolerance32: 2e-4
                ) { parts in
                    let whole = transformed([parts[0], Block(trial.0, of: 0)], trial.1, -1)
                    var extents = whole.extents
                    extents[trial.1 + 1] = trial.0[trial.1] / 2 + 1
                    return Block(extents) { whole[$0] }
                }
            }),
    CompositeEntry(
        "irfft",
        [
            ([3, 4], 1, 6), ([5, 2], 0, 9), ([2, 3, 2], 1, 5), ([1], 0, 1), ([34], 0, 66), ([38], 0, 75),
            ([66], 0, 131),
        ]
        .enumerated().map { (number, trial: ([Int], Int, Int)) in
            PrimitiveCase(
                [Operand(trial.0, .reals(-2...2), .strided), Operand(trial.0, .reals(-2...2), .flipped)],
                {
                    irfft(
                        ComplexTensor(real: $0[0], imaginary: $0[1]), axis: trial.1, count: trial.2,
                        normalization: .forward)
                }, checksDerivative: number < 3, tolerance: 1e-11, tolerance32: 2e-4
            ) { parts in mirrored(parts, trial.1, trial.2) }
        }),
    CompositeEntry(
        "rfft2",
        [[3, 4], [2, 5, 6]].map { extents in
            PrimitiveCase(
                [Operand(extents, .reals(-2...2), .transposed)], { stack(rfft2($0[0]).tensors) },
                checksDerivative: true, tolerance: 1e-11, tolerance32: 1e-4
            ) { parts in
                let rank = extents.count
                let rows = transformed([parts[0], Block(extents, of: 0)], rank - 1, -1)
                func part(_ c: Int) -> Block { Block(extents) { rows[[c] + $0] } }
                let whole = transformed([part(0), part(1)], rank - 2, -1)
                return Block([2] + extents.dropLast() + [extents[rank - 1] / 2 + 1]) { whole[$0] }
            }
        }),
]

private func transformed(_ parts: [Block], _ axis: Int, _ sign: Double) -> Block {
    var result = Block([2] + parts[0].extents, of: 0)
    for ((outer, x), (_, y)) in zip(parts[0].regions([axis]), parts[1].regions([axis])) {
        let (real, imaginary) = slowTransform(x, y, sign: sign)
        for place in x.indices {
            var index = outer
            index.insert(place, at: axis)
            result[[0] + index] = real[place]
            result[[1] + index] = imaginary[place]
        }
    }
    return result
}

/// The real numbers of which half the frequencies are given, not divided by n.
private func mirrored(_ parts: [Block], _ axis: Int, _ n: Int) -> Block {
    var extents = parts[0].extents
    extents[axis] = n
    var result = Block(extents, of: 0)
    for ((outer, x), (_, y)) in zip(parts[0].regions([axis]), parts[1].regions([axis])) {
        let whole = (0..<n).map { k -> (Double, Double) in
            let isOwn = k == 0 || 2 * k == n
            return 2 * k <= n ? (x[k], isOwn ? 0 : y[k]) : (x[n - k], -y[n - k])
        }
        let numbers = slowTransform(whole.map(\.0), whole.map(\.1), sign: 1).x
        for place in 0..<n {
            var index = outer
            index.insert(place, at: axis)
            result[index] = numbers[place]
        }
    }
    return result
}
