import Leibniz
import LeibnizKernels

extension Explanation {
    /// Everything in one object; times are in microseconds.
    var json: JSONValue {
        .object([
            ("workload", .text(workload.name)), ("summary", .text(workload.summary)),
            ("backend", .text(machine.backend.rawValue)), ("cpu", .text(orNull: machine.llvm?.target.cpu)),
            ("vectors", .text(orNull: machine.llvm?.target.vectors.rawValue)), ("threads", .whole(machine.threads)),
            ("clock_ghz", clockRate.map { .rounded($0 / 1e9) } ?? .null),
            ("iteration_us", .rounded(iteration * 1e6)), ("unrecorded_us", .rounded(unrecorded * 1e6)),
            ("kernels_us", .rounded(inKernels * 1e6)), ("overhead_us", .rounded((iteration - inKernels) * 1e6)),
            (
                "plans",
                .array(
                    plans.map { plan in
                        .object([
                            ("kernels", .whole(plan.kernels.count)), ("arena_bytes", .whole(plan.arenaByteCount)),
                        ])
                    })
            ),
            ("kernels", .array(kernels.map(\.json))),
        ])
    }
}

extension Explanation.Kernel {
    fileprivate var json: JSONValue {
        let (totals, schedule) = (report.description.totals, report.description.schedule)
        return .object([
            ("plan", .whole(plan)), ("kernel", .whole(number)), ("name", .text(report.name)),
            ("operations", .array(report.operations.map(\.json))),
            ("reads", .array(report.reads.map(\.json))), ("writes", .array(report.writes.map(\.json))),
            ("loops", .text(orNull: schedule?.loops)),
            ("extents", .array(report.description.extents.map { .whole($0) })),
            ("schedule_reason", .text(orNull: schedule?.reason)), ("units", schedule.map { .whole($0.units) } ?? .null),
            ("part_length", schedule?.partLength.map { .whole($0) } ?? .null),
            ("chain", report.chain.map { .array($0.map { .whole($0) }) } ?? .null),
            ("threads", .whole(report.description.threads)), ("flops", .real(totals.operations)),
            ("bytes", .real(totals.bytes)), ("launches", .real(launches)),
            ("predicted_us", predicted.map { .rounded($0 * 1e6) } ?? .null), ("measured_us", .rounded(seconds * 1e6)),
            ("share", .rounded(share)), ("gflops", .rounded(totals.operations / seconds / 1e9)),
            ("gbytes_per_second", .rounded(totals.bytes / seconds / 1e9)),
        ])
    }
}

extension PlanReport.Operation {
    fileprivate var json: JSONValue { .object([("name", .text(name)), ("count", .whole(count))]) }
}

extension PlanReport.Value {
    fileprivate var json: JSONValue {
        .object([
            ("value", .text(name)), ("operation", .text(operation)),
            ("shape", .array(extents.map { .whole($0) })), ("type", .text("\(elementType)")), ("layout", .text(layout)),
            ("reason", .text(reason)), ("readers", .array(readers.map { .whole($0) })),
        ])
    }
}
