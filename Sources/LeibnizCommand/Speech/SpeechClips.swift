import Foundation
import Leibniz

/// Spoken digits of equal length: waveforms, what is said, and by whom.
struct SpeechClips {
    /// The samples of a clip: a second.
    static let length = SpeechNet.sampleRate

    let waveforms: [[Float]]
    let digits: [UInt8]
    /// The names of the voices.
    let voices: Set<String>

    var count: Int { digits.count }

    /// Reads all clips `DIGIT_VOICE_NUMBER.wav`, or `DIGIT.wav`, of a folder.
    ///
    /// - Throws: a `DataError` for a file that is no sound, and where there is none.
    init(folder: String) throws {
        let names = ((try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? [])
            .filter { $0.hasSuffix(".wav") && $0.first?.isWholeNumber == true }.sorted()
        guard !names.isEmpty else {
            throw DataError(
                .missing, "there are no spoken digits", in: folder, found: "no clips",
                expected: "files DIGIT_VOICE_NUMBER.wav", hint: "scripts/data speech puts them there")
        }
        waveforms = try Self.waveforms(of: names.map { "\(folder)/\($0)" })
        digits = names.map { UInt8($0.prefix(1)) ?? 0 }
        voices = Set(names.compactMap { $0.split(separator: "_").dropFirst().first.map(String.init) })
    }

    /// The sounds of WAV files as the network takes them: silence at both ends is taken away, the rest is brought to the network's
    /// sample rate, and stands in the middle of a second at equal loudness.
    ///
    /// - Throws: a `DataError` for a file that is no sound.
    static func waveforms(of paths: [String]) throws -> [[Float]] {
        let sounds = try paths.map { path in
            let sound = try WAV.read(path)
            return (samples: trimmed(sound.mono, seconds: 1, rate: sound.sampleRate), rate: sound.sampleRate)
        }
        return try resampled(sounds).map(placed)
    }

    /// The clips with some numbers.
    ///
    /// - Parameter change: made to each waveform, given its number.
    func batch(_ numbers: some Collection<Int>, _ change: (Int, [Float]) -> [Float] = { $1 }) -> SpeechBatch {
        let samples = numbers.flatMap { change($0, waveforms[$0]) }
        return SpeechBatch(
            waveforms: Tensor(samples, shape: [numbers.count, Self.length]),
            digits: numbers.map { digits[$0] }.withUnsafeBytes { Tensor(bytes: $0, shape: [numbers.count], .uint8) })
    }

    /// All clips in batches.
    func batches(of size: Int) -> ComputedBatches<SpeechBatch> {
        ComputedBatches(count: (count + size - 1) / size) { [self] _, number in
            batch(number * size..<min(count, (number + 1) * size))
        }
    }

    /// The samples between the first and the last that are louder than a fiftieth of the loudest; the middle of what is too long.
    private static func trimmed(_ samples: [Float], seconds: Double, rate: Int) -> [Float] {
        let border = 0.02 * (samples.lazy.map(abs).max() ?? 0)
        guard let first = samples.firstIndex(where: { abs($0) > border }),
            let last = samples.lastIndex(where: { abs($0) > border })
        else { return samples }
        let most = Int(seconds * Double(rate))
        let count = min(last - first + 1, most)
        let start = first + (last - first + 1 - count) / 2
        return Array(samples[start..<start + count])
    }

    /// Sounds at the network's rate: those of one rate together, by one compiled function.
    private static func resampled(_ sounds: [(samples: [Float], rate: Int)]) throws -> [[Float]] {
        var results = sounds.map(\.samples)
        let size = 128
        for rate in Set(sounds.map(\.rate)) where rate != SpeechNet.sampleRate {
            let own = sounds.indices.filter { sounds[$0].rate == rate }
            let convert = compiled { (x: Tensor) in Leibniz.resampled(x, from: rate, to: SpeechNet.sampleRate) }
            for start in stride(from: 0, to: own.count, by: size) {
                let numbers = own[start..<min(own.count, start + size)]
                var samples: [Float] = []
                for number in numbers {
                    let clip = sounds[number].samples
                    samples += clip + Array(repeating: 0, count: rate - clip.count)
                }
                samples += Array(repeating: 0, count: (size - numbers.count) * rate)
                let converted = try convert(Tensor(samples, shape: [size, rate])).doubles()
                for (place, number) in numbers.enumerated() {
                    let count = min(length, (sounds[number].samples.count * SpeechNet.sampleRate + rate - 1) / rate)
                    results[number] = converted[place * length..<place * length + count].map { Float($0) }
                }
            }
        }
        return results
    }

    /// Samples in the middle of a clip, with a root mean square of a tenth.
    private static func placed(_ samples: [Float]) -> [Float] {
        let power = samples.reduce(0) { $0 + $1 * $1 } / Float(max(1, samples.count))
        let scale = 0.1 / max(power.squareRoot(), 1e-6)
        var clip = [Float](repeating: 0, count: length)
        let start = (length - samples.count) / 2
        for (place, sample) in samples.enumerated() { clip[start + place] = scale * sample }
        return clip
    }
}

/// Some clips with what they say.
struct SpeechBatch: TensorGroup {
    /// [N, samples].
    let waveforms: Tensor
    /// [N] of uint8.
    let digits: Tensor

    var tensors: [Tensor] { [waveforms, digits] }
    func replacing(with tensors: inout ArraySlice<Tensor>) -> SpeechBatch {
        SpeechBatch(waveforms: waveforms.replacing(with: &tensors), digits: digits.replacing(with: &tensors))
    }
}
