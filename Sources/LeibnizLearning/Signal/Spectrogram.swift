import Foundation
import LeibnizCore

/// The power of each frequency over time: |STFT|².
///
/// - Parameters:
///   - signal: `[…, samples]`.
///   - settings: sizes, window and padding of the frames.
///   - exponent: of the magnitude, above 0: 2 (power) by default, 1 for the magnitude itself.
/// - Returns: `[…, n/2 + 1, frames]`.
public func spectrogram(_ signal: Tensor, _ settings: ShortTimeFourier, exponent: Double = 2) -> Tensor {
    let spectrum = stft(signal, settings)
    if exponent == 2 { return spectrum.squaredMagnitude }
    return exponent == 1 ? spectrum.magnitude : pow(spectrum.magnitude, exponent)
}

/// The power in bands of equal width for the ear: a spectrogram under mel filters.
///
/// - Parameters:
///   - signal: `[…, samples]`.
///   - filters: `[bands, n/2 + 1]`, from `MelFilters`; a tensor, so that they may be learned.
/// - Returns: `[…, bands, frames]`.
public func melSpectrogram(
    _ signal: Tensor, _ settings: ShortTimeFourier, filters: Tensor, exponent: Double = 2
) -> Tensor {
    let power = spectrogram(signal, settings, exponent: exponent)
    return matmul(filters.cast(to: power.elementType), power)
}

/// ln max(mel spectrogram, floor).
///
/// - Parameter floor: what silence counts as, above 0; 1e-10 by default.
/// - Returns: `[…, bands, frames]`.
public func logMelSpectrogram(
    _ signal: Tensor, _ settings: ShortTimeFourier, filters: Tensor, floor: Double = 1e-10
) -> Tensor {
    log(
        maximum(
            melSpectrogram(signal, settings, filters: filters), Tensor(floor, .float64).cast(to: signal.elementType)))
}

/// Power in decibels: 10 log₁₀(max(x, floor)), at most `range` below the greatest of all.
///
/// - Parameters:
///   - floor: 1e-10 by default.
///   - range: in decibels, 80 by default; nil for no limit.
public func decibels(_ power: Tensor, floor: Double = 1e-10, range: Double? = 80) -> Tensor {
    let least = Tensor(floor, .float64).cast(to: power.elementType)
    let scale: Double = 10 / log(10)
    let level = log(maximum(power, least)) * scale
    guard let range else { return level }
    return maximum(level, max(level) - range)
}

/// Mel-frequency cepstral coefficients: the discrete cosine transform (type 2, orthonormal) of the mel spectrogram in decibels.
///
/// c[k] = s(k) Σₘ L[m] cos(π k (2m + 1) / 2M) with s(0) = √(1/M), else √(2/M) (Davis & Mermelstein 1980).
///
/// - Parameters:
///   - count: the coefficients, at most the number of bands; 20 by default.
/// - Returns: `[…, count, frames]`.
public func cepstralCoefficients(
    _ signal: Tensor, _ settings: ShortTimeFourier, filters: Tensor, count: Int = 20
) -> Tensor {
    let levels = decibels(melSpectrogram(signal, settings, filters: filters))
    if levels.isInvalid { return levels }
    let bands = levels.shape[-2]
    guard 1...max(1, bands) ~= count else {
        return .refused("cepstralCoefficients", [levels], "of \(bands) bands there are not \(count) coefficients")
    }
    let matrix: [Double] = (0..<count).flatMap { k in
        let scale = (Double(k == 0 ? 1 : 2) / Double(bands)).squareRoot()
        return (0..<bands).map { m -> Double in
            let angle: Double = .pi * Double(k * (2 * m + 1)) / Double(2 * bands)
            return scale * cos(angle)
        }
    }
    return matmul(Tensor(matrix, shape: [count, bands], levels.elementType), levels)
}
