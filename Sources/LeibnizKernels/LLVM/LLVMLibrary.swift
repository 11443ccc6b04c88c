#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// LLVM, found at run time: no headers, no link flags. Versions 15 and later (earlier ones lack opaque pointers).
///
/// A library once loaded stays loaded.
public final class LLVMLibrary: Sendable {
    /// The oldest version that is used.
    public static let oldestVersion = 15

    /// The file.
    public let path: String
    /// The major version.
    public let version: Int
    let functions: LLVMFunctions

    /// Loads LLVM from where the settings say, or the first fit one among the usual places.
    public static func find(_ wish: Settings.LLVMPath = .search) throws(LLVMUnavailable) -> LLVMLibrary {
        switch wish {
        case .none: throw .turnedOff
        case .file(let path): return try LLVMLibrary(path: path)
        case .search:
            var firstReason: LLVMUnavailable?
            for name in usualNames {
                do { return try LLVMLibrary(path: name) } catch {
                    // A library that is there but unfit says more than one that is not there.
                    if case .notFound = error { continue }
                    firstReason = firstReason ?? error
                }
            }
            throw firstReason ?? .notFound("no libLLVM of version \(oldestVersion) or later")
        }
    }

    /// Loads one file, or a name that the system's loader knows.
    public init(path name: String) throws(LLVMUnavailable) {
        guard let handle = dlopen(name, RTLD_NOW | RTLD_LOCAL) else {
            throw .notFound(dlerror().map { String(cString: $0) } ?? name)
        }
        guard let first = dlsym(handle, "LLVMContextCreate") else {
            throw .missingFunction("LLVMContextCreate", path: name)
        }
        let path = Self.file(of: first) ?? name
        guard let version = Self.version(handle: handle, path: path) else { throw .unknownVersion(path: path) }
        guard version >= Self.oldestVersion else { throw .tooOld(version: version, path: path) }
        functions = try LLVMFunctions { (symbol: String) throws(LLVMUnavailable) in
            guard let address = dlsym(handle, symbol) else { throw .missingFunction(symbol, path: path) }
            return address
        }
        (self.path, self.version) = (path, version)
        for initialize in functions.initializers { initialize() }
    }

    /// Names in the order in which they are tried: the version that is tested most, newer ones, older ones.
    static var usualNames: [String] {
        let versions = [19, 20, 21, 22, 18, 17, 16, 15]
        #if os(macOS)
            let folders = ["/opt/homebrew/opt", "/usr/local/opt"]
            return folders.flatMap { folder in
                versions.map { "\(folder)/llvm@\($0)/lib/libLLVM.dylib" } + ["\(folder)/llvm/lib/libLLVM.dylib"]
            }
        #else
            return versions.flatMap { version in
                [
                    "libLLVM-\(version).so", "libLLVM.so.\(version).1", "libLLVM-\(version).so.1",
                    "/usr/lib/llvm-\(version)/lib/libLLVM.so", "/usr/lib/llvm-\(version)/lib/libLLVM-\(version).so",
                    "/usr/lib64/llvm\(version)/lib64/libLLVM.so",
                ]
            } + ["libLLVM.so"]
        #endif
    }

    private static func file(of address: UnsafeMutableRawPointer) -> String? {
        #if os(Linux)
            // The headers hide this function from Swift; the library has it. It fills in four addresses, the file's name first.
            typealias Info = (UnsafePointer<CChar>?, UnsafeRawPointer?, UnsafePointer<CChar>?, UnsafeRawPointer?)
            typealias Describe = @convention(c) (UnsafeRawPointer, UnsafeMutableRawPointer) -> Int32
            guard let symbol = dlsym(nil, "dladdr") else { return nil }
            var info: Info = (nil, nil, nil, nil)
            guard unsafeBitCast(symbol, to: Describe.self)(address, &info) != 0, let name = info.0 else { return nil }
        #else
            var info = Dl_info()
            guard dladdr(address, &info) != 0, let name = info.dli_fname else { return nil }
        #endif
        guard let real = realpath(name, nil) else { return String(cString: name) }
        defer { free(real) }
        return String(cString: real)
    }

    private static func version(handle: UnsafeMutableRawPointer, path: String) -> Int? {
        // Since version 16; an older library says it in its name alone.
        guard let symbol = dlsym(handle, "LLVMGetVersion") else { return version(inName: path) }
        typealias GetVersion =
            @convention(c) (UnsafeMutablePointer<UInt32>, UnsafeMutablePointer<UInt32>, UnsafeMutablePointer<UInt32>) ->
            Void
        var (major, minor, patch): (UInt32, UInt32, UInt32) = (0, 0, 0)
        unsafeBitCast(symbol, to: GetVersion.self)(&major, &minor, &patch)
        return Int(major)
    }

    /// The first number in the file's name, else in the nearest folder that has one.
    static func version(inName path: String) -> Int? {
        for part in path.split(separator: "/").reversed() {
            let digits = part.drop { !$0.isASCII || !$0.isNumber }.prefix { $0.isASCII && $0.isNumber }
            if let number = Int(digits) { return number }
        }
        return nil
    }
}

/// Why there is no LLVM to use.
public enum LLVMUnavailable: Error, Hashable, Sendable, CustomStringConvertible {
    /// The settings say so.
    case turnedOff
    /// No file, or it cannot be loaded; the reason.
    case notFound(String)
    /// A file that lacks a function.
    case missingFunction(String, path: String)
    /// A file that does not tell its version.
    case unknownVersion(path: String)
    /// A version before `LLVMLibrary.oldestVersion`.
    case tooOld(version: Int, path: String)
    /// It does not make code for this machine; the reason.
    case unfit(String)

    /// The reason in a phrase.
    public var description: String {
        switch self {
        case .turnedOff: "LEIBNIZ_LLVM=none"
        case .notFound(let reason): reason
        case .missingFunction(let name, let path): "\(path) has no \(name)"
        case .unknownVersion(let path): "\(path) does not tell its version"
        case .tooOld(let version, let path): "\(path) is of version \(version), older than \(LLVMLibrary.oldestVersion)"
        case .unfit(let reason): reason
        }
    }
}
