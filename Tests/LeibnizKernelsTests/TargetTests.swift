import Testing

@testable import LeibnizKernels

/// What code is made of, for this machine narrowed and for others.
@Suite struct TargetTests {
    /// The instructions of some assembly, each with its operands.
    private static func instructions(_ assembly: String) -> [Substring] {
        assembly.split(separator: "\n").filter { $0.hasPrefix("\t") && !$0.hasPrefix("\t.") }.map { $0.dropFirst() }
    }

    private static func has(_ instructions: [Substring], _ parts: String...) -> Bool {
        instructions.contains { instruction in parts.allSatisfy { instruction.contains($0) } }
    }

    /// Instructions on general registers that are encoded as AVX's are.
    private static let newScalars: Set<Substring> = [
        "andn", "bextr", "blsi", "blsmsk", "blsr", "bzhi", "mulx", "pdep", "pext", "rorx", "sarx", "shlx", "shrx",
    ]

    /// Records an issue where code uses what a set of instructions has not.
    private static func check(_ instructions: [Substring], use vectors: VectorInstructions, _ note: String) {
        for instruction in instructions {
            let name = instruction.prefix { $0.isLetter || $0.isNumber }
            let isLegal =
                switch vectors {
                case .sse4:
                    !name.hasPrefix("v") && !instruction.contains("ymm") && !instruction.contains("zmm")
                        && !newScalars.contains(name.hasSuffix("q") || name.hasSuffix("l") ? name.dropLast() : name)
                case .avx2: !instruction.contains("zmm") && !instruction.contains("%k") && !name.hasPrefix("kmov")
                case .avx512: !instruction.contains("\tv0.")
                case .neon: !instruction.contains("%")
                }
            if !isLegal { Issue.record("\(vectors) has no \(instruction)\n\(note)") }
        }
    }

    /// Loop nests of every kind: known ones, and generated ones that use all of the language.
    private static var nests: [LoopNest] {
        var generator = NestGenerator(seed: 20)
        return KnownNest.all.map(\.nest)
            + NestGenerator.Family.allCases.flatMap { family in (0..<6).map { _ in generator.next(family).nest } }
    }

    /// c[i, j] = Σ_k a[i, k] b[k, j] in float32.
    private static var product: LoopNest {
        var nest = KnownNest.matrixProduct(64, 64, 64).nest
        for index in nest.buffers.indices { nest.buffers[index].type = .float32 }
        nest.values = nest.values.map { Value($0.operation, .float32) }
        return nest
    }

    @Test(arguments: VectorInstructions.allCases, InstalledLLVM.all.indices)
    func `code is made for every machine`(vectors: VectorInstructions, index: Int) throws {
        let library = InstalledLLVM.all[index]
        let target = TargetDescription.generic(vectors, llvmVersion: library.version)
        #expect(target.vectors == vectors)
        for nest in Self.nests {
            let source = try Emitter.source(for: nest, target: target, threads: 2)
            let object = try library.objectCode(of: source, for: target, symbol: "kernel")
            // ELF's number of the architecture: EM_AARCH64 or EM_X86_64.
            #expect(object.starts(with: Array("\u{7F}ELF".utf8)) && object[18] == (vectors == .neon ? 183 : 62))
            let assembly = try library.assembly(of: source, for: target)
            Self.check(Self.instructions(assembly), use: vectors, "\(nest)")
        }
    }

    /// Among AVX each of its instructions takes a Zen 3 some hundred cycles.
    @Test(arguments: InstalledLLVM.all.indices) func `code of this machine has nothing of SSE4a`(index: Int) {
        #expect(!InstalledLLVM.all[index].hostTarget().features.contains("+sse4a"))
    }

    @Test(arguments: VectorInstructions.allCases, InstalledLLVM.all.indices)
    func `a matrix product fills the registers of every machine`(vectors: VectorInstructions, index: Int) throws {
        let library = InstalledLLVM.all[index]
        let target = TargetDescription.generic(vectors, llvmVersion: library.version)
        let source = try Emitter.source(for: Self.product, target: target, threads: 1)
        let code = Self.instructions(try library.assembly(of: source, for: target))
        switch vectors {
        case .sse4: #expect(Self.has(code, "mulps", "%xmm") && Self.has(code, "addps", "%xmm"))
        case .avx2: #expect(Self.has(code, "vfmadd", "ps", "%ymm"))
        case .avx512: #expect(Self.has(code, "vfmadd", "ps", "%zmm"))
        case .neon: #expect(Self.has(code, "fmla", "v", ".4s"))
        }
        // As many sums are under way as the registers hold, and nothing is kept in memory meanwhile.
        let schedule = Emitter.schedule(for: Self.product, target: target, threads: 1)
        let sums = schedule.outer.reduce(1) { $0 * $1.count }
        #expect((8..<target.vectorRegisterCount).contains(sums), "\(schedule)")
        #expect(schedule.outer.contains { $0.lanes == target.vectorBytes / 4 }, "\(schedule)")
    }

    @Test(arguments: InstalledLLVM.all.indices)
    func `a narrowed machine uses nothing wider`(index: Int) throws {
        let library = InstalledLLVM.all[index]
        let host = library.hostTarget()
        let narrowed = VectorInstructions.allCases.compactMap { host.narrowed(to: $0) }
        #expect(narrowed.contains { $0.vectors == host.vectors })
        for target in narrowed where target.vectors != host.vectors {
            #expect(target.cpu == host.cpu && target.vectorBytes < host.vectorBytes)
            for nest in Self.nests + [Self.product] {
                let source = try Emitter.source(for: nest, target: target, threads: 2)
                let assembly = try library.assembly(of: source, for: target)
                Self.check(Self.instructions(assembly), use: target.vectors, "\(nest)")
            }
        }
    }

    @Test func `no machine can be made wider`() {
        for vectors in VectorInstructions.allCases {
            let target = TargetDescription.generic(vectors, llvmVersion: 19)
            let legal: [VectorInstructions] =
                switch vectors {
                case .sse4: [.sse4]
                case .avx2: [.sse4, .avx2]
                case .avx512: [.sse4, .avx2, .avx512]
                case .neon: [.neon]
                }
            #expect(VectorInstructions.allCases.filter { target.narrowed(to: $0) != nil } == legal)
            for narrower in legal { #expect(target.narrowed(to: narrower)?.vectors == narrower) }
        }
    }

    @Test func `features that a set has not are taken away`() throws {
        var machine = TargetDescription.generic(.avx512, llvmVersion: 19)
        machine.features = "+sse4.2,+avx,+avx2,+fma,+bmi,+avx512f,-amx,+new"
        let avx2 = try #require(machine.narrowed(to: .avx2))
        #expect(avx2.features == "+sse4.2,+avx,+avx2,+fma,+bmi,-avx512f,-amx,-new,-avx512f")
        #expect(avx2.hasFMA && avx2.vectorBytes == 32 && avx2.vectorRegisterCount == 16)
        let sse4 = try #require(machine.narrowed(to: .sse4))
        #expect(!sse4.hasFMA && sse4.vectorBytes == 16 && sse4.features.hasPrefix("+sse4.2,-avx,-avx2,-fma,-bmi,"))
    }

    @Test func `code for narrowed machines is kept apart`() throws {
        let library = try #require(InstalledLLVM.all.last)
        let host = library.hostTarget()
        let targets = VectorInstructions.allCases.compactMap { host.narrowed(to: $0) }
        let source = KernelExamples.scale(by: 2)
        let keys = try targets.map { try JIT(library: library, cache: nil, target: $0).key(of: source) }
        #expect(Set(keys).count == targets.count)
        #expect(keys.contains(try JIT(library: library, cache: nil).key(of: source)))
    }

    @Test func `a library keeps within what it is told, and to the machine where that has less`() throws {
        let path = try #require(InstalledLLVM.all.last).path
        let host = try #require(InstalledLLVM.all.last).hostTarget()
        for vectors in VectorInstructions.allCases {
            let library = KernelLibrary(llvm: .file(path), vectors: vectors, pool: ThreadPool(count: 1))
            let target = try #require(library.backendDescription.llvm).target
            #expect(target == host.narrowed(to: vectors) ?? host)
            #expect(library.backendDescription.description.contains("\(target.vectors): vectors of"))
        }
    }
}
