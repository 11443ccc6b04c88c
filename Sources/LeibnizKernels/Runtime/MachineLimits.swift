/// What this machine can do at most: the two slopes of a roofline (Williams, Waterman & Patterson 2009).
public struct MachineLimits: Hashable, Sendable {
    /// Floating-point operations of float32 in a second, on all threads of the pool.
    public var operationsPerSecond: Double
    /// Bytes that all threads together read from and write to memory in a second.
    public var bytesPerSecond: Double

    /// The seconds of the fastest of some runs.
    static func fastest(_ kernel: any Kernel, _ buffers: [Buffer], _ pool: ThreadPool, runs: Int = 12) -> Double {
        var status = KernelStatus()
        let addresses = buffers.map(\.pointer)
        return (0..<runs).map { _ in
            let start = monotonicNanoseconds()
            kernel.run(addresses, status: &status, pool: pool)
            return Double(monotonicNanoseconds() - start) / 1e9
        }.min() ?? .infinity
    }
}

/// Measures the limits of this machine, as often as wanted: they change with what else runs on it.
public struct MachineLimitsProbe {
    private let chains: any Kernel
    private let triad: any Kernel
    private let operations: Double
    private let result: Buffer
    private let arrays: [Buffer]
    private let pool: ThreadPool

    /// Compiles what is measured, and takes 192 MiB of memory; nil without a compiler.
    public init?(_ library: KernelLibrary = .shared) {
        guard let target = library.jit?.target, let chains = try? library.compile(source: Self.additionChains(target)),
            let triad = try? library.kernels(for: [.nest(Self.triad)])[0]
        else { return nil }
        (self.chains, self.triad, pool) = (chains, triad, library.pool)
        operations = Double(Self.chainCount * target.vectorBytes / 4 * Self.chainSteps * Self.chainUnits) * 2
        result = Buffer(byteCount: 64 * Self.chainUnits)
        arrays = (0..<3).map { _ in Buffer(byteCount: 4 * Self.triadCount) }
        for array in arrays { array.pointer.initializeMemory(as: UInt8.self, repeating: 0, count: 4 * Self.triadCount) }
    }

    /// The limits as the fastest of some runs show them.
    ///
    /// - Parameter runs: of each measurement, a few milliseconds each (default: 12).
    public func measured(runs: Int = 12) -> MachineLimits {
        MachineLimits(
            operationsPerSecond: operations / MachineLimits.fastest(chains, [result], pool, runs: runs),
            // What is written has to be fetched first; streaming stores would spare that, on both sides of every comparison.
            bytesPerSecond: Double(3 * 4 * Self.triadCount) / MachineLimits.fastest(triad, arrays, pool, runs: runs))
    }

    private static let triadCount = 1 << 24

    /// a = b + s·c over arrays that no cache holds (McCalpin 1995).
    private static var triad: LoopNest {
        var nest = LoopNest(name: "triad")
        nest.axes = [Axis(triadCount)]
        nest.outer = [0]
        nest.buffers = [.output, .input, .input].map { BufferDeclaration(.float32, count: triadCount, role: $0) }
        let index = Affine(0, [(0, 1)])
        let (b, c) = (
            nest.value(.load(Access(1, index)), .float32), nest.value(.load(Access(2, index)), .float32)
        )
        let scaled = nest.value(.binary(.multiply, c, nest.value(.float(3), .float32)), .float32)
        nest.stages = [Stage(stores: [Store(Access(0, index), nest.value(.binary(.add, b, scaled), .float32))])]
        return nest
    }

    /// Enough independent chains to hide the latency of every unit, few enough for the registers.
    private static let chainCount = 12
    private static let chainSteps = 200_000
    private static let chainUnits = 16

    /// Multiplications with addition in registers only, each waiting for the one before it in its chain: aᵢ₊₁ = aᵢ x + x.
    ///
    /// Where they are two instructions, neither can be left out or shared.
    private static func additionChains(_ target: TargetDescription) -> KernelSource {
        let lanes = target.vectorBytes / 4
        let (vector, numbers) = ("<\(lanes) x float>", 0..<chainCount)
        let operation = target.hasFMA ? "fma" : "fmuladd"
        let splat =
            "insertelement \(vector) undef, float %scalar, i32 0\n"
            + "  %x = shufflevector \(vector) %first, \(vector) undef, <\(lanes) x i32> zeroinitializer"
        let phis = numbers.map { "  %a\($0) = phi \(vector) [ %x, %unit ], [ %b\($0), %loop ]" }
        let steps = numbers.map {
            "  %b\($0) = call \(vector) @llvm.\(operation).v\(lanes)f32(\(vector) %a\($0), \(vector) %x, \(vector) %x)"
        }
        let sums = numbers.dropFirst().map {
            "  %s\($0) = fadd \(vector) \($0 == 1 ? "%b0" : "%s\($0 - 1)"), %b\($0)"
        }
        let ir = """
            declare \(vector) @llvm.\(operation).v\(lanes)f32(\(vector), \(vector), \(vector))
            define void @chains(ptr %buffers, ptr %status, i64 %begin, i64 %end, ptr %scratch) #0 {
            entry:
              %result = load ptr, ptr %buffers
              %number = sitofp i64 %end to float
              %scalar = fdiv float %number, 1.0e9
              %first = \(splat)
              %any = icmp slt i64 %begin, %end
              br i1 %any, label %unit, label %done
            unit:
              %u = phi i64 [ %begin, %entry ], [ %next, %store ]
              br label %loop
            loop:
              %i = phi i64 [ 0, %unit ], [ %j, %loop ]
            \(phis.joined(separator: "\n"))
            \(steps.joined(separator: "\n"))
              %j = add i64 %i, 1
              %more = icmp slt i64 %j, \(chainSteps)
              br i1 %more, label %loop, label %store
            store:
            \(sums.joined(separator: "\n"))
              %one = extractelement \(vector) %s\(chainCount - 1), i32 0
              %offset = mul i64 %u, 16
              %place = getelementptr float, ptr %result, i64 %offset
              store float %one, ptr %place
              %next = add i64 %u, 1
              %again = icmp slt i64 %next, %end
              br i1 %again, label %unit, label %done
            done:
              ret void
            }
            attributes #0 = { nounwind "prefer-vector-width"="\(8 * target.vectorBytes)" }
            """
        return KernelSource(ir: ir, symbol: "chains", units: chainUnits, unitCost: chainSteps * chainCount / 2)
    }
}
