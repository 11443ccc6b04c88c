/// What runs kernels here, for `leibniz info` and bug reports.
public struct BackendDescription: Hashable, Sendable, CustomStringConvertible {
    /// The back end that is used.
    public var backend: Backend
    /// LLVM's major version and file, if it is used.
    public var llvm: LLVM?
    /// Why LLVM is not used although nobody asked for the interpreter.
    public var reason: String?
    /// The number of threads.
    public var threads: Int

    /// The compiler and what it makes code for.
    public struct LLVM: Hashable, Sendable {
        /// LLVM's file.
        public var path: String
        /// The processor, its features, and LLVM's version.
        public var target: TargetDescription
        /// The folder of compiled kernels, or nil.
        public var cacheFolder: String?
        /// The bytes of compiled kernels on disk.
        public var cacheBytes: Int
    }

    /// What plans of this process use.
    public static var current: BackendDescription { KernelLibrary.shared.backendDescription }

    /// A few lines for people.
    public var description: String {
        var lines = ["back end: \(backend.rawValue)" + (reason.map { " (\($0))" } ?? ""), "threads: \(threads)"]
        if let llvm {
            lines += [
                "LLVM: \(llvm.target.llvmVersion) (\(llvm.path))",
                "processor: \(llvm.target.summary)",
                "cache: " + (llvm.cacheFolder.map { "\($0), \(llvm.cacheBytes) bytes" } ?? "off"),
            ]
        }
        return lines.joined(separator: "\n")
    }
}

extension KernelLibrary {
    /// What runs the kernels of this library.
    public var backendDescription: BackendDescription {
        switch engine {
        case .interpreter(let reason):
            return BackendDescription(backend: .interpreter, reason: reason?.description, threads: pool.count)
        case .jit(let jit):
            return BackendDescription(
                backend: .llvm,
                llvm: .init(
                    path: jit.library.path, target: jit.target, cacheFolder: jit.cache?.folder,
                    cacheBytes: jit.cache?.byteCount ?? 0),
                threads: pool.count)
        }
    }
}
