/// A figure that is gathered batch by batch: what two parts of the data gave can be merged, in any order.
///
/// ```swift
/// var accuracy = Accuracy()
/// for (x, labels) in batches { try accuracy.add(model(x), labels) }
/// print(accuracy.value)
/// ```
public protocol Metric: Sendable {
    /// What the metric says.
    associatedtype Value
    /// Takes in what was gathered elsewhere.
    mutating func merge(_ other: Self)
    /// The figure for all that was added.
    var value: Value { get }
}

/// A mean that is gathered bit by bit.
struct RunningMean: Sendable, Hashable {
    private(set) var sum = 0.0
    private(set) var count = 0

    mutating func add(_ sum: Double, count: Int) { (self.sum, self.count) = (self.sum + sum, self.count + count) }
    mutating func merge(_ other: RunningMean) { add(other.sum, count: other.count) }
    /// NaN of nothing.
    var value: Double { sum / Double(count) }
}
