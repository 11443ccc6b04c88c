import Foundation
import Leibniz
import LeibnizKernels

/// Launches of kernels over time, in the form that chrome://tracing and ui.perfetto.dev read: the Trace Event Format's
/// complete events, in microseconds from the first.
struct Trace {
    private let name: String
    private let events: [JSONValue]

    init(_ runs: some Collection<PlanRecorder.Run>, _ plans: [PlanReport], named name: String) {
        self.name = name
        let start = runs.first?.times.first ?? 0
        func microseconds(_ time: UInt64) -> Double { Double(time - start) / 1e3 }
        events = runs.flatMap { run in
            zip(plans[run.plan].kernels, zip(run.times, run.times.dropFirst())).enumerated().map { number, launch in
                let (kernel, (begin, end)) = launch
                let totals = kernel.description.totals
                let operations = kernel.operations.map { $0.name + ($0.count > 1 ? " ×\($0.count)" : "") }
                return JSONValue.object([
                    ("name", .text("\(number) \(kernel.name)")), ("cat", .text("kernel")), ("ph", .text("X")),
                    ("ts", .real(microseconds(begin))), ("dur", .real(microseconds(end) - microseconds(begin))),
                    ("pid", .whole(1)), ("tid", .whole(1)),
                    (
                        "args",
                        .object([
                            ("plan", .whole(run.plan)), ("operations", .text(operations.joined(separator: ", "))),
                            ("flops", .real(totals.operations)), ("bytes", .real(totals.bytes)),
                            ("schedule", .text(orNull: kernel.description.schedule?.description)),
                        ])
                    ),
                ])
            }
        }
    }

    /// Writes the file.
    func write(to path: String) throws(DataError) {
        let text = JSONValue.object([
            ("traceEvents", .array(events)), ("displayTimeUnit", .text("ns")),
            ("otherData", .object([("workload", .text(name))])),
        ])
        do {
            try Data("\(text)\n".utf8).write(to: URL(fileURLWithPath: path))
        } catch {
            throw DataError(
                .inputOutput, "the trace could not be written", in: path, found: error.localizedDescription,
                expected: "a file that can be written")
        }
    }
}
