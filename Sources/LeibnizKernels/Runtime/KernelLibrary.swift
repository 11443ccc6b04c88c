import Synchronization

/// What a kernel can be asked to do.
public enum KernelWork: Hashable, Sendable {
    /// A loop nest.
    case nest(LoopNest)
    /// An argsort of rows.
    case sort(RowSort)
}

/// All kernels of a process, found by what they compute.
///
/// Kernels are kept in a bounded table (those not asked for longest go; who holds one keeps it). What is missing is compiled
/// on as many threads as the pool has. Without LLVM, or where it fails, loop nests are interpreted.
public final class KernelLibrary: Sendable {
    /// The library that plans use: back end, threads and cache as the settings say.
    public static let shared = KernelLibrary(settings: .current, pool: .shared)

    /// The threads that kernels are made for.
    public let pool: ThreadPool
    /// How many kernels are kept, and as many again of those for one thread.
    public let capacity: Int
    let engine: Engine
    let autotunes: Bool
    private let dumpFolder: String?
    /// The same library for kernels that run on one thread each, several at once; this one, if it has but one thread.
    public var onOneThread: KernelLibrary { single ?? self }
    private let single: KernelLibrary?
    private let compilingThreads: Int
    private let table = Mutex(Table())
    private let interpreted = Atomic<Int>(0)

    /// What runs loop nests.
    enum Engine: Sendable {
        case jit(JIT)
        /// The interpreter, with the reason if it was not asked for.
        case interpreter(because: CompilationError?)
    }

    /// A library of its own, for tests and tools.
    ///
    /// - Parameters:
    ///   - backend: `.llvm` falls back to the interpreter, with a warning, where LLVM is not found.
    ///   - llvm: where to look for it.
    ///   - vectors: what kernels may use at most; ignored, with a warning, where the machine has less.
    ///   - cacheFolder: where object code is kept, or nil.
    ///   - autotunes: whether schedules that the cost model is unsure of are tried once and remembered in the cache's folder.
    ///   - dumpFolder: where each kernel's nest, IR and assembly are written for people, or nil.
    public init(
        backend: Backend = .llvm, llvm: Settings.LLVMPath = .search, vectors: VectorInstructions? = nil,
        pool: ThreadPool = .shared, cacheFolder: String? = nil, autotunes: Bool = false, dumpFolder: String? = nil,
        capacity: Int = 4096
    ) {
        (self.pool, self.dumpFolder, self.capacity) = (pool, dumpFolder, max(1, capacity))
        self.autotunes = autotunes
        engine = backend == .interpreter ? .interpreter(because: nil) : Self.makeEngine(llvm, vectors, cacheFolder)
        compilingThreads = pool.count
        single = pool.count > 1 ? KernelLibrary(engine, compilingThreads, autotunes, dumpFolder, capacity) : nil
        if let dumpFolder, !makeFolder(dumpFolder, mode: 0o755) {
            printWarning("kernels cannot be written to \(dumpFolder)")
        }
    }

    /// One for kernels that run on one thread each.
    private init(
        _ engine: Engine, _ compilingThreads: Int, _ autotunes: Bool, _ dumpFolder: String?, _ capacity: Int
    ) {
        (self.engine, self.compilingThreads, self.autotunes) = (engine, compilingThreads, autotunes)
        (self.dumpFolder, self.capacity) = (dumpFolder, max(1, capacity))
        (pool, single) = (ThreadPool(count: 1), nil)
    }

    /// The library that settings describe.
    public convenience init(settings: Settings, pool: ThreadPool) {
        self.init(
            backend: settings.backend ?? .llvm, llvm: settings.llvmPath, vectors: settings.vectors, pool: pool,
            cacheFolder: settings.cacheFolder, autotunes: settings.autotunes, dumpFolder: settings.dumpFolder)
    }

    private static func makeEngine(
        _ wish: Settings.LLVMPath, _ vectors: VectorInstructions?, _ cacheFolder: String?
    ) -> Engine {
        let reason: CompilationError
        do throws(CompilationError) {
            let library: LLVMLibrary
            do { library = try LLVMLibrary.find(wish) } catch { throw .unavailable(error) }
            let host = library.hostTarget()
            let target = vectors.map { host.narrowed(to: $0) } ?? host
            if let vectors, target == nil {
                printWarning("LEIBNIZ_VECTORS=\(vectors.rawValue) ignored: this machine has \(host.vectors.rawValue)")
            }
            let cache = cacheFolder.flatMap { CodeCache(folder: $0) }
            return .jit(try JIT(library: library, cache: cache, target: target ?? host))
        } catch {
            reason = error
        }
        let phrase = if case .unavailable(let inner) = reason { "\(inner)" } else { "\(reason)" }
        printWarning(
            "LLVM not found (\(phrase)); using the slow interpreter. "
                + "Install it with: apt-get install libllvm19 (brew install llvm)")
        return .interpreter(because: reason)
    }

    /// How many kernels LLVM has compiled.
    public var compiledCount: Int { jit?.compiledCount ?? 0 }
    /// How many kernels came from the cache on disk.
    public var loadedFromDiskCount: Int { jit?.loadedFromDiskCount ?? 0 }
    /// How many loop nests are interpreted, because there is no LLVM or because it failed.
    public var interpretedCount: Int { interpreted.load(ordering: .relaxed) + (single?.interpretedCount ?? 0) }
    /// How many kernels there are now, those for one thread among them.
    public var count: Int { table.withLock { $0.entries.count } + (single?.count ?? 0) }

    var jit: JIT? {
        switch engine {
        case .jit(let jit): jit
        case .interpreter: nil
        }
    }

    /// A kernel for each piece of work, in order; equal work gets the same kernel. Throws where a nest means nothing.
    ///
    /// Known work costs a hash and a comparison; new work about 10 ms per kernel and thread with LLVM.
    public func kernels(for work: [KernelWork]) throws(LoopNestError) -> [any Kernel] {
        var kernels: [(any Kernel)?] = table.withLock { table in work.map { table.find($0) } }
        var places: [KernelWork: Int] = [:]
        var missing: [KernelWork] = []
        for (index, item) in work.enumerated() where kernels[index] == nil && places[item] == nil {
            places[item] = missing.count
            missing.append(item)
        }
        guard !missing.isEmpty else { return kernels.compactMap { $0 } }

        let made = make(missing)
        var fresh: [any Kernel] = []
        for result in made { fresh.append(try result.get()) }
        for (index, item) in work.enumerated() where kernels[index] == nil {
            if let place = places[item] { kernels[index] = fresh[place] }
        }
        table.withLock { table in
            for (item, kernel) in zip(missing, fresh) { table.insert(item, kernel, capacity: capacity) }
        }
        return kernels.compactMap { $0 }
    }

    /// Forgets all kernels; those that somebody holds go on working.
    public func removeAll() {
        let dropped = table.withLock { table in
            defer { table = Table() }
            return table
        }
        _ = consume dropped  // Unloads code, outside the lock.
        single?.removeAll()
    }

    /// The kernel of hand-written IR; it is not kept.
    public func compile(source: KernelSource) throws(CompilationError) -> CompiledKernel {
        let jit = try requireJIT()
        return CompiledKernel(code: try jit.code(for: source), source: source)
    }

    /// The assembly that a source becomes.
    public func assembly(of source: KernelSource) throws(CompilationError) -> String {
        try requireJIT().assembly(of: source)
    }

    private func requireJIT() throws(CompilationError) -> JIT {
        switch engine {
        case .jit(let jit): return jit
        case .interpreter(let reason): throw reason ?? .unavailable(.turnedOff)
        }
    }

    // MARK: Making kernels

    private typealias Made = Result<any Kernel, LoopNestError>

    /// What became of a piece of work: a kernel, perhaps with others that it might be exchanged for.
    private struct Draft: Sendable {
        var made: Made
        var trial: (choice: Autotuner.Choice, kernels: [CompiledKernel])?
    }

    private func make(_ work: [KernelWork]) -> [Made] {
        guard let jit else { return work.map { item in interpret(item) } }
        let autotuner = autotuner(jit)
        let drafts = [Draft](unsafeUninitializedCapacity: work.count) { drafts, count in
            let slots = drafts  // Every task writes a slot of its own.
            onLargeStacks(tasks: work.count, threads: compilingThreads) { index in
                slots.initializeElement(at: index, to: make(work[index], jit, autotuner))
            }
            count = work.count
        }
        // Trials come one after the other, when nothing is compiled any more.
        return drafts.map { draft in
            guard let (choice, kernels) = draft.trial else { return draft.made }
            let place = autotuner.tried(choice, kernels)
            dump(choice.nest, choice.sources[place], jit)
            return .success(kernels[place])
        }
    }

    /// What chooses among schedules here.
    func autotuner(_ jit: JIT) -> Autotuner {
        Autotuner(jit: jit, pool: pool, memory: autotunes ? jit.cache : nil)
    }

    private func make(_ work: KernelWork, _ jit: JIT, _ autotuner: Autotuner) -> Draft {
        guard case .nest(let nest) = work else { return Draft(made: interpret(work)) }
        do throws(LoopNestError) { try nest.validate() } catch { return Draft(made: .failure(error)) }
        do {
            let choice = autotuner.choice(nest.simplified())
            func kernel(_ source: KernelSource) throws(CompilationError) -> CompiledKernel {
                CompiledKernel(code: try jit.code(for: source), source: source)
            }
            if let place = choice.chosen {
                let source = choice.sources[place]
                dump(nest, source, jit)
                return Draft(made: .success(try kernel(source)))
            }
            let kernels = try choice.sources.map(kernel)
            return Draft(made: .success(kernels[0]), trial: (choice, kernels))
        } catch {
            // A defect of the emitter or of LLVM; the program goes on, slowly.
            printWarning("kernel \(nest.name) is interpreted: \(error)")
            return Draft(made: interpret(work))
        }
    }

    private func dump(_ nest: LoopNest, _ source: KernelSource?, _ jit: JIT?) {
        if let dumpFolder { KernelDump(folder: dumpFolder, nest: nest, source: source).write(jit) }
    }

    private func interpret(_ work: KernelWork) -> Made {
        switch work {
        case .sort(let sort): return .success(RowSortKernel(sort))
        case .nest(let nest):
            do throws(LoopNestError) {
                let kernel = try InterpretedKernel(nest)
                interpreted.add(1, ordering: .relaxed)
                if jit == nil { dump(nest, nil, nil) }
                return .success(kernel)
            } catch {
                return .failure(error)
            }
        }
    }
}

/// Kernels by what they compute, and when each was last asked for.
private struct Table: Sendable {
    struct Entry: Sendable {
        var kernel: any Kernel
        var lastUse: UInt64
    }

    private(set) var entries: [KernelWork: Entry] = [:]
    private var clock: UInt64 = 0

    mutating func find(_ work: KernelWork) -> (any Kernel)? {
        guard let place = entries.index(forKey: work) else { return nil }
        clock += 1
        entries.values[place].lastUse = clock
        return entries.values[place].kernel
    }

    /// Adds a kernel; when the table is full, the half that was not used for longest goes (amortised constant time).
    mutating func insert(_ work: KernelWork, _ kernel: any Kernel, capacity: Int) {
        clock += 1
        entries[work] = Entry(kernel: kernel, lastUse: clock)
        guard entries.count > capacity else { return }
        let uses = entries.values.map(\.lastUse).sorted()
        let oldestKept = uses[uses.count - max(1, capacity / 2)]
        entries = entries.filter { $0.value.lastUse >= oldestKept }
    }
}
