import Foundation
import Synchronization

/// The user's wish to end: SIGINT, as Ctrl-C sends it.
///
/// While somebody watches, the first signal is only counted; the second one ends the process as it would have without.
package enum Interruption {
    private static let count = Atomic<Int>(0)

    /// Whether a signal has come since the watch began.
    package static var isAsked: Bool { count.load(ordering: .relaxed) > 0 }

    /// Runs `body` while signals are counted.
    ///
    /// - Parameter isOn: false leaves signals as they are.
    package static func watched<Result>(_ isOn: Bool, _ body: () throws -> Result) rethrows -> Result {
        guard isOn else { return try body() }
        // Also makes the counter before a signal can ask for it.
        count.store(0, ordering: .relaxed)
        let previous = signal(SIGINT) { number in
            Interruption.count.add(1, ordering: .relaxed)
            signal(number, SIG_DFL)
        }
        // What a shell runs in the background ignores the signal, and goes on doing so.
        if unsafeBitCast(previous, to: Int.self) == unsafeBitCast(SIG_IGN, to: Int.self) { signal(SIGINT, SIG_IGN) }
        defer {
            signal(SIGINT, previous)
            count.store(0, ordering: .relaxed)
        }
        return try body()
    }
}
