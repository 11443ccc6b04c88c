/// Sets of vector instructions that code can be made for, each with the names by which `LEIBNIZ_VECTORS` knows them.
public enum VectorInstructions: String, Sendable, Hashable, CaseIterable {
    /// x86-64-v2: 16 registers of 16 bytes, no fused multiplication and addition.
    case sse4
    /// x86-64-v3: 16 registers of 32 bytes.
    case avx2
    /// x86-64-v4: 32 registers of 64 bytes, and masks.
    case avx512
    /// AArch64: 32 registers of 16 bytes.
    case neon
}

extension VectorInstructions {
    /// LLVM's names of the features that code of this set may use on x86, the psABI's levels 2 and 3; nil where all may be.
    ///
    /// With each feature it has all that LLVM says this one implies: taking away any other takes none of these.
    fileprivate var allowedFeatures: Set<String>? {
        let second: Set = [
            "64bit", "cmov", "crc32", "cx8", "cx16", "fxsr", "mmx", "popcnt", "sahf", "sse", "sse2", "sse3", "ssse3",
            "sse4.1", "sse4.2", "x87",
        ]
        let third: Set = ["avx", "avx2", "bmi", "bmi2", "f16c", "fma", "lzcnt", "movbe", "xsave"]
        switch self {
        case .sse4: return second
        case .avx2: return second.union(third)
        case .avx512, .neon: return nil
        }
    }

    /// The feature without which LLVM uses nothing that only wider sets have, whatever the processor's name stands for.
    fileprivate var nextFeature: String? {
        switch self {
        case .sse4: "avx"
        case .avx2: "avx512f"
        case .avx512, .neon: nil
        }
    }
}

extension TargetDescription {
    /// The vector instructions that code for this machine may use.
    public var vectors: VectorInstructions {
        if !isX86 { return .neon }
        return vectorBytes == 64 ? .avx512 : vectorBytes == 32 ? .avx2 : .sse4
    }

    /// Whether AVX-512's instructions may be named, whatever the width of vectors is.
    var hasAVX512: Bool { isX86 && (features.contains("+avx512f") || cpu == "x86-64-v4") }

    var isX86: Bool { triple.hasPrefix("x86_64") || triple.hasPrefix("amd64") }

    /// The processor and what is used of it, for people.
    public var summary: String { "\(cpu), \(vectors.rawValue): vectors of \(8 * vectorBytes) bits" }

    /// This machine with no more than some vector instructions; nil where it has fewer, or others.
    ///
    /// The processor keeps its name, by which LLVM knows how long instructions take.
    public func narrowed(to wish: VectorInstructions) -> TargetDescription? {
        let order: [VectorInstructions] = isX86 ? [.sse4, .avx2, .avx512] : [.neon]
        guard let asked = order.firstIndex(of: wish), let present = order.firstIndex(of: vectors), asked <= present
        else { return nil }
        guard asked < present, let allowed = wish.allowedFeatures else { return self }
        var result = self
        var kept = features.split(separator: ",").map { feature in
            feature.hasPrefix("+") && !allowed.contains(String(feature.dropFirst()))
                ? "-" + feature.dropFirst() : feature
        }
        if let next = wish.nextFeature { kept.append("-" + next) }
        result.features = kept.joined(separator: ",")
        result.vectorBytes = wish == .avx2 ? 32 : 16
        result.vectorRegisterCount = 16
        result.hasFMA = hasFMA && allowed.contains("fma")
        return result
    }

    /// The least machine under Linux that has some vector instructions, for code that is to run elsewhere.
    public static func generic(_ vectors: VectorInstructions, llvmVersion: Int) -> TargetDescription {
        func x86(_ level: Int, bytes: Int, registers: Int) -> TargetDescription {
            TargetDescription(
                triple: "x86_64-unknown-linux-gnu", cpu: "x86-64-v\(level)", features: "", vectorBytes: bytes,
                vectorRegisterCount: registers, hasFMA: level > 2, llvmVersion: llvmVersion)
        }
        switch vectors {
        case .sse4: return x86(2, bytes: 16, registers: 16)
        case .avx2: return x86(3, bytes: 32, registers: 16)
        case .avx512: return x86(4, bytes: 64, registers: 32)
        case .neon:
            return TargetDescription(
                triple: "aarch64-unknown-linux-gnu", cpu: "generic", features: "+neon", vectorBytes: 16,
                vectorRegisterCount: 32, hasFMA: true, llvmVersion: llvmVersion)
        }
    }
}
