import ArgumentParser
import Foundation
import Leibniz

/// What every training on real data is told: how long, from which seed, with what it computes, and where it writes.
struct TrainingOptions: ParsableArguments {
    @Option(
        parsing: .unconditional, help: "Passes over the data (default: as many as the command's goal needs).",
        transform: OptionText.whole(1...1_000_000))
    var epochs: Int?
    @Option(
        parsing: .unconditional, help: "Decides the first parameters and all that is drawn by chance (default: 0).",
        transform: OptionText.whole(Int.min...Int.max))
    var seed = 0
    @Option(
        parsing: .unconditional, help: "Threads to compute with (default: the processors this process may use).",
        transform: OptionText.whole(1...1024))
    var threads: Int?
    @Flag(help: "Print one line of JSON; progress goes to the standard error stream.") var json = false
    @Option(help: "A folder for pictures of what was learned.", transform: OptionText.path)
    var plot: String?
    @Option(help: "A folder for logs: TensorBoard's events and JSON lines.", transform: OptionText.path)
    var log: String?
    @Option(help: "A folder for checkpoints.", transform: OptionText.path)
    var checkpoint: String?
    @Flag(help: "Go on from the newest checkpoint of that folder, if there is one.") var resume = false
    @Option(
        parsing: .unconditional, help: "End training in time for the whole command to take so many seconds.",
        transform: OptionText.positive)
    var limitSeconds: Double?

    func validate() throws {
        if resume && checkpoint == nil {
            throw ValidationError("--resume needs --checkpoint: the folder from which to go on")
        }
    }

    /// Sets the number of threads, which is read once by the kernels: to be called before the first of them is made.
    func prepare() {
        if let threads { setenv("LEIBNIZ_THREADS", "\(threads)", 1) }
    }

    /// The seconds that training may still take; nil without a limit.
    ///
    /// - Parameter reserve: what must be left for all that comes after training.
    func secondsLeft(reserving reserve: Double = 0) -> Double? {
        limitSeconds.map { max(0, $0 - reserve - ProcessUsage.seconds) }
    }
}
