import ArgumentParser
import Foundation
import Leibniz
import LeibnizKernels

/// `leibniz explain`: what kernels an iteration of a program is, why they are so, and where its time goes.
struct Explain: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract:
            "Shows the kernels that an iteration of a program runs, why they are as they are, and where its time goes.",
        discussion: """
            Programs are those of `leibniz bench`, and the article's two training steps: linear-regression, convnet. \
            random-3 is the third of those that `leibniz bench --random` draws with the same seed.

            Each round runs iterations for about a tenth of a second, once as always and once with a look at the clock after \
            each kernel; all times are means over the round whose iterations took the median time. The predicted time is that \
            of the model that chose the schedule, in cycles, at the clock rate that was measured in the same run with one \
            thread. FLOP count floating-point arithmetic and elementary functions; bytes count each element that a kernel reads \
            or writes once. Kernels of a plan hand each other what is in memory: the reason why it is says why they are not one.
            """)

    @Argument(help: "The program's name.") var program: String
    @Option(
        parsing: .unconditional, help: "Rounds (default: 5).", transform: OptionText.whole(1...10_000))
    var rounds = 5
    @Option(
        parsing: .unconditional, help: "Threads to compute with (default: the processors this process may use).",
        transform: OptionText.whole(1...1024))
    var threads: Int?
    @Option(
        parsing: .unconditional, help: "Decides random programs (default: 0).",
        transform: OptionText.whole(Int.min...Int.max))
    var seed = 0
    @Option(
        help: "A file for a trace of some iterations, which chrome://tracing and ui.perfetto.dev show.",
        transform: OptionText.path)
    var trace: String?
    @Flag(help: "Print one line of JSON.") var json = false

    /// The article's programs, by the names of the workloads that are their training steps.
    private static let programs = ["linear-regression": "linreg-step", "convnet": "convnet-train-64"]
    /// How many iterations a trace shows.
    private static let tracedCount = 10

    func validate() throws {
        guard workload == nil else { return }
        throw ValidationError(
            "no program is called \(program): there are "
                + (Self.programs.keys.sorted() + Workloads.all.map(\.name) + ["random-1, random-2 and so on"])
                .joined(separator: ", "))
    }

    private var workload: Workload? {
        let name = Self.programs[program] ?? program
        if let number = RandomWorkload.number(name) { return RandomWorkload.workloads(number, seed: seed).last }
        return Workloads.all.first { $0.name == name }
    }

    func run() throws {
        guard let workload else { return }
        // Read once by the kernels, before the first of them is made.
        if let threads { setenv("LEIBNIZ_THREADS", "\(threads)", 1) }
        var line = ProgressLine()
        line.show(workload.name)
        let explanation = try Explanation(workload, rounds: rounds)
        line.clear()
        if let trace { try explanation.trace(iterations: Self.tracedCount).write(to: trace) }
        try Console.write(json ? "\(explanation.json)" : explanation.text)
    }
}
