import Synchronization

/// Notes which plans run, and when each of their kernels begins and ends.
///
/// ```swift
/// let recorder = PlanRecorder()
/// try recorder.recording { _ = try step(x, y) }
/// for kernel in recorder.reports.flatMap(\.kernels) { print(kernel.name, kernel.operations) }
/// ```
///
/// It sees what runs in the task that records, nothing else. Where nobody records, a plan pays for one look at a counter.
public final class PlanRecorder: Sendable {
    /// One run of a plan.
    public struct Run: Hashable, Sendable {
        /// The place of its report among `reports`.
        public let plan: Int
        /// In nanoseconds of a clock that never goes back: when the first kernel began, and when each kernel ended, with which
        /// the next one began.
        public let times: [UInt64]
    }

    private struct State {
        var plans: [Plan] = []
        var runs: [Run] = []
    }

    private static let activeCount = Atomic<Int>(0)
    @TaskLocal private static var ofTask: PlanRecorder?
    private let state = Mutex(State())

    /// A recorder that has seen nothing.
    public init() {}

    /// What notes the plans that this task runs.
    static var current: PlanRecorder? { activeCount.load(ordering: .relaxed) == 0 ? nil : ofTask }

    /// Runs `body` and notes its plans.
    public func recording<Result>(_ body: () throws -> Result) rethrows -> Result {
        PlanRecorder.activeCount.add(1, ordering: .relaxed)
        defer { PlanRecorder.activeCount.subtract(1, ordering: .relaxed) }
        return try PlanRecorder.$ofTask.withValue(self, operation: body)
    }

    /// The runs that were noted since the last call, in order.
    public func takeRuns() -> [Run] {
        state.withLock { state in
            defer { state.runs = [] }
            return state.runs
        }
    }

    /// What the plans that ran consist of, in the order in which each ran first. Found anew at each call, in about the time
    /// that a plan takes to be made from kernels that are known.
    public var reports: [PlanReport] { state.withLock(\.plans).map { PlanReport($0) } }

    func add(_ plan: Plan, _ times: [UInt64]) {
        state.withLock { state in
            // An iteration has few plans.
            let known = state.plans.firstIndex { $0 === plan }
            if known == nil { state.plans.append(plan) }
            state.runs.append(Run(plan: known ?? state.plans.count - 1, times: times))
        }
    }
}
