/// Long sums in parts.
///
/// Of an operand that some loop around does not move, a tile reads what its neighbour has read before. That comes from a core's own
/// cache if as much fits into it as is read in between, which grows with the length of the sums. So long sums are walked in parts: all
/// points of a unit get the first part of their sums, then all get the second (Goto & van de Geijn, *Anatomy of high-performance matrix
/// multiplication*, 2008: the blocks of length k_c). Each sum is still added up in the same order.
extension Scheduler {
    /// The bytes that a core's own cache holds while others pass by: three quarters of the least that is usual.
    static let residentBytes = 384.0 * 1024
    /// The bytes that one operand may fill while the other passes by: most of the cache next to a core, or some of the second where that is
    /// large.
    ///
    /// In longer parts the other operand is read in longer pieces, and accumulators move less often: with 2 MiB for each core (Emerald
    /// Rapids), a product of 2,048 takes 53 ms in parts of 1,024, 61 in parts of 128.
    private var nearBytes: Int { target.coreCacheBytes >= 1 << 20 ? target.coreCacheBytes / 8 : 24 << 10 }
    /// The bytes of one way of the larger cache, over which addresses are spread.
    private static let wayBytes = 131_072
    /// The bytes that arrive in each cycle from the cache that cores share, without anybody waiting.
    private static let fartherBytes = 6.0
    /// The most that accumulators may take while they wait.
    static let waitingBytes = 2 << 20
    /// The shortest part: shorter ones would spend their time with moving accumulators.
    static let shortestPart = 128
    /// A part in which moving accumulators costs next to nothing.
    private static let usefulPart = 512.0

    /// Cuts the first reduction in parts where what it reads again would not stay in the cache.
    func cutReduction(_ schedule: inout Schedule, _ work: NestWork) {
        guard let stage = nest.stages.first, let loop = schedule.stages.first?.first, loop.lanes == 1,
            !stage.ordered, stage.stores.isEmpty, !stage.reductions.isEmpty, !schedule.splitsReduction,
            nest.sequential.isEmpty, nest.bands == nil, !schedule.outer.contains(where: \.joinsLanes),
            schedule.stages[0].allSatisfy({ !$0.isIndependent && $0.lanes == 1 }),
            stage.reductions.allSatisfy({ nest.reductions[$0].operation == .sum }),
            work.stages[0].items.allSatisfy({ !$0.bounded.has(loop.axis) })
        else { return }
        let extent = nest.axes[loop.axis].extent
        let perIteration = residentBytesPerIteration(schedule, work, along: loop.axis)
        let longestPacked = longestPackedPart(schedule)
        let kept = keptBytesPerIteration(schedule, work, along: loop.axis)
        // Windows of all channels: each tile of places reads the kernels again.
        let walksWindows = operands(work).contains { load in
            load.index.terms.contains { nest.stages[0].axes.dropFirst().contains($0.axis) }
        }
        // What is copied has a row for each point of the sum, and a window has several in each of its channels.
        let hasRows = !schedule.packed.isEmpty || walksWindows
        let shortest = hasRows ? max(1, Self.shortestPart / rowsPerIteration) : Self.shortestPart
        guard extent >= 2 * shortest,
            perIteration * Double(extent) > Self.residentBytes || longestPacked < extent
                || kept * extent > 2 * nearBytes && (readsLines(schedule, work) || walksWindows)
        else { return }
        let longest = max(
            shortest,
            min(
                longestPacked, Int(Self.residentBytes / max(1, perIteration)), nearBytes / kept))
        let parts = TileCost.divided(extent, by: longest)
        guard parts > 1, waitingBytes(schedule, work) <= Self.waitingBytes else { return }
        schedule.blocksPerPart = TileCost.divided(extent / loop.step, by: parts)
    }

    /// Lets loops that move the same operands as the innermost follow each other: what they do not move is read again soon.
    ///
    /// Called when units are known: what matters is how far each loop walks in a unit.
    func gatherWalks(_ schedule: inout Schedule, _ work: NestWork) {
        let moving = schedule.outer.filter { steps($0) > 1 }
        guard let innermost = moving.last, nest.sequential.isEmpty, moving.count > 2,
            !(nest.stages.first?.reductions.isEmpty ?? true)
        else { return }
        func moved(_ loop: Schedule.Loop) -> [Bool] { operands(work).map { $0.axes.has(loop.axis) } }
        let same = moving.dropLast().filter { moved($0) == moved(innermost) }.map(\.axis)
        let before = schedule.outer
        schedule.outer =
            schedule.outer.filter { !same.contains($0.axis) && $0.axis != innermost.axis }
            + schedule.outer.filter { same.contains($0.axis) } + [innermost]
        guard let axis = schedule.stages.first?.first?.axis,
            residentBytesPerIteration(schedule, work, along: axis) * Self.usefulPart <= Self.residentBytes
        else { return schedule.outer = before }
    }

    /// What the first reduction reads.
    private func operands(_ work: NestWork) -> [NestWork.Item] { work.stages[0].items.filter { $0.kind == .load } }

    /// The bytes that one iteration of the reduction adds to what is read again.
    private func residentBytesPerIteration(_ schedule: Schedule, _ work: NestWork, along axis: Int) -> Double {
        let moving = schedule.outer.filter { steps($0) > 1 }
        let loads = operands(work).filter { $0.axes.has(axis) && $0.gathered.isEmpty }
        let cycles = Double(schedule.outer.reduce(1) { $0 * $1.count }) / 2
        return loads.reduce(0) { sum, load in
            if let packing = schedule.packed.first(where: { $0.value == load.packable }) {
                return sum + Double(bytesPerIteration(packing, schedule))
            }
            // Little at a time may as well come from farther away: whole lines where the next iterations do not read the rest.
            var once = schedule.outer.reduce(load.bytes) { load.axes.has($1.axis) ? $0 * $1.step : $0 }
            let pitch = abs(load.index.stride(of: axis)) * load.bytes
            if pitch != load.bytes {
                let row = schedule.outer.reduce(load.bytes) { load.index.stride(of: $1.axis) == 1 ? $0 * $1.step : $0 }
                once = once / row * max(min(64, pitch), row)
            }
            if Double(once) < Self.fartherBytes * cycles { return sum }
            // Read again at each step of the outermost loop that does not move it; until then all loops inside that do have passed.
            guard let again = moving.firstIndex(where: { !load.axes.has($0.axis) }) else { return sum }
            var (bytes, row) = (load.bytes, load.bytes)
            for loop in schedule.outer where load.axes.has(loop.axis) {
                let tile = min(nest.axes[loop.axis].extent, loop.step)
                if load.index.stride(of: loop.axis) == 1 { row *= tile }
                bytes *= tile
            }
            for loop in moving[again...] where load.axes.has(loop.axis) { bytes *= steps(loop) }
            for inner in nest.stages[0].axes where inner != axis && load.axes.has(inner) {
                bytes *= nest.axes[inner].extent
            }
            // Rows a power of two apart compete for the same places of the cache.
            let spread = min(Self.wayBytes, pitch & -pitch)
            return sum + Double(bytes) * Double(max(1, spread / max(64, row) / 4))
        }
    }

    /// Whether each iteration reads from a copy, and lines of its own of another operand beside: together more than the larger cache has
    /// time for, unless the copy stays in the smaller one. (Rows that lie along the sum are few bytes each time: there, parts would only
    /// move accumulators. On Zen 3 `matmul-2048` takes a tenth longer with them.)
    private func readsLines(_ schedule: Schedule, _ work: NestWork) -> Bool {
        guard !schedule.packed.isEmpty, let innermost = nest.stages[0].axes.last else { return false }
        return operands(work).contains { load in
            !schedule.packed.contains { $0.value == load.packable }
                && abs(load.index.stride(of: innermost)) * load.bytes >= 64
        }
    }

    /// The bytes, in whole lines, that one iteration of the reduction adds to what all steps of the innermost loop read.
    private func keptBytesPerIteration(_ schedule: Schedule, _ work: NestWork, along axis: Int) -> Int {
        guard let innermost = schedule.outer.last(where: { steps($0) > 1 }) else { return 1 }
        return operands(work).filter { $0.axes.has(axis) && !$0.axes.has(innermost.axis) }.reduce(1) { sum, load in
            if let packing = schedule.packed.first(where: { $0.value == load.packable }) {
                return sum + bytesPerIteration(packing, schedule)
            }
            let once = max(64, schedule.outer.reduce(load.bytes) { load.axes.has($1.axis) ? $0 * $1.step : $0 })
            return sum
                + nest.stages[0].axes.reduce(once) {
                    $1 != axis && load.axes.has($1) ? $0 * nest.axes[$1].extent : $0
                }
        }
    }

    /// The bytes of a unit's accumulators.
    func waitingBytes(_ schedule: Schedule, _ work: NestWork) -> Int {
        let points = schedule.outer.reduce(1) { points, loop in
            let extent = nest.axes[loop.axis].extent
            return points * (loop.blocksPerUnit > 0 ? min(extent, loop.blocksPerUnit * loop.step) : extent)
        }
        return points * work.stages[0].accumulatorBytes.reduce(0, +)
    }
}
