#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// How many CPUs this process may use, and what each has.
enum Processors {
    /// The CPUs of the affinity mask, but no more than the quota of the control group (rounded up); at least 1.
    static var usableCount: Int {
        let mask = maskedCount
        guard let quota = quota() else { return mask }
        return max(1, min(mask, Int(quota.rounded(.up))))
    }

    private static var maskedCount: Int {
        #if os(Linux)
            // The headers hide this function from Swift; the library has it.
            typealias GetAffinity = @convention(c) (Int32, Int, UnsafeMutableRawPointer) -> Int32
            if let symbol = dlsym(nil, "sched_getaffinity") {
                let getAffinity = unsafeBitCast(symbol, to: GetAffinity.self)
                var mask = [UInt64](repeating: 0, count: 128)
                if getAffinity(0, 8 * mask.count, &mask) == 0 {
                    let count = mask.reduce(0) { $0 + $1.nonzeroBitCount }
                    if count > 0 { return count }
                }
            }
        #endif
        return max(1, sysconf(Int32(_SC_NPROCESSORS_ONLN)))
    }

    /// The bytes of the second cache, of which each core has its own: 512 KiB where nobody tells, 2 MiB at most.
    static var coreCacheBytes: Int {
        #if canImport(Glibc)
            let told = sysconf(Int32(_SC_LEVEL2_CACHE_SIZE))
        #else
            let told = 0
        #endif
        return told > 0 ? min(2 << 20, told) : 512 << 10
    }

    /// The least quota in CPUs along the way from this process's control group to the root, or nil without one.
    static func quota(root: String = "") -> Double? {
        guard let groups = readText(root + "/proc/self/cgroup") else { return nil }
        var least: Double?
        for line in groups.split(separator: "\n") {
            // number:controllers:path; version 2 has number 0 and no controllers.
            let fields = line.split(separator: ":", maxSplits: 2, omittingEmptySubsequences: false)
            guard fields.count == 3 else { continue }
            let controllers = fields[1].split(separator: ",")
            let isSecondVersion = fields[0] == "0" && controllers.isEmpty
            guard isSecondVersion || controllers.contains("cpu") else { continue }
            var parts = fields[2].split(separator: "/")
            while true {
                let folder = parts.map { "/" + $0 }.joined()
                let found =
                    isSecondVersion
                    ? quotaOfVersion2(root + "/sys/fs/cgroup" + folder)
                    : quotaOfVersion1(root + "/sys/fs/cgroup/cpu" + folder)
                if let found { least = min(found, least ?? found) }
                if parts.popLast() == nil { break }
            }
        }
        return least
    }

    /// `cpu.max` holds "quota period" in µs, or "max period".
    private static func quotaOfVersion2(_ folder: String) -> Double? {
        guard let words = readText(folder + "/cpu.max")?.split(whereSeparator: \.isWhitespace), words.count == 2,
            let quota = Double(words[0]), let period = Double(words[1]), quota > 0, period > 0
        else { return nil }
        return quota / period
    }

    /// The quota is −1 where there is none.
    private static func quotaOfVersion1(_ folder: String) -> Double? {
        func number(_ name: String) -> Double? {
            readText(folder + "/" + name)?.split(whereSeparator: \.isWhitespace).first.flatMap { Double($0) }
        }
        guard let quota = number("cpu.cfs_quota_us"), let period = number("cpu.cfs_period_us"), quota > 0, period > 0
        else { return nil }
        return quota / period
    }

    private static func readText(_ path: String) -> String? {
        readFile(path, byteLimit: 1 << 20).map { String(decoding: $0, as: UTF8.self) }
    }
}
