/// What threads share: blocks of outer points, or the first reduction where there are too few of those.
extension Scheduler {
    /// The least cycles of a unit of parallel work.
    private static let leastUnit = 4000.0
    /// The steps of a unit that make what it has to copy cheap.
    private static let usesOfCopy = 8
    /// The units for each thread that make an uneven share negligible.
    private static let manyUnits = 8
    /// The units for each thread where a unit begins with nothing of its own to do: threads that are done early find some to help with.
    private static let smallUnits = 32
    /// What is worth helping with: who does what is not its own does it more slowly, and there must be something to gain.
    static let helpedCycles = 200_000.0

    /// Sets units and their cost.
    func shareWork(
        _ schedule: inout Schedule, _ tile: Tile, _ cycles: Double, _ work: NestWork, _ cost: TileCost
    ) {
        schedule.units = 1
        schedule.unitCost = Self.whole(cycles)
        if let bands = nest.bands, let place = schedule.outer.firstIndex(where: { $0.axis == bands.axis }) {
            schedule.outer[place].blocksPerUnit = bands.length
            schedule.units = TileCost.divided(nest.axes[bands.axis].extent, by: bands.length)
            if let around = bands.around, let place = schedule.outer.firstIndex(where: { $0.axis == around }) {
                schedule.outer[place].blocksPerUnit = 1
                schedule.units *= nest.axes[around].extent
            }
            return schedule.unitCost = Self.whole(cycles / Double(schedule.units))
        }
        // Where sums are walked in parts, those of a unit wait meanwhile: units must not be too large, whoever does them.
        let waiting = nest.addsUpProducts ? waitingBytes(schedule, work) : 0
        guard isWorthSharing(cycles) || waiting > Self.waitingBytes else { return }
        let perThread = nest.addsUpProducts || cycles < Self.helpedCycles ? Self.manyUnits : Self.smallUnits
        let manyUnits = max(perThread * threads, TileCost.divided(waiting, by: Self.waitingBytes))
        let blocks = schedule.outer.map { loop -> Int in
            nest.sequential.contains(loop.axis) ? 1 : (nest.axes[loop.axis].extent + loop.step - 1) / loop.step
        }
        let all = blocks.reduce(1) { $0 * $1 }
        let isFew = all < 4 * threads && (all % threads != 0 || all < threads)
        let copied = cost.acrossOperands(tile)
        if isFew || copied.isEmpty && readsAgain(schedule, work), threads > 1, splitReduction(&schedule, cycles) {
            return
        }
        // Few units where each spends much of its time on copies.
        let copying = copied.reduce(0.0) { $0 + copyingCycles($1, lanes: tile.lanes) }
        let fewUnits = Double(2 * threads) * copying > cycles * Self.muchCopying ? threads : 2 * threads
        let cheapCopies = copied.isEmpty ? 1 : Int(min(1e6, cycles * Self.littleCopying / copying))
        var units = 1
        for place in schedule.outer.indices where blocks[place] > 1 && units < manyUnits {
            let inner = blocks[(place + 1)...].reduce(1) { $0 * $1 }
            if copied.isEmpty, units == 1, inner >= manyUnits, tearsLines(schedule.outer[place]) { continue }
            // As few units along this loop as make enough, none of them too small.
            let wish = (manyUnits + units - 1) / units
            let affordable = max(1, Int(cycles / Double(units) / Self.leastUnit))
            var count = min(blocks[place], max(1, min(affordable, wish > blocks[place] / 2 ? blocks[place] : wish)))
            // Each unit makes copies of its own.
            if copied.contains(where: { !$0.has(schedule.outer[place].axis) }) {
                let isEven = units >= fewUnits && units % threads == 0
                count = min(
                    count,
                    max(
                        TileCost.divided(fewUnits, by: units), isEven ? 1 : blocks[place] / Self.usesOfCopy,
                        min(cheapCopies, blocks[place] / Self.usesOfCopy)))
            }
            guard count > 1 else { continue }
            // So few units that one more or less matters come in equal shares if they can.
            func number(_ count: Int) -> Int {
                TileCost.divided(blocks[place], by: TileCost.divided(blocks[place], by: count))
            }
            let even = (2...count).reversed().first { number($0) * units % threads == 0 }
            let chosen = number(count) * units < 4 * threads ? even ?? count : count
            var length = TileCost.divided(blocks[place], by: chosen)
            // Rather some units more along this loop than each again in two along the next, which would copy the same operand twice.
            if nest.addsUpProducts, copied.isEmpty, cycles >= Self.helpedCycles, length > 1, number(chosen) < wish {
                let shorter = TileCost.divided(blocks[place], by: length - 1)
                if wish <= shorter, shorter <= affordable { length -= 1 }
            }
            schedule.outer[place].blocksPerUnit = length
            units *= TileCost.divided(blocks[place], by: length)
        }
        schedule.units = units
        schedule.unitCost = Self.whole(cycles / Double(units))
    }

    /// Makes each block a unit of its own where blocks share nothing, for each copies what it reads: threads end at about the same time.
    ///
    /// Called when it is known what is copied. What is worth helping with is worth a unit.
    func shortenUnits(_ schedule: inout Schedule) {
        let moving = schedule.outer.indices.filter {
            nest.axes[schedule.outer[$0].axis].extent > schedule.outer[$0].step
        }
        guard let place = moving.first, schedule.packed.contains(where: { $0.axis == schedule.outer[place].axis }),
            schedule.packed.allSatisfy({ $0.depth > place }), schedule.blocksPerPart == 0,
            moving.dropFirst().allSatisfy({ schedule.outer[$0].blocksPerUnit == 0 })
        else { return }
        let loop = schedule.outer[place]
        let cycles = Double(schedule.unitCost) / Double(max(1, loop.blocksPerUnit))
        guard loop.blocksPerUnit > 1, cycles >= Self.helpedCycles else { return }
        schedule.outer[place].blocksPerUnit = 1
        schedule.units = TileCost.divided(nest.axes[loop.axis].extent, by: loop.step)
        schedule.unitCost = Self.whole(cycles)
    }

    /// Whether units along a loop would end inside of lines in every row that is written: two threads, each with its part of all rows, would
    /// wait for these lines again and again.
    private func tearsLines(_ loop: Schedule.Loop) -> Bool {
        nest.stages.flatMap(\.stores).contains { store in
            let bytes = nest.buffers[store.access.buffer].type.byteCount
            return store.access.index.stride(of: loop.axis) == 1
                && store.access.index.terms.contains { $0.axis != loop.axis && $0.stride * bytes % 64 != 0 }
        }
    }

    /// The share of a kernel's time that copies in two units for each thread may take.
    private static let muchCopying = 0.125
    /// The share that may go into making copies several times, for the sake of more units.
    private static let littleCopying = 0.02

    /// The cycles of copying an operand once that moves along some axes.
    private func copyingCycles(_ axes: AxisSet, lanes: Int) -> Double {
        let count = nest.axes.indices.reduce(1.0) { axes.has($1) ? $0 * Double(nest.axes[$1].extent) : $0 }
        return count / Double(lanes) * Packing.operations
    }

    /// The cycles that each thread waits for what others have in their caches.
    ///
    /// Tables that are looked up at any place, and small enough to stay in a core's own cache, are read and written by all
    /// threads all over: most lines were last touched by another core.
    private var foreignCycles: Double {
        let points = nest.axes.reduce(1.0) { $0 * Double($1.extent) }
        let loads = nest.values.compactMap { value -> Access? in
            if case .load(let access) = value.operation { access } else { nil }
        }
        let accesses = loads + nest.stages.flatMap { $0.stores.map(\.access) }
        let tables = Set(accesses.filter { !$0.gathers.isEmpty }.map(\.buffer))
        let lines = tables.reduce(0.0) { sum, buffer in
            let (count, bytes) = (Double(nest.buffers[buffer].count), Double(nest.buffers[buffer].type.byteCount))
            return count * bytes > Self.ownCache ? sum : sum + min(count, points) * bytes / 64
        }
        return lines * Double(threads - 1) / Double(threads) * Self.foreignLine
    }

    /// The bytes that stay near a core from one kernel to the next.
    private static let ownCache = 1_048_576.0
    /// The cycles for a line that another core has written, several being under way: 15 on Zen 4, 20 on Zen 3, more where others keep
    /// the way between the cores busy.
    private static let foreignLine = 20.0

    /// Whether threads are faster than one that takes so many cycles.
    func isWorthSharing(_ cycles: Double) -> Bool {
        threads > 1 && cycles > 2 * Self.leastUnit && cycles / Double(threads) + foreignCycles < cycles
    }

    private static func whole(_ cycles: Double) -> Int { Int(min(max(1, cycles), 1e15)) }

    /// Lets threads share the first loop of the first stage if its results are few; says whether it does.
    private func splitReduction(_ schedule: inout Schedule, _ cycles: Double) -> Bool {
        guard let stage = nest.stages.first, let loop = schedule.stages[0].first, nest.sequential.isEmpty,
            !stage.ordered, stage.stores.isEmpty, !stage.reductions.isEmpty
        else { return false }
        let isSearch = stage.reductions.contains { [.argMax, .argMin].contains(nest.reductions[$0].operation) }
        let steps = nest.axes[loop.axis].extent / loop.step
        let results = nest.outer.reduce(1) { $0 * nest.axes[$1].extent }
        guard steps >= 2 * threads || steps >= threads && steps % threads == 0, !isSearch,
            Double(results * threads * 4) < cycles / 4
        else { return false }
        schedule.splitsReduction = true
        // Tiles read a unit again and again. (What this core's cache holds must not matter: it would change the order of additions.)
        let block = NestTotals(nest).bytes / Double(steps)
        schedule.splitBlocks = max(1, min(steps / (Self.manyUnits * threads), Int(Self.residentBytes / max(1, block))))
        let size = loop.step * schedule.splitBlocks
        schedule.units = (nest.axes[loop.axis].extent + size - 1) / size
        schedule.unitCost = Self.whole(cycles / Double(schedule.units))
        schedule.reason += "; too few results to share, so threads share the reduction"
        return true
    }

    /// The bytes of one operand in one sum that are too many to be read anew for the next.
    private static let longSum = 65_536

    /// Whether sums over several axes read so much, and each the same again, that threads had better share what is read than the sums: the
    /// gradients of a convolution's weights. (Along one axis `cutReduction` sees to it.)
    private func readsAgain(_ schedule: Schedule, _ work: NestWork) -> Bool {
        guard let stage = nest.stages.first, !stage.reductions.isEmpty, stage.axes.count > 1 else { return false }
        let walked = schedule.outer.filter { nest.axes[$0.axis].extent > $0.step }
        return work.stages[0].items.contains { load in
            guard load.kind == .load, load.gathered.isEmpty, walked.contains(where: { !load.axes.has($0.axis) })
            else { return false }
            let bytes = stage.axes.reduce(load.bytes) { load.axes.has($1) ? $0 * nest.axes[$1].extent : $0 }
            return bytes >= Self.longSum
        }
    }
}
