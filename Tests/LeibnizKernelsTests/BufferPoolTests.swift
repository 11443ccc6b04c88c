import Testing

@testable import LeibnizKernels

@Suite struct BufferPoolTests {
    @Test func `a size class is the least that holds its sizes and wastes at most an eighth`() {
        for size in Array(0...5000) + [65535, 65536, 65537, 1 << 20, (1 << 30) + 1] {
            let number = BufferPool.sizeClass(of: size)
            let block = BufferPool.byteCount(ofClass: number)
            #expect(block >= size && block % 64 == 0)
            if number > 0 { #expect(BufferPool.byteCount(ofClass: number - 1) < size) }
            if size > 512 { #expect(Double(block) <= 1.125 * Double(size) + 64) }
        }
    }

    @Test func `a block that was given back is used again`() {
        let pool = BufferPool(keptLimit: 1 << 20)
        let first = pool.take(byteCount: 1000)
        #expect(UInt(bitPattern: first) % 64 == 0)
        #expect(pool.bytesInUse == 1024)
        pool.giveBack(first, byteCount: 1000)
        #expect(pool.bytesInUse == 0 && pool.bytesKept == 1024)
        let second = pool.take(byteCount: 990)
        #expect(first == second)
        #expect(pool.systemAllocationCount == 1)
        pool.giveBack(second, byteCount: 990)
        pool.trim()
        #expect(pool.bytesKept == 0)
    }

    @Test func `a pool keeps its limit, and what was in use at once lately`() {
        let pool = BufferPool(keptLimit: 4096)
        func use(_ count: Int, of byteCount: Int) {
            let blocks = (0..<count).map { _ in pool.take(byteCount: byteCount) }
            for block in blocks { pool.giveBack(block, byteCount: byteCount) }
        }
        use(8, of: 1024)
        use(8, of: 1024)
        #expect(pool.bytesKept == 8192 && pool.systemAllocationCount == 8)
        // Another size makes room for itself.
        use(2, of: 4096)
        #expect(pool.bytesKept == 12288 && pool.systemAllocationCount == 10)
        // After two periods in which one block was enough, that is all beside the limit.
        for _ in 0..<2 * BufferPool.period { use(1, of: 1024) }
        #expect(pool.bytesKept <= 4096 + 1024)
    }

    @Test func `a pool gives back the sizes that nobody asks for first`() {
        let pool = BufferPool(keptLimit: 1024)
        let old = (0..<3).map { _ in pool.take(byteCount: 1024) }
        for block in old { pool.giveBack(block, byteCount: 1024) }
        // A step of another size that runs again and again gets its own block back.
        var first: UnsafeMutableRawPointer?
        for turn in 0..<5 {
            let block = pool.take(byteCount: 2048)
            if turn > 0 { #expect(block == first) }
            first = block
            pool.giveBack(block, byteCount: 2048)
        }
        #expect(pool.systemAllocationCount == 4 && pool.bytesKept <= 4096)
    }

    @Test func `an impossible size is an error`() {
        #expect(throws: OutOfMemory(byteCount: 1 << 60)) { try Buffer(trying: 1 << 60) }
        #expect(throws: OutOfMemory(byteCount: -1)) { try Buffer(trying: -1) }
    }

    @Test func `a buffer is aligned and writable to its end`() {
        for size in [0, 1, 63, 64, 65, 10_000_000] {
            let buffer = Buffer(byteCount: size)
            #expect(UInt(bitPattern: buffer.pointer) % 64 == 0)
            buffer.pointer.initializeMemory(as: UInt8.self, repeating: 7, count: (max(1, size) + 63) / 64 * 64)
            #expect(buffer.byteCount == size)
        }
    }
}
