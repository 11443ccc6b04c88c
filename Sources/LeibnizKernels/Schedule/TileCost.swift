/// Estimates what a nest costs with a tile, in clock cycles of a processor with two vector units and two load ports.
struct TileCost {
    let nest: LoopNest
    let work: NestWork
    let target: TargetDescription

    /// Instructions by the part of the processor that they keep busy.
    struct Tally {
        var loads = 0.0
        var stores = 0.0
        var operations = 0.0
        /// What integer units do beside: tests of indices and choices of addresses.
        var choices = 0.0

        var instructions: Double { loads + stores + operations + choices }

        var cycles: Double { max(loads / 2, stores, operations / 2, choices / 3, instructions / 5) }

        mutating func add(_ other: Tally, times count: Double) {
            loads += other.loads * count
            stores += other.stores * count
            operations += other.operations * count
            choices += other.choices * count
        }
    }

    /// One item of a stage with its tally.
    fileprivate struct Entry {
        var one: Tally
        /// The axes along which copies multiply it.
        var axes: AxisSet
        var isLoad: Bool
        /// Whether each iteration of the stage does it, or only each block.
        var isInner: Bool
        /// Loads, and stores of sums: the axes along which copies lie in different pages and compete for the same cache lines.
        var distant: AxisSet
        /// Loads: the axes along which copies lie in different cache lines, and those along which they are neighbours.
        var apart: AxisSet
        var beside: AxisSet
        /// Loads: the cache lines that a vector fills, and the share of them that an iteration has not touched before.
        var width: Double
        var newness: Double
        /// Loads with distant lanes: the axes along which as many copies as lanes read a block across.
        var rows: AxisSet
        /// Stores with gaps between lanes: the axes along which copies fill them.
        var woven: AxisSet
        /// Loads that are tested at each iteration: the axes along which copies need tests of their own.
        var tested: AxisSet
        /// Whether each lane has a test of its own.
        var testsLanes = false
        /// Loads: the axes that stay when some tests are settled, and the axes of each such test.
        var settles: [AxisSet] = []
        var unsettled: AxisSet = []
        /// Loads of what is copied before: the axis along which a copy's neighbours lie, the only one of those that move it along which
        /// the tile may hold more than one point.
        var packed: Int?
    }

    /// One stage with what does not depend on copies.
    fileprivate struct StageEntry {
        var number: Int
        var entries: [Entry]
        var iterations: Double
        /// The registers of one point's accumulators.
        var accumulators: Double
        var hasOrder: Bool
        /// Whether all that it reads might be read from copies instead.
        var mayBeCopied: Bool
        /// Whether its sums are too short, or too much under tests, to be walked in parts.
        var isUncut: Bool
        /// The tests that copies can settle.
        var settled: SettledBounds
        /// Whether instructions wait for each other in long chains.
        var waits: Bool
        /// The halvings until a vector of partial results is one number.
        var folds: Double
    }

    /// A way that vectors run, ready for all copies along with it.
    struct Prepared {
        fileprivate var stages: [StageEntry]
        fileprivate var steps: [(axis: Int, count: Int)]
        /// The axes along which copies can read a block across.
        var rows: AxisSet { stages.reduce([]) { $1.entries.reduce($0) { $0.union($1.rows) } } }
        /// The axes along which copies can settle tests.
        var settling: AxisSet { stages.reduce([]) { $0.union($1.settled.axes) } }
        /// The axes along which copies can fill the gaps between lanes.
        var woven: AxisSet { stages.reduce([]) { $1.entries.reduce($0) { $0.union($1.woven) } } }
    }

    /// The additions that must be under way at once to keep both units busy: a latency of 4 cycles on each.
    static let chains = 8
    /// The places a page or more apart that the lines of a cache with eight ways serve beside what streams through it.
    private static let fewPages = 6
    /// The bytes of the cache next to a core, and those that arrive in each cycle from the next one.
    private static let nearBytes = 28_672.0
    static let ownCacheBytes = 20.0
    /// The instructions in a block beyond which code is too long to be worth it.
    static let greatestBlock = 260.0

    static func divided(_ a: Int, by b: Int) -> Int { (a + b - 1) / b }

    /// What all tiles with these vectors share.
    func prepared(_ tile: Tile) -> Prepared {
        let stages = work.stages.enumerated().map { number, stage -> StageEntry in
            let axis = tile.vectorAxis(stage: number)
            let settled = SettledBounds(nest, stage, vectors: axis)
            let entries = stage.items.map { item -> Entry in
                let isEach = item.kind == .reduction || item.kind == .store
                let isSpread = item.kind == .load || item.kind == .store && !nest.reductions.isEmpty
                let distant =
                    isSpread ? nest.outer.filter { abs(item.index.stride(of: $0)) * item.bytes >= 2048 } : []
                let apart = AxisSet(nest.outer.filter { abs(item.index.stride(of: $0)) * item.bytes >= 64 })
                let beside = AxisSet(nest.outer.filter { item.index.stride(of: $0) == 1 })
                let width = Double(item.bytes * (axis.map { beside.has($0) } ?? false ? tile.lanes : 1)) / 64
                let pace = nest.stages[number].axes.last.map {
                    Double(abs(item.index.stride(of: $0)) * item.bytes) / 64
                }
                let isAcross = item.kind == .load && axis.map { abs(item.index.stride(of: $0)) > 2 } ?? false
                let rows = isAcross && item.gathered.isEmpty ? nest.outer.filter { item.index.stride(of: $0) == 1 } : []
                if let axis, let cost = packingCost(item, along: axis) {
                    // Read from a copy, row after row.
                    let registers = Double(max(1, tile.lanes * item.bytes / target.vectorBytes))
                    return Entry(
                        one: Tally(loads: registers, operations: registers * cost), axes: item.axes, isLoad: true,
                        isInner: true, distant: [], apart: [], beside: AxisSet(axis),
                        width: Double(item.bytes * tile.lanes) / 64, newness: 1, rows: [], woven: [], tested: [],
                        packed: axis)
                }
                let gap = axis.map { item.index.stride(of: $0) } ?? 0
                let isGapped =
                    item.kind == .store && item.gathered.isEmpty && LoopNest.filledGaps.contains(gap) && item.bytes >= 4
                let woven =
                    isGapped
                    ? nest.outer.filter { item.index.stride(of: $0) == 1 && nest.axes[$0].extent == gap } : []
                // A stage's innermost loop that does so is short, and unrolled.
                let inner = nest.stages[number].axes.last
                let fills = inner.map { item.index.stride(of: $0) == 1 && nest.axes[$0].extent == gap } ?? false
                let tests = item.kind == .load ? settled.tests.filter { item.bounds.contains($0.bound) } : []
                let others = item.bounds.filter { bound in !tests.contains { $0.bound == bound } }
                return Entry(
                    one: isGapped && fills ? filling(tile, gap) : tally(item, axis, tile.lanes),
                    axes: isEach ? AxisSet(rawValue: .max) : item.axes,
                    isLoad: item.kind == .load, isInner: isEach || !item.axes.isDisjoint(with: stage.axes),
                    distant: AxisSet(distant), apart: apart, beside: beside, width: width,
                    newness: min(1, pace ?? 0), rows: AxisSet(rows), woven: AxisSet(woven),
                    tested: item.kind == .load && !item.bounded.isDisjoint(with: stage.axes) ? item.bounded : [],
                    testsLanes: axis.map(item.bounded.has) ?? false, settles: tests.map(\.axes),
                    unsettled: AxisSet((item.index.terms + others.flatMap(\.index.terms)).map(\.axis)).union(
                        item.gathered))
            }
            let iterations = nest.stages[number].axes.reduce(1.0) {
                let extent = nest.axes[$1].extent
                return $0 * Double($1 == axis ? Self.divided(extent, by: tile.lanes) : extent)
            }
            let foldsLanes = axis.map { stage.axes.has($0) } ?? false
            let registers = accumulatorRegisters(stage, lanes: axis == nil ? 1 : tile.lanes)
            let halvings = Double(tile.lanes.trailingZeroBitCount)
            return StageEntry(
                number: number, entries: entries, iterations: iterations, accumulators: registers,
                hasOrder: nest.stages[number].ordered, mayBeCopied: number == 0 && mayBeCopied,
                isUncut: number == 0 && isUncut, settled: settled, waits: stage.waits,
                folds: foldsLanes ? (number == 0 && tile.joined.count > 1 ? 1 : halvings) : 0)
        }
        let steps = nest.outer.map { axis -> (axis: Int, count: Int) in
            let extent = nest.axes[axis].extent
            return (axis, tile.vectors == .outer(axis) ? Self.divided(extent, by: tile.lanes) : extent)
        }
        return Prepared(stages: stages, steps: steps)
    }

    /// All cycles of the nest on one thread.
    func cycles(_ tile: Tile, _ prepared: Prepared) -> Double {
        var blocks = 1.0
        var parts: [[(count: Int, times: Double)]] = []
        var rests = 0
        // Each tiled axis falls into whole blocks and a rest; every combination is a tile of its own.
        for step in prepared.steps {
            let count = tile.count(along: step.axis)
            if count == 1 {
                blocks *= Double(step.count)
            } else if step.count % count != 0 {
                rests += 1
            }
        }
        for copies in [tile.first, tile.second, tile.joined] {
            let steps = copies.count == 1 ? 1 : prepared.steps.first { $0.axis == copies.axis }?.count ?? 1
            let (whole, rest) = steps.quotientAndRemainder(dividingBy: copies.count)
            parts.append((whole > 0 ? [(copies.count, Double(whole))] : []) + (rest > 0 ? [(rest, 1)] : []))
        }
        var total = 0.0
        var block = tile
        for first in parts[0] {
            for second in parts[1] {
                for joined in parts[2] {
                    (block.first.count, block.second.count, block.joined.count) = (
                        first.count, second.count, joined.count
                    )
                    let cycles = blockCycles(block, prepared)
                    total += first.times * second.times * joined.times * cycles
                }
            }
        }
        // Rests double the code and are badly predicted.
        return total * blocks * (1 + 0.01 * Double(rests))
    }

    /// The cycles of one block of a tile, all stages.
    private func blockCycles(_ tile: Tile, _ prepared: Prepared) -> Double {
        prepared.stages.reduce(6) { $0 + stageCycles($1, tile) }
    }

    private func stageCycles(_ stage: StageEntry, _ tile: Tile) -> Double {
        var (inner, outer) = (Tally(), Tally())
        var (registers, greatest, lines, bytes) = (0.0, 0.0, 0.0, 0.0)
        let whole = wholeCopies(tile)
        let share = stage.settled.tests.reduce(1.0) { whole.isSuperset(of: $1.axes) ? $0 * $1.share : $0 }
        for var entry in stage.entries {
            if !entry.settles.isEmpty, entry.settles.allSatisfy(whole.isSuperset) {
                entry.axes = entry.unsettled
                entry.tested = entry.tested.intersection(entry.unsettled)
            }
            var count = Double(tile.factor(entry.axes, stage: stage.number))
            if entry.isInner, !entry.isLoad { count *= share }
            if let packed = entry.packed,
                [tile.first, tile.second].contains(where: { $0.axis != packed && $0.factor(entry.axes) > 1 })
            {
                return .infinity
            }
            if !entry.distant.isEmpty, tile.factor(entry.distant, stage: stage.number) > Self.fewPages { count *= 4 }
            var one = entry.one
            if tile.first.count >= Tile.fewestRows, tile.first.count <= tile.lanes, entry.rows.has(tile.first.axis) {
                // A load for each lane, and exchanges of which those for other columns fall away.
                let share = Double(tile.lanes) / Double(tile.first.count)
                one = Tally(loads: share, operations: Double(tile.lanes.trailingZeroBitCount) + share - 1)
            }
            if tile.first.count > 1, entry.woven.has(tile.first.axis) {
                one = filling(tile, tile.first.count)
            }
            if entry.isInner {
                // A comparison and a choice of the address, which copies that share the bounds share: of numbers, or of all lanes.
                // Along vectors the parts of their loop know the answers, but where copies begin at places that only run time knows.
                if !entry.tested.isEmpty {
                    let tested = entry.testsLanes ? entry.tested.subtracting(whole) : entry.tested
                    let tests = Double(tile.factor(tested, stage: stage.number))
                    let instructions = tests > 1 ? 3 * tests + count : 0
                    if entry.testsLanes { inner.operations += instructions } else { inner.choices += instructions }
                }
                inner.add(one, times: count)
                if entry.isLoad {
                    let walks = Double(tile.factor(entry.apart, stage: stage.number))
                    let each = entry.width * Double(tile.factor(entry.beside, stage: stage.number))
                    lines += walks * (0.2 + entry.newness * max(1, each))
                    bytes += 64 * entry.width * count
                    registers += one.loads * count
                    greatest = max(greatest, one.loads * count)
                }
            } else {
                outer.add(one, times: count)
            }
        }
        if inner.instructions > Self.greatestBlock, tile.points > 1 { return .infinity }
        // Of equals the one with fewer instructions, fewer lines to fetch, and from fewer places.
        var each = inner.cycles + 0.01 * inner.instructions + 0.1 * lines
        // Where instructions wait for each other copies fill the gaps, those of the stage's own loop among them.
        let waiting = stage.waits ? 1 + 0.25 / Double(max(tile.points, stage.iterations > 1 ? 4 : 1)) : 1
        each *= waiting
        var fold = 0.0
        if stage.accumulators > 0 {
            let points = tile.factor(AxisSet(rawValue: .max), stage: stage.number)
            let accumulators = Double(points) * stage.accumulators
            let file = Double(target.vectorRegisterCount)
            let room = max(1, (file * 0.75 / accumulators).rounded(.down))
            each = max(each, 4 / (stage.hasOrder ? 1 : max(1, min(stage.iterations, room))))
            // What does not fit is written to memory and read again; without FMA a product needs a register of its own.
            let excess = accumulators + (registers - greatest) + (target.hasFMA ? 1 : 2) - file
            if excess > 0 { each += 2 * excess }
            // Long rows have left the nearest cache before the next tile reads them again, and are not cut in parts as copies are.
            let read = registers * Double(target.vectorBytes)
            if stage.folds > 0, stage.mayBeCopied, read * stage.iterations > Self.nearBytes {
                each = max(each, read / Self.ownCacheBytes)
            }
            if stage.isUncut, bytes * stage.iterations > Self.nearBytes { each = max(each, bytes / Self.ownCacheBytes) }
            fold = accumulators * 1.5 * stage.folds
        }
        let isLoop = stage.iterations > 1
        return outer.cycles * (isLoop ? 1 : waiting) + stage.iterations * (each + (isLoop ? 0.4 : 0)) + fold
            + (isLoop ? 4 : 0)
    }

    /// What each of some copies takes that fill the gaps between a vector's lanes.
    private func filling(_ tile: Tile, _ gap: Int) -> Tally {
        Tally(stores: max(1, Double(tile.lanes) / wholeLanes), operations: gap > 2 ? 2 : 1)
    }

    /// Whether the first stage adds up what is not walked in parts, so that each tile reads all of it from where it fits.
    private var isUncut: Bool {
        guard let axis = nest.stages[0].axes.first, !nest.stages[0].reductions.isEmpty else { return false }
        return nest.axes[axis].extent < 2 * Scheduler.shortestPart
            || work.stages[0].items.contains { $0.bounded.has(axis) }
    }

    /// The axes all of whose points are copies.
    private func wholeCopies(_ tile: Tile) -> AxisSet {
        AxisSet([tile.first, tile.second].filter { $0.count > 1 && $0.count == nest.axes[$0.axis].extent }.map(\.axis))
    }

    /// The registers that the accumulators of one point of a stage fill; none if there are no reductions.
    func accumulatorRegisters(_ stage: NestWork.Stage, lanes: Int) -> Double {
        stage.accumulatorBytes.reduce(0) { $0 + Double(max(1, $1 * lanes / target.vectorBytes)) }
    }

    /// The float32 numbers in a register.
    private var wholeLanes: Double { Double(target.vectorBytes) / 4 }

    /// What one item takes for one vector, or for one number where it does not vary along the vectors' axis.
    private func tally(_ item: NestWork.Item, _ axis: Int?, _ lanes: Int) -> Tally {
        guard let axis, item.kind == .reduction || item.axes.has(axis) else {
            switch item.kind {
            case .load: return Tally(loads: 1)
            case .store: return Tally(stores: 1)
            case .operation, .reduction: return Tally(operations: item.weight)
            }
        }
        let registers = Double(max(1, lanes * item.bytes / target.vectorBytes))
        let all = Double(lanes)
        let stride = item.index.stride(of: axis)
        let isScattered = item.gathered.has(axis)
        switch item.kind {
        case .operation, .reduction: return Tally(operations: item.weight * registers)
        case .load:
            switch isScattered ? Int.max : stride {
            case 0: return Tally(loads: 1, operations: 1)
            case 1: return Tally(loads: registers)
            case -1: return Tally(loads: registers, operations: registers)
            case 2: return Tally(loads: 2 * registers, operations: 2 * registers)
            default: return Tally(loads: all, operations: 1.5 * all)
            }
        case .store:
            return stride == 1 && !isScattered ? Tally(stores: registers) : Tally(stores: all, operations: all)
        }
    }
}
