import Foundation

/// One pass of a loader over its samples. To be used by one task at a time; threads end when it goes away.
public final class LoaderPass<Batch: Sendable> {
    /// The number of batches of the whole pass.
    public let count: Int
    /// Where the next batch is: what a checkpoint keeps. After the last one, the beginning of the next pass.
    public private(set) var position: LoaderPosition
    private let queue: BatchQueue<Batch>
    private let threads: Int

    /// A pass whose batches follow from their numbers.
    ///
    /// - Parameters:
    ///   - count: the batches of the whole pass.
    ///   - start: the number of the pass, and the first batch that is made.
    ///   - threads: those that make batches; with 0, by default, `next()` itself does.
    ///   - prefetch: batches ready or under way at once, at least 1; 4 by default.
    ///   - make: makes the batch of a number; called from several threads at once.
    public init(
        count: Int, from start: LoaderPosition = LoaderPosition(), threads: Int = 0, prefetch: Int = 4,
        make: @escaping @Sendable (Int) throws -> Batch
    ) {
        (self.count, position, self.threads) = (count, start, threads)
        queue = BatchQueue(start.batch..<max(start.batch, count), ahead: prefetch, make: make)
        for number in 0..<threads {
            let thread = Thread { [queue] in queue.work() }
            thread.name = "batches \(number)"
            thread.start()
        }
        if start.batch >= count { position = LoaderPosition(epoch: start.epoch + 1) }
    }

    deinit { queue.stop() }

    /// The next batch; nil at the end of the pass.
    ///
    /// - Throws: a `SampleError` that names the sample; what the collation throws. The pass goes on after it.
    public func next() throws -> Batch? {
        guard let result = threads == 0 ? queue.makeNext() : queue.take() else { return nil }
        position.batch += 1
        if position.batch >= count { position = LoaderPosition(epoch: position.epoch + 1) }
        return try result.get()
    }
}

/// Batches under way between the threads that make them and the one that uses them, in order.
///
/// @unchecked Sendable: every stored property is a constant or read and written only while `condition` is locked.
private final class BatchQueue<Batch: Sendable>: @unchecked Sendable {
    private let condition = NSCondition()
    private let make: @Sendable (Int) throws -> Batch
    private let end: Int
    private let ahead: Int
    /// The next batch that nobody makes yet, and the next one to be used.
    private var (unmade, unused): (Int, Int)
    private var made: [Int: Result<Batch, any Error>] = [:]
    private var isStopped = false

    init(_ range: Range<Int>, ahead: Int, make: @escaping @Sendable (Int) throws -> Batch) {
        (unmade, unused, end) = (range.lowerBound, range.lowerBound, range.upperBound)
        (self.ahead, self.make) = (ahead, make)
    }

    /// Makes batches until there are none left, waiting while enough of them are ready.
    func work() {
        condition.lock()
        defer { condition.unlock() }
        while true {
            while !isStopped, unmade < end, unmade >= unused + ahead { condition.wait() }
            if isStopped || unmade >= end { return }
            let number = unmade
            unmade += 1
            condition.unlock()
            let result = Result { try make(number) }
            condition.lock()
            made[number] = result
            condition.broadcast()
        }
    }

    func take() -> Result<Batch, any Error>? {
        condition.lock()
        defer { condition.unlock() }
        guard unused < end else { return nil }
        while true {
            if let result = made.removeValue(forKey: unused) {
                unused += 1
                condition.broadcast()
                return result
            }
            condition.wait()
        }
    }

    /// The next batch, made here and now.
    func makeNext() -> Result<Batch, any Error>? {
        guard unused < end else { return nil }
        unused += 1
        return Result { try make(unused - 1) }
    }

    func stop() {
        condition.lock()
        isStopped = true
        condition.broadcast()
        condition.unlock()
    }
}
