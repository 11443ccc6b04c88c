/// The ranges into which a pass over `count` examples is cut, in order, each of `size` but the last.
///
/// With `order = shuffledIndices(…)`, the examples of a batch are `order[range]`.
public struct Batches: RandomAccessCollection, Sendable, Hashable {
    /// What happens to the last batch if it isn't full.
    public enum Remainder: Sendable, Hashable {
        /// It is visited like the others, smaller.
        case kept
        /// Its examples are left out of the pass.
        case dropped
    }

    /// The number of examples.
    public let exampleCount: Int
    /// The examples of every full batch.
    public let size: Int
    /// What happens to the last batch if it isn't full.
    public let remainder: Remainder

    /// The batches of a pass.
    ///
    /// - Throws: an error of kind `argument` for a negative count or a size below 1.
    public init(of exampleCount: Int, size: Int, remainder: Remainder = .kept) throws(DataError) {
        guard exampleCount >= 0 else {
            throw DataError(
                .argument, "there is no such number of examples", in: "exampleCount", found: "\(exampleCount)",
                expected: "at least 0")
        }
        guard size >= 1 else {
            throw DataError(
                .argument, "there is no such batch size", in: "size", found: "\(size)", expected: "at least 1")
        }
        self.exampleCount = exampleCount
        self.size = size
        self.remainder = remainder
    }

    /// 0.
    public var startIndex: Int { 0 }
    /// The number of batches.
    public var endIndex: Int {
        exampleCount / size + (remainder == .kept && exampleCount % size > 0 ? 1 : 0)
    }

    /// The examples of the batch with that number.
    public subscript(number: Int) -> Range<Int> {
        let start = number * size
        return start..<start + Swift.min(size, exampleCount - start)
    }
}
