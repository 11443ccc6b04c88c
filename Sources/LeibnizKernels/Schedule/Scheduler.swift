/// Finds a schedule for a simplified loop nest.
///
/// The tile is the one that `TileCost` finds cheapest. Then loops are put in order, small ones unrolled, and the outermost
/// shared among threads; where there are too few points for that, the first reduction is shared.
struct Scheduler {
    let nest: LoopNest
    let target: TargetDescription
    let threads: Int

    init(_ nest: LoopNest, target: TargetDescription, threads: Int) {
        self.nest = nest
        self.target = target
        self.threads = threads
    }

    func schedule() -> Schedule { schedules(atMost: 1)[0] }

    /// The schedule that costs least by the model, and then others that it finds not much worse, if there are any: they walk the same
    /// sums in the same order, so that who chooses among them chooses times, never bits.
    func schedules(atMost limit: Int) -> [Schedule] {
        let isPlain = nest.axes.count > AxisSet.capacity || nest.outer.contains { nest.axes[$0].extent == 0 }
        if isPlain { return [plainSchedule()] }
        let work = NestWork(nest, hasFMA: target.hasFMA)
        let cost = TileCost(nest: nest, work: work, target: target)
        var search = TileSearch(cost, threads: 1)
        var best = search.best()
        let transfer = NestTotals(nest).bytes / TileCost.ownCacheBytes
        if isWorthSharing(max(best.cycles, transfer)) {
            search = TileSearch(cost, threads: threads)
            best = search.best()
        }
        func schedule(_ estimate: TileSearch.Estimate) -> Schedule {
            self.schedule(estimate.tile, max(estimate.cycles, transfer), work, cost)
        }
        let first = schedule(best)
        guard limit > 1, first.mayBeMeasured(nest) else { return [first] }
        var schedules = [first]
        for other in search.alternatives(to: best) where schedules.count < limit {
            let schedule = schedule(other)
            if schedule.computesAlike(first), !schedules.contains(where: { $0.loops == schedule.loops }) {
                schedules.append(schedule)
            }
        }
        return schedules
    }

    /// The schedule that a tile makes.
    private func schedule(_ tile: Tile, _ cycles: Double, _ work: NestWork, _ cost: TileCost) -> Schedule {
        var schedule = Schedule(outer: outerLoops(tile, work, cost), stages: [])
        let unrolling = StageUnrolling(nest: nest, work: work, cost: cost, tile: tile)
        schedule.stages = nest.stages.indices.map(unrolling.loops)
        schedule.reason = reason(tile)
        shareWork(&schedule, tile, cycles, work, cost)
        nestShortWalks(&schedule, work)
        gatherWalks(&schedule, work)
        packOperands(&schedule, work)
        cutReduction(&schedule, work)
        limitPackings(&schedule)
        shortenUnits(&schedule)
        return schedule
    }

    /// One point after the other.
    private func plainSchedule() -> Schedule {
        Schedule(
            outer: nest.outer.map { Schedule.Loop(axis: $0) },
            stages: nest.stages.map { $0.axes.map { Schedule.Loop(axis: $0) } }, unitCost: 1000)
    }

    /// The outer loops, without units.
    ///
    /// The innermost is the one along which a tile's next block needs the least new memory; for maps it is the vectors' axis, the one
    /// along which they read across, or, if vectors leave gaps where they write, the one along which those are filled. What is copied for a tile should be read by its neighbours next.
    private func outerLoops(_ tile: Tile, _ work: NestWork, _ cost: TileCost) -> [Schedule.Loop] {
        var loops = nest.outer.map { axis in
            let isVector = tile.vectors == .outer(axis)
            return Schedule.Loop(
                axis: axis, lanes: isVector ? tile.lanes : 1, count: tile.count(along: axis),
                joinsLanes: axis == tile.joined.axis)
        }
        let isMap = nest.stages.allSatisfy(\.reductions.isEmpty)
        // Sequential axes keep their order among themselves, innermost: tiles and units lie around them.
        let free = loops.filter { !nest.sequential.contains($0.axis) }
        let sequential = loops.filter { nest.sequential.contains($0.axis) }
        loops = isMap ? inOrderOfStores(free) : free
        func isWhole(_ loop: Schedule.Loop) -> Bool { nest.axes[loop.axis].extent <= loop.step }
        func traffic(_ axis: Int) -> Int {
            var sum = 0
            for item in work.stages.flatMap(\.items) where item.kind == .load && item.axes.has(axis) {
                var size = item.bytes
                for loop in free where item.axes.has(loop.axis) { size *= min(loop.step, nest.axes[loop.axis].extent) }
                for (other, length) in nest.axes.enumerated() where item.axes.has(other) && !nest.outer.contains(other)
                {
                    size *= length.extent
                }
                sum += size
            }
            return sum
        }
        let copied = cost.acrossOperands(tile)
        let repeating = loops.filter { loop in !isWhole(loop) && copied.allSatisfy { !$0.has(loop.axis) } }
        let moving = repeating.isEmpty ? loops.filter { !isWhole($0) } : repeating
        let followsRows = isMap && self.followsRows(tile)
        let innermost =
            isMap
            ? loops.first { followsRows ? $0.axis == tile.first.axis : $0.lanes > 1 && !leavesGaps(tile) }
            : moving.reversed().min { traffic($0.axis) < traffic($1.axis) }
        if let innermost, let place = loops.firstIndex(of: innermost) { loops.append(loops.remove(at: place)) }
        // Bands are counted along the last of their axes first.
        if let around = nest.bands?.around, let place = loops.firstIndex(where: { $0.axis == around }) {
            loops.insert(loops.remove(at: place), at: 0)
        }
        return loops + sequential
    }

    /// Loops in the order in which a map's only result lies in memory: reads may jump from line to line, but writes to many places a
    /// power of two apart would compete for a few lines of each cache.
    private func inOrderOfStores(_ loops: [Schedule.Loop]) -> [Schedule.Loop] {
        let stores = nest.stages.flatMap(\.stores)
        guard stores.count == 1, let index = stores.first?.access.index else { return loops }
        return loops.enumerated().sorted { a, b in
            let (first, second) = (abs(index.stride(of: a.element.axis)), abs(index.stride(of: b.element.axis)))
            return (-first, a.offset) < (-second, b.offset)
        }.map(\.element)
    }

    /// Whether a tile that reads across follows each lane's row to its end: few rows at a time, whose next lines the processor fetches
    /// ahead. That needs stores of whole lines near to each other, or lines would be written in pieces at far times.
    private func followsRows(_ tile: Tile) -> Bool {
        guard case .outer(let vector) = tile.vectors, tile.first.count >= Tile.fewestRows else { return false }
        return nest.stages.flatMap(\.stores).allSatisfy { store in
            let bytes = nest.buffers[store.access.buffer].type.byteCount
            let whole = store.access.index.terms.allSatisfy { $0.axis == vector || $0.stride * bytes % 64 == 0 }
            return whole && store.access.index.stride(of: tile.first.axis) * bytes <= 512
        }
    }

    /// Whether the vectors of a map write to a line here and there, and the loops of its order come back for the rest: whoever walks along
    /// the vectors first finds all lines gone from the caches by then.
    private func leavesGaps(_ tile: Tile) -> Bool {
        guard case .outer(let vector) = tile.vectors else { return false }
        let stores = nest.stages.flatMap(\.stores)
        guard stores.count == 1, let access = stores.first?.access, access.gathers.isEmpty else { return false }
        let stride = abs(access.index.stride(of: vector))
        let isFilled =
            tile.first.count > 1 && abs(access.index.stride(of: tile.first.axis)) * tile.first.count == stride
        return stride > 1 && !isFilled
    }

    /// The steps of a walk that is short, and the distance of reads that a processor does not fetch ahead.
    private static let (shortWalk, farBytes) = (8, 2048)

    /// Lets a map that writes line after line, but reads from far apart, take some neighbours of each place that it reads from: a unit's
    /// short walk along them goes inside the long one across. A few places are written to then, each line as a whole.
    private func nestShortWalks(_ schedule: inout Schedule, _ work: NestWork) {
        guard nest.stages.allSatisfy(\.reductions.isEmpty), nest.sequential.isEmpty,
            let vectors = schedule.outer.last, vectors.lanes > 1,
            nest.axes[vectors.axis].extent % vectors.step == 0
        else { return }
        let loads = work.stages.flatMap(\.items).filter { $0.kind == .load }
        func reach(_ loop: Schedule.Loop) -> Int {
            loads.map { abs($0.index.stride(of: loop.axis)) * loop.step * $0.bytes }.max() ?? 0
        }
        for (place, loop) in schedule.outer.enumerated().dropLast(2)
        where (2...Self.shortWalk).contains(loop.blocksPerUnit) && reach(loop) < Self.farBytes {
            let inner = schedule.outer[(place + 1)...].dropLast()
            guard inner.contains(where: { reach($0) >= Self.farBytes && $0.blocksPerUnit == 0 }) else { continue }
            schedule.outer.remove(at: place)
            return schedule.outer.insert(loop, at: schedule.outer.count - 1)
        }
    }

    private func reason(_ tile: Tile) -> String {
        let vectors: String
        switch tile.vectors {
        case .none: vectors = "no axis suits vectors"
        case .outer(let axis): vectors = "vectors along i\(axis), where most loads and stores meet neighbours"
        case .stages:
            vectors =
                "vectors along the reductions"
                + (tile.joined.count > 1 ? ", whose results join along i\(tile.joined.axis)" : "")
        }
        let copies = [tile.first, tile.second].filter { $0.count > 1 }.map { "\($0.count) along i\($0.axis)" }
        if copies.isEmpty { return vectors }
        return vectors + "; copies (\(copies.joined(separator: ", "))) share loads and hide latency"
    }
}
