/// How fast the processor's clock ticks, as a measurement finds it: schedules are judged in cycles, people think in seconds.
public enum ClockRate {
    /// Cycles per second of one thread at work; nil without a compiler.
    ///
    /// Timed are integer operations that wait for each other. On every processor in use today an addition and an exclusive or
    /// take one cycle each. Vectors and other threads may make the clock slower than this.
    public static func measured(_ library: KernelLibrary = .shared) -> Double? {
        guard let chain = try? library.compile(source: chain) else { return nil }
        let number = Buffer(byteCount: 64)
        number.pointer.initializeMemory(as: Int64.self, repeating: 0x9E37_79B9, count: 8)
        return Double(steps * 2 * pairs) / MachineLimits.fastest(chain, [number], library.pool)
    }

    private static let steps = 100_000
    /// Additions, each with an exclusive or, in one step of the loop.
    private static let pairs = 8

    private static var chain: KernelSource {
        let pairs = (0..<pairs).map { pair in
            """
              %s\(pair) = add i64 \(pair == 0 ? "%x" : "%x\(pair - 1)"), %k
              %x\(pair) = xor i64 %s\(pair), %k
            """
        }
        let ir = """
            define void @chain(ptr %buffers, ptr %status, i64 %begin, i64 %end, ptr %scratch) nounwind {
            entry:
              %number = load ptr, ptr %buffers
              %k = load i64, ptr %number
              br label %loop
            loop:
              %i = phi i64 [ 0, %entry ], [ %j, %loop ]
              %x = phi i64 [ %k, %entry ], [ %x\(Self.pairs - 1), %loop ]
            \(pairs.joined(separator: "\n"))
              %j = add i64 %i, 1
              %more = icmp slt i64 %j, \(steps)
              br i1 %more, label %loop, label %done
            done:
              %place = getelementptr i64, ptr %number, i64 1
              store i64 %x\(Self.pairs - 1), ptr %place
              ret void
            }
            """
        return KernelSource(ir: ir, symbol: "chain", units: 1, unitCost: steps * 2 * Self.pairs)
    }
}
