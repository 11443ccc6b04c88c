import Synchronization

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// Threads that share the work of a kernel.
///
/// Work of n units is cut into `count` contiguous chunks that depend on n and `count` alone; chunk 0 runs on the caller's
/// thread, chunk k on worker k. So the same thread count gives the same bits. Where it does not matter who does a unit, threads that are
/// done early help the others (`share`). A pool does one piece of work at a time: who finds it busy (another thread, or a body that
/// calls `run` again) runs the same chunks one after the other by itself.
///
/// Workers start with the first parallel work. Between two pieces of work they spin, at most half a millisecond, or 2 ms inside
/// `whileRunning`; then they sleep on a condition variable and use no CPU.
public final class ThreadPool: Sendable {
    /// The pool of this process: as many threads as it may use CPUs, or `LEIBNIZ_THREADS`.
    public static let shared = ThreadPool(count: Settings.current.threads ?? Processors.usableCount)

    /// The number of threads, the caller's included.
    public let count: Int

    private let team: Team?
    private let left: WorkLeft
    private let state = Atomic<Int>(State.new)
    private let isBusy = Atomic<Bool>(false)

    /// A pool of `count` threads (at least one), the caller's included.
    public init(count: Int) {
        self.count = max(1, count)
        team = self.count > 1 ? Team(workerCount: self.count - 1) : nil
        left = WorkLeft(threads: self.count)
    }

    deinit { team?.stop() }

    /// How many workers are asleep, for tests.
    var sleepingWorkerCount: Int { team?.sleepingCount ?? 0 }

    /// The units of one chunk when `units` are cut into `count`, with borders at multiples of `grain`.
    public func chunk(_ worker: Int, units: Int, grain: Int = 1) -> Range<Int> {
        let blocks = (units + grain - 1) / grain
        let (share, rest) = blocks.quotientAndRemainder(dividingBy: count)
        // The first `rest` chunks have one block more.
        let begin = (share * worker + min(worker, rest)) * grain
        let end = (share * (worker + 1) + min(worker + 1, rest)) * grain
        return min(begin, units)..<min(end, units)
    }

    /// Calls `body(begin, end, worker)` once for every chunk, empty ones too, and returns when all are done.
    ///
    /// - Parameters:
    ///   - units: how much there is to do, at least 0.
    ///   - grain: chunks begin at multiples of it.
    ///   - body: runs on several threads at once; what it writes must belong to its chunk alone.
    public func run(units: Int, grain: Int = 1, _ body: (_ begin: Int, _ end: Int, _ worker: Int) -> Void) {
        if count == 1 { return body(0, units, 0) }
        withoutActuallyEscaping(body) { escapable in
            withUnsafePointer(to: escapable) { pointer in
                run(units: units, grain: grain, context: UnsafeRawPointer(pointer), Self.callClosure)
            }
        }
    }

    /// Calls `body(begin, end, worker)` until every unit has been done once, and returns then.
    ///
    /// Threads begin with their chunks; who is done goes on with what others have not begun.
    ///
    /// - Parameters:
    ///   - units: how much there is to do, at least 0.
    ///   - body: runs on several threads at once, several times on each; what it writes must belong to its units, and must not depend on
    ///     who does them.
    public func share(units: Int, _ body: (_ begin: Int, _ end: Int, _ worker: Int) -> Void) {
        if count == 1 { return body(0, units, 0) }
        withoutActuallyEscaping(body) { escapable in
            withUnsafePointer(to: escapable) { pointer in
                share(units: units, context: UnsafeRawPointer(pointer), Self.callClosure)
            }
        }
    }

    /// The form of `run` that allocates nothing: a plain function and its context.
    func run(units: Int, grain: Int, context: UnsafeRawPointer, _ body: Body) {
        run(Job(units: units, grain: grain, isShared: false, pool: .passUnretained(self), context: context, body: body))
    }

    /// The form of `share` that allocates nothing.
    func share(units: Int, context: UnsafeRawPointer, _ body: Body) {
        let isShared = units <= WorkLeft.greatestCount
        run(Job(units: units, grain: 1, isShared: isShared, pool: .passUnretained(self), context: context, body: body))
    }

    private func run(_ job: Job) {
        guard let team, !isBusy.exchange(true, ordering: .acquiring) else {
            return runByItself(units: job.units, grain: job.grain, context: job.context, job.body)
        }
        defer { isBusy.store(false, ordering: .releasing) }
        if state.load(ordering: .relaxed) == State.new {
            state.store(team.start() ? State.started : State.failed, ordering: .relaxed)
        }
        guard state.load(ordering: .relaxed) == State.started else {
            return runByItself(units: job.units, grain: job.grain, context: job.context, job.body)
        }
        if job.isShared {
            // Mirrored: the last chunks have one unit more, for the very last is often not whole.
            left.reset { worker in
                let chunk = chunk(count - 1 - worker, units: job.units)
                return job.units - chunk.upperBound..<job.units - chunk.lowerBound
            }
        }
        team.begin(job)
        work(job, as: 0)
        team.awaitEnd()
    }

    /// What a thread does of a job.
    func work(_ job: Job, as worker: Int) {
        guard job.isShared else {
            let chunk = chunk(worker, units: job.units, grain: job.grain)
            return job.body(job.context, chunk.lowerBound, chunk.upperBound, worker)
        }
        while let range = left.next(for: worker) { job.body(job.context, range.lowerBound, range.upperBound, worker) }
    }

    /// Runs all chunks on the caller's thread, in order.
    func runByItself(units: Int, grain: Int, context: UnsafeRawPointer, _ body: Body) {
        for worker in 0..<count {
            let chunk = chunk(worker, units: units, grain: grain)
            body(context, chunk.lowerBound, chunk.upperBound, worker)
        }
    }

    /// Runs `plan`, between whose pieces of work the workers stay awake longer.
    public func whileRunning<Result, Failure: Error>(_ plan: () throws(Failure) -> Result) throws(Failure) -> Result {
        guard let team else { return try plan() }
        team.runningPlans.add(1, ordering: .relaxed)
        defer { team.runningPlans.subtract(1, ordering: .relaxed) }
        return try plan()
    }

    /// The work of one chunk.
    typealias Body = @convention(c) (_ context: UnsafeRawPointer, _ begin: Int, _ end: Int, _ worker: Int) -> Void

    /// Calls the closure that a context points to.
    private static let callClosure: Body = { context, begin, end, worker in
        context.assumingMemoryBound(to: ((Int, Int, Int) -> Void).self).pointee(begin, end, worker)
    }

    /// Whether the workers have been started; looked at only by who holds `isBusy`.
    private enum State {
        static let new = 0
        static let started = 1
        static let failed = 2
    }

    /// What the workers are asked to do.
    struct Job {
        var units: Int
        var grain: Int
        /// Whether anybody may do any unit.
        var isShared: Bool
        var pool: Unmanaged<ThreadPool>  // The caller of `run` holds it until all workers are done.
        var context: UnsafeRawPointer
        var body: Body
    }
}
