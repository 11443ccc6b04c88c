import LeibnizCore

/// Sound in memory: samples of one or more channels at one rate.
///
/// Invariant: every channel has as many samples.
public struct Sound: Sendable, Hashable {
    /// Samples per second of one channel, at least 1.
    public let sampleRate: Int
    /// The samples of each channel; full scale is −1 … 1.
    public let channels: [[Float]]

    /// The number of samples of one channel.
    public var count: Int { channels.first?.count ?? 0 }
    /// How long it is.
    public var seconds: Double { Double(count) / Double(sampleRate) }

    /// Sound of given samples.
    ///
    /// - Throws: an error of kind `argument` for a rate below 1, no channel, or channels that differ in length.
    public init(sampleRate: Int, channels: [[Float]]) throws(DataError) {
        guard sampleRate >= 1, let first = channels.first, channels.allSatisfy({ $0.count == first.count }) else {
            throw DataError(
                .argument, "this is no sound", in: "channels",
                found: "\(sampleRate) samples per second, channels of \(channels.map(\.count)) samples",
                expected: "a rate of at least 1 and at least one channel, all as long")
        }
        (self.sampleRate, self.channels) = (sampleRate, channels)
    }

    init(checked sampleRate: Int, _ channels: [[Float]]) { (self.sampleRate, self.channels) = (sampleRate, channels) }

    /// The mean of all channels.
    public var mono: [Float] {
        if channels.count == 1 { return channels[0] }
        let scale = 1 / Float(channels.count)
        return (0..<count).map { sample in channels.reduce(0) { $0 + $1[sample] } * scale }
    }

    /// The samples as float32 `[channels, count]`.
    public var tensor: Tensor { Tensor(channels.flatMap { $0 }, shape: [channels.count, count]) }
}
