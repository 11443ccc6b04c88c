import Synchronization

/// Atomic numbers, each alone on its pair of cache lines.
final class SpacedNumbers: @unchecked Sendable {  // Holds a constant pointer to atomics.
    private static let stride = 128
    private let memory: UnsafeMutableRawPointer
    private let count: Int

    init(count: Int) {
        self.count = count
        memory = .allocate(byteCount: count * Self.stride, alignment: Self.stride)
        for index in 0..<count { address(index).initialize(to: Atomic<Int>(0)) }
    }

    deinit {
        for index in 0..<count { address(index).deinitialize(count: 1) }
        memory.deallocate()
    }

    private func address(_ index: Int) -> UnsafeMutablePointer<Atomic<Int>> {
        (memory + index * Self.stride).assumingMemoryBound(to: Atomic<Int>.self)
    }

    subscript(index: Int) -> Atomic<Int> {
        _read { yield address(index).pointee }
    }
}
