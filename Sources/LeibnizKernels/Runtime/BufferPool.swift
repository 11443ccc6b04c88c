import Synchronization

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// Recycles blocks of memory by size, so that a step that runs again allocates nothing from the system.
///
/// Sizes are rounded up to classes, eight per power of two, so that at most an eighth is wasted. Every class has a list and a lock of its
/// own, held for a few instructions. What would exceed a limit goes back to the system, from sizes that nobody has asked for lately
/// first: a step that runs again and again keeps its blocks, whatever ran before it. What was in use at once lately may be kept, however
/// much it is: fresh memory costs more time than most kernels spend on it.
public final class BufferPool: Sendable {
    /// The pool of all buffers.
    public static let shared = BufferPool(keptLimit: 256 << 20)

    /// The bytes that the pool may keep for later use beside what was in use at once lately.
    public let keptLimit: Int

    private let classes: [FreeList]
    private let used = Atomic<Int>(0)
    private let kept = Atomic<Int>(0)
    private let peak = Atomic<Int>(0)
    /// How many blocks were given back, and the most that was in use in this period of them and in the one before.
    private let returns = Atomic<Int>(0)
    private let newPeak = Atomic<Int>(0)
    private let lastPeak = Atomic<Int>(0)
    /// The blocks that are given back in a period: those of many steps.
    static let period = 4096
    private let systemAllocations = Atomic<Int>(0)

    /// Addresses of free blocks of one size.
    private final class FreeList: Sendable {
        let blocks = Mutex<[UInt]>([])
        /// The pool's clock when a block was last asked for.
        let lastUse = Atomic<Int>(0)
    }
    /// Counts what is given to the system and taken from it: time as far as eviction is concerned.
    private let clock = Atomic<Int>(0)

    /// An empty pool.
    public init(keptLimit: Int) {
        self.keptLimit = keptLimit
        classes = (0..<Self.classCount).map { _ in FreeList() }
    }

    deinit { trim() }

    /// The bytes in blocks that are in use, in whole size classes.
    public var bytesInUse: Int { used.load(ordering: .relaxed) }
    /// The most that `bytesInUse` has been.
    public var peakBytesInUse: Int { peak.load(ordering: .relaxed) }
    /// The bytes in blocks kept for later use.
    public var bytesKept: Int { kept.load(ordering: .relaxed) }
    /// How many blocks have come from the system so far; does not grow while a plan is replayed.
    public var systemAllocationCount: Int { systemAllocations.load(ordering: .relaxed) }

    /// Starts `peakBytesInUse` anew.
    public func resetPeak() { peak.store(bytesInUse, ordering: .relaxed) }

    /// Gives all kept blocks back to the system.
    public func trim() {
        for (number, list) in classes.enumerated() {
            let blocks = list.blocks.withLock { blocks in
                defer { blocks = [] }
                return blocks
            }
            for block in blocks {
                free(UnsafeMutableRawPointer(bitPattern: block))
                kept.subtract(Self.byteCount(ofClass: number), ordering: .relaxed)
            }
        }
    }

    /// A block of at least `byteCount` bytes, aligned to 64; ends the process where there is none.
    func take(byteCount: Int) -> UnsafeMutableRawPointer {
        guard let block = takeIfPossible(byteCount: byteCount) else {
            printWarning("\(OutOfMemory(byteCount: byteCount))")
            exit(71)
        }
        return block
    }

    /// A block of at least `byteCount` bytes, aligned to 64, or nil.
    func takeIfPossible(byteCount: Int) -> UnsafeMutableRawPointer? {
        guard byteCount <= Self.greatestByteCount else { return nil }
        let number = Self.sizeClass(of: byteCount)
        let size = Self.byteCount(ofClass: number)
        let recycled = classes[number].blocks.withLock { $0.popLast() }
        classes[number].lastUse.store(clock.load(ordering: .relaxed), ordering: .relaxed)
        let block: UnsafeMutableRawPointer
        if let recycled, let pointer = UnsafeMutableRawPointer(bitPattern: recycled) {
            kept.subtract(size, ordering: .relaxed)
            block = pointer
        } else {
            // Other sizes make room first: what is kept must not come on top of what is new.
            evict(before: size)
            guard let pointer = Self.allocate(size) else { return nil }
            systemAllocations.add(1, ordering: .relaxed)
            clock.add(1, ordering: .relaxed)
            block = pointer
        }
        let now = used.add(size, ordering: .relaxed).newValue
        if now > peak.load(ordering: .relaxed) { peak.max(now, ordering: .relaxed) }
        if now > newPeak.load(ordering: .relaxed) { newPeak.max(now, ordering: .relaxed) }
        return block
    }

    /// Takes back a block that `take(byteCount:)` gave for the same count.
    func giveBack(_ block: UnsafeMutableRawPointer, byteCount: Int) {
        let number = Self.sizeClass(of: byteCount)
        let size = Self.byteCount(ofClass: number)
        let inUse = used.subtract(size, ordering: .relaxed).newValue
        classes[number].blocks.withLock { $0.append(UInt(bitPattern: block)) }
        if returns.add(1, ordering: .relaxed).newValue % Self.period == 0 {
            lastPeak.store(newPeak.exchange(inUse, ordering: .relaxed), ordering: .relaxed)
        }
        kept.add(size, ordering: .relaxed)
        evict()
    }

    /// Gives blocks back to the system until no more are kept than may be, those of the size that was asked for longest ago first.
    ///
    /// All together, with `size` bytes more, is at most what was in use at once lately and `keptLimit`.
    private func evict(before size: Int = 0) {
        let lately = max(newPeak.load(ordering: .relaxed), lastPeak.load(ordering: .relaxed))
        let limit = keptLimit + max(0, lately - used.load(ordering: .relaxed) - size)
        if kept.load(ordering: .relaxed) <= limit { return }
        clock.add(1, ordering: .relaxed)
        while kept.load(ordering: .relaxed) > limit {
            var oldest: (number: Int, use: Int)?
            for (number, list) in classes.enumerated() where list.blocks.withLock({ !$0.isEmpty }) {
                let use = list.lastUse.load(ordering: .relaxed)
                // Of equals the larger.
                if oldest.map({ use <= $0.use }) ?? true { oldest = (number, use) }
            }
            guard let oldest, let block = classes[oldest.number].blocks.withLock({ $0.popLast() }) else { return }
            kept.subtract(Self.byteCount(ofClass: oldest.number), ordering: .relaxed)
            free(UnsafeMutableRawPointer(bitPattern: block))
        }
    }

    // MARK: Size classes

    /// Blocks of 64·2ᵃ·(8 + b)/8 bytes for b = 0 … 7; those below 512 bytes are the multiples of 64.
    private static let classCount = 8 * 42
    private static let greatestByteCount = 1 << 46

    /// The number of the least class that holds `byteCount` bytes.
    static func sizeClass(of byteCount: Int) -> Int {
        let lines = max(1, (byteCount + 63) >> 6)
        guard lines > 8 else { return lines - 1 }
        // lines − 1 = 1xyz… in binary: the leading four bits choose the class.
        let shift = Int.bitWidth - (lines - 1).leadingZeroBitCount - 4
        return 8 * shift + ((lines - 1) >> shift)
    }

    /// The size of the blocks of a class.
    static func byteCount(ofClass number: Int) -> Int {
        guard number >= 8 else { return (number + 1) << 6 }
        let shift = number / 8 - 1
        return (8 + number % 8 + 1) << (shift + 6)
    }

    private static func allocate(_ byteCount: Int) -> UnsafeMutableRawPointer? {
        // Large blocks on huge pages: the first touch of a fresh block is otherwise dominated by page faults.
        let hugePage = 2 << 20
        let isHuge = byteCount >= 2 * hugePage
        var block: UnsafeMutableRawPointer?
        guard posix_memalign(&block, isHuge ? hugePage : 64, byteCount) == 0 else { return nil }
        #if os(Linux)
            if isHuge { madvise(block, byteCount, MADV_HUGEPAGE) }
        #endif
        return block
    }
}
