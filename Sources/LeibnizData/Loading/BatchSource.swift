/// Where a training gets its batches: passes over data that can begin at any batch.
///
/// What a batch holds must follow from its place alone, so that a training that is resumed sees what it would have seen.
public protocol BatchSource<Batch>: Sendable {
    /// What a step is made of.
    associatedtype Batch: Sendable
    /// One pass over the data, from a batch on.
    func pass(_ start: LoaderPosition) throws -> LoaderPass<Batch>
}

extension DataLoader: BatchSource {}

/// Batches that are there already: each pass has the same ones in the same order.
public struct StoredBatches<Batch: Sendable>: BatchSource {
    /// The batches of a pass.
    public let batches: [Batch]
    /// A source of given batches.
    public init(_ batches: [Batch]) { self.batches = batches }
    /// One pass over the batches.
    public func pass(_ start: LoaderPosition) -> LoaderPass<Batch> {
        LoaderPass(count: batches.count, from: start) { [batches] number in batches[number] }
    }
}

/// Batches that are computed from the numbers of pass and batch.
///
/// ```swift
/// let source = ComputedBatches(count: batches.count) { epoch, number in
///     data.batch(shuffledIndices(data.count, seed: 7, epoch: epoch)[batches[number]])
/// }
/// ```
public struct ComputedBatches<Batch: Sendable>: BatchSource {
    /// The batches of a pass.
    public let count: Int
    private let threads: Int
    private let prefetch: Int
    private let prepare: @Sendable (_ epoch: Int) throws -> @Sendable (_ number: Int) throws -> Batch

    /// A source of `count` batches a pass.
    ///
    /// - Parameters:
    ///   - threads: those that prepare batches; with 0, by default, the loop itself does.
    ///   - prefetch: batches ready or under way at once, at least 1; 4 by default.
    ///   - batch: makes a batch; called from several threads at once.
    public init(
        count: Int, threads: Int = 0, prefetch: Int = 4,
        _ batch: @escaping @Sendable (_ epoch: Int, _ number: Int) throws -> Batch
    ) {
        self.init(count: count, threads: threads, prefetch: prefetch) { epoch in { try batch(epoch, $0) } }
    }

    /// The same with something made once a pass, such as its order.
    ///
    /// - Parameter prepare: makes of the number of a pass what makes its batches.
    public init(
        count: Int, threads: Int = 0, prefetch: Int = 4,
        preparing prepare: @escaping @Sendable (_ epoch: Int) throws -> @Sendable (_ number: Int) throws -> Batch
    ) {
        (self.count, self.threads, self.prefetch, self.prepare) = (count, max(0, threads), max(1, prefetch), prepare)
    }

    /// One pass over the batches, from one on.
    public func pass(_ start: LoaderPosition) throws -> LoaderPass<Batch> {
        LoaderPass(count: count, from: start, threads: threads, prefetch: prefetch, make: try prepare(start.epoch))
    }
}
