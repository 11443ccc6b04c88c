/// Turns the text of one kernel into object code or assembly. For one thread at a time; each thread makes its own.
struct ModuleCompiler: ~Copyable {
    /// The light passes that the emitted code needs: its loops, tiles and vectors are already as they should be.
    ///
    /// From LLVM 18 on `instcombine` ends the process where one round leaves something to do, unless told otherwise.
    static func passes(version: Int) -> String {
        "always-inline,instcombine\(version >= 18 ? "<no-verify-fixpoint>" : ""),early-cse"
    }

    private let library: LLVMLibrary
    private let target: TargetDescription
    private let machine: LLVMFunctions.Ref

    /// What code generation writes.
    enum Form: Int32 { case assembly = 0, object = 1 }

    init(library: LLVMLibrary, target: TargetDescription) throws(LLVMUnavailable) {
        (self.library, self.target) = (library, target)
        machine = try library.makeTargetMachine(target)
    }

    deinit { library.functions.disposeTargetMachine(machine) }

    /// The machine code of `source`, in which the kernel's functions bear the name `symbol` and no other is visible.
    func compile(_ source: KernelSource, symbol: String, form: Form) throws(CompilationError) -> [UInt8] {
        let llvm = library.functions
        guard let context = llvm.contextCreate() else { throw .outOfMemory }
        defer { llvm.contextDispose(context) }
        let module = try parse(source.ir, context)
        defer { llvm.disposeModule(module) }

        llvm.setTarget(module, target.triple)
        if let layout = llvm.createTargetDataLayout(machine) {
            llvm.setModuleDataLayout(module, layout)
            llvm.disposeTargetData(layout)
        }
        var message: LLVMFunctions.Message?
        guard llvm.verifyModule(module, FailureAction.returnStatus, &message) == 0 else {
            throw .invalid(llvm.take(message))
        }
        _ = llvm.take(message)
        try expose(source, as: symbol, in: module)
        try optimise(module)
        return try generate(module, form)
    }

    private func parse(_ text: String, _ context: LLVMFunctions.Ref) throws(CompilationError) -> LLVMFunctions.Ref {
        let llvm = library.functions
        var text = text
        // The copy that LLVM makes ends in a zero byte, which its parser asks for.
        let buffer = text.withUTF8 { bytes in
            bytes.withMemoryRebound(to: CChar.self) {
                llvm.createMemoryBufferWithMemoryRangeCopy($0.baseAddress, $0.count, "kernel")
            }
        }
        guard let buffer else { throw .outOfMemory }
        var module: LLVMFunctions.Ref?
        var message: LLVMFunctions.Message?
        guard llvm.parseIRInContext(context, buffer, &module, &message) == 0, let module else {
            throw .unreadable(llvm.take(message))
        }
        return module
    }

    /// Renames the kernel's functions and hides all others.
    private func expose(_ source: KernelSource, as symbol: String, in module: LLVMFunctions.Ref)
        throws(CompilationError)
    {
        let llvm = library.functions
        var visible = [(source.symbol, symbol)]
        if source.hasFinish { visible.append((source.symbol + "_finish", symbol + "_finish")) }
        var exposed: [LLVMFunctions.Ref] = []
        for (name, _) in visible {
            guard let function = llvm.getNamedFunction(module, name), llvm.isDeclaration(function) == 0 else {
                throw .missingFunction(name)
            }
            exposed.append(function)
        }
        var next = llvm.getFirstFunction(module)
        while let function = next {
            if llvm.isDeclaration(function) == 0 && !exposed.contains(function) {
                llvm.setLinkage(function, Linkage.internal)
            }
            next = llvm.getNextFunction(function)
        }
        for (function, (_, name)) in zip(exposed, visible) {
            llvm.setLinkage(function, Linkage.external)
            llvm.setValueName2(function, name, name.utf8.count)
        }
    }

    private func optimise(_ module: LLVMFunctions.Ref) throws(CompilationError) {
        let llvm = library.functions
        guard let options = llvm.createPassBuilderOptions() else { throw .outOfMemory }
        defer { llvm.disposePassBuilderOptions(options) }
        if let message = llvm.message(
            of: llvm.runPasses(module, Self.passes(version: library.version), machine, options))
        {
            throw .notOptimised(message)
        }
    }

    private func generate(_ module: LLVMFunctions.Ref, _ form: Form) throws(CompilationError) -> [UInt8] {
        let llvm = library.functions
        var message: LLVMFunctions.Message?
        var buffer: LLVMFunctions.Ref?
        guard llvm.targetMachineEmitToMemoryBuffer(machine, module, form.rawValue, &message, &buffer) == 0,
            let buffer, let start = llvm.getBufferStart(buffer)
        else { throw .notGenerated(llvm.take(message)) }
        defer { llvm.disposeMemoryBuffer(buffer) }
        return Array(UnsafeRawBufferPointer(start: start, count: llvm.getBufferSize(buffer)))
    }

    private enum FailureAction { static let returnStatus: Int32 = 2 }
    private enum Linkage {
        static let external: Int32 = 0
        static let `internal`: Int32 = 8
    }
}

extension LLVMLibrary {
    /// The object code of a kernel for any machine that this LLVM makes code for.
    ///
    /// Its functions bear the name `symbol`; it needs the C library's mathematics and nothing else.
    public func objectCode(
        of source: KernelSource, for target: TargetDescription, symbol: String
    ) throws(CompilationError) -> [UInt8] {
        try compile(source, for: target, symbol: symbol, form: .object)
    }

    /// The assembly that such object code is made of, for people.
    public func assembly(of source: KernelSource, for target: TargetDescription) throws(CompilationError) -> String {
        String(decoding: try compile(source, for: target, symbol: source.symbol, form: .assembly), as: UTF8.self)
    }

    private func compile(
        _ source: KernelSource, for target: TargetDescription, symbol: String, form: ModuleCompiler.Form
    ) throws(CompilationError) -> [UInt8] {
        let compiler: ModuleCompiler
        do { compiler = try ModuleCompiler(library: self, target: target) } catch { throw .unavailable(error) }
        return try compiler.compile(source, symbol: symbol, form: form)
    }
}

/// What went wrong between IR text and code that can be called. It is a defect of the emitter, never of a user's program.
public enum CompilationError: Error, Hashable, Sendable, CustomStringConvertible {
    /// LLVM does not understand the text.
    case unreadable(String)
    /// The text is understood but breaks a rule of the IR.
    case invalid(String)
    /// The text does not define the kernel's function.
    case missingFunction(String)
    /// The passes failed.
    case notOptimised(String)
    /// No machine code came out.
    case notGenerated(String)
    /// Object code could not be added or linked.
    case notLinked(String)
    /// LLVM cannot be used at all.
    case unavailable(LLVMUnavailable)
    /// The system gave no memory.
    case outOfMemory

    /// The error in a sentence.
    public var description: String {
        switch self {
        case .unreadable(let message): "LLVM does not understand the kernel: \(message)"
        case .invalid(let message): "the kernel is not valid LLVM IR: \(message)"
        case .missingFunction(let name): "the kernel does not define \(name)"
        case .notOptimised(let message): "LLVM's passes failed: \(message)"
        case .notGenerated(let message): "LLVM made no machine code: \(message)"
        case .notLinked(let message): "machine code could not be linked: \(message)"
        case .unavailable(let reason): "LLVM is not available: \(reason)"
        case .outOfMemory: "no memory left for compiling"
        }
    }
}
