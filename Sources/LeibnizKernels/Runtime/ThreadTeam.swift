import Synchronization

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// The worker threads of a pool and how they hear of work.
///
/// A piece of work is announced by one atomic counter, `generation`; each worker answers with a counter of its own on a cache
/// line of its own. A worker that is about to sleep counts itself in `sleepers` and looks at `generation` once more; the
/// caller raises `generation` and then looks at `sleepers` (both sequentially consistent), so one of them sees the other.
///
/// (Spinning loops have no pause instruction: Swift has none that is public.)
///
/// `@unchecked Sendable`: `job` is written only by the one caller that holds the pool, before it releases `generation`, and
/// read by workers only between that and their answer; `mutex` and `condition` are made for sharing; the rest is atomic.
final class Team: @unchecked Sendable {
    private let workerCount: Int
    /// Counts pieces of work; −1 asks the workers to end.
    private let generation = Atomic<Int>(0)
    private let sleepers = Atomic<Int>(0)
    /// How many plans are inside `whileRunning`.
    let runningPlans = Atomic<Int>(0)
    private let answers: SpacedNumbers
    private let job: UnsafeMutablePointer<ThreadPool.Job>
    private let mutex: UnsafeMutablePointer<pthread_mutex_t>
    private let condition: UnsafeMutablePointer<pthread_cond_t>

    init(workerCount: Int) {
        self.workerCount = workerCount
        answers = SpacedNumbers(count: workerCount)
        job = .allocate(capacity: 1)
        mutex = .allocate(capacity: 1)
        condition = .allocate(capacity: 1)
        pthread_mutex_init(mutex, nil)
        pthread_cond_init(condition, nil)
    }

    deinit {
        // Runs after the last worker has ended, since each holds the team.
        pthread_cond_destroy(condition)
        pthread_mutex_destroy(mutex)
        job.deallocate()
        mutex.deallocate()
        condition.deallocate()
    }

    /// How many workers wait on the condition variable (or are just about to).
    var sleepingCount: Int { sleepers.load(ordering: .relaxed) }

    /// Starts the workers; false where the system refuses one (then those that run are stopped).
    func start() -> Bool {
        for number in 1...workerCount {
            guard startThread(isDetached: true, { self.work(number: number) }) != nil else {
                stop()
                return false
            }
        }
        return true
    }

    /// Asks all workers to end.
    func stop() {
        generation.store(-1, ordering: .sequentiallyConsistent)
        wakeSleepers()
    }

    /// Announces work to all workers.
    func begin(_ work: ThreadPool.Job) {
        job.initialize(to: work)  // A trivial type: nothing to deinitialise.
        generation.add(1, ordering: .sequentiallyConsistent)
        if sleepers.load(ordering: .sequentiallyConsistent) > 0 { wakeSleepers() }
    }

    /// Returns when all workers have answered the last announcement.
    func awaitEnd() {
        let expected = generation.load(ordering: .relaxed)
        for worker in 0..<workerCount {
            var spins = 0
            while answers[worker].load(ordering: .acquiring) != expected {
                spins += 1
                // Other processes may want this CPU, or one of our workers may.
                if spins > 4000 { sched_yield() }
            }
        }
    }

    private func wakeSleepers() {
        pthread_mutex_lock(mutex)
        pthread_cond_broadcast(condition)
        pthread_mutex_unlock(mutex)
    }

    /// A worker's life.
    private func work(number: Int) {
        var seen = 0
        while true {
            let now = awaitWork(after: seen)
            if now < 0 { return }
            seen = now
            let work = job.pointee
            work.pool._withUnsafeGuaranteedRef { $0.work(work, as: number) }
            answers[number - 1].store(now, ordering: .releasing)
        }
    }

    /// How long a worker spins before it lets others have its CPU in between, and how long before it sleeps: a loop that builds a graph
    /// for each step comes back within some hundred microseconds, and waking a thread takes fifty.
    private static let (politeNanoseconds, idleNanoseconds): (UInt64, UInt64) = (100_000, 500_000)
    private static let idleNanosecondsInPlan: UInt64 = 2_000_000

    /// Spins, then sleeps, until `generation` differs from `seen`.
    private func awaitWork(after seen: Int) -> Int {
        var began: UInt64?
        var spins = 0
        while true {
            let now = generation.load(ordering: .acquiring)
            if now != seen { return now }
            spins += 1
            guard spins & 127 == 0 else { continue }
            let time = monotonicNanoseconds()
            guard let began else {
                began = time
                continue
            }
            let isInPlan = runningPlans.load(ordering: .relaxed) > 0
            if time - began > (isInPlan ? Self.idleNanosecondsInPlan : Self.idleNanoseconds) {
                return sleep(after: seen)
            }
            if time - began > Self.politeNanoseconds { sched_yield() }
        }
    }

    private func sleep(after seen: Int) -> Int {
        pthread_mutex_lock(mutex)
        defer { pthread_mutex_unlock(mutex) }
        sleepers.add(1, ordering: .sequentiallyConsistent)
        defer { sleepers.subtract(1, ordering: .sequentiallyConsistent) }
        while true {
            let now = generation.load(ordering: .sequentiallyConsistent)
            if now != seen { return now }
            pthread_cond_wait(condition, mutex)
        }
    }
}

/// The time of a clock that never goes back.
package func monotonicNanoseconds() -> UInt64 {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
}
