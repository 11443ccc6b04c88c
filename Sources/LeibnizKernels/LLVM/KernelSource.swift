/// LLVM IR of one kernel, and what one must know to run it.
///
/// The machine code's interface:
///
///     void symbol(ptr buffers, ptr status, i64 begin, i64 end, ptr scratch)
///     void symbol_finish(ptr buffers, ptr status, i64 threads, ptr scratch)
///
/// `buffers` is an array of addresses, `status` a `KernelStatus` (three `i64`; a failing check sets it by `cmpxchg` on the
/// first word, only if that is 0). `symbol` does the units `begin ..< end`; with `hasFinish` it is called once for each of
/// `threads` chunks, also empty ones, with `scratch` = base + chunk·scratchBytes; then `symbol_finish` runs once with the
/// base. Without `hasFinish` units are independent, any split gives the same bits, and empty chunks may be left out.
public struct KernelSource: Hashable, Sendable {
    /// The module's text.
    public var ir: String
    /// The name of the kernel's function.
    public var symbol: String
    /// How many units of parallel work there are.
    public var units: Int
    /// About how many clock cycles a unit takes; decides whether threads are worth it.
    public var unitCost: Int
    /// Bytes of scratch memory per thread, a multiple of 64.
    public var scratchBytes: Int
    /// Whether `symbol_finish` must run after all chunks.
    public var hasFinish: Bool

    /// A kernel's source.
    public init(ir: String, symbol: String, units: Int, unitCost: Int, scratchBytes: Int = 0, hasFinish: Bool = false) {
        self.ir = ir
        self.symbol = symbol
        self.units = units
        self.unitCost = unitCost
        self.scratchBytes = scratchBytes
        self.hasFinish = hasFinish
    }
}
