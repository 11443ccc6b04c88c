/// What the emitter must know of the machine that code is made for.
public struct TargetDescription: Hashable, Sendable {
    /// LLVM's target triple, such as `x86_64-pc-linux-gnu`.
    public var triple: String
    /// LLVM's name of the processor, such as `znver3`.
    public var cpu: String
    /// LLVM's feature list, such as `+avx2,+fma`.
    public var features: String
    /// The bytes of a vector register: 16 (SSE, NEON), 32 (AVX2) or 64 (AVX-512).
    public var vectorBytes: Int
    /// The number of vector registers: 16 or 32.
    public var vectorRegisterCount: Int
    /// Whether multiply and add round once, in one instruction.
    public var hasFMA: Bool
    /// The bytes of the second cache, which a core has for itself: 512 KiB where they are not known.
    public var coreCacheBytes: Int
    /// LLVM's major version, 15 or later: it decides which syntax may be emitted.
    public var llvmVersion: Int

    /// A description.
    public init(
        triple: String, cpu: String, features: String, vectorBytes: Int, vectorRegisterCount: Int, hasFMA: Bool,
        coreCacheBytes: Int = 512 << 10, llvmVersion: Int
    ) {
        self.triple = triple
        self.cpu = cpu
        self.features = features
        self.vectorBytes = vectorBytes
        self.vectorRegisterCount = vectorRegisterCount
        self.hasFMA = hasFMA
        self.coreCacheBytes = coreCacheBytes
        self.llvmVersion = llvmVersion
    }
}
