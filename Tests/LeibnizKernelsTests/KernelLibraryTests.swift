import Testing

@testable import LeibnizKernels

#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

@Suite struct KernelLibraryTests {
    /// y[i] = x[i] + addend.
    func adding(_ addend: Double, count: Int = 8) -> LoopNest {
        var nest = LoopNest(name: "add")
        nest.buffers = [
            BufferDeclaration(.float64, count: count, role: .input),
            BufferDeclaration(.float64, count: count, role: .output),
        ]
        nest.axes = [Axis(count)]
        nest.outer = [0]
        let index = Affine(0, [(axis: 0, stride: 1)])
        let x = nest.value(.load(Access(0, index)), .float64)
        let constant = nest.value(.float(addend), .float64)
        let sum = nest.value(.binary(.add, x, constant), .float64)
        nest.stages = [Stage(stores: [Store(Access(1, index), sum)])]
        return nest
    }

    func run(_ kernel: any Kernel, _ input: [Double], threads: Int = 1) -> [Double] {
        let (results, _) = runKernel(kernel, buffers: [bytes(input), bytes(input)], threads: threads)
        return numbers(results[1], as: Double.self)
    }

    @Test(arguments: Backend.allCases)
    func `equal work gets one kernel, and unequal work another`(backend: Backend) throws {
        let library = KernelLibrary(backend: backend, pool: ThreadPool(count: 2))
        var renamed = adding(1)
        renamed.name = "another"
        let work: [KernelWork] = [
            .nest(adding(1)), .nest(adding(2)), .nest(renamed), .sort(RowSort(type: .float64, rows: 1, length: 8)),
            .nest(adding(1)),
        ]
        let kernels = try library.kernels(for: work)
        #expect(kernels.count == 5 && library.count == 3)
        let input = [3.0, 1, 2, 5, 4, 7, 6, 0]
        #expect(run(kernels[0], input) == input.map { $0 + 1 })
        #expect(run(kernels[1], input) == input.map { $0 + 2 })
        #expect(run(kernels[2], input) == input.map { $0 + 1 })
        #expect(run(kernels[4], input) == input.map { $0 + 1 })
        let (sorted, _) = runKernel(kernels[3], buffers: [bytes(input), bytes(input)])
        #expect(numbers(sorted[1], as: Int64.self) == [7, 1, 2, 0, 4, 3, 6, 5])
        #expect(library.interpretedCount == (backend == .llvm ? 0 : 2))
        #expect(library.compiledCount == (backend == .llvm ? 2 : 0))
    }

    @Test(arguments: Backend.allCases)
    func `a full library drops what was not asked for longest`(backend: Backend) throws {
        let library = KernelLibrary(backend: backend, pool: ThreadPool(count: 1), capacity: 4)
        let first = try library.kernels(for: [.nest(adding(0))])
        for addend in 1...20 {
            _ = try library.kernels(for: [.nest(adding(Double(addend)))])
            _ = try library.kernels(for: [.nest(adding(0))])
            #expect(library.count <= 4)
        }
        let made = library.compiledCount + library.interpretedCount
        _ = try library.kernels(for: [.nest(adding(0)), .nest(adding(20))])
        #expect(library.compiledCount + library.interpretedCount == made)
        _ = try library.kernels(for: [.nest(adding(1))])
        #expect(library.compiledCount + library.interpretedCount == made + 1)
        library.removeAll()
        #expect(library.count == 0)
        #expect(run(first[0], [1, 2, 3, 4, 5, 6, 7, 8]) == [1, 2, 3, 4, 5, 6, 7, 8])
    }

    @Test(arguments: Backend.allCases)
    func `a nest that means nothing is an error`(backend: Backend) {
        var broken = adding(1)
        broken.axes = []
        let library = KernelLibrary(backend: backend, pool: ThreadPool(count: 1))
        #expect(throws: LoopNestError.self) { try library.kernels(for: [.nest(broken)]) }
        #expect(library.count == 0)
    }

    @Test(arguments: [1, 2, 3], InstalledLLVM.all.indices)
    func `threads change nothing but the time`(threads: Int, index: Int) throws {
        let pool = ThreadPool(count: threads)
        let library = KernelLibrary(llvm: .file(InstalledLLVM.all[index].path), pool: pool)
        let count = 1000
        let input = (0..<count).map { Double($0 - 300) / 100 }
        var results: Set<UInt64> = []
        for unitCost in [1, 1000] {  // On the caller's thread, and on all.
            let source = KernelExamples.sumOfErf(units: count, unitCost: unitCost)
            let kernel = try library.compile(source: source)
            for _ in 0..<20 { results.insert(run(kernel, input, threads: threads)[0].bitPattern) }
        }
        #expect(results.count == 1)
        var expected = 0.0
        for worker in 0..<threads {
            expected += input[pool.chunk(worker, units: count)].reduce(0.0) { $0 + erf($1) }
        }
        #expect(results == [expected.bitPattern])
    }

    @Test func `a library without LLVM says so and interprets`() throws {
        let library = KernelLibrary(llvm: .none, pool: ThreadPool(count: 2))
        #expect(library.backendDescription.backend == .interpreter)
        #expect(library.backendDescription.reason?.contains("LEIBNIZ_LLVM=none") == true)
        #expect(throws: CompilationError.unavailable(.turnedOff)) {
            try library.compile(source: KernelExamples.scale(by: 1))
        }
        let kernels = try library.kernels(for: [.nest(adding(1))])
        #expect(run(kernels[0], [1, 2, 3, 4, 5, 6, 7, 8]) == [2, 3, 4, 5, 6, 7, 8, 9])
    }

    @Test func `a description names what runs kernels`() throws {
        let path = try #require(InstalledLLVM.all.last).path
        let description = KernelLibrary(llvm: .file(path), pool: ThreadPool(count: 2)).backendDescription
        #expect(description.backend == .llvm && description.threads == 2 && description.llvm?.path == path)
        #expect(description.description.contains(path))
    }

    @Test(arguments: Backend.allCases)
    func `kernels can be written out for people`(backend: Backend) throws {
        try KernelExamples.withFolder { folder in
            let library = KernelLibrary(backend: backend, pool: ThreadPool(count: 1), dumpFolder: folder + "/cache")
            _ = try library.kernels(for: [.nest(adding(1))])
            let names = fileNames(inFolder: folder + "/cache").sorted()
            let suffixes = names.compactMap { $0.split(separator: ".").last.map(String.init) }
            let isCompiled = library.compiledCount + library.loadedFromDiskCount > 0
            #expect(suffixes == (isCompiled ? ["ll", "nest", "s"] : ["nest"]))
            let nest = readFile("\(folder)/cache/\(names.first { $0.hasSuffix("nest") } ?? "")") ?? []
            #expect(String(decoding: nest, as: UTF8.self).contains("b1[i0]"))
        }
    }
}
