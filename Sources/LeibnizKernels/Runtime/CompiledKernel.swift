/// A kernel as machine code.
///
/// A launch allocates nothing from the system and takes no contended lock. Small work stays on the caller's thread; if the
/// kernel combines results of chunks it is still cut as the threads would have cut it, so the bits are the same.
public final class CompiledKernel: Kernel {
    /// What is worth waking a thread for, in clock cycles: about 7 µs of one thread.
    static let parallelCost = 30_000

    /// The name of the kernel's function in its source.
    public let symbol: String
    private let code: CompiledCode
    /// How many units of work there are, and about how many clock cycles each takes.
    let (units, unitCost): (Int, Int)
    /// The bytes of its own that each thread needs.
    let scratchBytes: Int
    private let isWorthThreads: Bool
    /// Whether threads that are done early help the others.
    private let helps: Bool

    /// Code and what one must know to run it.
    init(code: CompiledCode, source: KernelSource) {
        self.code = code
        symbol = source.symbol
        (units, unitCost) = (max(0, source.units), source.unitCost)
        scratchBytes = (max(0, source.scratchBytes) + 63) & ~63
        isWorthThreads = Self.isWorthThreads(units: units, unitCost: source.unitCost)
        helps = code.finish == nil && Double(units) * Double(unitCost) >= Scheduler.helpedCycles
    }

    /// Whether threads share the units of a kernel.
    static func isWorthThreads(units: Int, unitCost: Int) -> Bool {
        let (cost, isHuge) = units.multipliedReportingOverflow(by: max(1, unitCost))
        return units > 1 && (isHuge || cost >= parallelCost)
    }

    /// Whether any thread may do any unit at any time.
    var isIndependent: Bool { code.finish == nil }

    /// Does one unit of an independent kernel.
    ///
    /// - Parameter scratch: `scratchBytes` of the thread's own.
    func run(
        unit: Int, _ buffers: UnsafePointer<UnsafeMutableRawPointer>, _ status: UnsafeMutablePointer<KernelStatus>,
        scratch: UnsafeMutableRawPointer
    ) {
        code.main(buffers, status, unit, unit + 1, scratch)
    }

    /// Runs once over all units.
    public func run(
        _ buffers: UnsafePointer<UnsafeMutableRawPointer>, status: UnsafeMutablePointer<KernelStatus>, pool: ThreadPool
    ) {
        let isParallel = isWorthThreads && pool.count > 1
        let isSplit = isParallel || code.finish != nil
        guard scratchBytes > 0 else {
            return run(buffers, status, pool, scratch: nil, isParallel: isParallel, isSplit: isSplit)
        }
        let byteCount = scratchBytes * (isSplit ? pool.count : 1)
        let scratch = BufferPool.shared.take(byteCount: byteCount)
        run(buffers, status, pool, scratch: scratch, isParallel: isParallel, isSplit: isSplit)
        BufferPool.shared.giveBack(scratch, byteCount: byteCount)
    }

    private func run(
        _ buffers: UnsafePointer<UnsafeMutableRawPointer>, _ status: UnsafeMutablePointer<KernelStatus>,
        _ pool: ThreadPool, scratch: UnsafeMutableRawPointer?, isParallel: Bool, isSplit: Bool
    ) {
        guard isSplit else { return code.main(buffers, status, 0, units, scratch) }
        let launch = Launch(
            main: code.main, buffers: buffers, status: status, scratch: scratch, scratchBytes: scratchBytes)
        withUnsafePointer(to: launch) { launch in
            if isParallel, helps {
                pool.share(units: units, context: launch, Launch.runChunk)
            } else if isParallel {
                // Too little to help with, or each thread leaves a result of its own: that of its chunk.
                pool.run(units: units, grain: 1, context: launch, Launch.runChunk)
            } else {
                pool.runByItself(units: units, grain: 1, context: launch, Launch.runChunk)
            }
        }
        code.finish?(buffers, status, pool.count, scratch)
    }

    /// What the threads of one launch share.
    private struct Launch {
        var main: CompiledCode.Main
        var buffers: UnsafePointer<UnsafeMutableRawPointer>
        var status: UnsafeMutablePointer<KernelStatus>
        var scratch: UnsafeMutableRawPointer?
        var scratchBytes: Int

        static let runChunk: ThreadPool.Body = { context, begin, end, worker in
            let launch = context.assumingMemoryBound(to: Launch.self).pointee
            launch.main(
                launch.buffers, launch.status, begin, end, launch.scratch.map { $0 + worker * launch.scratchBytes })
        }
    }
}
