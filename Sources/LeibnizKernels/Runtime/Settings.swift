#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// Which of the two readers of loop nests runs them.
public enum Backend: String, Sendable, Hashable, CaseIterable {
    /// Machine code made by LLVM.
    case llvm
    /// The loop-nest interpreter: slow, obvious.
    case interpreter
}

/// What the user chose by environment variables; read once.
///
/// | variable | value | default |
/// |---|---|---|
/// | `LEIBNIZ_BACKEND` | `llvm` or `interpreter` | LLVM if found |
/// | `LEIBNIZ_LLVM` | the path of LLVM's library, or `none` | searched in the usual places |
/// | `LEIBNIZ_VECTORS` | `sse4`, `avx2`, `avx512` or `neon`: what kernels may use at most | all that the machine has |
/// | `LEIBNIZ_THREADS` | 1 … 1024 | the CPUs that the process may use |
/// | `LEIBNIZ_CACHE` | a folder, or `off` | `$XDG_CACHE_HOME/leibniz` or `~/.cache/leibniz` |
/// | `LEIBNIZ_AUTOTUNE` | `0`: never try schedules, believe the cost model | `1`: try once, remember in the cache |
/// | `LEIBNIZ_DUMP` | a folder for each kernel's loop nest, IR and assembly | none |
/// | `LEIBNIZ_EAGER` | `1`: evaluate every operation at once | `0` |
public struct Settings: Sendable {
    /// What is asked of the place where LLVM is found.
    public enum LLVMPath: Sendable, Hashable {
        /// Look in the usual places.
        case search
        /// This file and no other.
        case file(String)
        /// Do as if there were none.
        case none
    }

    /// The settings of this process.
    public static let current = Settings(
        variable: { name in getenv(name).map { String(cString: $0) } },
        warn: { message in printWarning(message) })

    /// The back end that was asked for, if one was.
    public let backend: Backend?
    /// Where to look for LLVM.
    public let llvmPath: LLVMPath
    /// The vector instructions that kernels may use at most, if that was said.
    public let vectors: VectorInstructions?
    /// The number of threads that was asked for, if one was.
    public let threads: Int?
    /// Where compiled kernels are kept, or nil if nowhere.
    public let cacheFolder: String?
    /// Whether schedules that the cost model is unsure of are tried and remembered.
    public let autotunes: Bool
    /// Where kernels are written for people to read.
    public let dumpFolder: String?
    /// Whether every operation is evaluated at once.
    public let isEager: Bool

    /// Settings from variables; `warn` gets a sentence for each value that is not understood, which is then ignored.
    public init(variable: (String) -> String?, warn: (String) -> Void) {
        func set(_ name: String) -> String? { variable(name).flatMap { $0.isEmpty ? nil : $0 } }

        backend = set("LEIBNIZ_BACKEND").flatMap { text in
            let choice = Backend(rawValue: text)
            if choice == nil { warn("LEIBNIZ_BACKEND=\(text) ignored: it may be llvm or interpreter") }
            return choice
        }
        switch set("LEIBNIZ_LLVM") {
        case nil: llvmPath = .search
        case "none": llvmPath = .none
        case let path?: llvmPath = .file(path)
        }
        vectors = set("LEIBNIZ_VECTORS").flatMap { text in
            let choice = VectorInstructions(rawValue: text)
            if choice == nil { warn("LEIBNIZ_VECTORS=\(text) ignored: it may be sse4, avx2, avx512 or neon") }
            return choice
        }
        threads = set("LEIBNIZ_THREADS").flatMap { text in
            if let count = Int(text), (1...1024).contains(count) { return count }
            warn("LEIBNIZ_THREADS=\(text) ignored: it may be 1 … 1024")
            return nil
        }
        switch set("LEIBNIZ_CACHE") {
        case "off": cacheFolder = nil
        case let path?: cacheFolder = path
        case nil:
            // A relative XDG_CACHE_HOME is to be ignored, says the XDG base directory specification.
            if let base = set("XDG_CACHE_HOME"), base.hasPrefix("/") {
                cacheFolder = base + "/leibniz"
            } else {
                cacheFolder = set("HOME").map { $0 + "/.cache/leibniz" }
            }
        }
        dumpFolder = set("LEIBNIZ_DUMP")
        func flag(_ name: String, default value: Bool) -> Bool {
            switch set(name) {
            case nil: return value
            case "0": return false
            case "1": return true
            case let text?:
                warn("\(name)=\(text) ignored: it may be 0 or 1")
                return value
            }
        }
        isEager = flag("LEIBNIZ_EAGER", default: false)
        autotunes = flag("LEIBNIZ_AUTOTUNE", default: true)
    }
}
