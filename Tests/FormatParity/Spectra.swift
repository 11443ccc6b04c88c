import Leibniz

/// What `formats.py` has PyTorch, librosa and SciPy compute as well, of one signal.
struct SpectraParity {
    private var results: [String: Tensor] = [:]

    init(signal: Tensor) throws {
        let hann = SignalWindow.hann
        for padding in PaddingMode.allCases {
            for (size, hop) in [(64, 16), (50, 13)] {
                for (isNormalized, isOneSided) in [(false, true), (true, false)] {
                    let settings = ShortTimeFourier(
                        size: size, hop: hop, window: hann.tensor(size - 10, .float64), padding: padding,
                        normalized: isNormalized, oneSided: isOneSided)
                    let spectrum = stft(signal, settings)
                    let name = "\(padding)-\(size)-\(hop)-\(isNormalized)-\(isOneSided)"
                    results["stft-\(name).real"] = spectrum.real
                    results["stft-\(name).imaginary"] = spectrum.imaginary
                    results["istft-\(name)"] = istft(spectrum, settings)
                }
            }
        }
        let plain = stft(signal, ShortTimeFourier(size: 64, hop: 20, window: hann.tensor(64, .float64), centred: false))
        (results["stft-plain.real"], results["stft-plain.imaginary"]) = (plain.real, plain.imaginary)
        let windows: [(String, SignalWindow)] = [
            ("hann", .hann), ("hamming", .hamming), ("blackman", .blackman), ("kaiser", .kaiser(beta: 8.6)),
        ]
        for (name, window) in windows {
            results["window-\(name)-periodic"] = window.tensor(33, .float64)
            results["window-\(name)-symmetric"] = window.tensor(33, periodic: false, .float64)
        }
        let settings = ShortTimeFourier(size: 256, hop: 64, window: hann.tensor(256, .float64), padding: .constant)
        for scale in MelScale.allCases {
            for isNormalized in [true, false] {
                let filters = MelFilters(
                    bands: 20, size: 256, sampleRate: 8000, low: 50, high: 3800, scale: scale,
                    areaNormalized: isNormalized
                ).tensor(.float64)
                results["filters-\(scale)-\(isNormalized)"] = filters
                results["mel-\(scale)-\(isNormalized)"] = melSpectrogram(signal, settings, filters: filters)
            }
        }
        let filters = MelFilters(bands: 40, size: 256, sampleRate: 8000).tensor(.float64)
        results["mfcc"] = cepstralCoefficients(signal, settings, filters: filters, count: 13)
        results["decibels"] = decibels(melSpectrogram(signal, settings, filters: filters))
        for (up, down) in [(2, 1), (1, 2), (3, 2), (2, 5), (160, 147)] {
            results["resampled-\(up)-\(down)"] = resampled(signal, from: down, to: up)
        }
    }

    func write(to path: String) throws { try NPZ.write(results, to: path) }
}
