import Foundation
import Leibniz
import Testing

@Suite struct `Signals` {
    /// The transform of each frame by its definition.
    private func naive(_ x: [Double], _ window: [Double], hop: Int, bins: Int) -> [[(Double, Double)]] {
        let n = window.count
        return stride(from: 0, through: x.count - n, by: hop).map { start in
            (0..<bins).map { k in
                (0..<n).reduce((0, 0)) { sum, j in
                    let angle = -2 * Double.pi * Double(j * k) / Double(n)
                    return (
                        sum.0 + window[j] * x[start + j] * cos(angle), sum.1 + window[j] * x[start + j] * sin(angle)
                    )
                }
            }
        }
    }

    @Test(arguments: [true, false]) func `frames are transformed by the definition`(_ isOneSided: Bool) throws {
        let signal = normal([40], seed: 1)
        let weights = SignalWindow.hann.weights(12)
        let settings = ShortTimeFourier(
            size: 12, hop: 5, window: Tensor(weights, .float64), centred: false, oneSided: isOneSided)
        let spectrum = stft(signal, settings)
        let bins = isOneSided ? 7 : 12
        let expected = naive(try signal.doubles(), weights, hop: 5, bins: bins)
        #expect(spectrum.shape == [bins, 6])
        for (part, choose) in [(spectrum.real, 0), (spectrum.imaginary, 1)] {
            let numbers = (0..<bins).flatMap { k in expected.map { choose == 0 ? $0[k].0 : $0[k].1 } }
            try expectClose(part, numbers, within: 1e-13)
        }
    }

    /// Many frames are transformed in groups, of which the last is filled up.
    @Test(arguments: [(16, 64), (16, 77), (12, 65), (7, 70), (96, 66), (30, 81)])
    func `many frames are transformed by the definition, and back to the signal's gradient`(
        _ size: Int, _ count: Int
    ) throws {
        let signal = normal([5 * (count - 1) + size], seed: 3)
        let weights = SignalWindow.hann.weights(size)
        let settings = ShortTimeFourier(size: size, hop: 5, window: Tensor(weights, .float64), centred: false)
        let spectrum = stft(signal, settings)
        let bins = size / 2 + 1
        let expected = naive(try signal.doubles(), weights, hop: 5, bins: bins)
        #expect(spectrum.shape == [bins, count])
        for (part, choose) in [(spectrum.real, 0), (spectrum.imaginary, 1)] {
            let numbers = (0..<bins).flatMap { k in expected.map { choose == 0 ? $0[k].0 : $0[k].1 } }
            try expectClose(part, numbers, within: 1e-12)
        }
        // ⟨S(x), w⟩ = ⟨x, Sᵀ(w)⟩, for the transform is linear.
        let (u, v) = (normal([bins, count], seed: 4), normal([bins, count], seed: 5))
        let inner = { @Sendable (x: Tensor) in sum(stft(x, settings).real * u + stft(x, settings).imaginary * v) }
        let slope = gradient(of: inner)(signal)
        let (value, product) = (try inner(signal).item(), try sum(slope * signal).item())
        #expect(abs(value - product) <= 1e-11 * (1 + abs(value)))
    }

    @Test(arguments: PaddingMode.allCases)
    func `centred frames see the padded signal`(_ padding: PaddingMode) throws {
        let x = [1.0, 2, 3, 4, 5, 6, 7]
        let extended: [Double] =
            switch padding {
            case .constant: [0, 0] + x + [0, 0]
            case .reflect: [3, 2] + x + [6, 5]
            case .replicate: [1, 1] + x + [7, 7]
            case .circular: [6, 7] + x + [1, 2]
            }
        let frames = ShortTimeFourier(size: 4, hop: 1, padding: padding).frames(of: Tensor(x, .float64))
        try expectClose(frames, (0..<8).flatMap { extended[$0..<$0 + 4] })
    }

    @Test(arguments: [
        (16, 4, SignalWindow.hann), (15, 4, .hamming), (16, 16, .rectangular), (12, 5, .blackman),
        (9, 2, .kaiser(beta: 6)),
    ])
    func `the inverse gives the signal back`(_ size: Int, _ hop: Int, _ window: SignalWindow) throws {
        let signal = normal([2, 80], seed: 2)
        for (isNormalized, isOneSided) in [(false, true), (true, false)] {
            let settings = ShortTimeFourier(
                size: size, hop: hop, window: window.tensor(size, .float64), normalized: isNormalized,
                oneSided: isOneSided)
            let back = istft(stft(signal, settings), settings, length: 80)
            #expect(back.shape == [2, 80])
            // Samples after the last whole frame are not known.
            let known = 80 / hop * hop
            try expectClose(back[..., 0..<known], try signal[..., 0..<known].doubles(), within: 1e-12)
        }
    }

    @Test func `adding frames up is the adjoint of cutting into them`() throws {
        for (size, hop) in [(8, 3), (6, 6), (5, 7), (4, 1)] {
            let settings = ShortTimeFourier(size: size, hop: hop, centred: false)
            let x = normal([29], seed: 3)
            let frames = settings.frames(of: x)
            let y = normal(frames.shape, seed: 4)
            let total = settings.overlapped(y)
            let left = try sum(frames * y).item()
            let right = try sum(x[0..<total.shape[0]] * total).item()
            #expect(left.isClose(to: right))
        }
    }

    @Test func `derivatives reach the waveform, the window and the filters`() throws {
        let x = normal([24], seed: 5)
        let window = SignalWindow.hann.tensor(8, .float64) + 0.1
        let filters = MelFilters(bands: 4, size: 8, sampleRate: 8000).tensor(.float64) * 1000
        func loss(_ x: Tensor, _ window: Tensor, _ filters: Tensor) -> Tensor {
            let settings = ShortTimeFourier(size: 8, hop: 3, window: window)
            return sum(logMelSpectrogram(x, settings, filters: filters))
                + sum(cepstralCoefficients(x, settings, filters: filters, count: 3))
        }
        let cases: [(Tensor, (Tensor) -> Tensor)] = [
            (x, { loss($0, window, filters) }), (window, { loss(x, $0, filters) }),
            (filters + 0.01, { loss(x, window, $0) }),
            (x, { sum(pow(resampled($0, from: 3, to: 2), 2)) }),
            (
                x,
                {
                    let settings = ShortTimeFourier(size: 8, hop: 2, window: window)
                    return sum(pow(istft(stft($0, settings), settings), 2))
                }
            ),
        ]
        for (place, (at, f)) in cases.enumerated() {
            let expected = try centralDifferences(of: f, at: at, step: 1e-6)
            let scale = expected.map(\.magnitude).max() ?? 1
            for (a, b) in zip(try gradient(of: f)(at).doubles(), expected) {
                #expect(abs(a - b) <= 1e-6 * Swift.max(1, scale), "case \(place)")
            }
        }
    }

    @Test func `windows have their known weights`() {
        #expect(SignalWindow.hann.weights(4).elementsEqual([0, 0.5, 1, 0.5]) { abs($0 - $1) < 1e-15 })
        #expect(SignalWindow.hann.weights(3, periodic: false).elementsEqual([0, 1, 0]) { abs($0 - $1) < 1e-15 })
        #expect(SignalWindow.hamming.weights(2).elementsEqual([0.08, 1]) { abs($0 - $1) < 1e-15 })
        #expect(SignalWindow.blackman.weights(2).elementsEqual([0, 1]) { abs($0 - $1) < 1e-15 })
        // I₀(3) = 4.880792585865024 (Abramowitz & Stegun 9.8)
        #expect(abs(SignalWindow.kaiser(beta: 3).weights(3, periodic: false)[0] - 1 / 4.880792585865024) < 1e-15)
        #expect(SignalWindow.rectangular.weights(1) == [1] && SignalWindow.hann.weights(0) == [])
    }

    @Test func `mel scales go there and back, and filters overlap to one`() {
        for scale in MelScale.allCases {
            for frequency in [0.0, 100, 999, 1000, 5000, 8000] {
                #expect(abs(scale.frequency(scale.mel(frequency)) - frequency) < 1e-9)
            }
        }
        #expect(abs(MelScale.htk.mel(700) - 781.1728389) < 1e-6 && MelScale.slaney.mel(1000) == 15)
        let filters = MelFilters(bands: 10, size: 256, sampleRate: 8000, areaNormalized: false).weights
        // Between the first and the last peak neighbouring triangles add up to 1.
        for bin in 20..<100 { #expect(abs(filters.reduce(0) { $0 + $1[bin] } - 1) < 1e-12) }
    }

    @Test func `a slow sine keeps its form at another rate`() throws {
        func sine(_ count: Int, rate: Double) -> [Double] { (0..<count).map { sin(2 * .pi * 50 * Double($0) / rate) } }
        for (from, to) in [(8000, 16000), (16000, 8000), (8000, 11025), (44100, 16000)] {
            let result = resampled(Tensor(sine(from / 10, rate: Double(from)), .float64), from: from, to: to)
            let expected = sine(to / 10, rate: Double(to))
            #expect(result.shape == [(from / 10 * to + from - 1) / from])
            let numbers = try result.doubles()
            for place in to / 40..<to * 3 / 40 { #expect(abs(numbers[place] - expected[place]) < 2e-3) }
        }
        #expect(try resampled(Tensor([1.0, 2]), from: 5, to: 5).doubles() == [1, 2])
    }

    @Test func `signals that do not fit are refused`() {
        let settings = ShortTimeFourier(size: 8)
        #expect(message(of: stft(Tensor([1.0, 2]), settings).real).contains("extended by 4"))
        #expect(
            message(of: stft(Tensor([1.0, 2]), ShortTimeFourier(size: 8, centred: false)).real).contains(
                "shorter than one frame"))
        #expect(
            message(of: stft(normal([20], seed: 1), ShortTimeFourier(size: 4, window: normal([5], seed: 1))).real)
                .contains("no window"))
        let gaps = ShortTimeFourier(size: 4, hop: 6, centred: false)
        #expect(message(of: istft(stft(normal([20], seed: 1), gaps), gaps)).contains("without weight"))
        #expect(message(of: istft(ComplexTensor(normal([4, 2], seed: 1)), settings)).contains("frequencies"))
        #expect(message(of: resampled(normal([4], seed: 1), from: 0, to: 2)).contains("rates"))
    }
}
