/// Threads that share the work of a kernel. (Serial for now: the caller's thread does everything.)
public final class ThreadPool: Sendable {
    /// The number of threads, the caller's included.
    public let count: Int
    /// A pool of one thread.
    public init(count: Int) { self.count = count }
}
