import Foundation

/// The random numbers of one sample in one pass: they follow from seed, epoch and the sample's number, not from the thread that
/// prepares it or from what was prepared before.
public struct SampleRandom: RandomNumberGenerator, Sendable {
    private var source: CountedRandom

    /// The numbers of a sample.
    public init(seed: Int, epoch: Int, sample: Int) {
        source = CountedRandom(
            seed: UInt64(bitPattern: Int64(seed)), epoch: UInt64(bitPattern: Int64(epoch)),
            sample: UInt64(bitPattern: Int64(sample)))
    }

    /// The next 64 bits.
    public mutating func next() -> UInt64 { source.next() }

    /// A number in 0 ..< 1 on a grid of 2⁻⁵³.
    public mutating func unit() -> Double { Double(next() >> 11) * 0x1p-53 }

    /// A number between two, equally likely.
    public mutating func uniform(_ low: Double, _ high: Double) -> Double { low + (high - low) * unit() }

    /// A whole number in 0 ..< bound, equally likely; 0 for a bound below 1.
    public mutating func integer(below bound: Int) -> Int { bound < 1 ? 0 : Int(source.next(below: UInt64(bound))) }

    /// True with a probability.
    public mutating func chance(_ probability: Double) -> Bool { unit() < probability }

    /// A number of the normal distribution (Box & Muller 1958).
    public mutating func normal() -> Double {
        (-2 * log(1 - unit())).squareRoot() * cos(2 * Double.pi * unit())
    }
}
