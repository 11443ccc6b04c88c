import ArgumentParser
import Foundation
import Leibniz
import LeibnizKernels

/// `leibniz bench`: how long iterations of typical programs take here, and how near that is to what the machine can do.
struct Bench: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Times typical programs on fresh data, each checked against float64 before.",
        discussion: """
            Each round runs iterations for about a tenth of a second; the median over the rounds is what counts. The share of \
            the roofline is the time in which the machine could do the passes that the mathematics compels, at the speed of \
            arithmetic and of memory that was measured before each round (the median, too), over that median.

            With --random, programs are drawn by chance instead: convolutions, contractions, reductions and others of many \
            shapes, the same for the same seed; `leibniz explain random-3 --seed S` shows where the third's time goes.
            """)

    @Option(help: "Some workloads, by name, with commas between (default: all).") var only: String?
    @Option(
        parsing: .unconditional, help: "Times so many programs drawn by chance instead.",
        transform: OptionText.whole(1...RandomWorkload.most))
    var random: Int?
    @Flag(help: "With --random, print the programs, a line of JSON for each, and time none.") var describe = false
    @Option(
        parsing: .unconditional, help: "Rounds (default: 5).", transform: OptionText.whole(1...10_000))
    var rounds = 5
    @Option(
        parsing: .unconditional, help: "Threads to compute with (default: the processors this process may use).",
        transform: OptionText.whole(1...1024))
    var threads: Int?
    @Option(
        parsing: .unconditional, help: "Decides random workloads and which elements are checked (default: 0).",
        transform: OptionText.whole(Int.min...Int.max))
    var seed = 0
    @Flag(help: "Print one line of JSON for each workload.") var json = false
    @Flag(help: "Answer requests for rounds on the standard input, so that another program can take turns.")
    var serve = false

    /// The seconds of a round.
    private static let roundSeconds = 0.1
    /// The runs that show the machine's limits before each round: what neighbours leave of it changes within seconds.
    private static let limitRuns = 3

    func validate() throws {
        func isKnown(_ name: String) -> Bool {
            guard let random else { return Workloads.all.contains { $0.name == name } }
            return RandomWorkload.number(name).map { $0 <= random } ?? false
        }
        if let unknown = wanted?.first(where: { !isKnown($0) }) {
            let known = random.map { "random-1 to random-\($0)" } ?? Workloads.all.map(\.name).joined(separator: ", ")
            throw ValidationError("no workload is called \(unknown): there are \(known)")
        }
        if describe, random == nil { throw ValidationError("--describe tells what --random draws: give both") }
        if serve, random != nil || only != nil {
            throw ValidationError("--serve is told on the standard input what to time: leave --random and --only out")
        }
    }

    private var wanted: [String]? { only?.split(separator: ",").map { $0.trimmingCharacters(in: .whitespaces) } }

    private var workloads: [Workload] {
        let all = random.map { RandomWorkload.workloads($0, seed: seed) } ?? Workloads.all
        return all.filter { wanted?.contains($0.name) ?? true }
    }

    func run() throws {
        if let random, describe {
            for drawn in RandomWorkload.drawn(random, seed: seed) { try Console.write("\(drawn.json)") }
            return
        }
        if let threads { setenv("LEIBNIZ_THREADS", "\(threads)", 1) }
        if serve { return try BenchmarkServer(seed: seed).run() }
        let probe = MachineLimitsProbe()
        let machine = BackendDescription.current
        if !json { try Console.write(Self.heading(machine, probe?.measured())) }
        var line = ProgressLine()
        for workload in workloads {
            line.show(workload.name)
            do {
                let result = try time(workload, probe)
                line.clear()
                try Console.write(json ? "\(result.json(threads: machine.threads))" : result.text)
            } catch {
                // Only this line tells which program it was.
                if let description = workload.description { Console.note("\(workload.name) is \(description)") }
                throw error
            }
        }
    }

    private func time(_ workload: Workload, _ probe: MachineLimitsProbe?) throws -> BenchmarkResult {
        var session = try BenchmarkSession(workload, checkSeed: seed)
        var result = BenchmarkResult(workload: workload)
        for _ in 0..<rounds {
            if let probe { result.limits.append(probe.measured(runs: Self.limitRuns)) }
            result.rounds.append(try session.round(seconds: Self.roundSeconds).each)
        }
        return result
    }

    private static func heading(_ machine: BackendDescription, _ limits: MachineLimits?) -> String {
        let processor = machine.llvm.map { "\($0.target.summary), " } ?? ""
        let slopes = limits.map {
            String(format: ", %.0f GFLOP/s, %.1f GB/s", $0.operationsPerSecond / 1e9, $0.bytesPerSecond / 1e9)
        }
        return "\(processor)\(machine.threads) threads\(slopes ?? "")\n\n"
            + "workload                        median        fastest      GFLOP/s  roofline"
    }
}

/// All workloads, in the order in which tables list them.
enum Workloads {
    static let all =
        StepWorkloads.all + TableWorkloads.all + MapWorkloads.all + PoolWorkloads.all + ProductWorkloads.all
        + TableWorkloads.embeddings + DerivativeWorkloads.all + SequenceWorkloads.all
        + LoadingWorkloads.all
        + TableWorkloads.epochs
}
