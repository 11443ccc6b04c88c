import Foundation
import Leibniz
import LeibnizKernels

/// One workload, warm, whose rounds are timed.
struct BenchmarkSession {
    let workload: Workload
    private let iteration: Iteration
    /// The iterations that take about a second, as the last round showed.
    private var iterationsPerSecond = 1.0

    /// Draws data, compiles, and runs a few times.
    ///
    /// - Parameter checkSeed: decides which elements of the first results are compared with those of the other type; nil: none.
    init(_ workload: Workload, checkSeed: Int?) throws {
        self.workload = workload
        iteration = try workload.make(workload.type)
        if let checkSeed { try workload.check(iteration, seed: checkSeed) }
        for seconds in [0.0, 0.01, 0.05] { _ = try round(seconds: seconds) }
    }

    /// The seconds of one iteration, as the mean over a round of about so many seconds.
    mutating func round(seconds: Double) throws -> (each: Double, count: Int) {
        let count = max(1, Int((seconds * iterationsPerSecond).rounded()))
        let clock = ContinuousClock()
        let start = clock.now
        for _ in 0..<count { try iteration.run() }
        let elapsed = (clock.now - start) / .seconds(1)
        iterationsPerSecond = Double(count) / max(elapsed, 1e-9)
        return (elapsed / Double(count), count)
    }
}

/// What rounds of one workload showed.
struct BenchmarkResult {
    let workload: Workload
    /// The seconds of an iteration in each round.
    let rounds: [Double]

    var median: Double {
        let sorted = rounds.sorted()
        return (sorted[(sorted.count - 1) / 2] + sorted[sorted.count / 2]) / 2
    }

    private var operations: Double { workload.passes.reduce(0) { $0 + $1.operations } }
    private var bytes: Double { workload.passes.reduce(0) { $0 + $1.bytes } }

    /// The seconds in which the machine could do all passes, none better than its limits, as a share of the median.
    func roofline(_ limits: MachineLimits) -> Double {
        let least = workload.leastSeconds(
            operationsPerSecond: limits.operationsPerSecond, bytesPerSecond: limits.bytesPerSecond)
        return least / median
    }

    func json(_ limits: MachineLimits?, threads: Int) -> JSONValue {
        let description = workload.description.map { [("description", $0)] } ?? []
        return .object(
            [
                ("workload", .text(workload.name)), ("median_us", .rounded(median * 1e6)),
                ("min_us", .rounded((rounds.min() ?? .nan) * 1e6)), ("rounds", .whole(rounds.count)),
                ("flops", .real(operations)), ("bytes", .real(bytes)), ("gflops", .rounded(operations / median / 1e9)),
                ("roofline", limits.map { .rounded(roofline($0)) } ?? .null), ("threads", .whole(threads)),
            ] + description)
    }

    func text(_ limits: MachineLimits?) -> String {
        let share = limits.map { String(format: "%5.0f %%", 100 * roofline($0)) } ?? "      –"
        return workload.name.padding(toLength: 24, withPad: " ", startingAt: 0)
            + String(
                format: "%12.1f µs %12.1f µs %9.1f", median * 1e6, (rounds.min() ?? .nan) * 1e6,
                operations / median / 1e9) + "  " + share
            + (workload.description == nil ? "" : "  " + workload.summary)
    }
}
