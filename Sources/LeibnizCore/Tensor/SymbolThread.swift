import Foundation
import LeibnizKernels
import Synchronization

/// The thread that finds the symbols of stacks, which lives as long as the process.
///
/// Finding symbols maps the program's file and reads its debugging information, a second's work for a large program, and keeps both for
/// the thread that asked; when that ends they are unmapped, under the eyes of whoever captures a stack just then. A thread that never
/// ends reads them once and takes them from nobody.
final class SymbolThread: Sendable {
    private let task = Mutex<(@Sendable () -> Void)?>(nil)
    private let isAsked = DispatchSemaphore(value: 0)
    private let isDone = DispatchSemaphore(value: 0)

    /// The thread, started when it is first asked; `nil` where the system refuses one.
    private static let shared: SymbolThread? = {
        let thread = SymbolThread()
        return startThread(isDetached: true) { thread.work() } == nil ? nil : thread
    }()

    /// What `body` returns on the thread; `nil` if there is none. For one caller at a time.
    static func run<Result: Sendable>(_ body: @escaping @Sendable () -> Result) -> Result? {
        guard let shared else { return nil }
        let answer = Answer<Result>()
        shared.task.withLock { $0 = { answer.result.withLock { $0 = body() } } }
        shared.isAsked.signal()
        shared.isDone.wait()
        return answer.result.withLock { $0 }
    }

    private func work() {
        while true {
            isAsked.wait()
            task.withLock { $0.take() }?()
            isDone.signal()
        }
    }

    private final class Answer<Result: Sendable>: Sendable {
        let result = Mutex(Result?.none)
    }
}
