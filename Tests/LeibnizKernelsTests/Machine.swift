import Testing

@testable import LeibnizKernels

#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

/// What kernels are compiled for and run on: this processor, as much of it as an older one would have, or an emulated one.
struct Machine: Sendable, CustomTestStringConvertible {
    let testDescription: String
    let target: TargetDescription
    /// The widths of vectors that code for it is made with, in bytes: any code runs on any machine, if not as fast.
    let widths: [Int]
    /// How many generated loop nests of each family are worth the time, and where they begin.
    let nests: Int
    let seed: UInt64
    /// A kernel of some source of a nest.
    let kernel: @Sendable (KernelSource, LoopNest) throws -> any Kernel

    /// The machine with registers of another width.
    func target(vectorBytes: Int) -> TargetDescription {
        var other = target
        other.vectorBytes = vectorBytes
        if vectorBytes != target.vectorBytes { other.vectorRegisterCount = vectorBytes == 64 ? 32 : 16 }
        return other
    }

    /// The emulated machine if an emulator is named, else this one and all that it can be narrowed to, with each LLVM.
    static let all: [Machine] = Emulator.machine.map { [$0] } ?? InstalledLLVM.all.reversed().flatMap { machines($0) }

    /// Those whose kernels the newest LLVM compiles.
    static let newest = Emulator.machine.map { [$0] } ?? InstalledLLVM.all.suffix(1).flatMap { machines($0) }

    private static func machines(_ library: LLVMLibrary) -> [Machine] {
        let host = library.hostTarget()
        let narrower = VectorInstructions.allCases.filter { $0 != host.vectors }.compactMap { host.narrowed(to: $0) }
        return ([host] + narrower).enumerated().map { number, target in
            let isNewest = library.version == InstalledLLVM.all.last?.version
            let jit = Result { try JIT(library: library, cache: nil, target: target) }
            return Machine(
                testDescription: "\(target.vectors) by LLVM \(library.version)", target: target,
                widths: number == 0 ? [target.vectorBytes, 64, 32, 16] : [target.vectorBytes],
                nests: (number == 0 ? 40 : 12) / (isNewest ? 1 : 2), seed: UInt64(library.version * 10 + number)
            ) { source, _ in CompiledKernel(code: try jit.get().code(for: source), source: source) }
        }
    }
}
