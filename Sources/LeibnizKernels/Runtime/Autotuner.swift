import Synchronization

/// Chooses among a kernel's schedules by trying them, once, and remembers on disk which was fastest.
///
/// Tried is only what the cost model is unsure of (`Scheduler.schedules(atMost:)`); all candidates give the same bits. What was found
/// is filed under all that it depends on: the kernel's code, the candidates, the processor and the threads. So the next process knows.
struct Autotuner: Sendable {
    /// A kernel's possible schedules, the model's choice first, and the one to use as far as is known.
    struct Choice {
        var nest: LoopNest
        var schedules: [Schedule]
        var sources: [KernelSource]
        var name: String
        /// The place of the one to use; nil where a trial has to tell.
        var chosen: Int?
    }

    /// The most schedules that are tried for one kernel.
    private static let candidates = 4
    /// The share by which another schedule must be faster than the model's choice to take its place.
    private static let leastGain = 0.04
    /// The rounds of a trial, and about how long one kernel's trial lasts at most, in seconds.
    private static let rounds = 7
    private static let longest = 0.15
    /// The greatest memory that a trial may use.
    private static let greatestByteCount = 512 << 20
    /// One trial at a time: two would measure each other.
    private static let isMeasuring = Mutex(())

    let jit: JIT
    let pool: ThreadPool
    /// Where choices are kept; without it nothing is tried, for each process would have to try anew.
    let memory: CodeCache?

    /// What there is to choose from for a simplified nest, and what was found before.
    func choice(_ nest: LoopNest) -> Choice {
        let limit = memory == nil ? 1 : Self.candidates
        let schedules = Emitter.schedules(for: nest, target: jit.target, threads: pool.count, atMost: limit)
        let first = Emitter.source(for: nest, schedule: schedules[0], target: jit.target)
        guard let memory, schedules.count > 1, byteCount(nest) <= Self.greatestByteCount else {
            return Choice(nest: nest, schedules: schedules, sources: [first], name: "", chosen: 0)
        }
        var hash = SHA256()
        for part in ["schedule 1", jit.key(of: first), "\(pool.count)"] + schedules.map(\.loops) {
            hash.update(part.utf8)
            hash.update(CollectionOfOne(0))
        }
        let name = hash.hexadecimal()
        let known = memory.load(name).flatMap { $0.count == 1 && $0[0] < schedules.count ? Int($0[0]) : nil }
        var sources = [first]
        if known != 0 {
            sources += schedules.dropFirst().map { Emitter.source(for: nest, schedule: $0, target: jit.target) }
        }
        let told = known == nil ? schedules : reasoned(schedules)
        return Choice(nest: nest, schedules: told, sources: sources, name: name, chosen: known)
    }

    /// Runs the kernels of a choice in turns and files the fastest; returns its place.
    func tried(_ choice: Choice, _ kernels: [CompiledKernel]) -> Int {
        let rounds = Self.isMeasuring.withLock { _ in measured(choice.nest, kernels) }
        let fastest = Self.fastest(rounds)
        memory?.store(choice.name, [UInt8(fastest)])
        return fastest
    }

    /// The place of the fastest kernel by the times of all in some rounds: the first, unless another is faster by more than chance.
    ///
    /// Each round tells how the others do beside the first at that moment, and the middle round decides: what keeps the machine busy for a
    /// while does so for all of a round.
    static func fastest(_ rounds: [[Double]]) -> Int {
        guard let first = rounds.first else { return 0 }
        let shares = first.indices.map { place in
            let shares = rounds.map { $0[place] / $0[0] }.sorted()
            // Of an even number the larger of the two in the middle: whoever is not sure stays.
            return shares[shares.count / 2]
        }
        let best = shares.indices.min { shares[$0] < shares[$1] } ?? 0
        return shares[best] < 1 - leastGain ? best : 0
    }

    /// Schedules with a word about where they come from.
    private func reasoned(_ schedules: [Schedule]) -> [Schedule] {
        let model = schedules[0].loops
        return schedules.enumerated().map { place, schedule in
            var schedule = schedule
            let others = schedules.count - 1
            schedule.reason +=
                place == 0
                ? "; not slower than \(others) other\(others == 1 ? "" : "s") when tried"
                : "; faster than \(model) when tried"
            return schedule
        }
    }

    private func byteCount(_ nest: LoopNest) -> Int {
        nest.buffers.reduce(0) { $0 + $1.count * $1.type.byteCount }
    }

    /// The time of each kernel in each round, in seconds, on memory full of zeros.
    private func measured(_ nest: LoopNest, _ kernels: [CompiledKernel]) -> [[Double]] {
        let buffers = nest.buffers.map { buffer -> Buffer in
            let memory = Buffer(byteCount: max(64, buffer.count * buffer.type.byteCount))
            memory.pointer.initializeMemory(as: UInt8.self, repeating: 0, count: memory.byteCount)
            return memory
        }
        let addresses = buffers.map(\.pointer)
        var rounds: [[Double]] = []
        let (clock, start) = (ContinuousClock(), ContinuousClock.now)
        var status = KernelStatus()
        for round in 0...Self.rounds {
            let times = kernels.map { kernel in
                clock.measure { kernel.run(addresses, status: &status, pool: pool) } / .seconds(1)
            }
            // The first round fetches code and wakes threads.
            if round > 0 { rounds.append(times) }
            if round > 0, ContinuousClock.now - start > .seconds(Self.longest) { break }
        }
        withExtendedLifetime(buffers) {}
        return rounds
    }
}
