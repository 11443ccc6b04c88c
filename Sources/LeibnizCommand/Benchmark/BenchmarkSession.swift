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
    var rounds: [Double] = []
    /// What the machine could do at most before each round; none without a compiler.
    var limits: [MachineLimits] = []

    var median: Double { Self.median(rounds) }

    private static func median(_ numbers: [Double]) -> Double {
        let sorted = numbers.sorted()
        return (sorted[(sorted.count - 1) / 2] + sorted[sorted.count / 2]) / 2
    }

    private var operations: Double { workload.passes.reduce(0) { $0 + $1.operations } }
    private var bytes: Double { workload.passes.reduce(0) { $0 + $1.bytes } }

    /// The seconds in which the machine could do all passes, none better than its limits, as a share of the median.
    var roofline: Double? {
        guard !limits.isEmpty else { return nil }
        let least = workload.leastSeconds(
            operationsPerSecond: Self.median(limits.map(\.operationsPerSecond)),
            bytesPerSecond: Self.median(limits.map(\.bytesPerSecond)))
        return least / median
    }

    func json(threads: Int) -> JSONValue {
        let description = workload.description.map { [("description", $0)] } ?? []
        return .object(
            [
                ("workload", .text(workload.name)), ("median_us", .rounded(median * 1e6)),
                ("min_us", .rounded((rounds.min() ?? .nan) * 1e6)), ("rounds", .whole(rounds.count)),
                ("flops", .real(operations)), ("bytes", .real(bytes)), ("gflops", .rounded(operations / median / 1e9)),
                ("roofline", roofline.map { .rounded($0) } ?? .null), ("threads", .whole(threads)),
            ] + description)
    }

    var text: String {
        let share = roofline.map { String(format: "%5.0f %%", 100 * $0) } ?? "      –"
        return workload.name.padding(toLength: 24, withPad: " ", startingAt: 0)
            + String(
                format: "%12.1f µs %12.1f µs %9.1f", median * 1e6, (rounds.min() ?? .nan) * 1e6,
                operations / median / 1e9) + "  " + share
            + (workload.description == nil ? "" : "  " + workload.summary)
    }
}
