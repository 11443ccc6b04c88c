import Foundation
import LeibnizCore

/// A scale of pitch on which equal steps sound equally wide.
public enum MelScale: String, Sendable, Hashable, CaseIterable {
    /// m = 2595 log₁₀(1 + f/700) (O'Shaughnessy 1987), as in HTK.
    case htk
    /// Linear to 1 kHz, 15 mel, then logarithmic with 27 mel for a factor of 6.4 (Slaney 1998, *Auditory Toolbox*).
    case slaney

    /// The mel of a frequency in hertz.
    public func mel(_ frequency: Double) -> Double {
        switch self {
        case .htk: 2595 * log10(1 + frequency / 700)
        case .slaney: frequency < 1000 ? frequency * 3 / 200 : 15 + log(frequency / 1000) * 27 / log(6.4)
        }
    }

    /// The frequency in hertz of a mel.
    public func frequency(_ mel: Double) -> Double {
        switch self {
        case .htk: 700 * (pow(10, mel / 2595) - 1)
        case .slaney: mel < 15 ? mel * 200 / 3 : 1000 * exp((mel - 15) * log(6.4) / 27)
        }
    }
}

/// Triangles over the frequencies of a transform, each from its left neighbour's peak to its right one's, peaks equally far apart in
/// mel.
public struct MelFilters: Sendable, Hashable {
    /// The weights `[bands][n/2 + 1]`.
    public let weights: [[Double]]

    /// Filters.
    ///
    /// - Parameters:
    ///   - bands: how many; 128 by default.
    ///   - size: n of the transform.
    ///   - sampleRate: samples per second.
    ///   - low, high: the range in hertz; 0 to half the sample rate by default.
    ///   - scale: Slaney's by default, as in librosa.
    ///   - isAreaNormalized: whether every triangle has the area 1 over hertz, 2/(right − left) high, or the height 1; true by default.
    public init(
        bands: Int = 128, size: Int, sampleRate: Double, low: Double = 0, high: Double? = nil,
        scale: MelScale = .slaney, areaNormalized isAreaNormalized: Bool = true
    ) {
        let (bottom, top) = (scale.mel(low), scale.mel(high ?? sampleRate / 2))
        let peaks = (0..<bands + 2).map {
            scale.frequency(bottom + (top - bottom) * Double($0) / Double(bands + 1))
        }
        weights = (0..<max(0, bands)).map { band in
            let (left, peak, right) = (peaks[band], peaks[band + 1], peaks[band + 2])
            let height = isAreaNormalized ? 2 / (right - left) : 1
            return (0...max(0, size / 2)).map { bin in
                let frequency = Double(bin) * sampleRate / Double(size)
                return height * max(0, min((frequency - left) / (peak - left), (right - frequency) / (right - peak)))
            }
        }
    }

    /// The weights as a tensor `[bands, n/2 + 1]`.
    ///
    /// - Parameter elementType: float32 by default.
    public func tensor(_ elementType: ElementType? = nil) -> Tensor {
        Tensor(weights.flatMap { $0 }, shape: [weights.count, weights.first?.count ?? 0], elementType)
    }
}
