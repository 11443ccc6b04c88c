/// Where a running kernel says that it met an index out of range. One record serves a whole plan; the first report stays.
public struct KernelStatus: Sendable {
    /// 0 while all is well; else 1 + the number of the check that failed.
    public var failedCheck: Int64 = 0
    /// The value that was out of range.
    public var value: Int64 = 0
    /// Which element of the index tensor it was, row-major.
    public var position: Int64 = 0

    /// A clean record.
    public init() {}
}

/// Code that can be run on memory: a loop nest, compiled or interpreted, or a routine of the runtime.
public protocol Kernel: Sendable {
    /// Runs once over the whole nest, on as many threads as `pool` has and the work deserves.
    ///
    /// - Parameters:
    ///   - buffers: one address per declared buffer, in order, each aligned to 64 bytes and as large as declared.
    ///   - status: the record that failing checks set.
    ///   - pool: the threads to use. The same pool size gives the same bits.
    func run(
        _ buffers: UnsafePointer<UnsafeMutableRawPointer>, status: UnsafeMutablePointer<KernelStatus>, pool: ThreadPool)
}
