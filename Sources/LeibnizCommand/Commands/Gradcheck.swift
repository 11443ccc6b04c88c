import ArgumentParser
import Foundation
import Leibniz

/// `leibniz gradcheck`: every function, loss, layer and model of the library against central differences.
struct Gradcheck: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract:
            "Compares the gradients of every function, loss, layer and model with central differences in float64.",
        discussion: """
            Each is a line with its worst relative error, forward and in reverse, by its operands and its parameters. The command \
            ends with 70 if one is beyond the tolerance; where the differences' own error is greater, that counts.
            """)

    @Argument(help: "Names of functions and layers; all if none are given.") var names: [String] = []
    @Option(
        parsing: .unconditional, help: "The relative error that is allowed (default: 1e-7).",
        transform: OptionText.positive)
    var tolerance: Double?
    @OptionGroup var output: NumericOptions

    func run() throws {
        let known = GradientCatalogue.cases
        if let unknown = names.first(where: { name in !known.contains { $0.isCalled(name) } }) {
            throw ValidationError("no function or layer is called \(unknown); without names all are checked")
        }
        let chosen = names.isEmpty ? known : known.filter { test in names.contains(where: test.isCalled) }
        var failures: [String] = []
        for test in chosen {
            let report = try test.check(tolerance: tolerance ?? 1e-7)
            if !report.passes { failures.append(test.name) }
            try Console.write(output.isJSON ? "\(test.json(report))" : test.line(report))
        }
        if !output.isJSON { try Console.write("\(chosen.count - failures.count) of \(chosen.count) pass") }
        if !failures.isEmpty {
            Console.note("gradients are wrong: \(failures.joined(separator: ", "))")
            throw ExitCode(ExitStatus.internalError)
        }
    }
}

extension GradientCase {
    /// Whether a name is this one's, with or without what is particular.
    fileprivate func isCalled(_ name: String) -> Bool {
        self.name == name || self.name.components(separatedBy: " (").first == name
    }

    fileprivate func line(_ report: GradientReport) -> String {
        kind.rawValue.padding(toLength: 10, withPad: " ", startingAt: 0)
            + name.padding(toLength: Swift.max(30, name.count), withPad: " ", startingAt: 0)
            + String(format: " %.1e", report.worst) + (report.passes ? "" : "  WRONG\n\(report)")
    }

    fileprivate func json(_ report: GradientReport) -> JSONValue {
        .object([
            ("kind", .text(kind.rawValue)), ("name", .text(name)), ("error", .real(report.worst)),
            ("passes", .flag(report.passes)),
            (
                "tensors",
                .array(
                    report.entries.map {
                        .object([
                            ("name", .text($0.name)), ("count", .whole($0.count)), ("error", .real($0.relativeError)),
                            ("allowed", .real($0.allowed)), ("passes", .flag($0.passes)),
                        ])
                    })
            ),
        ])
    }
}
