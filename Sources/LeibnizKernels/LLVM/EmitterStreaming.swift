/// Stores past the caches.
///
/// A line that is written without having been read is first fetched from memory, in vain where all of it is overwritten. Stores
/// marked `nontemporal` collect a line in a buffer of the core and send it off whole, which halves the traffic of a large result.
/// They need addresses that are multiples of their own size, and lines that are filled in one go: 32 bytes at least, neighbours
/// one after the other. (AMD, *Software Optimization Guide for the Zen 4 Microarchitecture*, on write combining.)
extension NestEmitter {
    /// The bytes of all of a kernel's memory from which on nothing is taken to be in a cache when the next kernel looks for it.
    private static let largeFootprint = 24 << 20
    /// The bytes of a result from which on its first lines are gone before the next kernel reads them. Smaller ones may wait for it
    /// in the cache that all cores share.
    private static let leastResult = 12 << 20
    /// The fewest bytes that go into a line in one go.
    private static let leastChunk = 32

    /// The results that are written past the caches.
    static func streamed(_ nest: LoopNest, _ target: TargetDescription) -> Set<Int> {
        let sizes = nest.buffers.map { $0.count * $0.type.byteCount }
        guard target.isX86, target.vectorBytes >= leastChunk, sizes.reduce(0, +) >= largeFootprint else { return [] }
        // What follows in the same band wants to find it.
        let wanted = nest.bands?.handedOn ?? []
        let stores = nest.stages.flatMap(\.stores)
        return Set(
            nest.buffers.indices.filter { number in
                let own = stores.filter { $0.access.buffer == number }
                return nest.buffers[number].role == .output && !wanted.contains(number)
                    && nest.buffers[number].type.byteCount >= 4
                    && sizes[number] >= leastResult && own.count == 1
                    && own.allSatisfy { $0.access.gathers.isEmpty && $0.access.bounds.isEmpty }
            })
    }

    /// Writes the first `count` elements of a vector past the caches, if its place allows it.
    ///
    /// - Parameter access: where they go, from the first lane on, at `point`.
    /// - Returns: whether it did.
    func stream(_ vector: Operand, count: Int, to pointer: Operand, _ access: Access, at point: Point) -> Bool {
        let bytes = nest.buffers[access.buffer].type.byteCount
        guard streamed.contains(access.buffer), count * bytes % Self.leastChunk == 0 else { return false }
        let alignment = alignment(of: access.index, bytes: bytes, at: point)
        guard alignment >= Self.leastChunk else { return false }
        let size = min(alignment, builder.target.vectorBytes) / bytes
        var first = 0
        while first < count {
            let lanes = count - first >= size ? size : Self.leastChunk / bytes
            let isWhole = lanes == vector.type.lanes
            let part = isWhole ? vector : builder.shuffle(vector, nil, Array(first..<first + lanes))
            let place = builder.offset(pointer, vector.type.scalar, by: .integer(Int64(first)))
            builder.effect("store \(part.typed), ptr \(place.text), align \(lanes * bytes), !nontemporal !0")
            first += lanes
        }
        builder.isStreaming = true
        return true
    }

    /// A power of two, 64 at most, that divides the distance in bytes of an element from the start of its buffer.
    private func alignment(of index: Affine, bytes: Int, at point: Point) -> Int {
        var (constant, parts) = (index.offset, 0)
        for term in index.terms {
            let coordinate = point.coordinates[term.axis]
            constant += coordinate.constant * term.stride
            if coordinate.base != nil { parts |= term.stride * steps[term.axis] }
        }
        let distance = (constant | parts) * bytes
        return distance == 0 ? 64 : min(64, 1 << distance.trailingZeroBitCount)
    }
}

extension FunctionBuilder {
    /// Lets everybody see what was written past the caches, before the thread says that it is done.
    func finishStreaming() {
        guard isStreaming else { return }
        declare("declare void @llvm.x86.sse.sfence()")
        effect("call void @llvm.x86.sse.sfence()")
    }
}
