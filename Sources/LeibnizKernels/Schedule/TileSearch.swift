/// Finds the tile that costs least.
struct TileSearch {
    let cost: TileCost
    let nest: LoopNest
    /// The threads that find something to do beside each other.
    let threads: Int
    /// Outer axes whose iterations may run side by side.
    let free: [Int]

    init(_ cost: TileCost, threads: Int) {
        self.cost = cost
        self.threads = threads
        let nest = cost.nest
        self.nest = nest
        free = nest.outer.filter {
            !nest.sequential.contains($0) && nest.axes[$0].extent > 1 && nest.bands?.cuts($0) != true
        }
    }

    /// A tile and the cycles that the model gives it.
    typealias Estimate = (tile: Tile, cycles: Double)

    /// The cheapest tile and its cycles; of equals the first found.
    func best() -> Estimate {
        var best: Estimate?
        forEach { tile, cycles in
            if best.map({ cycles < $0.cycles }) ?? true { best = (tile, cycles) }
        }
        return best ?? (Tile(.none, lanes: 1), 1)
    }

    /// How much more than the cheapest tile another may cost that is still worth a trial: the model's error, as seen.
    private static let doubt = 1.35

    /// Tiles that the model may be wrong about, the cheapest of each kind: kinds differ in the axis of vectors and in those of copies.
    /// Then the cheapest of the best's kind with other numbers of copies.
    func alternatives(to best: Estimate) -> [Estimate] {
        struct Kind: Hashable {
            var vectors: Tile.Vectors
            var copies: Set<Int>
            var joined: Int
        }
        func kind(_ tile: Tile) -> Kind {
            let copies = [tile.first, tile.second].filter { $0.count > 1 }.map(\.axis)
            return Kind(vectors: tile.vectors, copies: Set(copies), joined: tile.joined.axis)
        }
        var kinds: [Kind: Estimate] = [:]
        var sizes: [Int: Estimate] = [:]
        let own = kind(best.tile)
        forEach { tile, cycles in
            guard cycles <= best.cycles * Self.doubt, tile != best.tile else { return }
            let kind = kind(tile)
            if kind == own {
                guard tile.first.count != best.tile.first.count else { return }
                if sizes[tile.first.count].map({ cycles < $0.cycles }) ?? true {
                    sizes[tile.first.count] = (tile, cycles)
                }
            } else if kinds[kind].map({ cycles < $0.cycles }) ?? true {
                kinds[kind] = (tile, cycles)
            }
        }
        func ranked(_ estimates: some Collection<Estimate>) -> [Estimate] {
            estimates.sorted { ($0.cycles, $0.tile.first.axis) < ($1.cycles, $1.tile.first.axis) }
        }
        return Array(ranked(kinds.values).prefix(2)) + ranked(sizes.values)
    }

    /// Every tile that is considered, with its cycles.
    private func forEach(_ body: (Tile, Double) -> Void) {
        for start in starts() {
            let prepared = cost.prepared(start)
            func consider(_ tile: Tile) { body(tile, cost.cycles(tile, prepared)) }
            consider(start)
            if case .outer(let vector) = start.vectors {
                // As many copies as lanes, or as there are, read across what lies across.
                for axis in free
                where axis != vector && prepared.rows.has(axis) && nest.axes[axis].extent >= Tile.fewestRows {
                    var tile = start
                    tile.first = Tile.Copies(axis: axis, count: min(start.lanes, nest.axes[axis].extent))
                    consider(tile)
                }
                // As many copies as there are gaps between lanes fill them.
                for axis in free where axis != vector && prepared.woven.has(axis) {
                    var tile = start
                    tile.first = Tile.Copies(axis: axis, count: nest.axes[axis].extent)
                    consider(tile)
                }
            }
            forEachSettling(start, prepared, consider)
            if nest.stages.allSatisfy(\.reductions.isEmpty) {
                forEachShare(start, consider)
                forEachAbreast(start, consider)
                if start.vectors == .none { forEachSmallBlock(start, consider) }
                if case .outer(let vector) = start.vectors { forEachNeighbourhood(start, vector, consider) }
                continue
            }
            for axes in tiledAxes(start) { forEachTile(start, axes, consider) }
        }
    }

    /// The lanes of a vector over `extent` iterations: whole registers of the widest number that varies along the axis, but
    /// no more than the next power of two.
    private func lanes(_ extent: Int, along axis: Int?) -> Int {
        let sizes = cost.work.stages.enumerated().flatMap { number, stage in
            stage.items.filter { item in
                axis.map { item.axes.has($0) || item.kind == .store } ?? !item.axes.isDisjoint(with: stage.axes)
            }.filter { $0.kind != .operation }.map(\.bytes)
        }
        let full = cost.target.vectorBytes / max(4, sizes.max() ?? 4)
        var lanes = 2
        while lanes < full, lanes < extent { lanes *= 2 }
        return lanes
    }

    /// Every way that vectors can run, without tiles.
    private func starts() -> [Tile] {
        var starts = free.map { Tile(.outer($0), lanes: lanes(nest.axes[$0].extent, along: $0)) }
        let along = nest.stages.indices.map { stageVectorAxis($0) }
        let extents = along.compactMap { $0 }.map { nest.axes[$0].extent }
        if let longest = extents.max() {
            let lanes = lanes(longest, along: nil)
            var tile = Tile(.stages(along), lanes: lanes)
            starts.append(tile)
            if let axis = joinableAxis(), lanes > 2 {
                tile.joined = Tile.Copies(axis: axis, count: min(lanes, nest.axes[axis].extent))
                starts.append(tile)
            }
        }
        return starts + [Tile(.none, lanes: 1)]
    }

    /// The axis of a stage along which most accesses have neighbours; nil where its order must not change.
    private func stageVectorAxis(_ number: Int) -> Int? {
        let stage = nest.stages[number]
        if stage.ordered { return nil }
        let sums = stage.stores.filter { $0.mode == .add }
        func gain(_ axis: Int) -> Int {
            cost.work.stages[number].items.reduce(0) { sum, item in
                guard item.kind == .load || item.kind == .store, item.axes.has(axis) else { return sum }
                return sum + (item.index.stride(of: axis) == 1 && !item.gathered.has(axis) ? 2 : -3)
            }
        }
        return stage.axes.reversed().filter { axis in
            // Neighbours of which each is added to.
            nest.axes[axis].extent > 1
                && sums.allSatisfy { $0.access.index.stride(of: axis) == 1 && $0.access.gathers.isEmpty }
        }.max {
            (gain($0), nest.axes[$0].extent) < (gain($1), nest.axes[$1].extent)
        }
    }

    /// The outer axis along which the results of the first stage's sums are stored side by side.
    private func joinableAxis() -> Int? {
        guard nest.stages.count > 1, !nest.stages[0].axes.isEmpty, nest.stages[0].stores.isEmpty,
            nest.stages.dropFirst().allSatisfy({ $0.axes.isEmpty && $0.reductions.isEmpty })
        else { return nil }
        let stores = nest.stages.dropFirst().flatMap(\.stores)
        return free.first { axis in
            stores.allSatisfy { $0.access.index.stride(of: axis) == 1 && $0.access.gathers.isEmpty }
        }
    }

    /// The pairs of axes worth a tile: some load of the reducing stages serves all copies along each, or sums that run in order wait for
    /// each other less.
    private func tiledAxes(_ start: Tile) -> [[Int]] {
        let loads = cost.work.stages.filter { !$0.accumulatorBytes.isEmpty }.flatMap(\.items).filter {
            $0.kind == .load
        }
        let hasOrder = nest.stages.contains { $0.ordered && !$0.reductions.isEmpty }
        let useful = free.filter { axis in
            // Copies around a loop that runs in order would walk several far places of memory at once.
            if !nest.sequential.isEmpty, start.vectors != .outer(axis) { return false }
            if axis == start.joined.axis { return false }
            if start.vectors == .outer(axis), nest.axes[axis].extent <= start.lanes { return false }
            return hasOrder || loads.contains { !$0.axes.has(axis) } || start.vectors == .outer(axis)
        }
        var pairs = useful.map { [$0] }
        for (place, first) in useful.enumerated() {
            for second in useful.dropFirst(place + 1) { pairs.append([first, second]) }
        }
        // Of equals the first counts: neighbouring vectors rather than some from far places.
        func hasVectors(_ pair: [Int]) -> Bool { pair.contains { start.vectors == .outer($0) } }
        return pairs.filter(hasVectors) + pairs.filter { !hasVectors($0) }
    }

    /// Vectors side by side where a map's loops run in order: what a line of results is looked up by is found once for them. Each
    /// thread keeps a share.
    private func forEachShare(_ start: Tile, _ body: (Tile) -> Void) {
        guard !nest.sequential.isEmpty, case .outer(let axis) = start.vectors else { return }
        var tile = start
        var count = 2
        while count <= 8, count * threads * start.lanes <= nest.axes[axis].extent {
            tile.first = Tile.Copies(axis: axis, count: count)
            body(tile)
            count *= 2
        }
    }

    /// Vectors side by side where the instructions of each wait for each other.
    private func forEachAbreast(_ start: Tile, _ body: (Tile) -> Void) {
        guard nest.sequential.isEmpty, cost.work.stages.contains(where: \.waits), case .outer(let axis) = start.vectors
        else { return }
        let each = cost.work.stages.flatMap(\.items).reduce(0) { $0 + $1.weight }
        var tile = start
        for count in [2, 4, 8]
        where count * start.lanes <= nest.axes[axis].extent && Double(count) * each <= TileCost.greatestBlock {
            tile.first = Tile.Copies(axis: axis, count: count)
            body(tile)
        }
    }

    /// All tiles of one or two short loops, whole, that settle tests; those that fill gaps between lanes come first.
    private func forEachSettling(_ start: Tile, _ prepared: TileCost.Prepared, _ body: (Tile) -> Void) {
        let short = free.filter { prepared.settling.has($0) }
        let (woven, others) = (short.filter(prepared.woven.has), short.filter { !prepared.woven.has($0) })
        forEachWhole(woven + others, start, body)
    }

    /// All tiles of one or two short loops of a map, unrolled as a whole: a permutation within a few neighbours.
    private func forEachSmallBlock(_ start: Tile, _ body: (Tile) -> Void) {
        forEachWhole(free.filter { nest.axes[$0].extent <= 4 }, start, body)
    }

    /// All tiles of one or two short loops of a map, whole, that share some of what they read: a pool's region, of which one place was
    /// chosen.
    private func forEachNeighbourhood(_ start: Tile, _ vector: Int, _ body: (Tile) -> Void) {
        guard nest.sequential.isEmpty, nest.stages.count == 1 else { return }
        let loads = cost.work.stages[0].items.filter { $0.kind == .load && $0.axes.has(vector) }
        let shared = free.filter { axis in
            axis != vector && nest.axes[axis].extent <= 4 && loads.contains { !$0.axes.has(axis) }
        }
        forEachWhole(shared, start, body)
    }

    /// All tiles in which one or two of some axes are copies as a whole.
    private func forEachWhole(_ axes: [Int], _ start: Tile, _ body: (Tile) -> Void) {
        for (place, axis) in axes.enumerated() {
            var tile = start
            tile.first = Tile.Copies(axis: axis, count: nest.axes[axis].extent)
            body(tile)
            for other in axes.dropFirst(place + 1) {
                tile.second = Tile.Copies(axis: other, count: nest.axes[other].extent)
                body(tile)
            }
        }
    }

    /// All tiles of a start over one or two axes that leave room in the registers.
    private func forEachTile(_ start: Tile, _ axes: [Int], _ body: (Tile) -> Void) {
        let limit = Double(cost.target.vectorRegisterCount)
        let perPoint = cost.work.stages.map { cost.accumulatorRegisters($0, lanes: start.lanes) }.max() ?? 1
        let room = Int(limit / max(1, perPoint) / Double(start.joined.count))
        func steps(_ axis: Int) -> Int {
            let extent = nest.axes[axis].extent
            return min(16, start.vectors == .outer(axis) ? TileCost.divided(extent, by: start.lanes) : extent)
        }
        var tile = start
        for first in stride(from: 2, through: min(room, steps(axes[0])), by: 1) {
            tile.first = Tile.Copies(axis: axes[0], count: first)
            guard axes.count > 1 else {
                body(tile)
                continue
            }
            for second in stride(from: 2, through: min(room / first, steps(axes[1])), by: 1) {
                tile.second = Tile.Copies(axis: axes[1], count: second)
                body(tile)
            }
        }
    }
}
