/// Operands that are copied into memory of a thread's own before the loops of a tile read them again and again.
///
/// What a register tile reads of an operand then lies side by side, iteration after iteration, however far apart it lay: a transposed
/// operand costs no loads across, and rows a power of two apart do not compete for a few lines of the caches (Goto & van de Geijn,
/// *Anatomy of high-performance matrix multiplication*, 2008).
public struct Packing: Hashable, Sendable {
    /// The load, a value of the nest.
    public var value: ValueID
    /// The outer axis whose neighbours lie side by side in the copy, as many as a step of its loop takes.
    public var axis: Int
    /// The outer loops around the copying; none of those inside moves what is read, but perhaps that over `axis`.
    public var depth: Int
    /// Whether it would be read across otherwise, a number for each lane.
    public var isAcross: Bool

    /// The fewest tiles for which it pays to copy what would be read across.
    public static let fewestUses = 4
    /// The points of a tile along an axis that the model expects when it asks how many tiles read a copy.
    public static let expectedCopies = 6
    /// The instructions of copying a vector that is read across.
    public static let operations = 5.0
}

extension Scheduler {
    /// The fewest times that a copy is read of what lies in neighbouring vectors.
    private static let usesAlong = 6
    /// The ways of the cache next to a core, the bytes over which each spreads addresses, and the pages whose places are known at once.
    private static let (ways, wayBytes, knownPages) = (8, 4096, 48)
    /// The most bytes of a copy: what a core's own cache holds beside all that passes by; more where reading across is the alternative.
    private static let (packedBytes, packedAcrossBytes) = (256 << 10, 16 << 20)

    /// Lets operands of sums be copied where that pays.
    ///
    /// Called before sums are cut in parts, which should suit the copies.
    func packOperands(_ schedule: inout Schedule, _ work: NestWork) {
        guard nest.addsUpProducts, !schedule.splitsReduction, !schedule.outer.contains(where: \.joinsLanes),
            schedule.stages[0].allSatisfy({ !$0.isIndependent && $0.lanes == 1 })
        else { return }
        schedule.packed = work.stages[0].items.compactMap { packing(of: $0, schedule) }
    }

    /// Leaves out the copies that have become too large for what they are worth.
    func limitPackings(_ schedule: inout Schedule) {
        let chosen = schedule
        schedule.packed.removeAll { packing in
            packedBytes(packing, chosen) > (packing.isAcross ? Self.packedAcrossBytes : Self.packedBytes)
        }
    }

    private func packing(of item: NestWork.Item, _ schedule: Schedule) -> Packing? {
        guard let value = item.packable, let first = nest.stages[0].axes.first, item.axes.has(first) else { return nil }
        let moving = schedule.outer.indices.filter { item.axes.has(schedule.outer[$0].axis) }
        let wide = moving.filter { schedule.outer[$0].step > 1 }
        guard wide.count == 1, let place = wide.first else { return nil }
        let tile = schedule.outer[place]
        let stride = item.index.stride(of: tile.axis)
        let isAcross = tile.lanes > 1 && stride != 1
        let isLine = nest.stages[0].axes.last.map { abs(item.index.stride(of: $0)) == 1 } ?? false
        guard isAcross ? isLine : stride == 1 && compete(item) else { return nil }
        // From the innermost loop outwards: those that do not move the operand, and that of the tile as long as nothing repeats inside. What
        // would be read across is copied however few units of threads have left of the loops that repeat.
        let leastUses = isAcross ? 1 : Self.usesAlong
        var (depth, uses) = (schedule.outer.count, 1)
        while depth > 0 {
            let isTile = depth - 1 == place
            if isTile ? depth < schedule.outer.count && uses >= leastUses : moving.contains(depth - 1) { break }
            if !isTile { uses *= steps(schedule.outer[depth - 1]) }
            depth -= 1
        }
        guard uses >= leastUses, depth < schedule.outer.count else { return nil }
        return Packing(value: value, axis: tile.axis, depth: depth, isAcross: isAcross)
    }

    /// Whether the rows that a sum reads compete for few lines of a cache, or lie in many pages.
    private func compete(_ item: NestWork.Item) -> Bool {
        let rows = nest.stages[0].axes.reduce(1) { $0 * (item.axes.has($1) ? nest.axes[$1].extent : 1) }
        let pitches = nest.stages[0].axes.map { abs(item.index.stride(of: $0)) * item.bytes }
        guard let pitch = pitches.filter({ $0 > 0 }).min() else { return false }
        let spread = min(Self.wayBytes, pitch & -pitch)
        return rows > Self.ways * Self.wayBytes / spread || rows * min(pitch, 4096) > Self.knownPages * 4096
    }

    /// The bytes of a copy.
    private func packedBytes(_ packing: Packing, _ schedule: Schedule) -> Int {
        let extent = nest.axes[nest.stages[0].axes[0]].extent
        return (schedule.partLength ?? extent) * bytesPerIteration(packing, schedule)
    }

    /// The bytes of a copy for each iteration of the sum's first loop.
    func bytesPerIteration(_ packing: Packing, _ schedule: Schedule) -> Int {
        guard let place = schedule.outer.firstIndex(where: { $0.axis == packing.axis }) else { return 0 }
        let loop = schedule.outer[place]
        let blocks = place < packing.depth ? 1 : steps(loop)
        return rowsPerIteration * loop.step * blocks * nest.values[packing.value].type.byteCount
    }

    /// The points of the sum in each iteration of its first loop.
    var rowsPerIteration: Int { nest.stages[0].axes.dropFirst().reduce(1) { $0 * nest.axes[$1].extent } }

    /// How far a unit walks along a loop, in steps.
    func steps(_ loop: Schedule.Loop) -> Int { loop.stepsInUnit(extent: nest.axes[loop.axis].extent) }

    /// The most bytes of a part of an operand that was transposed: it should stay next to the core.
    private static let nearBytes = 48 << 10

    /// The longest part of a sum that suits the copies.
    func longestPackedPart(_ schedule: Schedule) -> Int {
        schedule.packed.map { packing in
            (packing.isAcross ? Self.nearBytes : Self.packedBytes) / max(1, bytesPerIteration(packing, schedule))
        }.min() ?? .max
    }
}

extension LoopNest {
    /// Whether it first adds up, for each point by itself: operands of products may be copied before, for many points.
    public var addsUpProducts: Bool {
        guard let stage = stages.first, !stage.axes.isEmpty, !stage.ordered, stage.stores.isEmpty, sequential.isEmpty,
            !stage.reductions.isEmpty
        else { return false }
        // What all bands read would be copied again for each.
        return stage.reductions.allSatisfy { reductions[$0].operation == .sum }
            && (bands.map { isBatch(along: $0.axis) } ?? true)
    }

    /// Whether all that the first stage reads is another thing at each step along an axis, as in a batch of products.
    public func isBatch(along axis: Int) -> Bool {
        guard let stage = stages.first, !stage.reductions.isEmpty else { return false }
        return NestWork.closure(of: roots(of: stage), self).allSatisfy { id in
            guard case .load(let access) = values[id].operation else { return true }
            return access.index.stride(of: axis) != 0
        }
    }

    /// Whether it reads an operand of sums across its results' neighbours, so often that a kernel copies it.
    public var copiesOperands: Bool {
        guard let stage = stages.first, addsUpProducts else { return false }
        let neighbours = outer.filter { axis in
            stages.flatMap(\.stores).contains { $0.access.index.stride(of: axis) == 1 }
        }
        return NestWork.closure(of: roots(of: stage), self).contains { id in
            guard case .load(let access) = values[id].operation, mayCopy(access) else { return false }
            return neighbours.contains { usesOfCopy(access.index, along: $0) != nil }
        }
    }

    /// Whether what an access reads is the same for all that read it, so that a copy may take its place.
    func mayCopy(_ access: Access) -> Bool {
        let buffer = buffers[access.buffer]
        return access.bounds.isEmpty && access.gathers.isEmpty && buffer.role == .input && buffer.type.isFloatingPoint
    }

    /// How many tiles read a copy of what the first stage's vectors along an axis would read across; nil where there is none to be made.
    func usesOfCopy(_ index: Affine, along axis: Int) -> Int? {
        guard addsUpProducts, outer.contains(axis), abs(index.stride(of: axis)) > 1, let first = stages[0].axes.first,
            let last = stages[0].axes.last, index.stride(of: first) != 0,
            // Whole lines are copied, or each would be fetched again and again.
            abs(index.stride(of: last)) == 1
        else { return nil }
        let uses =
            outer.filter { index.stride(of: $0) == 0 }.map { axes[$0].extent / Packing.expectedCopies }.max() ?? 0
        return uses >= Packing.fewestUses ? uses : nil
    }
}

extension TileCost {
    /// The instructions that each iteration pays for a copy of an operand that is read across by vectors along an axis; nil where it is
    /// not copied.
    func packingCost(_ item: NestWork.Item, along axis: Int) -> Double? {
        guard item.packable != nil else { return nil }
        return nest.usesOfCopy(item.index, along: axis).map { Packing.operations / Double($0) }
    }

    /// Whether all operands of the sums may be copied.
    var mayBeCopied: Bool {
        guard nest.addsUpProducts, let last = nest.stages[0].axes.last else { return false }
        return work.stages[0].items.allSatisfy { item in
            item.kind != .load || (item.packable != nil && abs(item.index.stride(of: last)) == 1)
        }
    }

    /// The axes that move each operand of which copies are expected because a tile's vectors read it across.
    func acrossOperands(_ tile: Tile) -> [AxisSet] {
        guard case .outer(let axis) = tile.vectors else { return [] }
        return work.stages.first?.items.filter { packingCost($0, along: axis) != nil }.map(\.axes) ?? []
    }
}
