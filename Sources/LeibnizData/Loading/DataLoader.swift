/// Batches of a set's samples, prepared by threads ahead of the loop that uses them.
///
/// What a batch holds follows from the seed and its place alone, whatever the number of threads. Threads stop ahead of the loop by
/// `prefetch` batches, so memory stays bounded.
///
/// ```swift
/// let loader = try DataLoader(samples, batchSize: 64, seed: 7) { Collation.padded($0) }
/// for epoch in 1...10 {
///     let pass = try loader.pass(LoaderPosition(epoch: epoch))
///     while let batch = try pass.next() { … }
/// }
/// ```
public struct DataLoader<Samples: Dataset, Batch: Sendable>: Sendable {
    /// Where samples come from.
    public let samples: Samples
    /// In which order they are visited.
    public let sampling: Sampling
    /// The samples of every full batch.
    public let batchSize: Int
    /// What happens to the last batch if it isn't full.
    public let remainder: Batches.Remainder
    /// What orders and augmentation follow from.
    public let seed: Int
    /// The threads that prepare batches; with 0 the loop itself does.
    public let threads: Int
    /// How many batches are prepared ahead.
    public let prefetch: Int
    private let collate: @Sendable ([Samples.Sample]) throws -> Batch

    /// A loader.
    ///
    /// - Parameters:
    ///   - sampling: shuffled by default.
    ///   - remainder: the last batch is kept by default.
    ///   - seed: 0 by default.
    ///   - threads: 2 by default.
    ///   - prefetch: batches ready or under way at once, at least 1; 4 by default.
    ///   - collate: makes a batch of samples; called from several threads at once.
    /// - Throws: an error of kind `argument` for sizes out of range.
    public init(
        _ samples: Samples, sampling: Sampling = .shuffled, batchSize: Int, remainder: Batches.Remainder = .kept,
        seed: Int = 0, threads: Int = 2, prefetch: Int = 4,
        collate: @escaping @Sendable ([Samples.Sample]) throws -> Batch
    ) throws(DataError) {
        guard threads >= 0, prefetch >= 1, batchSize >= 1 else {
            throw DataError(
                .argument, "a loader cannot work so", in: "threads, prefetch, batchSize",
                found: "\(threads), \(prefetch), \(batchSize)", expected: "at least 0, 1 and 1")
        }
        (self.samples, self.sampling, self.batchSize, self.remainder) = (samples, sampling, batchSize, remainder)
        (self.seed, self.threads, self.prefetch, self.collate) = (seed, threads, prefetch, collate)
    }

    /// One pass over the samples, from a batch on.
    ///
    /// - Throws: an error of kind `argument` where weights or classes do not fit the samples.
    public func pass(_ start: LoaderPosition = LoaderPosition()) throws(DataError) -> LoaderPass<Batch> {
        let order = try sampling.order(samples.count, seed: seed, epoch: start.epoch)
        let batches = try Batches(of: order.count, size: batchSize, remainder: remainder)
        let loader = self
        return LoaderPass(
            count: batches.count, from: start, threads: min(threads, prefetch), prefetch: prefetch
        ) { number in
            try loader.collate(
                batches[number].map { place in
                    var random = SampleRandom(seed: loader.seed, epoch: start.epoch, sample: place)
                    do {
                        return try loader.samples.sample(at: order[place], random: &random)
                    } catch {
                        throw SampleError(sample: order[place], batch: number, epoch: start.epoch, cause: error)
                    }
                })
        }
    }
}

/// A sample that could not be had: which one, and why.
public struct SampleError: Error, CustomStringConvertible {
    /// The sample's number in the set.
    public let sample: Int
    /// The number of the batch that it belongs to.
    public let batch: Int
    /// The number of the pass.
    public let epoch: Int
    /// Why.
    public let cause: any Error

    /// The sample, then the cause.
    public var description: String {
        "SampleError: sample \(sample) could not be had, for batch \(batch) of epoch \(epoch)\n  \(cause)"
    }
}
