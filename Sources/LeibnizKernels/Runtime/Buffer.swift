/// A block of memory for the elements of one tensor: aligned to 64 bytes, at least 64, never moved.
///
/// Its contents are not initialised. The memory returns to `BufferPool.shared` with the last reference.
/// Sendable because both properties are constants; who writes through `pointer` sees to it that nobody else reads then.
public final class Buffer: Sendable {
    /// The first byte, aligned to 64.
    public nonisolated(unsafe) let pointer: UnsafeMutableRawPointer  // A constant address: safe to share; see above.
    /// The bytes that were asked for; as many more as complete the last 64 may be touched.
    public let byteCount: Int

    /// A block of at least `byteCount` bytes; ends the process where the system has no memory left.
    public init(byteCount: Int) {
        self.byteCount = max(0, byteCount)
        pointer = BufferPool.shared.take(byteCount: self.byteCount)
    }

    /// A block of at least `byteCount` bytes, or an error where the system does not give as many.
    public init(trying byteCount: Int) throws(OutOfMemory) {
        guard byteCount >= 0, let block = BufferPool.shared.takeIfPossible(byteCount: byteCount) else {
            throw OutOfMemory(byteCount: byteCount)
        }
        self.byteCount = byteCount
        pointer = block
    }

    deinit { BufferPool.shared.giveBack(pointer, byteCount: byteCount) }
}

/// The system did not give a block of memory.
public struct OutOfMemory: Error, Hashable, Sendable, CustomStringConvertible {
    /// The bytes that were asked for.
    public let byteCount: Int

    /// The error in a sentence.
    public var description: String { "out of memory: no block of \(byteCount) bytes" }
}
