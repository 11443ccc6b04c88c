import Testing

@testable import LeibnizKernels

#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

/// Every version of LLVM that is installed here among those that are tested.
enum InstalledLLVM {
    static let all: [LLVMLibrary] = ["libLLVM-15.so", "libLLVM-19.so"].compactMap { try? LLVMLibrary(path: $0) }
}

/// IR texts written by hand, and a folder for a cache that goes away with it.
enum KernelExamples {
    /// y[i] = a·x[i] + i, one unit per element.
    static func scale(by factor: Double) -> KernelSource {
        let ir = """
            define void @scale(ptr %buffers, ptr %status, i64 %begin, i64 %end, ptr %scratch) {
              %x = load ptr, ptr %buffers
              %slot = getelementptr ptr, ptr %buffers, i64 1
              %y = load ptr, ptr %slot
              br label %test
            test:
              %i = phi i64 [ %begin, %0 ], [ %next, %body ]
              %more = icmp slt i64 %i, %end
              br i1 %more, label %body, label %done
            body:
              %from = getelementptr double, ptr %x, i64 %i
              %value = load double, ptr %from
              %scaled = fmul double %value, \(factor)
              %index = sitofp i64 %i to double
              %sum = call double @plus(double %scaled, double %index)
              %to = getelementptr double, ptr %y, i64 %i
              store double %sum, ptr %to
              %next = add i64 %i, 1
              br label %test
            done:
              ret void
            }
            define double @plus(double %a, double %b) alwaysinline {
              %sum = fadd double %a, %b
              ret double %sum
            }
            """
        return KernelSource(ir: ir, symbol: "scale", units: 1000, unitCost: 2)
    }

    /// y[0] = Σ erf(x[i]): partial sums in scratch memory, added up in the order of the chunks.
    static func sumOfErf(units: Int, unitCost: Int) -> KernelSource {
        let ir = """
            declare double @erf(double)
            define void @sum(ptr %buffers, ptr %status, i64 %begin, i64 %end, ptr %scratch) {
              %x = load ptr, ptr %buffers
              br label %test
            test:
              %i = phi i64 [ %begin, %0 ], [ %next, %body ]
              %sum = phi double [ 0.0, %0 ], [ %more_sum, %body ]
              %more = icmp slt i64 %i, %end
              br i1 %more, label %body, label %done
            body:
              %from = getelementptr double, ptr %x, i64 %i
              %value = load double, ptr %from
              %erf = call double @erf(double %value)
              %more_sum = fadd double %sum, %erf
              %next = add i64 %i, 1
              br label %test
            done:
              store double %sum, ptr %scratch
              ret void
            }
            define void @sum_finish(ptr %buffers, ptr %status, i64 %threads, ptr %scratch) {
              %slot = getelementptr ptr, ptr %buffers, i64 1
              %y = load ptr, ptr %slot
              br label %test
            test:
              %i = phi i64 [ 0, %0 ], [ %next, %body ]
              %sum = phi double [ 0.0, %0 ], [ %more_sum, %body ]
              %more = icmp slt i64 %i, %threads
              br i1 %more, label %body, label %done
            body:
              %offset = mul i64 %i, 64
              %from = getelementptr i8, ptr %scratch, i64 %offset
              %value = load double, ptr %from
              %more_sum = fadd double %sum, %value
              %next = add i64 %i, 1
              br label %test
            done:
              store double %sum, ptr %y
              ret void
            }
            """
        return KernelSource(ir: ir, symbol: "sum", units: units, unitCost: unitCost, scratchBytes: 64, hasFinish: true)
    }

    /// Gives `body` a folder of its own and removes it.
    static func withFolder<Result>(_ body: (String) throws -> Result) throws -> Result {
        let folder = "/tmp/leibniz-test-\(getpid())-\(UInt64.random(in: 0 ... .max))"
        try #require(mkdir(folder, 0o700) == 0)
        defer {
            for inner in [folder + "/cache", folder] {
                for name in fileNames(inFolder: inner) { unlink("\(inner)/\(name)") }
                rmdir(inner)
            }
        }
        return try body(folder)
    }
}

@Suite struct JITTests {
    /// y = a·x + i over 1000 elements.
    func runScale(_ code: CompiledCode) -> (x: [Double], y: [Double]) {
        let (x, y) = (Buffer(byteCount: 8000), Buffer(byteCount: 8000))
        let inputs = (0..<1000).map { Double($0) / 7 }
        for (index, input) in inputs.enumerated() {
            x.pointer.storeBytes(of: input, toByteOffset: 8 * index, as: Double.self)
        }
        var status = KernelStatus()
        code.main([x.pointer, y.pointer], &status, 0, 1000, nil)
        return (inputs, (0..<1000).map { y.pointer.load(fromByteOffset: 8 * $0, as: Double.self) })
    }

    @Test func `some LLVM is installed where these tests run`() {
        #expect(!InstalledLLVM.all.isEmpty)
    }

    @Test(arguments: InstalledLLVM.all.indices)
    func `text becomes code that computes what it says`(index: Int) throws {
        let jit = try JIT(library: InstalledLLVM.all[index], cache: nil)
        #expect(jit.target.vectorBytes >= 16)
        for factor in [2.5, -3.0] {  // Two kernels of one name do not disturb each other.
            let (x, y) = runScale(try jit.code(for: KernelExamples.scale(by: factor)))
            for i in 0..<1000 { #expect(y[i] == factor * x[i] + Double(i)) }
        }
        #expect(jit.compiledCount == 2 && jit.loadedFromDiskCount == 0)
    }

    @Test(arguments: InstalledLLVM.all.indices)
    func `code is found again while it is held, and unloaded after`(index: Int) throws {
        let jit = try JIT(library: InstalledLLVM.all[index], cache: nil)
        let source = KernelExamples.scale(by: 2)
        do {
            let first = try jit.code(for: source)
            let second = try jit.code(for: source)
            #expect(jit.compiledCount == 1)
            #expect(runScale(first).y == runScale(second).y)
        }
        // Compiling again would fail with a duplicate definition had the first not been unloaded.
        #expect(runScale(try jit.code(for: source)).y[1] == 2.0 / 7 + 1)
        #expect(jit.compiledCount == 2)
    }

    @Test(arguments: InstalledLLVM.all.indices)
    func `code on disk is used by the next process`(index: Int) throws {
        try KernelExamples.withFolder { folder in
            let source = KernelExamples.scale(by: 4)
            let cache = try #require(CodeCache(folder: folder + "/cache"))
            let first = try JIT(library: InstalledLLVM.all[index], cache: cache)
            let expected = runScale(try first.code(for: source)).y
            #expect(cache.byteCount > 0)

            let second = try JIT(library: InstalledLLVM.all[index], cache: cache)
            #expect(runScale(try second.code(for: source)).y == expected)
            #expect(second.loadedFromDiskCount == 1 && second.compiledCount == 0)
        }
    }

    @Test func `a damaged entry is compiled anew`() throws {
        try KernelExamples.withFolder { folder in
            let source = KernelExamples.scale(by: 4)
            let library = try #require(InstalledLLVM.all.last)
            let cache = try #require(CodeCache(folder: folder + "/cache"))
            let expected = runScale(try JIT(library: library, cache: cache).code(for: source)).y
            let name = try #require(fileNames(inFolder: cache.folder).first)
            let whole = try #require(readFile("\(cache.folder)/\(name)"))
            var flipped = whole
            flipped[whole.count / 2] ^= 1
            for damaged in [[], Array(whole.prefix(20)), Array(whole.dropLast(100)), flipped] {
                #expect(writeFile("\(cache.folder)/\(name)", damaged))
                let jit = try JIT(library: library, cache: cache)
                #expect(runScale(try jit.code(for: source)).y == expected)
                #expect(jit.compiledCount == 1 && jit.loadedFromDiskCount == 0)
                #expect(readFile("\(cache.folder)/\(name)") == whole)
            }
        }
    }

    @Test func `only the user can read the cache, and a full one drops what is oldest`() throws {
        try KernelExamples.withFolder { folder in
            let cache = try #require(CodeCache(folder: folder + "/cache", byteLimit: 4000))
            var status = stat()
            #expect(stat(cache.folder, &status) == 0 && status.st_mode & 0o777 == 0o700)
            for number in 0..<8 {
                cache.store("entry\(number)", [UInt8](repeating: UInt8(number), count: 960))  // 1000 with its header
                var times = [timeval(tv_sec: 1000 + number, tv_usec: 0), timeval(tv_sec: 1000 + number, tv_usec: 0)]
                utimes("\(cache.folder)/entry\(number).object", &times)
            }
            #expect(stat("\(cache.folder)/entry7.object", &status) == 0 && status.st_mode & 0o777 == 0o600)
            cache.trim()
            #expect(cache.byteCount == 3000)
            #expect(cache.load("entry4") == nil)
            #expect(cache.load("entry5") == [UInt8](repeating: 5, count: 960))
        }
        #expect(CodeCache(folder: "/dev/null/cache") == nil)
    }

    @Test func `faulty text is a typed error`() throws {
        let jit = try JIT(library: try #require(InstalledLLVM.all.last), cache: nil)
        func error(_ ir: String, finish: Bool = false) -> CompilationError? {
            let source = KernelSource(ir: ir, symbol: "f", units: 1, unitCost: 1, hasFinish: finish)
            do throws(CompilationError) {
                _ = try jit.code(for: source)
                return nil
            } catch {
                return error
            }
        }
        if case .unreadable = error("define nonsense") {} else { Issue.record("no parser error") }
        #expect(error("define void @g() { ret void }") == .missingFunction("f"))
        let plain = "define void @f(ptr %b, ptr %s, i64 %i, i64 %j, ptr %t) { ret void }"
        #expect(error(plain, finish: true) == .missingFunction("f_finish"))
        let call = plain.replacing("ret", with: "call void @nowhere_to_be_found()\nret")
        if case .notLinked = error("declare void @nowhere_to_be_found()\n" + call) {
        } else {
            Issue.record("no linker error")
        }
        #expect(error(plain) == nil)
    }

    #if os(Linux) && arch(x86_64)
        @Test(arguments: InstalledLLVM.all.indices)
        func `code may call the C library's vector mathematics`(index: Int) throws {
            let jit = try JIT(library: InstalledLLVM.all[index], cache: nil)
            let ir = """
                declare <2 x double> @_ZGVbN2v_exp(<2 x double>)
                define void @f(ptr %buffers, ptr %status, i64 %begin, i64 %end, ptr %scratch) {
                  %x = load ptr, ptr %buffers
                  %value = load <2 x double>, ptr %x
                  %result = call <2 x double> @_ZGVbN2v_exp(<2 x double> %value)
                  store <2 x double> %result, ptr %x
                  ret void
                }
                """
            let code = try jit.code(for: KernelSource(ir: ir, symbol: "f", units: 1, unitCost: 1))
            let x = Buffer(byteCount: 16)
            x.pointer.storeBytes(of: [0, 1], as: SIMD2<Double>.self)
            var status = KernelStatus()
            code.main([x.pointer], &status, 0, 1, nil)
            let result = x.pointer.load(as: SIMD2<Double>.self)
            #expect(result[0] == 1 && abs(result[1] - exp(1)) < 1e-15)
        }
    #endif

    @Test(arguments: InstalledLLVM.all.indices)
    func `many threads may compile at once`(index: Int) throws {
        let jit = try JIT(library: InstalledLLVM.all[index], cache: nil)
        // Each source twice, so that threads race for one.
        var codes = [CompiledCode?](repeating: nil, count: 16)
        codes.withUnsafeMutableBufferPointer { codes in
            let slots = codes
            onLargeStacks(tasks: 16, threads: 4) { task in
                slots[task] = try? jit.code(for: KernelExamples.scale(by: Double(task / 2)))
            }
        }
        for task in 0..<16 {
            let (x, y) = runScale(try #require(codes[task]))
            #expect(y[999] == Double(task / 2) * x[999] + 999)
        }
    }

    @Test func `assembly can be read`() throws {
        let jit = try JIT(library: try #require(InstalledLLVM.all.last), cache: nil)
        #expect(try jit.assembly(of: KernelExamples.scale(by: 2)).contains("scale:"))
    }

    @Test func `an LLVM that cannot be used says why`() {
        func reason(_ wish: Settings.LLVMPath) -> LLVMUnavailable? {
            do throws(LLVMUnavailable) {
                _ = try LLVMLibrary.find(wish)
                return nil
            } catch {
                return error
            }
        }
        #expect(reason(.none) == .turnedOff)
        if case .notFound = reason(.file("/nowhere/libLLVM.so")) {} else { Issue.record("found nowhere") }
        if case .missingFunction = reason(.file("libm.so.6")) {} else { Issue.record("libm is not LLVM") }
        #expect(LLVMLibrary.version(inName: "/usr/lib/llvm-14/lib/libLLVM-15.so.1") == 15)
        #expect(LLVMLibrary.version(inName: "/opt/llvm@17/lib/libLLVM.dylib") == 17)
    }

    @Test(arguments: [
        ("", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
        ("abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
        (
            "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
            "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"
        ),
    ])
    func `the digest is that of FIPS 180-4`(message: String, expected: String) {
        let hexadecimal = SHA256.digest(message.utf8).map { byte in
            let text = String(byte, radix: 16)
            return text.count == 1 ? "0" + text : text
        }.joined()
        #expect(hexadecimal == expected)
        // Lengths around a block's border, in one piece and in two.
        for count in 54...130 {
            let bytes = (0..<count).map { UInt8($0) }
            var halves = SHA256()
            halves.update(bytes[..<(count / 3)])
            halves.update(bytes[(count / 3)...])
            #expect(halves.finish() == SHA256.digest(bytes))
        }
    }
}
