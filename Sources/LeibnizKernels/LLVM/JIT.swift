import Synchronization

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// Makes kernels' source into code in this process, by way of the cache on disk.
///
/// Code is named by its content: asking twice for the same source gives the same code, and code that nobody holds any more
/// is unloaded.
public final class JIT: Sendable {
    /// LLVM.
    public let library: LLVMLibrary
    /// The machine that code is made for: this one, or as much of it as may be used.
    public let target: TargetDescription
    /// Where object code is kept between runs, if anywhere.
    public let cache: CodeCache?

    private let session: UncheckedReference
    private let dylib: UncheckedReference
    private let loaded = Mutex<[String: Loaded]>([:])
    private let compiled = Atomic<Int>(0)
    private let fromDisk = Atomic<Int>(0)

    /// How many kernels LLVM has compiled.
    public var compiledCount: Int { compiled.load(ordering: .relaxed) }
    /// How many kernels came from the cache on disk.
    public var loadedFromDiskCount: Int { fromDisk.load(ordering: .relaxed) }

    /// A handle of LLVM. Sendable because an LLJIT session locks itself (LLVM, "ORC Design and Implementation").
    private struct UncheckedReference: @unchecked Sendable {
        let reference: LLVMFunctions.Ref
    }

    private struct Loaded: Sendable {
        var address: UInt64
        var finishAddress: UInt64?
        var tracker: UncheckedReference
        var holders: Int
    }

    /// A compiler for this machine, or for no more of it than `target` says (see `TargetDescription.narrowed(to:)`).
    public init(library: LLVMLibrary, cache: CodeCache?, target: TargetDescription? = nil) throws(CompilationError) {
        (self.library, self.cache, self.target) = (library, cache, target ?? library.hostTarget())
        let llvm = library.functions
        Self.loadMathematicsOnce

        let machine: LLVMFunctions.Ref
        do { machine = try library.makeTargetMachine(self.target) } catch { throw .unavailable(error) }
        guard let machineBuilder = llvm.orcJITTargetMachineBuilderCreateFromTargetMachine(machine),
            let builder = llvm.orcCreateLLJITBuilder()
        else { throw .outOfMemory }
        llvm.orcLLJITBuilderSetJITTargetMachineBuilder(builder, machineBuilder)
        var session: LLVMFunctions.Ref?
        if let message = llvm.message(of: llvm.orcCreateLLJIT(&session, builder)) {
            throw .unavailable(.unfit(message))
        }
        guard let session, let executor = llvm.orcLLJITGetExecutionSession(session),
            let dylib = llvm.orcLLJITGetMainJITDylib(session)
        else { throw .outOfMemory }
        self.session = UncheckedReference(reference: session)
        self.dylib = UncheckedReference(reference: dylib)
        // Errors are returned by the functions that fail; LLVM would also print them.
        llvm.orcExecutionSessionSetErrorReporter(
            executor,
            { consume, error in
                typealias ConsumeError = @convention(c) (LLVMFunctions.Ref?) -> Void
                if let consume { unsafeBitCast(consume, to: ConsumeError.self)(error) }
            }, unsafeBitCast(llvm.consumeError, to: UnsafeMutableRawPointer.self))
        var generator: LLVMFunctions.Ref?
        let error = llvm.orcCreateDynamicLibrarySearchGeneratorForProcess(
            &generator, llvm.orcLLJITGetGlobalPrefix(session), nil, nil)
        if let message = llvm.message(of: error) { throw .notLinked(message) }
        guard let generator else { throw .outOfMemory }
        llvm.orcJITDylibAddGenerator(dylib, generator)
    }

    deinit { _ = library.functions.message(of: library.functions.orcDisposeLLJIT(session.reference)) }

    /// The code of each source, compiled if it is neither loaded nor on disk. Uses the caller's thread only.
    public func code(for source: KernelSource) throws(CompilationError) -> CompiledCode {
        let key = key(of: source)
        if let known = retain(key) { return CompiledCode(jit: self, key: key, known.address, known.finish) }
        let symbol = Self.symbol(key)
        if let object = cache?.load(key) {
            // An entry may be whole and yet not link here (made by another build of LLVM, say): then compile.
            if let code = try? link(object, key: key, symbol: symbol, hasFinish: source.hasFinish) {
                fromDisk.add(1, ordering: .relaxed)
                return code
            }
        }
        let object = try library.objectCode(of: source, for: target, symbol: symbol)
        let code = try link(object, key: key, symbol: symbol, hasFinish: source.hasFinish)
        compiled.add(1, ordering: .relaxed)
        cache?.store(key, object)
        return code
    }

    /// The assembly that the machine code is made of, for people.
    public func assembly(of source: KernelSource) throws(CompilationError) -> String {
        try library.assembly(of: source, for: target)
    }

    // MARK: Loading

    private func retain(_ key: String) -> (address: UInt64, finish: UInt64?)? {
        loaded.withLock { loaded in
            guard var entry = loaded[key] else { return nil }
            entry.holders += 1
            loaded[key] = entry
            return (entry.address, entry.finishAddress)
        }
    }

    /// One holder fewer; the last one's code is unloaded.
    fileprivate func release(_ key: String) {
        loaded.withLock { loaded in
            guard var entry = loaded[key] else { return }
            entry.holders -= 1
            guard entry.holders == 0 else {
                loaded[key] = entry
                return
            }
            loaded[key] = nil
            unload(entry.tracker.reference)
        }
    }

    private func unload(_ tracker: LLVMFunctions.Ref) {
        _ = library.functions.message(of: library.functions.orcResourceTrackerRemove(tracker))
        library.functions.orcReleaseResourceTracker(tracker)
    }

    private func link(
        _ object: [UInt8], key: String, symbol: String, hasFinish: Bool
    ) throws(CompilationError) -> CompiledCode {
        let linked = loaded.withLock { loaded -> Result<(UInt64, UInt64?), CompilationError> in
            if var entry = loaded[key] {  // Another thread was faster.
                entry.holders += 1
                loaded[key] = entry
                return .success((entry.address, entry.finishAddress))
            }
            do throws(CompilationError) {
                let entry = try add(object, symbol: symbol, hasFinish: hasFinish)
                loaded[key] = entry
                return .success((entry.address, entry.finishAddress))
            } catch {
                return .failure(error)
            }
        }
        let (address, finish) = try linked.get()
        return CompiledCode(jit: self, key: key, address, finish)
    }

    private func add(_ object: [UInt8], symbol: String, hasFinish: Bool) throws(CompilationError) -> Loaded {
        let llvm = library.functions
        let buffer = object.withUnsafeBytes {
            llvm.createMemoryBufferWithMemoryRangeCopy($0.bindMemory(to: CChar.self).baseAddress, $0.count, symbol)
        }
        guard let buffer, let tracker = llvm.orcJITDylibCreateResourceTracker(dylib.reference) else {
            throw .outOfMemory
        }
        do throws(CompilationError) {
            let error = llvm.orcLLJITAddObjectFileWithRT(session.reference, tracker, buffer)
            if let message = llvm.message(of: error) { throw .notLinked(message) }
            let address = try find(symbol)
            let finish = hasFinish ? try find(symbol + "_finish") : nil
            return Loaded(
                address: address, finishAddress: finish, tracker: UncheckedReference(reference: tracker), holders: 1)
        } catch {
            unload(tracker)
            throw error
        }
    }

    private func find(_ symbol: String) throws(CompilationError) -> UInt64 {
        var address: UInt64 = 0
        let llvm = library.functions
        if let message = llvm.message(of: llvm.orcLLJITLookup(session.reference, &address, symbol)) {
            throw .notLinked(message)
        }
        guard address != 0 else { throw .missingFunction(symbol) }
        return address
    }

    // MARK: Names

    /// A digest of all that machine code depends on, in hexadecimal.
    func key(of source: KernelSource) -> String {
        var hash = SHA256()
        // The separator cannot occur in any of them.
        for part in [
            "format 1", "LLVM \(library.version)", target.triple, target.cpu, target.features,
            ModuleCompiler.passes(version: library.version),
            source.symbol, source.hasFinish ? "finish" : "", source.ir,
        ] {
            hash.update(part.utf8)
            hash.update(CollectionOfOne(0))
        }
        return hash.hexadecimal()
    }

    private static func symbol(_ key: String) -> String { "leibniz_" + key.prefix(32) }

    /// Makes the functions of the C library's mathematics, scalar and vector, visible to compiled code.
    private static let loadMathematicsOnce: Void = {
        #if os(Linux)
            for name in ["libm.so.6", "libmvec.so.1"] { _ = dlopen(name, RTLD_NOW | RTLD_GLOBAL) }
        #endif
    }()
}

/// Machine code of one kernel, loaded as long as somebody holds this.
public final class CompiledCode: Sendable {
    /// `void symbol(ptr buffers, ptr status, i64 begin, i64 end, ptr scratch)`, see `KernelSource`.
    typealias Main =
        @Sendable @convention(c) (
            UnsafeRawPointer, UnsafeMutableRawPointer, Int, Int, UnsafeMutableRawPointer?
        ) -> Void
    /// `void symbol_finish(ptr buffers, ptr status, i64 threads, ptr scratch)`.
    typealias Finish =
        @Sendable @convention(c) (
            UnsafeRawPointer, UnsafeMutableRawPointer, Int, UnsafeMutableRawPointer?
        ) -> Void

    let main: Main
    let finish: Finish?
    private let jit: JIT
    private let key: String

    fileprivate init(jit: JIT, key: String, _ address: UInt64, _ finishAddress: UInt64?) {
        (self.jit, self.key) = (jit, key)
        // Addresses of functions that LLVM has just linked; their signatures are the interface of `KernelSource`.
        main = unsafeBitCast(UInt(address), to: Main.self)
        finish = finishAddress.map { unsafeBitCast(UInt($0), to: Finish.self) }
    }

    deinit { jit.release(key) }
}
