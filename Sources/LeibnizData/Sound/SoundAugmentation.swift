import Foundation

/// A change of samples of sound by chance, drawn anew for each sample and pass; the same for the same seed, whatever the threads.
public struct SoundAugmentation: Sendable {
    private let change: @Sendable ([Float], inout SampleRandom) -> [Float]

    /// A change of one's own.
    public init(_ change: @escaping @Sendable ([Float], inout SampleRandom) -> [Float]) { self.change = change }

    /// The changed samples, as many as before.
    public func callAsFunction(_ samples: [Float], _ random: inout SampleRandom) -> [Float] { change(samples, &random) }

    /// One after the other.
    public static func sequence(_ changes: [SoundAugmentation]) -> Self {
        Self { samples, random in changes.reduce(samples) { $1($0, &random) } }
    }

    /// Earlier or later by up to so many samples, with silence where nothing is left.
    public static func shift(by most: Int) -> Self {
        Self { samples, random in
            let offset = random.integer(below: 2 * most + 1) - most
            return samples.indices.map { samples.indices.contains($0 - offset) ? samples[$0 - offset] : 0 }
        }
    }

    /// Faster or slower by up to a share, and with it higher or deeper, around the middle; between samples by straight lines, with
    /// silence where nothing is left.
    public static func speed(by most: Double) -> Self {
        Self { samples, random in
            let factor = 1 + random.uniform(-most, most)
            let middle = Double(samples.count - 1) / 2
            func sample(_ place: Int) -> Float { samples.indices.contains(place) ? samples[place] : 0 }
            return samples.indices.map { place in
                let source = middle + (Double(place) - middle) * factor
                let below = source.rounded(.down)
                let share = Float(source - below)
                return (1 - share) * sample(Int(below)) + share * sample(Int(below) + 1)
            }
        }
    }

    /// With noise of the normal distribution, so that signal power over noise power is so many decibels.
    public static func noise(decibels: ClosedRange<Double>) -> Self {
        Self { samples, random in
            let ratio = random.uniform(decibels.lowerBound, decibels.upperBound)
            let power = samples.reduce(0.0) { $0 + Double($1) * Double($1) } / Double(max(1, samples.count))
            let deviation = (power / pow(10, ratio / 10)).squareRoot()
            return samples.map { $0 + Float(deviation * random.normal()) }
        }
    }

    /// Louder or quieter by up to so many decibels.
    public static func gain(decibels: Double) -> Self {
        Self { samples, random in
            let factor = Float(pow(10, random.uniform(-decibels, decibels) / 20))
            return samples.map { $0 * factor }
        }
    }

    /// Silence for a stretch of up to so many samples.
    public static func mask(atMost longest: Int) -> Self {
        Self { samples, random in
            let count = random.integer(below: min(longest, samples.count) + 1)
            let start = random.integer(below: samples.count - count + 1)
            var samples = samples
            for place in start..<start + count { samples[place] = 0 }
            return samples
        }
    }
}
