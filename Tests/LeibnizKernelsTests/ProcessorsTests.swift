import Testing

@testable import LeibnizKernels

#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

@Suite struct ProcessorsTests {
    /// A root folder with the given files in it, removed afterwards.
    func quota(_ files: [String: String]) throws -> Double? {
        let root = "/tmp/leibniz-test-\(getpid())-\(UInt64.random(in: 0 ... .max))"
        var made: Set<String> = [root]
        for (path, text) in files {
            let parts = path.split(separator: "/").dropLast()
            for count in 1...parts.count { made.insert(root + parts.prefix(count).map { "/" + $0 }.joined()) }
            let folder = root + parts.map { "/" + $0 }.joined()
            try #require(makeFolder(folder, mode: 0o700) && writeFile(root + path, Array(text.utf8)))
        }
        defer {
            for path in files.keys { unlink(root + path) }
            for folder in made.sorted(by: { $0.utf8.count > $1.utf8.count }) { rmdir(folder) }
        }
        return Processors.quota(root: root)
    }

    @Test func `the least quota on the way to the root counts`() throws {
        let group = ["/proc/self/cgroup": "0::/a/b\n"]
        #expect(try quota(group) == nil)
        let unbounded = group.merging(["/sys/fs/cgroup/a/b/cpu.max": "max 100000\n"]) { $1 }
        #expect(try quota(unbounded) == nil)
        let bounded = unbounded.merging(["/sys/fs/cgroup/a/cpu.max": "150000 100000\n"]) { $1 }
        #expect(try quota(bounded) == 1.5)
        #expect(try quota(bounded.merging(["/sys/fs/cgroup/cpu.max": "50000 100000\n"]) { $1 }) == 0.5)
    }

    @Test func `control groups of version 1 are understood`() throws {
        let files = [
            "/proc/self/cgroup": "5:memory:/other\n4:cpu,cpuacct:/job\n",
            "/sys/fs/cgroup/cpu/job/cpu.cfs_quota_us": "300000\n",
            "/sys/fs/cgroup/cpu/job/cpu.cfs_period_us": "100000\n",
            "/sys/fs/cgroup/cpu/cpu.cfs_quota_us": "-1\n",
            "/sys/fs/cgroup/cpu/cpu.cfs_period_us": "100000\n",
        ]
        #expect(try quota(files) == 3)
    }

    @Test func `a process may use at least one processor and at most those there are`() {
        #expect((1...max(1, sysconf(Int32(_SC_NPROCESSORS_CONF)))).contains(Processors.usableCount))
    }

    @Test func `tasks on large stacks each run once`() {
        var squares = [Int](repeating: 0, count: 100)
        squares.withUnsafeMutableBufferPointer { squares in
            let slots = squares
            onLargeStacks(tasks: 100, threads: 3) { task in
                slots[task] += task * task
            }
        }
        #expect(squares == (0..<100).map { $0 * $0 })
        onLargeStacks(tasks: 0, threads: 3) { _ in Issue.record("there was no task") }
    }
}
