import Foundation
import Leibniz
import LeibnizKernels

extension Explanation {
    /// A table of all kernels, then a paragraph for each.
    var text: String {
        var lines = ["\(workload.name): \(workload.summary)", machineLine, ""]
        for (number, plan) in plans.enumerated() {
            if plans.count > 1 { lines.append("plan \(number)") }
            lines.append("\(plan.arenaByteCount) bytes for all that one kernel hands to another")
        }
        lines += ["", Self.heading] + kernels.map { row($0) } + ["", sum]
        for kernel in kernels { lines += ["", paragraph(kernel)] }
        return lines.joined(separator: "\n")
    }

    private var machineLine: String {
        guard let llvm = machine.llvm else { return "interpreter, \(machine.threads) threads: nothing is predicted" }
        let clock = clockRate.map { String(format: ", %.2f GHz", $0 / 1e9) } ?? ""
        return "\(llvm.target.summary), \(machine.threads) threads" + clock
    }

    private static let heading =
        "kernel" + "FLOP".leftPadded(to: nameWidth + 6) + "bytes".leftPadded(to: 12) + "threads".leftPadded(to: 9)
        + "predicted".leftPadded(to: 14) + "measured".leftPadded(to: 14) + "share".leftPadded(to: 8)
        + "GFLOP/s".leftPadded(to: 10) + "GB/s".leftPadded(to: 8)
    private static let nameWidth = 22

    private func name(_ kernel: Kernel) -> String {
        (plans.count > 1 ? "\(kernel.plan)." : "") + "\(kernel.number) \(kernel.report.name)"
            + (kernel.launches == 1 ? "" : String(format: " ×%g", kernel.launches))
    }

    private func row(_ kernel: Kernel) -> String {
        let (totals, microseconds) = (kernel.report.description.totals, kernel.seconds * 1e6)
        let predicted = kernel.predicted.map { String(format: "%11.2f µs", $0 * 1e6) } ?? "–".leftPadded(to: 14)
        return name(kernel).padding(toLength: Self.nameWidth, withPad: " ", startingAt: 0)
            + String(format: "%12.0f%12.0f%9d", totals.operations, totals.bytes, kernel.report.description.threads)
            + predicted
            + String(
                format: "%11.2f µs%6.1f %%%10.2f%8.2f", microseconds, 100 * kernel.share,
                totals.operations / microseconds / 1e3, totals.bytes / microseconds / 1e3)
    }

    private var sum: String {
        let outside = iteration - inKernels
        let operations = kernels.reduce(0) { $0 + $1.launches * $1.report.description.totals.operations }
        let bytes = kernels.reduce(0) { $0 + $1.launches * $1.report.description.totals.bytes }
        return String(
            format:
                "kernels: %.2f µs of an iteration's %.2f µs; around them: %.2f µs (%.1f %%); %.0f FLOP, %.0f bytes\n",
            inKernels * 1e6, iteration * 1e6, outside * 1e6, 100 * outside / iteration, operations, bytes)
            + String(
                format: "without a look at the clock after each kernel an iteration takes %.2f µs", unrecorded * 1e6)
    }

    // MARK: One kernel

    private func paragraph(_ kernel: Kernel) -> String {
        Self.lines(name(kernel), kernel.number, kernel.report).joined(separator: "\n")
    }

    private static func lines(_ title: String, _ number: Int, _ report: PlanReport.Kernel) -> [String] {
        var lines = [
            title,
            "  computes  "
                + report.operations.map { $0.name + ($0.count > 1 ? " ×\($0.count)" : "") }.joined(separator: ", "),
        ]
        lines += report.reads.map { "  reads     \(text($0))" }
        for value in report.writes {
            let readers = value.readers.filter { $0 != number }.map { "\($0)" }
            lines.append("  writes    \(text(value))")
            lines.append(
                "            in memory because: \(value.reason)"
                    + (readers.isEmpty ? "" : "; read by \(readers.joined(separator: ", "))"))
        }
        if let schedule = report.description.schedule {
            let extents = report.description.extents.enumerated().map { "i\($0) < \($1)" }.joined(separator: ", ")
            lines.append("  loops     \(schedule.loops)" + (extents.isEmpty ? "" : ", where \(extents)"))
            if !schedule.reason.isEmpty { lines.append("            \(schedule.reason)") }
            let threads = report.description.threads
            lines.append(
                "  units     \(schedule.units) of \(schedule.unitCost) cycles on \(threads) thread\(threads == 1 ? "" : "s")"
                    + (schedule.partLength.map { ", sums in parts of \($0)" } ?? ""))
            if let chain = report.chain {
                lines.append(
                    "  bands     one after the other through kernels \(chain.lowerBound) to \(chain.upperBound - 1), so that what "
                        + "they hand on stays in a core's own cache")
            }
        }
        for body in report.bodies {
            let pieces =
                body.pieces > 1
                ? " for each of \(body.pieces) pieces with rows of their own, which threads do beside each other" : ""
            lines.append("  runs      \(body.count) time\(body.count == 1 ? "" : "s")\(pieces):")
            for (place, kernel) in body.kernels.enumerated() {
                lines += Self.lines("\(number).\(place) \(kernel.name)", place, kernel).map { "    " + $0 }
            }
        }
        return lines
    }

    private static func text(_ value: PlanReport.Value) -> String {
        "\(value.name) \(value.operation) : \(value.elementType)\(value.extents), \(value.layout)"
    }
}

extension String {
    func leftPadded(to width: Int) -> String { String(repeating: " ", count: max(0, width - count)) + self }
}
