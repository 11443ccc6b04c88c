import Foundation
import Synchronization
import TestFiles
import Testing

@testable import LeibnizKernels

/// An AArch64 processor that a program emulates: the command that `LEIBNIZ_EMULATOR` names, which `scripts/emulate` does.
enum Emulator {
    /// The emulated machine, if there is one; `LEIBNIZ_NESTS` says how many loop nests of each family run on it.
    static let machine: Machine? = variable("LEIBNIZ_EMULATOR").flatMap { command in
        guard let library = InstalledLLVM.all.last else { return nil }
        let target = TargetDescription.generic(.neon, llvmVersion: library.version)
        return Machine(
            testDescription: "emulated neon", target: target, widths: [16],
            nests: variable("LEIBNIZ_NESTS").flatMap(Int.init) ?? 12, seed: 1
        ) { source, nest in
            let object = try library.objectCode(of: source, for: target, symbol: "kernel")
            return try EmulatedKernel(object, of: source, nest, command)
        }
    }

    private static func variable(_ name: String) -> String? { ProcessInfo.processInfo.environment[name] }
}

/// A kernel that a command runs: `command OBJECT JOB RESULT`, three files.
///
/// A job is the number of units, that of threads, the scratch bytes of each, the number of buffers and their sizes in
/// bytes, all as 64-bit integers, then the buffers' contents. The result is the status record and the contents afterwards.
final class EmulatedKernel: Kernel {
    private let folder: TemporaryFolder
    private let object: String
    private let source: KernelSource
    private let sizes: [Int]
    private let command: String
    private let runs = Atomic<Int>(0)

    /// Object code in which the kernel's function is called `kernel`.
    init(_ objectCode: [UInt8], of source: KernelSource, _ nest: LoopNest, _ command: String) throws {
        folder = try TemporaryFolder()
        object = try folder.write(objectCode, as: "kernel.o")
        (self.source, self.command) = (source, command)
        sizes = nest.buffers.map { $0.count * $0.type.byteCount }
    }

    func run(
        _ buffers: UnsafePointer<UnsafeMutableRawPointer>, status: UnsafeMutablePointer<KernelStatus>, pool: ThreadPool
    ) {
        do {
            var job = bytes([source.units, pool.count, source.scratchBytes, sizes.count] + sizes)
            for (place, size) in sizes.enumerated() {
                job += UnsafeRawBufferPointer(start: buffers[place], count: size)
            }
            let number = runs.add(1, ordering: .relaxed).newValue
            let result = try result(of: folder.write(job, as: "job\(number)"))
            let words = numbers(Array(result.prefix(24)), as: Int64.self)
            if status.pointee.failedCheck == 0 {
                (status.pointee.failedCheck, status.pointee.value, status.pointee.position) = (
                    words[0], words[1], words[2]
                )
            }
            var rest = result.dropFirst(24)
            for (place, size) in sizes.enumerated() {
                buffers[place].copyMemory(from: Array(rest.prefix(size)), byteCount: size)
                rest = rest.dropFirst(size)
            }
        } catch {
            Issue.record("\(error)")
        }
    }

    private func result(of job: String) throws -> [UInt8] {
        let process = Process()
        let errors = job + ".errors"
        process.executableURL = URL(fileURLWithPath: command)
        process.arguments = [object, job, job + ".result"]
        _ = FileManager.default.createFile(atPath: errors, contents: nil)
        process.standardError = FileHandle(forWritingAtPath: errors)
        try process.run()
        process.waitUntilExit()
        guard process.terminationStatus == 0, let result = readFile(job + ".result"),
            result.count == 24 + sizes.reduce(0, +)
        else {
            throw Failure(
                description: "\(command) ended with status \(process.terminationStatus): "
                    + String(decoding: readFile(errors) ?? [], as: UTF8.self))
        }
        return result
    }

    /// What the command said when it failed.
    private struct Failure: Error, CustomStringConvertible { var description: String }
}
