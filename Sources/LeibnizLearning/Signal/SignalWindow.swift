import Foundation
import LeibnizCore

/// Weights that fade a stretch of signal out at its ends.
///
/// Periodic windows of n weights are the first n of the symmetric one with n + 1: what spectra need. Symmetric ones are what filters
/// need. (F. Harris, *On the use of windows for harmonic analysis with the discrete Fourier transform*, 1978.)
public enum SignalWindow: Sendable, Hashable {
    /// 1 everywhere.
    case rectangular
    /// ½ − ½ cos 2πk/N.
    case hann
    /// 0.54 − 0.46 cos 2πk/N.
    case hamming
    /// 0.42 − 0.5 cos 2πk/N + 0.08 cos 4πk/N.
    case blackman
    /// I₀(β √(1 − (2k/N − 1)²)) / I₀(β) (Kaiser & Schafer 1980).
    case kaiser(beta: Double)

    /// The weights; N is `count`, or `count` − 1 for a symmetric window.
    ///
    /// - Parameter isPeriodic: true by default, as in PyTorch.
    public func weights(_ count: Int, periodic isPeriodic: Bool = true) -> [Double] {
        guard count > 1 else { return [Double](repeating: 1, count: max(0, count)) }
        let last = Double(isPeriodic ? count : count - 1)
        return (0..<count).map { place in
            let turn = 2 * Double.pi * Double(place) / last
            switch self {
            case .rectangular: return 1
            case .hann: return 0.5 - 0.5 * cos(turn)
            case .hamming: return 0.54 - 0.46 * cos(turn)
            case .blackman: return 0.42 - 0.5 * cos(turn) + 0.08 * cos(2 * turn)
            case .kaiser(let beta):
                let x = 2 * Double(place) / last - 1
                return besselI0(beta * max(0, 1 - x * x).squareRoot()) / besselI0(beta)
            }
        }
    }

    /// The weights as a tensor `[count]`.
    ///
    /// - Parameters:
    ///   - isPeriodic: true by default.
    ///   - elementType: float32 by default.
    public func tensor(_ count: Int, periodic isPeriodic: Bool = true, _ elementType: ElementType? = nil) -> Tensor {
        Tensor(weights(count, periodic: isPeriodic), shape: [max(0, count)], elementType)
    }
}

/// The modified Bessel function I₀(x) = Σₖ ((x/2)ᵏ / k!)², whose terms are all positive.
func besselI0(_ x: Double) -> Double {
    var (term, sum, k) = (1.0, 1.0, 1.0)
    while term > sum * 1e-18, k < 1000 {
        term *= (x / 2 / k) * (x / 2 / k)
        sum += term
        k += 1
    }
    return sum
}
