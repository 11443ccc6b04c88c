/// Rows that stages leave for later ones, in a thread's own memory instead of in the result that later stages overwrite.
///
/// A softmax stores a row's exponentials where its result will be. In a result too large for the caches that costs a fetch of every line
/// before anything is written to it; apart, the row stays in the nearest cache, and the result is written once, past the caches.
struct RowMemory {
    /// The nest with a buffer of its own for each such row, behind the nest's.
    let nest: LoopNest
    /// The bytes of each row.
    let bytes: [Int]

    /// The longest row that leaves room for others in the nearest cache, in bytes.
    private static let longestRow = 16_384

    init(_ given: LoopNest, _ schedule: Schedule, _ target: TargetDescription) {
        var (nest, bytes) = (given, [Int]())
        let isPointwise = schedule.outer.allSatisfy { $0.step == 1 && !$0.joinsLanes }
        if isPointwise, given.bands == nil, given.sequential.isEmpty, !schedule.splitsReduction,
            schedule.packed.isEmpty,
            schedule.blocksPerPart == 0
        {
            for buffer in given.buffers.indices {
                guard let apart = nest.keepingRow(of: buffer),
                    NestEmitter.streamed(apart, target).contains(buffer)
                else { continue }
                let row = apart.buffers[apart.buffers.count - 1]
                guard row.count * row.type.byteCount <= Self.longestRow else { continue }
                nest = apart
                bytes.append(row.count * row.type.byteCount)
            }
        }
        (self.nest, self.bytes) = (nest, bytes)
    }
}

extension LoopNest {
    /// The same nest with a row of `buffer` in a buffer of its own, the last one; nil where stages do not all walk the same row of it,
    /// or the last one does not write it.
    fileprivate func keepingRow(of buffer: Int) -> LoopNest? {
        let writing = stages.indices.filter { stages[$0].stores.contains { $0.access.buffer == buffer } }
        guard buffers[buffer].role == .update, writing.count > 1, let last = writing.last else { return nil }
        // Where an access would be in the row's own memory: only at the place in the row that the stage's walk has reached.
        func isInRow(_ access: Access, _ stage: Int) -> Bool {
            let own = Set(stages[stage].axes)
            let walk = stages[stage].axes.map { (axes[$0].extent, access.index.stride(of: $0)) }
            let first = stages[last].stores.first { $0.access.buffer == buffer }?.access
            guard let first, access.bounds.isEmpty, access.gathers.isEmpty, !stages[stage].ordered else { return false }
            let expected = stages[last].axes.map { (axes[$0].extent, first.index.stride(of: $0)) }
            func outside(_ affine: Affine, _ own: Set<Int>) -> Affine {
                Affine(affine.offset, affine.terms.filter { !own.contains($0.axis) }.map { ($0.axis, $0.stride) })
            }
            return walk.elementsEqual(expected, by: ==)
                && outside(access.index, own) == outside(first.index, Set(stages[last].axes))
        }
        var nest = self
        let count = stages[last].axes.reduce(1) { $0 * axes[$1].extent }
        let row = buffers.count
        nest.buffers.append(BufferDeclaration(buffers[buffer].type, count: count, role: .update))
        nest.buffers[buffer].role = .output
        for (number, stage) in stages.enumerated() {
            for (place, store) in stage.stores.enumerated() where store.access.buffer == buffer {
                guard store.mode == .write, isInRow(store.access, number) else { return nil }
                if number != last { nest.stages[number].stores[place].access = Access(row, position(in: stage)) }
            }
        }
        for (id, value) in values.enumerated() {
            guard case .load(let access) = value.operation, access.buffer == buffer else { continue }
            // A value belongs to the stage whose axes it names.
            let readers = stages.indices.filter { stage in
                NestWork.closure(of: roots(of: stages[stage]), self).contains(id)
            }
            guard let reader = readers.first, readers.count == 1, (writing[0] + 1...last).contains(reader),
                isInRow(access, reader)
            else { return nil }
            nest.values[id] = Value(.load(Access(row, position(in: stages[reader]))), value.type)
        }
        return nest
    }
}
