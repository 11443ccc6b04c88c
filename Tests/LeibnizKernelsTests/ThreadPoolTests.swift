import Synchronization
import Testing

@testable import LeibnizKernels

#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

@Suite struct ThreadPoolTests {
    /// Who did each unit, −1 where nobody did, and how often bodies were called.
    func owners(_ pool: ThreadPool, units: Int, grain: Int = 1) -> (owners: [Int], calls: Int) {
        var owners = [Int](repeating: -1, count: units)
        let calls = Atomic<Int>(0)
        owners.withUnsafeMutableBufferPointer { owners in
            let base = owners.baseAddress
            pool.run(units: units, grain: grain) { begin, end, worker in
                calls.add(1, ordering: .relaxed)
                for unit in begin..<end { base?[unit] = worker }
            }
        }
        return (owners, calls.load(ordering: .relaxed))
    }

    @Test(arguments: [1, 2, 3, 5], [0, 1, 2, 7, 64, 1001])
    func `every unit is done once by the worker whose chunk holds it`(threads: Int, units: Int) {
        let pool = ThreadPool(count: threads)
        for grain in [1, 3, 16] {
            for _ in 0..<20 {
                let (owners, calls) = owners(pool, units: units, grain: grain)
                #expect(calls == threads)
                for worker in 0..<threads {
                    let chunk = pool.chunk(worker, units: units, grain: grain)
                    #expect(owners[chunk].allSatisfy { $0 == worker })
                    #expect(chunk.isEmpty || chunk.lowerBound % grain == 0)
                }
                #expect(!owners.contains(-1))
            }
        }
    }

    @Test(arguments: [1, 2, 3, 5], [0, 1, 2, 7, 64, 1001])
    func `work that threads help each other with is done once`(threads: Int, units: Int) {
        let pool = ThreadPool(count: threads)
        for _ in 0..<50 {
            var counts = [Int](repeating: 0, count: units)
            counts.withUnsafeMutableBufferPointer { counts in
                let base = counts.baseAddress
                pool.share(units: units) { begin, end, _ in
                    for unit in begin..<end { base?[unit] += 1 }
                }
            }
            #expect(counts.allSatisfy { $0 == 1 })
        }
    }

    @Test func `who is done early helps who is slow`() {
        let pool = ThreadPool(count: 2)
        pool.whileRunning {
            // Only a worker that is awake can be helped or help.
            _ = owners(pool, units: 2)
            let fast = Atomic<Int>(0)
            pool.share(units: 64) { begin, end, worker in
                if worker == 1 { usleep(UInt32(end - begin) * 1000) } else { fast.add(end - begin, ordering: .relaxed) }
            }
            #expect(fast.load(ordering: .relaxed) > 32)
        }
    }

    @Test func `what is left is taken in halves, from the front by its owner, from the back by others`() {
        let left = WorkLeft(threads: 2)
        left.reset { $0 == 0 ? 0..<8 : 8..<11 }
        #expect(left.next(for: 0) == 0..<4)
        #expect(left.next(for: 1) == 8..<10)
        #expect(left.next(for: 1) == 10..<11)
        #expect(left.next(for: 1) == 6..<8)
        #expect(left.next(for: 1) == 5..<6)
        // The last unit is its owner's.
        #expect(left.next(for: 1) == nil)
        #expect(left.next(for: 0) == 4..<5)
        #expect(left.next(for: 0) == nil)
    }

    @Test func `a body that uses its own pool gets the same split on its own thread`() {
        let pool = ThreadPool(count: 3)
        let wrong = Atomic<Int>(0)
        pool.run(units: 3) { _, _, _ in
            let caller = pthread_self()
            var expected = 0
            pool.run(units: 10) { begin, end, worker in
                if worker != expected || pthread_self() != caller
                    || pool.chunk(worker, units: 10) != begin..<end
                {
                    wrong.add(1, ordering: .relaxed)
                }
                expected += 1
            }
            if expected != 3 { wrong.add(1, ordering: .relaxed) }
        }
        #expect(wrong.load(ordering: .relaxed) == 0)
    }

    @Test func `several threads may use one pool at once`() async {
        let pool = ThreadPool(count: 2)
        await withTaskGroup(of: Int.self) { group in
            for _ in 0..<4 {
                group.addTask {
                    (0..<500).reduce(0) { wrong, units in
                        wrong + (owners(pool, units: units).owners.contains(-1) ? 1 : 0)
                    }
                }
            }
            for await wrong in group { #expect(wrong == 0) }
        }
    }

    @Test func `workers sleep once there is no work`() {
        let pool = ThreadPool(count: 3)
        pool.whileRunning {
            // A busy machine may run the work before a worker is awake.
            for _ in 0..<1000 {
                _ = owners(pool, units: 10)
                if pool.sleepingWorkerCount < 2 { break }
                usleep(1000)
            }
            #expect(pool.sleepingWorkerCount < 2)
        }
        // 100 µs and a time slice; much more where the machine is busy.
        for _ in 0..<1000 where pool.sleepingWorkerCount < 2 { usleep(1000) }
        #expect(pool.sleepingWorkerCount == 2)
        // And they wake again.
        #expect(!owners(pool, units: 10).owners.contains(-1))
    }
}
