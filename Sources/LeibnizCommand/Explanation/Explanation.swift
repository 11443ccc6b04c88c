import Foundation
import Leibniz
import LeibnizKernels

/// What the iterations of a workload do, and how long each of their kernels takes.
struct Explanation {
    /// One kernel of a plan.
    struct Kernel {
        /// The plan's number.
        let plan: Int
        /// The kernel's number within its plan.
        let number: Int
        let report: PlanReport.Kernel
        /// How often an iteration runs it.
        let launches: Double
        /// The mean seconds of a launch.
        let seconds: Double
        /// The share of an iteration in which it runs.
        let share: Double
        /// The seconds of a launch by the model that chose the schedule.
        let predicted: Double?
    }

    let workload: Workload
    let machine: BackendDescription
    /// Clock cycles in a second.
    let clockRate: Double?
    /// The mean seconds of an iteration, while the clock is read after each kernel.
    let iteration: Double
    /// The mean seconds of an iteration otherwise.
    let unrecorded: Double
    let plans: [PlanReport]
    let kernels: [Kernel]
    /// The runs of the round that is reported, in order, and the iterations that they are.
    private let runs: [PlanRecorder.Run]
    private let iterationCount: Int

    /// A round with the recorder.
    private struct Round {
        let each: Double
        let count: Int
        let runs: [PlanRecorder.Run]
    }

    /// The seconds of a round.
    private static let roundSeconds = 0.1

    /// Warms a workload up and times its iterations.
    init(_ workload: Workload, rounds: Int) throws {
        self.workload = workload
        machine = .current
        clockRate = ClockRate.measured()
        var session = try BenchmarkSession(workload, checkSeed: nil)
        let recorder = PlanRecorder()
        var (recorded, plain) = ([Round](), [Double]())
        for _ in 0..<rounds {
            plain.append(try session.round(seconds: Self.roundSeconds).each)
            let (each, count) = try recorder.recording { try session.round(seconds: Self.roundSeconds) }
            recorded.append(Round(each: each, count: count, runs: recorder.takeRuns()))
        }
        // One round as a whole, so that its parts add up.
        recorded.sort { $0.each < $1.each }
        let round = recorded[recorded.count / 2]
        (iteration, unrecorded) = (round.each, plain.sorted()[plain.count / 2])
        (runs, iterationCount) = (round.runs, round.count)
        let (reports, rate) = (recorder.reports, clockRate)
        plans = reports
        kernels = reports.enumerated().flatMap { number, plan in
            let own = round.runs.filter { $0.plan == number }
            return plan.kernels.enumerated().map { place, report in
                let total = own.reduce(0) { $0 + Double($1.times[place + 1] - $1.times[place]) / 1e9 }
                return Kernel(
                    plan: number, number: place, report: report, launches: Double(own.count) / Double(round.count),
                    seconds: own.isEmpty ? 0 : total / Double(own.count),
                    share: total / Double(round.count) / round.each,
                    predicted: rate.flatMap { rate in report.description.cycles.map { $0 / rate } })
            }
        }
    }

    /// The seconds of an iteration in which kernels run.
    var inKernels: Double { kernels.reduce(0) { $0 + $1.launches * $1.seconds } }

    /// When each kernel ran, in the first iterations of the round.
    func trace(iterations: Int) -> Trace {
        let runCount = runs.count * min(iterations, iterationCount) / max(1, iterationCount)
        return Trace(runs.prefix(runCount), plans, named: workload.name)
    }
}
