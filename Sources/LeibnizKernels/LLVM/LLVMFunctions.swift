/// The functions of LLVM's C API that are used here, under their own names without the prefix `LLVM`.
///
/// Signatures follow `llvm-c/*.h`, which have kept them from version 15 on. A `Bool32` of 0 is success where a function can fail.
struct LLVMFunctions: Sendable {
    /// Any of LLVM's opaque `…Ref` types.
    typealias Ref = OpaquePointer
    typealias Text = UnsafePointer<CChar>
    typealias Message = UnsafeMutablePointer<CChar>
    typealias Out<T> = UnsafeMutablePointer<T>
    typealias Bool32 = Int32

    typealias Create = @Sendable @convention(c) () -> Ref?
    typealias Dispose = @Sendable @convention(c) (Ref?) -> Void
    typealias GetMessage = @Sendable @convention(c) () -> Message?
    typealias Initialize = @Sendable @convention(c) () -> Void

    // Core.h, IRReader.h, Analysis.h
    let contextCreate: Create
    let contextDispose: Dispose
    let createMemoryBufferWithMemoryRangeCopy: @Sendable @convention(c) (Text?, Int, Text) -> Ref?
    let getBufferStart: @Sendable @convention(c) (Ref) -> Text?
    let getBufferSize: @Sendable @convention(c) (Ref) -> Int
    let disposeMemoryBuffer: Dispose
    /// Takes the buffer over, also where it fails.
    let parseIRInContext: @Sendable @convention(c) (Ref, Ref, Out<Ref?>, Out<Message?>) -> Bool32
    let verifyModule: @Sendable @convention(c) (Ref, Int32, Out<Message?>) -> Bool32
    let disposeModule: Dispose
    let disposeMessage: @Sendable @convention(c) (Message?) -> Void
    let setTarget: @Sendable @convention(c) (Ref, Text) -> Void
    let getFirstFunction: @Sendable @convention(c) (Ref) -> Ref?
    let getNextFunction: @Sendable @convention(c) (Ref) -> Ref?
    let getNamedFunction: @Sendable @convention(c) (Ref, Text) -> Ref?
    let isDeclaration: @Sendable @convention(c) (Ref) -> Bool32
    let setValueName2: @Sendable @convention(c) (Ref, Text, Int) -> Void
    let setLinkage: @Sendable @convention(c) (Ref, Int32) -> Void

    // Target.h, TargetMachine.h
    /// For this machine's processor, and for those others that this LLVM makes code for.
    let initializers: [Initialize]
    let getDefaultTargetTriple: GetMessage
    let getHostCPUName: GetMessage
    let getHostCPUFeatures: GetMessage
    let getTargetFromTriple: @Sendable @convention(c) (Text, Out<Ref?>, Out<Message?>) -> Bool32
    /// Target, triple, CPU, features, optimisation level, relocation, code model.
    let createTargetMachine: @Sendable @convention(c) (Ref, Text, Text, Text, Int32, Int32, Int32) -> Ref?
    let disposeTargetMachine: Dispose
    let createTargetDataLayout: @Sendable @convention(c) (Ref) -> Ref?
    let disposeTargetData: Dispose
    let setModuleDataLayout: @Sendable @convention(c) (Ref, Ref) -> Void
    let targetMachineEmitToMemoryBuffer: @Sendable @convention(c) (Ref, Ref, Int32, Out<Message?>, Out<Ref?>) -> Bool32

    // Error.h, Transforms/PassBuilder.h
    let getErrorMessage: @Sendable @convention(c) (Ref) -> Message?
    let disposeErrorMessage: @Sendable @convention(c) (Message?) -> Void
    let consumeError: @Sendable @convention(c) (Ref?) -> Void
    let createPassBuilderOptions: Create
    let disposePassBuilderOptions: Dispose
    let runPasses: @Sendable @convention(c) (Ref, Text, Ref?, Ref) -> Ref?

    // Orc.h, LLJIT.h
    let orcCreateLLJITBuilder: Create
    let orcJITTargetMachineBuilderCreateFromTargetMachine: @Sendable @convention(c) (Ref) -> Ref?
    let orcLLJITBuilderSetJITTargetMachineBuilder: @Sendable @convention(c) (Ref, Ref) -> Void
    let orcCreateLLJIT: @Sendable @convention(c) (Out<Ref?>, Ref) -> Ref?
    let orcDisposeLLJIT: @Sendable @convention(c) (Ref) -> Ref?
    let orcLLJITGetExecutionSession: @Sendable @convention(c) (Ref) -> Ref?
    let orcExecutionSessionSetErrorReporter:
        @Sendable @convention(c) (
            Ref, @convention(c) (UnsafeMutableRawPointer?, Ref?) -> Void, UnsafeMutableRawPointer?
        ) -> Void
    let orcLLJITGetMainJITDylib: @Sendable @convention(c) (Ref) -> Ref?
    let orcLLJITGetGlobalPrefix: @Sendable @convention(c) (Ref) -> CChar
    let orcCreateDynamicLibrarySearchGeneratorForProcess:
        @Sendable @convention(c) (Out<Ref?>, CChar, Ref?, Ref?) -> Ref?
    let orcJITDylibAddGenerator: @Sendable @convention(c) (Ref, Ref) -> Void
    let orcJITDylibCreateResourceTracker: @Sendable @convention(c) (Ref) -> Ref?
    let orcResourceTrackerRemove: @Sendable @convention(c) (Ref) -> Ref?
    let orcReleaseResourceTracker: Dispose
    /// Takes the buffer over, also where it fails.
    let orcLLJITAddObjectFileWithRT: @Sendable @convention(c) (Ref, Ref, Ref) -> Ref?
    let orcLLJITLookup: @Sendable @convention(c) (Ref, Out<UInt64>, Text) -> Ref?

    /// Looks all functions up; `symbol` gives an address for a name.
    init(symbol: (String) throws(LLVMUnavailable) -> UnsafeMutableRawPointer) throws(LLVMUnavailable) {
        func find<Function>(_ name: String) throws(LLVMUnavailable) -> Function {
            unsafeBitCast(try symbol("LLVM" + name), to: Function.self)
        }
        contextCreate = try find("ContextCreate")
        contextDispose = try find("ContextDispose")
        createMemoryBufferWithMemoryRangeCopy = try find("CreateMemoryBufferWithMemoryRangeCopy")
        getBufferStart = try find("GetBufferStart")
        getBufferSize = try find("GetBufferSize")
        disposeMemoryBuffer = try find("DisposeMemoryBuffer")
        parseIRInContext = try find("ParseIRInContext")
        verifyModule = try find("VerifyModule")
        disposeModule = try find("DisposeModule")
        disposeMessage = try find("DisposeMessage")
        setTarget = try find("SetTarget")
        getFirstFunction = try find("GetFirstFunction")
        getNextFunction = try find("GetNextFunction")
        getNamedFunction = try find("GetNamedFunction")
        isDeclaration = try find("IsDeclaration")
        setValueName2 = try find("SetValueName2")
        setLinkage = try find("SetLinkage")

        #if arch(arm64)
            let (own, other) = ("AArch64", "X86")
        #else
            let (own, other) = ("X86", "AArch64")
        #endif
        func initializers(_ architecture: String) throws(LLVMUnavailable) -> [Initialize] {
            [
                try find("Initialize\(architecture)TargetInfo"), try find("Initialize\(architecture)Target"),
                try find("Initialize\(architecture)TargetMC"), try find("Initialize\(architecture)AsmPrinter"),
            ]
        }
        self.initializers = try initializers(own) + ((try? initializers(other)) ?? [])
        getDefaultTargetTriple = try find("GetDefaultTargetTriple")
        getHostCPUName = try find("GetHostCPUName")
        getHostCPUFeatures = try find("GetHostCPUFeatures")
        getTargetFromTriple = try find("GetTargetFromTriple")
        createTargetMachine = try find("CreateTargetMachine")
        disposeTargetMachine = try find("DisposeTargetMachine")
        createTargetDataLayout = try find("CreateTargetDataLayout")
        disposeTargetData = try find("DisposeTargetData")
        setModuleDataLayout = try find("SetModuleDataLayout")
        targetMachineEmitToMemoryBuffer = try find("TargetMachineEmitToMemoryBuffer")

        getErrorMessage = try find("GetErrorMessage")
        disposeErrorMessage = try find("DisposeErrorMessage")
        consumeError = try find("ConsumeError")
        createPassBuilderOptions = try find("CreatePassBuilderOptions")
        disposePassBuilderOptions = try find("DisposePassBuilderOptions")
        runPasses = try find("RunPasses")

        orcCreateLLJITBuilder = try find("OrcCreateLLJITBuilder")
        orcJITTargetMachineBuilderCreateFromTargetMachine = try find(
            "OrcJITTargetMachineBuilderCreateFromTargetMachine")
        orcLLJITBuilderSetJITTargetMachineBuilder = try find("OrcLLJITBuilderSetJITTargetMachineBuilder")
        orcCreateLLJIT = try find("OrcCreateLLJIT")
        orcDisposeLLJIT = try find("OrcDisposeLLJIT")
        orcLLJITGetExecutionSession = try find("OrcLLJITGetExecutionSession")
        orcExecutionSessionSetErrorReporter = try find("OrcExecutionSessionSetErrorReporter")
        orcLLJITGetMainJITDylib = try find("OrcLLJITGetMainJITDylib")
        orcLLJITGetGlobalPrefix = try find("OrcLLJITGetGlobalPrefix")
        orcCreateDynamicLibrarySearchGeneratorForProcess = try find(
            "OrcCreateDynamicLibrarySearchGeneratorForProcess")
        orcJITDylibAddGenerator = try find("OrcJITDylibAddGenerator")
        orcJITDylibCreateResourceTracker = try find("OrcJITDylibCreateResourceTracker")
        orcResourceTrackerRemove = try find("OrcResourceTrackerRemove")
        orcReleaseResourceTracker = try find("OrcReleaseResourceTracker")
        orcLLJITAddObjectFileWithRT = try find("OrcLLJITAddObjectFileWithRT")
        orcLLJITLookup = try find("OrcLLJITLookup")
    }

    /// The text of a message that LLVM allocated, which is freed.
    func take(_ message: Message?) -> String {
        guard let message else { return "" }
        defer { disposeMessage(message) }
        return String(cString: message)
    }

    /// The text of an error, which is freed; nil where there is none.
    func message(of error: Ref?) -> String? {
        guard let error else { return nil }
        let message = getErrorMessage(error)
        defer { disposeErrorMessage(message) }
        return message.map { String(cString: $0) } ?? "unknown error"
    }
}
