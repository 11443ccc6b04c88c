import LeibnizKernels
import Testing

@testable import LeibnizCore

/// What plans tell of themselves.
@Suite struct PlanReportTests {
    private func plan(_ roots: [Tensor]) throws -> Plan {
        try Plan(Program(GraphSnapshot(roots.map(\.node), to: .values)))
    }

    private func data(_ shape: Shape, seed: Int) throws -> Tensor {
        let x = Tensor.normal(shape, seed: seed)
        try evaluate(x)
        return x
    }

    /// A net, and the gradient of its first weights.
    private func network() throws -> [Tensor] {
        let (x, w) = (try data([64, 3, 10, 10], seed: 1), try data([4, 3, 3, 3], seed: 2))
        let v = try data([5, 4, 3, 3], seed: 3)
        let (value, gradient) = valueWithGradient(at: w) { w in sum(convolution(relu(convolution(x, w)), v)) }
        return [value, gradient]
    }

    @Test func `a report is of the kernels that run`() throws {
        // A library of its own forgets nothing.
        let library = KernelLibrary(backend: .interpreter)
        let graph = GraphSnapshot(try network().map(\.node), to: .values)
        let plan = try Plan(Program(graph), library: library)
        let (known, works) = (library.count, ProgramLowering(plan.source).kernels.compactMap(\.work.kernel))
        #expect(works.count == plan.launches.count)
        for _ in 0..<10 {
            let again = ProgramLowering(plan.source).kernels.compactMap(\.work.kernel)
            #expect(again == works)
            _ = try library.kernels(for: again)
            #expect(library.count == known)
        }
    }

    @Test func `kernels tell what they compute and why they end`() throws {
        let (x, w) = (try data([64, 64], seed: 1), try data([64, 64], seed: 2))
        let hidden = relu(matmul(x, w) + 1)
        let report = PlanReport(try plan([matmul(hidden, w)]))
        #expect(report.kernels.count == 2)
        let (first, second) = (report.kernels[0], report.kernels[1])
        #expect(Set(first.operations.map(\.name)).isSuperset(of: ["contraction", "relu", "add"]))
        #expect(second.operations.contains { $0.name == "contraction" && $0.count == 1 })
        #expect(!second.operations.contains { $0.name == "relu" })
        let value = try #require(first.writes.first)
        #expect(value.operation == "relu" && value.extents == [64, 64] && value.readers == [1])
        #expect(value.reason.contains("each element is needed about 64 times"))
        #expect(second.writes.map(\.reason) == ["a result of the plan"])
        #expect(second.writes.map(\.layout) == ["row-major"])
        #expect(Set(second.reads.map(\.reason)).contains("given to the plan"))
        // The addition and the comparison of ReLU are no products; 2n³ is the least.
        #expect(first.description.totals.operations >= 2 * 64 * 64 * 64)
        #expect(second.description.totals.operations == 2 * 64 * 64 * 64)
        #expect(second.description.totals.bytes == 4 * 3 * 64 * 64)
        #expect(report.arenaByteCount == 4 * 64 * 64)
    }

    @Test(arguments: [(32, "[C][H][W][N]"), (64, "[N/32][C][H][W][32]")])
    func `layouts are told by their axes`(images: Int, expected: String) throws {
        let (x, w) = (try data([images, 3, 7, 7], seed: 7), try data([4, 3, 3, 3], seed: 8))
        let y = convolution(relu(convolution(x, w, padding: [1])).sliced(axis: 1, start: 0, count: 3), w)
        let layouts = PlanReport(try plan([y])).kernels.flatMap(\.writes).map(\.layout)
        #expect(layouts.contains(expected))
        #expect(layouts.contains("row-major"))
    }

    @Test func `everything in memory has a reason`() throws {
        let values = PlanReport(try plan(try network())).kernels.flatMap(\.writes)
        #expect(!values.isEmpty && values.allSatisfy { !$0.reason.isEmpty })
    }

    @Test func `each piece of what is put together has a kernel of its own`() throws {
        let (x, y) = (try data([8, 8], seed: 1), try data([4, 8], seed: 2))
        let report = PlanReport(try plan([concatenate([sin(x), cos(y)], axis: 0)]))
        let names = report.kernels.map { Set($0.operations.map(\.name)) }
        #expect(names.count == 2)
        #expect(names.contains { $0.contains("sin") && !$0.contains("cos") })
        #expect(names.contains { $0.contains("cos") && !$0.contains("sin") })
    }

    @Test func `a recorder sees the plans of its task and their times`() throws {
        let x = try data([300], seed: 4)
        let step = compiled { (x: Tensor) in sum(sin(x) * x) }
        _ = try step(x)
        let recorder = PlanRecorder()
        #expect(recorder.takeRuns().isEmpty && recorder.reports.isEmpty)
        try recorder.recording { for _ in 0..<4 { _ = try step(x) } }
        _ = try step(x)
        let (runs, reports) = (recorder.takeRuns(), recorder.reports)
        #expect(runs.count == 4 && reports.count == 1 && recorder.takeRuns().isEmpty)
        for run in runs {
            #expect(run.plan == 0 && run.times.count == reports[0].kernels.count + 1)
            #expect(zip(run.times, run.times.dropFirst()).allSatisfy { $0 <= $1 })
        }
        #expect(reports[0].kernels.flatMap(\.operations).contains { $0.name == "sin" })
    }
}
