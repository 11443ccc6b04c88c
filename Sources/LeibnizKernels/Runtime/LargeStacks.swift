import Synchronization

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// Runs `body` on a thread with a stack of 16 MiB and returns what it does: for work that follows a graph by recursion.
public func onLargeStack<Result>(_ body: () -> Result) -> Result {
    var result: Result?
    onLargeStacks(tasks: 1, threads: 1) { _ in result = body() }
    return result ?? body()
}

/// Calls `body` once for each of `tasks` numbers, on up to `threads` threads of their own, and returns when all are done.
///
/// For compiling: LLVM recurses deeply, and the caller's stack may be as small as 512 KiB. Threads take the next task as
/// they become free. Where the system refuses a thread, the caller's does the work.
func onLargeStacks(tasks: Int, threads: Int, _ body: (Int) -> Void) {
    guard tasks > 0 else { return }
    withoutActuallyEscaping(body) { body in
        let crew = Crew(tasks: tasks, body: body)
        // Every thread is joined before `crew` and `body` go.
        let started = (0..<max(1, min(tasks, threads))).compactMap { _ in startThread { crew.work() } }
        if started.isEmpty { crew.work() }
        for thread in started { pthread_join(thread, nil) }
    }
}

/// Starts a thread with a stack of 16 MiB; `nil` where the system refuses one.
///
/// - Parameter isDetached: whether nobody will join it.
package func startThread(isDetached: Bool = false, _ body: @escaping () -> Void) -> pthread_t? {
    var attributes = pthread_attr_t()
    pthread_attr_init(&attributes)
    defer { pthread_attr_destroy(&attributes) }
    pthread_attr_setstacksize(&attributes, 16 << 20)
    if isDetached { pthread_attr_setdetachstate(&attributes, Int32(PTHREAD_CREATE_DETACHED)) }
    let context = Unmanaged.passRetained(ThreadBody(body))
    #if canImport(Darwin)
        var thread: pthread_t?
        let result = pthread_create(
            &thread, &attributes,
            { context in
                Unmanaged<ThreadBody>.fromOpaque(context).takeRetainedValue().run()
                return nil
            }, context.toOpaque())
    #else
        var thread = pthread_t()
        let result = pthread_create(
            &thread, &attributes,
            { context in
                if let context { Unmanaged<ThreadBody>.fromOpaque(context).takeRetainedValue().run() }
                return nil
            }, context.toOpaque())
    #endif
    if result == 0 { return thread }
    context.release()
    return nil
}

/// What a thread does, as an object that a pointer can name.
private final class ThreadBody {
    let run: () -> Void
    init(_ run: @escaping () -> Void) { self.run = run }
}

/// The tasks that are left.
private final class Crew {
    let tasks: Int
    let body: (Int) -> Void
    private let next = Atomic<Int>(0)

    init(tasks: Int, body: @escaping (Int) -> Void) {
        self.tasks = tasks
        self.body = body
    }

    func work() {
        while true {
            let task = next.add(1, ordering: .relaxed).oldValue
            if task >= tasks { return }
            body(task)
        }
    }
}
