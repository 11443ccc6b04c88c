import Foundation
import Leibniz

extension ModelSummary {
    /// A table of the rows, then the totals.
    var text: String {
        let heading = ["module", "operations", "result", "parameters", "FLOP", "bytes"]
        let cells = rows.map { row in
            [
                row.module, Self.shortened(row.operations), row.shape.map { "\($0)" } ?? "not used",
                "\(row.parameterCount)", "\(row.operationCount)", "\(row.byteCount)",
            ]
        }
        let widths = heading.indices.map { column in ([heading] + cells).map { $0[column].count }.max() ?? 0 }
        func line(_ cells: [String]) -> String {
            let padded = zip(cells.indices, zip(cells, widths)).map { column, pair in
                column < 3
                    ? pair.0.padding(toLength: pair.1, withPad: " ", startingAt: 0) : pair.0.leftPadded(to: pair.1)
            }
            return padded.joined(separator: "  ")
        }
        return
            ([
                "\(name) on \(inputs.map { "\($0)" }.joined(separator: ", "))", "", line(heading),
            ] + cells.map(line) + [
                "",
                "parameters: \(parameterCount) numbers to train, \(parameterByteCount) bytes with all that is kept beside them",
                "arithmetic: \(operationCount) FLOP for one pass forward",
                "memory:     \(resultByteCount) bytes of all results; \(arenaByteCount) bytes on the way of an inference",
            ]).joined(separator: "\n")
    }

    private static func shortened(_ names: [String]) -> String {
        names.prefix(4).joined(separator: ", ") + (names.count > 4 ? ", …" : "")
    }

    var json: JSONValue {
        func whole(_ shape: Shape) -> JSONValue { .array(shape.extents.map(JSONValue.whole)) }
        return .object([
            ("model", .text(name)), ("inputs", .array(inputs.map(whole))), ("parameters", .whole(parameterCount)),
            ("parameter_bytes", .whole(parameterByteCount)), ("flops", .whole(operationCount)),
            ("result_bytes", .whole(resultByteCount)), ("arena_bytes", .whole(arenaByteCount)),
            (
                "rows",
                .array(
                    rows.map { row in
                        .object([
                            ("module", .text(row.module)), ("operations", .array(row.operations.map(JSONValue.text))),
                            ("shape", row.shape.map(whole) ?? .null), ("parameters", .whole(row.parameterCount)),
                            ("flops", .whole(row.operationCount)), ("bytes", .whole(row.byteCount)),
                        ])
                    })
            ),
        ])
    }
}
