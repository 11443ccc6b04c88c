/// Places in one block of memory for values that live for a while: first fit over lifetimes.
package struct ArenaLayout {
    private var blocks: [(offset: Int, end: Int, until: Int)] = []
    /// The size of the block so far.
    package private(set) var byteCount = 0

    /// A block without values.
    package init() {}

    /// The offset of `byteCount` bytes that are in use from `time` through `until`.
    package mutating func place(_ byteCount: Int, until: Int, at time: Int) -> Int {
        blocks.removeAll { $0.until < time }
        let size = max(64, (byteCount + 63) / 64 * 64)
        var offset = 0
        for block in blocks {
            if offset + size <= block.offset { break }
            offset = max(offset, block.end)
        }
        let place = blocks.firstIndex { $0.offset > offset } ?? blocks.count
        blocks.insert((offset, offset + size, until), at: place)
        self.byteCount = max(self.byteCount, offset + size)
        return offset
    }
}
