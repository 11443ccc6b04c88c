import Synchronization

/// One call of a transformation such as `gradient`: what depends on its arguments keeps its history while it is open.
///
/// It is open until `close()` or, where a function that it gave may still differentiate, until nobody holds that function.
final class Differentiation: Sendable {
    /// What nodes know of a call.
    final class Token: Sendable {
        private let open = Atomic<Bool>(true)
        var isOpen: Bool { open.load(ordering: .acquiring) }
        fileprivate func close() { open.store(false, ordering: .releasing) }

        /// Adds the tokens of calls that are still open.
        static func merge(_ more: [Token], into tokens: inout [Token]) {
            if more.isEmpty { return }
            if tokens.isEmpty, more.allSatisfy(\.isOpen) { return tokens = more }
            for token in more where token.isOpen && !tokens.contains(where: { $0 === token }) { tokens.append(token) }
        }
    }

    let token = Token()
    func close() { token.close() }
    deinit { token.close() }
}
