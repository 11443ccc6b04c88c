import LeibnizCore

/// A small convolutional network that hears: waveforms → short-time Fourier transform → mel filters → logarithm → convolutions.
///
/// Derivatives go through all of it, down to the waveform; window and filters may be learned with the rest. Every clip's logarithms
/// are shifted and scaled to mean 0 and variance 1, so that loudness does not count. Then three times a convolution of 3 × 3, batch
/// normalisation, relu and a maximum over 2 × 2; the mean and the greatest value of each channel; dropout; a linear map.
///
/// Parameters: `window` [256], `filters` [40, 129], both fixed or learned, and those of `layers` and `head`.
public struct SpeechNet: Layer {
    /// Samples per second for which filters are made.
    public static let sampleRate = 8000
    private static let size = 256, hop = 80, bands = 40

    /// The weights of a frame, [256].
    public let window: Parameter
    /// The weights of frequencies in bands, [40, 129].
    public let filters: Parameter
    private let layers: Sequential
    private let dropout: Dropout
    private let head: Linear

    /// A network with fresh parameters.
    ///
    /// - Parameters:
    ///   - classes: how many logits there are; 10 by default.
    ///   - learnsFilters: whether window and filters are learned; they begin as Hann's window and mel triangles. False by default.
    ///   - widths: the channels of the three convolutions; 16, 32 and 64 by default.
    public init(classes: Int = 10, learnsFilters: Bool = false, widths: [Int] = [16, 32, 64]) {
        window = Parameter(SignalWindow.hann.tensor(Self.size), takesGradient: learnsFilters)
        let mel = MelFilters(
            bands: Self.bands, size: Self.size, sampleRate: Double(Self.sampleRate), low: 60, areaNormalized: false)
        filters = Parameter(mel.tensor(), takesGradient: learnsFilters)
        layers = Sequential(
            zip([1] + widths, widths).flatMap { inputs, outputs -> [any Layer] in
                [
                    Conv2D(inputs, outputs, kernelSize: 3, padding: 1, bias: false), BatchNorm2D(outputs), ReLU(),
                    MaxPool2D(2),
                ]
            })
        dropout = Dropout(0.3)
        head = Linear(2 * (widths.last ?? 1), classes)
    }

    /// Waveforms [N, samples] → logarithms of the power in bands, [N, 40, frames].
    public func spectrum(_ waveforms: Tensor) -> Tensor {
        let settings = ShortTimeFourier(size: Self.size, hop: Self.hop, window: window.value)
        return logMelSpectrogram(waveforms, settings, filters: filters.value, floor: 1e-5)
    }

    /// Waveforms [N, samples] → logits [N, classes].
    public func callAsFunction(_ waveforms: Tensor) -> Tensor {
        let bands = spectrum(waveforms)
        let centred = bands - mean(bands, axes: [1, 2], keepingAxes: true)
        let variance = mean(centred * centred, axes: [1, 2], keepingAxes: true)
        let x = layers((centred * rsqrt(variance + 1e-5)).expanded(at: 1))
        let pooled = concatenate([mean(x, axes: [2, 3]), max(x, axes: [2, 3])], axis: 1)
        return head(dropout(pooled))
    }
}
