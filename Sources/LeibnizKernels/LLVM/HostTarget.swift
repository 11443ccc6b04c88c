extension LLVMLibrary {
    /// The machine that this process runs on, as LLVM sees it.
    public func hostTarget() -> TargetDescription {
        let triple = functions.take(functions.getDefaultTargetTriple())
        let cpu = functions.take(functions.getHostCPUName())
        // Of SSE4a LLVM uses what has no form for AVX: each use among AVX takes a Zen 3 some hundred cycles.
        let features = functions.take(functions.getHostCPUFeatures()).replacing("+sse4a", with: "-sse4a")
        let present = Set(features.split(separator: ",").filter { $0.hasPrefix("+") }.map { String($0.dropFirst()) })
        #if arch(arm64)
            return TargetDescription(
                triple: triple, cpu: cpu, features: features, vectorBytes: 16, vectorRegisterCount: 32, hasFMA: true,
                coreCacheBytes: Processors.coreCacheBytes, llvmVersion: version)
        #else
            let hasWideVectors = present.isSuperset(of: ["avx512f", "avx512vl", "avx512bw", "avx512dq"])
            return TargetDescription(
                triple: triple, cpu: cpu, features: features,
                vectorBytes: hasWideVectors ? 64 : present.contains("avx2") ? 32 : 16,
                vectorRegisterCount: hasWideVectors ? 32 : 16, hasFMA: present.contains("fma"),
                coreCacheBytes: Processors.coreCacheBytes, llvmVersion: version)
        #endif
    }

    /// A target machine for `target`, to be used by one thread at a time and disposed of by the caller.
    func makeTargetMachine(_ target: TargetDescription) throws(LLVMUnavailable) -> LLVMFunctions.Ref {
        var reference: LLVMFunctions.Ref?
        var message: LLVMFunctions.Message?
        guard functions.getTargetFromTriple(target.triple, &reference, &message) == 0, let reference else {
            throw .unfit(functions.take(message))
        }
        let machine = functions.createTargetMachine(
            reference, target.triple, target.cpu, target.features, OptimisationLevel.usual,
            Relocation.positionIndependent,
            CodeModel.small)
        guard let machine else { throw .unfit("no target machine for \(target.triple)") }
        return machine
    }

    private enum OptimisationLevel { static let usual: Int32 = 2 }
    private enum Relocation { static let positionIndependent: Int32 = 2 }
    /// Code and constants of one kernel lie within 2 GiB of each other, so short addresses do.
    private enum CodeModel { static let small: Int32 = 3 }
}
