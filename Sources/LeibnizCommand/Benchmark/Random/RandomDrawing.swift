import Foundation
import Leibniz

/// Sizes as programs have them: spread evenly over magnitudes, half of them multiples of eight.
extension SplitMix {
    /// True once in so many times.
    mutating func chance(oneIn count: Int) -> Bool { Int.random(in: 0..<count, using: &self) == 0 }

    /// One of some values.
    mutating func pick<Value>(_ values: [Value]) -> Value { values[Int.random(in: values.indices, using: &self)] }

    /// An extent whose logarithm is uniform.
    mutating func extent(_ range: ClosedRange<Int>) -> Int {
        let power = Double.random(in: log(Double(range.lowerBound))...log(Double(range.upperBound + 1)), using: &self)
        return rounded(Foundation.exp(power), in: range)
    }

    /// A shape of between 2¹² and 2²² elements, with no extent below 2.
    mutating func shape(rank: Int) -> [Int] {
        let size = Double.random(in: 12 * log(2.0)...22 * log(2.0), using: &self)
        let shares = (0..<rank).map { _ in Double.random(in: 0.1...1, using: &self) }
        let total = shares.reduce(0, +)
        return shares.map { rounded(Foundation.exp(size * $0 / total), in: 2...1 << 22) }
    }

    /// The numbers below a count in random order.
    mutating func order(_ count: Int) -> [Int] { (0..<count).shuffled(using: &self) }

    /// The type of numbers: mostly float32.
    mutating func realType() -> RealType { chance(oneIn: 6) ? .float64 : .float32 }

    private mutating func rounded(_ size: Double, in range: ClosedRange<Int>) -> Int {
        let size = Int(size)
        let multiple = (size + 4) / 8 * 8
        let chosen = size >= 12 && chance(oneIn: 2) ? multiple : size
        return min(max(chosen, range.lowerBound), range.upperBound)
    }
}
