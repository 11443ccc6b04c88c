import Foundation

/// What this process has used so far.
enum ProcessUsage {
    /// The seconds since the process was started: loading and linking count.
    ///
    /// Linux tells the start in hundredths of a second since boot (`proc_pid_stat(5)`, field 22). Elsewhere the first call
    /// is taken for the start; `LeibnizCommand` makes it at once.
    static var seconds: Double {
        #if os(Linux)
            return start.map { now(CLOCK_BOOTTIME) - $0 } ?? now(CLOCK_MONOTONIC) - firstCall
        #else
            return now(CLOCK_MONOTONIC) - firstCall
        #endif
    }

    /// The most memory that was resident at once, in MiB.
    static var peakMemory: Double {
        #if os(Linux)
            // Not `getrusage`, which goes on from the peak of the process that started this one.
            let status = (try? String(contentsOfFile: "/proc/self/status", encoding: .utf8)) ?? ""
            let line = status.split(separator: "\n").first { $0.hasPrefix("VmHWM:") }
            let kibibytes = line?.split(whereSeparator: \.isWhitespace).dropFirst().first.flatMap { Double($0) }
            return (kibibytes ?? .nan) / 1024
        #else
            var usage = rusage()
            getrusage(RUSAGE_SELF, &usage)
            return Double(usage.ru_maxrss) / 1_048_576
        #endif
    }

    private static let firstCall = now(CLOCK_MONOTONIC)

    private static func now(_ clock: clockid_t) -> Double {
        var time = timespec()
        clock_gettime(clock, &time)
        return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
    }

    #if os(Linux)
        private static let start: Double? = {
            guard let line = try? String(contentsOfFile: "/proc/self/stat", encoding: .utf8),
                // The second field is the program's name in parentheses and may hold anything, spaces too.
                let end = line.lastIndex(of: ")")
            else { return nil }
            let fields = line[line.index(after: end)...].split(separator: " ")
            guard fields.count > 19, let ticks = Double(fields[19]) else { return nil }
            let start = ticks / Double(sysconf(Int32(_SC_CLK_TCK)))
            return start <= now(CLOCK_BOOTTIME) ? start : nil
        }()
    #endif
}
