import ArgumentParser
import Leibniz
import LeibnizKernels

/// `leibniz info`: what runs kernels here.
struct Info: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Tells what compiles and runs here: back end, LLVM, processor, threads, cache.")

    @Flag(help: "Print one line of JSON.") var json = false

    func run() throws {
        let machine = BackendDescription.current
        try Console.write(json ? "\(Self.json(machine))" : Self.text(machine))
    }

    private static func json(_ machine: BackendDescription) -> JSONValue {
        let llvm = machine.llvm
        return .object([
            ("version", .text(leibnizVersion)),
            ("backend", .text(machine.backend.rawValue)),
            ("llvm_version", llvm.map { .whole($0.target.llvmVersion) } ?? .null),
            ("llvm_path", .text(orNull: llvm?.path)),
            ("llvm_missing_because", .text(orNull: whyNot(machine))),
            ("cpu", .text(orNull: llvm?.target.cpu)),
            ("cpu_features", .text(orNull: llvm?.target.features)),
            ("vectors", .text(orNull: llvm?.target.vectors.rawValue)),
            ("vector_bits", llvm.map { .whole(8 * $0.target.vectorBytes) } ?? .null),
            ("threads", .whole(machine.threads)),
            ("cache_folder", .text(orNull: llvm?.cacheFolder)),
            ("cache_bytes", .whole(llvm?.cacheBytes ?? 0)),
        ])
    }

    private static func text(_ machine: BackendDescription) -> String {
        var lines = ["Leibniz \(leibnizVersion)", "back end:  \(machine.backend.rawValue)"]
        if let reason = whyNot(machine) { lines.append("LLVM:      not used: \(reason)") }
        if let llvm = machine.llvm {
            let present = llvm.target.features.split(separator: ",").filter { $0.hasPrefix("+") }.map { $0.dropFirst() }
            lines += [
                "LLVM:      \(llvm.target.llvmVersion) (\(llvm.path))",
                "processor: \(llvm.target.summary)",
                "features:  \(present.joined(separator: " "))",
            ]
        }
        lines.append("threads:   \(machine.threads)")
        if let llvm = machine.llvm {
            lines.append("cache:     " + (llvm.cacheFolder.map { "\($0), \(llvm.cacheBytes) bytes" } ?? "off"))
        }
        return lines.joined(separator: "\n")
    }

    /// Why LLVM is not used, where it is not.
    private static func whyNot(_ machine: BackendDescription) -> String? {
        machine.llvm == nil ? machine.reason ?? "LEIBNIZ_BACKEND=interpreter" : nil
    }
}
