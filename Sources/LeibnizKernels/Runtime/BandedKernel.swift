/// Kernels that run one after the other on each band of their nests: what one leaves for the next is still in a core's own cache.
///
/// Each thread does bands of its own, from the first kernel to the last, so that threads meet once, not after every kernel. What
/// nobody else wants has memory for one band of each thread, over and over, and takes the place of what has been read for the last
/// time: the less memory a band walks through, the nearer to the core it stays.
public final class BandedKernel: Kernel {
    /// A buffer that only the chain looks at.
    public struct Passing: Hashable, Sendable {
        /// Its places among the buffers of all kernels.
        public let places: [Int]
        /// The bytes that belong to a band; those of neighbouring bands follow each other.
        public let bandBytes: Int

        /// A buffer of the chain alone.
        public init(places: [Int], bandBytes: Int) { (self.places, self.bandBytes) = (places, bandBytes) }
    }

    /// In the order in which they run.
    private let kernels: [any Kernel]
    private let bufferCounts: [Int]
    private let bandCount: Int
    /// What passes from kernel to kernel, and where it begins in a thread's memory for one band, or in that for all bands.
    private let passing: [(buffer: Passing, offset: Int)]
    private let bandBytes: Int
    /// What kernels, one at a time, need of a thread's memory.
    private let scratchBytes: Int
    /// Machine code of each; nil where some kernel is interpreted or combines what threads found, and all run as a whole.
    private let code: [CompiledKernel]?
    private let isWorthThreads: Bool

    /// Kernels of nests with the same bands.
    ///
    /// - Parameters:
    ///   - bufferCounts: how many buffers each has.
    ///   - bandCount: how many bands there are.
    ///   - passing: the buffers that only these kernels look at; who runs them gives no memory for these.
    public init(_ kernels: [any Kernel], bufferCounts: [Int], bandCount: Int, passing: [Passing]) {
        (self.kernels, self.bufferCounts, self.bandCount) = (kernels, bufferCounts, bandCount)
        let memory = Self.layout(passing, bufferCounts)
        self.passing = Array(zip(passing, memory.offsets))
        bandBytes = memory.byteCount
        let compiled = kernels.compactMap { $0 as? CompiledKernel }
        let isBanded =
            compiled.count == kernels.count && compiled.allSatisfy { $0.units == bandCount && $0.isIndependent }
        code = isBanded ? compiled : nil
        scratchBytes = isBanded ? compiled.reduce(0) { max($0, $1.scratchBytes) } : 0
        let cost = compiled.reduce(1) { $0.addingReportingOverflow($1.unitCost).partialValue }
        isWorthThreads = CompiledKernel.isWorthThreads(units: bandCount, unitCost: max(1, cost))
    }

    /// Where each buffer begins, and the bytes of all: two have the same place where one is read for the last time before the other is
    /// written.
    static func layout(_ passing: [Passing], _ bufferCounts: [Int]) -> (offsets: [Int], byteCount: Int) {
        // The kernels that use each buffer, from its writer to its last reader.
        let kernels = bufferCounts.indices.flatMap { Array(repeating: $0, count: bufferCounts[$0]) }
        let lives = passing.map { buffer in
            let users = buffer.places.map { kernels[$0] }
            return (first: users.min() ?? 0, last: users.max() ?? 0)
        }
        var (arena, offsets) = (ArenaLayout(), passing.map { _ in 0 })
        for number in passing.indices.sorted(by: { (lives[$0].first, $0) < (lives[$1].first, $1) }) {
            offsets[number] = arena.place(passing[number].bandBytes, until: lives[number].last, at: lives[number].first)
        }
        return (offsets, arena.byteCount)
    }

    /// Runs all kernels; `buffers` holds those of the first, then those of the second, and so on.
    public func run(
        _ buffers: UnsafePointer<UnsafeMutableRawPointer>, status: UnsafeMutablePointer<KernelStatus>, pool: ThreadPool
    ) {
        run(buffers, status: status, pool: pool, spent: nil)
    }

    /// - Parameter spent: receives the nanoseconds that the caller's thread was busy with each kernel.
    public func run(
        _ buffers: UnsafePointer<UnsafeMutableRawPointer>, status: UnsafeMutablePointer<KernelStatus>, pool: ThreadPool,
        spent: UnsafeMutablePointer<UInt64>?
    ) {
        spent?.update(repeating: 0, count: kernels.count)
        let isShared = code != nil && isWorthThreads && pool.count > 1
        let ownBytes = bandBytes + scratchBytes
        let byteCount = max(64, ownBytes * (code == nil ? bandCount : isShared ? pool.count : 1))
        let scratch = BufferPool.shared.take(byteCount: byteCount)
        defer { BufferPool.shared.giveBack(scratch, byteCount: byteCount) }
        guard let code else { return runWhole(buffers, status, pool, scratch, spent) }
        func work(_ begin: Int, _ end: Int, _ worker: Int) {
            let memory = scratch + worker * ownBytes
            withBuffers(buffers) { own in
                for band in begin..<max(begin, end) {
                    // All bands look as if they lay behind each other; each lies where the last one did.
                    for (buffer, offset) in passing {
                        let address = memory + (offset - band * buffer.bandBytes)
                        for place in buffer.places { own[place] = address }
                    }
                    inTurn(own, worker == 0 ? spent : nil) {
                        code[$0].run(unit: band, $1, status, scratch: memory + bandBytes)
                    }
                }
            }
        }
        if isShared { pool.share(units: bandCount, work) } else { work(0, bandCount, 0) }
    }

    /// Calls `run` with the number of each kernel and its buffers, in order.
    private func inTurn(
        _ buffers: UnsafePointer<UnsafeMutableRawPointer>, _ spent: UnsafeMutablePointer<UInt64>?,
        _ run: (Int, UnsafePointer<UnsafeMutableRawPointer>) -> Void
    ) {
        var own = buffers
        for place in kernels.indices {
            let start = spent == nil ? 0 : monotonicNanoseconds()
            run(place, own)
            if let spent { spent[place] += monotonicNanoseconds() - start }
            own += bufferCounts[place]
        }
    }

    /// One kernel after the other, with memory for all bands.
    private func runWhole(
        _ buffers: UnsafePointer<UnsafeMutableRawPointer>, _ status: UnsafeMutablePointer<KernelStatus>,
        _ pool: ThreadPool, _ scratch: UnsafeMutableRawPointer, _ spent: UnsafeMutablePointer<UInt64>?
    ) {
        withBuffers(buffers) { all in
            for (buffer, offset) in passing {
                for place in buffer.places { all[place] = scratch + offset * bandCount }
            }
            inTurn(all, spent) { kernels[$0].run($1, status: status, pool: pool) }
        }
    }

    private func withBuffers(
        _ buffers: UnsafePointer<UnsafeMutableRawPointer>,
        _ body: (UnsafeMutablePointer<UnsafeMutableRawPointer>) -> Void
    ) {
        let count = bufferCounts.reduce(0, +)
        withUnsafeTemporaryAllocation(of: UnsafeMutableRawPointer.self, capacity: count) { own in
            guard let base = own.baseAddress else { return }
            base.initialize(from: buffers, count: count)
            body(base)
        }
    }
}
