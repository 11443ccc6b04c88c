/// Stages: loops over their axes that carry accumulators, and their stores.
extension NestEmitter {
    /// The part of a stage's first loop that a thread does.
    struct Share {
        var start: Operand
        var end: Operand
        /// Whether the iterations after the last whole block belong to it.
        var isLast: Operand
    }

    /// Code for one stage at the points of a tile; leaves the results of its reductions with them.
    ///
    /// - Parameter start: the accumulators to begin with, for each point those of all reductions, which are sums; none: identities.
    func run(stage number: Int, _ tile: inout [Point], share: Share? = nil, from start: [Operand]? = nil) {
        let stage = nest.stages[number]
        let loops = schedule.stages[number]
        fetched = fetchedAhead(stage: number)
        defer { fetched = [:] }
        let carried = carried(stage)
        let reductions = carried.map { nest.reductions[$0] }
        let stageLanes = loops.first { $0.lanes > 1 }?.lanes
        let copies = loops.reduce(1) { $1.isIndependent ? $0 * $1.count : $0 }
        let joinsLanes = number == 0 && joiningLoop != nil
        // A result's lanes: the stage's own vectors, or those along the outer vector axis where it varies along it.
        let widths = reductions.map { reduction in
            stageLanes ?? (vectorAxis.map { varies(reduction.value, along: $0) } == true ? tile[0].lanes : 1)
        }
        var state = start ?? []
        for _ in (start == nil ? 0 : tile.count)..<copies * tile.count {
            for (reduction, width) in zip(reductions, widths) { state += identity(reduction, lanes: width) }
        }
        if stage.axes.allSatisfy({ extents[$0] > 0 }) {
            state = stageLoops(number, 0, tile, state, copy: 0, share: share)
        }
        // Copies meet in pairs, then lanes: a fixed order.
        let perTile = state.count / max(1, copies * tile.count)
        for point in tile.indices {
            var first = 0
            for (reduction, id) in zip(reductions, carried) {
                let size = isSearch(reduction.operation) ? 2 : 1
                var parts = (0..<copies).map { copy -> [Operand] in
                    let begin = (copy * tile.count + point) * perTile + first
                    return Array(state[begin..<begin + size])
                }
                while parts.count > 1 {
                    let half = (parts.count + 1) / 2
                    for high in half..<parts.count {
                        parts[high - half] = combined(reduction, parts[high - half], parts[high])
                    }
                    parts.removeLast(parts.count - half)
                }
                // Copies that join become lanes before their own lanes meet.
                let result = stageLanes == nil || joinsLanes ? parts[0] : folded(reduction, parts[0])
                finish(reduction, id, result, &tile[point])
                first += size
            }
            finishFound(stage, &tile[point])
        }
    }

    /// The reductions of a stage that have accumulators: an extreme whose place is searched for as well is found with it.
    func carried(_ stage: Stage) -> [Int] {
        stage.reductions.filter { nest.search(besides: $0, in: stage) == nil }
    }

    /// Leaves the extremes that searches have found with a point.
    func finishFound(_ stage: Stage, _ point: inout Point) {
        for id in stage.reductions {
            guard let search = nest.search(besides: id, in: stage), let found = point.accumulators[search] else {
                continue
            }
            finish(nest.reductions[id], id, [found[0]], &point)
        }
    }

    /// Leaves an accumulator with a point, and what later stages see of it.
    func finish(_ reduction: Reduction, _ id: Int, _ accumulator: [Operand], _ point: inout Point) {
        point.reduced[id] = result(reduction, accumulator)
        point.accumulators[id] = accumulator
    }

    /// What later stages see of an accumulator: the sum, say, or the position as i64.
    private func result(_ reduction: Reduction, _ accumulator: [Operand]) -> Operand {
        let last = accumulator[accumulator.count - 1]
        return isSearch(reduction.operation) ? builder.cast("sext", builder.fenced(last), to: .i64) : last
    }

    private func stageLoops(
        _ number: Int, _ depth: Int, _ tile: [Point], _ state: [Operand], copy: Int, share: Share?
    ) -> [Operand] {
        guard depth < schedule.stages[number].count else { return body(number, tile, state, copy: copy) }
        let loop = schedule.stages[number][depth]
        let extent = extents[loop.axis]
        let whole = extent / loop.step * loop.step
        func step(_ base: Operand?, _ start: Int, _ length: Int, _ state: [Operand]) -> [Operand] {
            var state = state
            let blocks = Self.blocks(loop, length: length)
            let isInnermost = depth + 1 == schedule.stages[number].count
            inTurns(blocks.count, where: isInnermost && waits[number]) { part in
                let moved = tile.map { Self.moved($0, loop, base, start, blocks[part], of: blocks.count) }
                state = stageLoops(
                    number, depth + 1, moved, state, copy: loop.isIndependent ? part : copy, share: nil)
            }
            return state
        }
        var state = state
        if share == nil, loop.step == 1, let limits = limits(stage: number, axis: loop.axis, depth: depth, tile) {
            return builder.loop(from: limits.start, to: limits.end, step: 1, carrying: state, runs: false) {
                for bound in limits.bounds { assumed[bound] = builder.level }
                let next = step($0, 0, 1, $1)
                for bound in limits.bounds { assumed[bound] = nil }
                return next
            }
        }
        func walk(from start: Operand, to end: Operand, _ state: [Operand], isStatic: Bool) -> [Operand] {
            let (streams, rows) = (streams(stage: number, depth, tile), rowsAhead(stage: number, depth, tile))
            func iterations(
                _ start: Operand, _ end: Operand, _ state: [Operand], runs: Bool,
                besides fetchRows: (_ index: Operand) -> Void = { _ in }
            ) -> [Operand] {
                builder.loop(from: start, to: end, step: loop.step, carrying: state, runs: runs) { index, state in
                    for stream in streams { fetch(stream, at: index, along: loop) }
                    fetchRows(index)
                    return step(index, 0, loop.step, state)
                }
            }
            guard let line = rows.map(\.line).min() else { return iterations(start, end, state, runs: isStatic) }
            return builder.loop(from: start, to: end, step: line, carrying: state, runs: isStatic) { first, state in
                let places = rows.map { place(of: $0, at: first, along: loop) }
                for (rows, place) in zip(rows, places) where !rows.areMany { fetch(rows, at: place, along: loop) }
                let next = builder.iadd(first, .integer(Int64(line)))
                let isWhole = isStatic && whole % line == 0
                let behind = isWhole ? next : builder.select(builder.compare("slt", next, end), next, end)
                return iterations(first, behind, state, runs: true) { index in
                    let distance = builder.binary("sub", index, first)
                    for (rows, place) in zip(rows, places) where rows.areMany {
                        fetch(rows, at: place, distance: distance, along: loop)
                    }
                }
            }
        }
        if let share {
            if whole > 0 { state = walk(from: share.start, to: share.end, state, isStatic: false) }
            if whole < extent {
                state = builder.conditional(share.isLast, carrying: state) { step(nil, whole, extent - whole, $0) }
            }
            return state
        }
        if whole > loop.step {
            state = walk(from: .integer(0), to: .integer(Int64(whole)), state, isStatic: true)
        } else if whole == loop.step {
            state = step(nil, 0, loop.step, state)
        }
        return whole < extent ? step(nil, whole, extent - whole, state) : state
    }

    /// Code for some parts: one after the other, or the instructions of some of them in turns.
    private func inTurns(_ count: Int, where condition: Bool, _ part: (Int) -> Void) {
        guard condition, count > 1 else { return (0..<count).forEach(part) }
        for first in stride(from: 0, to: count, by: Self.partsInTurns) {
            builder.interleaved(first..<min(count, first + Self.partsInTurns), part)
        }
    }

    /// How many parts take turns: more would fill the registers.
    private static let partsInTurns = 8

    /// One point of a stage, for each point of the tile: values enter accumulators, then stores.
    private func body(_ number: Int, _ tile: [Point], _ state: [Operand], copy: Int) -> [Operand] {
        let stage = nest.stages[number]
        let isVectorStage = schedule.stages[number].contains { $0.lanes > 1 }
        var state = state
        let carried = carried(stage)
        let perTile = carried.reduce(0) { $0 + (isSearch(nest.reductions[$1].operation) ? 2 : 1) }
        let position = positions[number]
        inTurns(tile.count, where: waits[number]) { place in
            var point = tile[place]
            var cache: [ValueID: Operand] = [:]
            var first = (copy * tile.count + place) * perTile
            for id in carried {
                let reduction = nest.reductions[id]
                let size = isSearch(reduction.operation) ? 2 : 1
                let active = isVectorStage && point.active < point.lanes ? point.active : nil
                let new = entered(
                    reduction, Array(state[first..<first + size]), at: point, position: position, active: active, &cache
                )
                state.replaceSubrange(first..<first + size, with: new)
                if stage.ordered { point.reduced[id] = result(reduction, new) }
                first += size
            }
            // All values before the first store: an output may be the memory of an input.
            let values = stage.stores.map { evaluate($0.value, at: point, &cache) }
            for (item, value) in zip(stage.stores, values) { store(item, value, at: point, &cache) }
        }
        return state
    }
}
