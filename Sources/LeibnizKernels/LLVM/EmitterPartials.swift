/// Accumulators that wait in scratch memory: of a reduction that threads share, or of a long one that is walked in parts.
extension NestEmitter {
    /// Where the partial results of one reduction lie in scratch memory.
    private struct Slot {
        var reduction: Int
        var part: Int
        var type: IRScalar
        var offset: Int

        /// How it lies in memory: a bit takes a byte.
        var memoryType: IRScalar { type == .i1 ? .i8 : type }
    }

    /// Arrays of accumulators in scratch memory, one element for each point of some part of the outer loops.
    private struct Partials {
        var slots: [Slot]
        var bytes: Int
        /// The number of a point, along the vectors' axis without gaps.
        var number: Affine
    }

    /// Room for the first stage's accumulators at as many points as the outer loops have within `extents`.
    private func partials(extents: [Int]) -> Partials {
        var (number, points) = (Affine(), 1)
        let ordered =
            schedule.outer.filter { $0.lanes == 1 && !$0.joinsLanes }
            + schedule.outer.filter { $0.lanes > 1 || $0.joinsLanes }
        for loop in ordered.reversed() {
            number.add(points, axis: loop.axis)
            points *= extents[loop.axis]
        }
        var (slots, bytes): ([Slot], Int) = ([], 0)
        for id in nest.stages[0].reductions {
            let reduction = nest.reductions[id]
            let value = IRScalar(nest.values[reduction.value].type)
            let types: [IRScalar] = isSearch(reduction.operation) ? [value, positionScalar] : [value]
            for (part, type) in types.enumerated() {
                slots.append(Slot(reduction: id, part: part, type: type, offset: bytes))
                bytes += (points * max(1, type.bits / 8) + 63) / 64 * 64
            }
        }
        return Partials(slots: slots, bytes: bytes, number: number)
    }

    private func place(of slot: Slot, _ partials: Partials, at point: Point, base: Operand) -> Operand {
        let start = builder.offset(base, .i8, by: .integer(Int64(slot.offset)))
        return builder.address(start, slot.memoryType, partials.number, at: point)
    }

    /// Writes the accumulators of a tile.
    private func save(_ tile: [Point], _ partials: Partials, base: (Slot) -> Operand) {
        for point in tile {
            for slot in partials.slots {
                let value = (point.accumulators[slot.reduction] ?? [])[slot.part]
                let narrow =
                    point.active < value.type.lanes ? builder.shuffle(value, nil, Array(0..<point.active)) : value
                let stored = slot.type == .i1 ? builder.cast("zext", narrow, to: .i8) : narrow
                let pointer = place(of: slot, partials, at: point, base: base(slot))
                builder.effect("store \(stored.typed), ptr \(pointer.text), align \(stored.type.scalar.bits / 8)")
            }
        }
    }

    /// Reads the accumulator of a reduction at a point.
    private func saved(_ id: Int, _ partials: Partials, at point: Point, base: (Slot) -> Operand) -> [Operand] {
        let isWide = isWide(nest.reductions[id], at: point)
        return partials.slots.filter { $0.reduction == id }.map { slot in
            let type = IRType(slot.memoryType, lanes: isWide ? point.active : 1)
            let pointer = place(of: slot, partials, at: point, base: base(slot))
            var loaded = builder.instruction(
                "load \(type.text), ptr \(pointer.text), align \(slot.memoryType.bits / 8)", type)
            if isWide, point.active < point.lanes {
                loaded =
                    point.active == 1
                    ? builder.splat(loaded, lanes: point.lanes)
                    : builder.shuffle(loaded, nil, (0..<point.lanes).map { min($0, point.active - 1) })
            }
            return slot.type == .i1 ? builder.compare("ne", loaded, .integer(0, .i8)) : loaded
        }
    }

    private var scratch: Operand { Operand("%scratch", IRType(.ptr), level: 0) }
    private var startingPoint: [Point] {
        [Point(coordinates: Array(repeating: Coordinate(), count: nest.axes.count))]
    }

    // MARK: A reduction in parts

    /// The loops of one unit where the first stage's first loop is walked in parts; returns the scratch bytes.
    ///
    /// All points of the unit get the first part of their sums, then all get the second: what one part reads of an operand stays in a
    /// cache meanwhile.
    func emitParts(_ start: [Point], unitStarts: [Int: Operand]) -> Int {
        var unitExtents = extents
        for loop in schedule.outer where loop.blocksPerUnit > 0 {
            unitExtents[loop.axis] = min(extents[loop.axis], loop.step * loop.blocksPerUnit)
        }
        let partials = partials(extents: unitExtents)
        // Points are counted from where the unit begins.
        func base(_ slot: Slot) -> Operand {
            unitStarts.sorted { $0.key < $1.key }.reduce(scratch) { pointer, start in
                let distance = -partials.number.stride(of: start.key)
                return builder.offset(
                    pointer, slot.memoryType, by: builder.imul(start.value, .integer(Int64(distance))))
            }
        }
        let loop = schedule.stages[0][0]
        let whole = extents[loop.axis] / loop.step * loop.step
        let size = loop.step * schedule.blocksPerPart
        let last = (whole - 1) / size * size
        let scratchBytes = layOutPackings(after: partials.bytes)
        func part(from begin: Operand, to end: Operand, isFirst: Operand, isLast: Bool) {
            walkedPart = WalkedPart(start: begin, length: isLast ? extents[loop.axis] - last : size)
            defer { walkedPart = nil }
            let share = Share(start: begin, end: end, isLast: .bool(isLast))
            outerLoops(0, start, unitStarts: unitStarts) { tile in
                let floor = builder.loadFloor
                builder.loadFloor = builder.level
                let state = tile.flatMap { point in
                    nest.stages[0].reductions.flatMap { id -> [Operand] in
                        let known = saved(id, partials, at: point, base: base)
                        let fresh = identity(nest.reductions[id], lanes: known[0].type.lanes)
                        return zip(fresh, known).map { builder.select(isFirst, $0, $1) }
                    }
                }
                if isLast { fetchForLaterStages(tile) }
                run(stage: 0, &tile, share: share, from: state)
                if isLast { stages(from: 1, &tile) } else { save(tile, partials, base: base) }
                builder.loadFloor = floor
            }
        }
        _ = builder.loop(from: .integer(0), to: .integer(Int64(last)), step: size, runs: true) { begin, _ in
            let isFirst = builder.compare("eq", begin, .integer(0))
            part(from: begin, to: builder.iadd(begin, .integer(Int64(size))), isFirst: isFirst, isLast: false)
            return []
        }
        part(from: .integer(Int64(last)), to: .integer(Int64(whole)), isFirst: .bool(false), isLast: true)
        return scratchBytes
    }

    // MARK: A reduction that threads share

    /// The code of `symbol` where threads share the first stage's first loop; returns the scratch bytes of a thread.
    ///
    /// All results get what one unit adds to them before any gets more: what one tile has read the next one reads again, and soon.
    func emitPartialReduction() -> Int {
        let partials = partials(extents: extents)
        let reductions = nest.stages[0].reductions
        outerLoops(0, startingPoint, unitStarts: [:]) { tile in
            var tile = lanesJoined(tile)
            for number in tile.indices {
                for id in reductions { finish(nest.reductions[id], id, nothing(id, at: tile[number]), &tile[number]) }
            }
            save(tile, partials) { _ in scratch }
        }
        let begin = Operand("%begin", IRType(.i64), level: 0)
        let end = Operand("%end", IRType(.i64), level: 0)
        _ = builder.loop(from: begin, to: end, step: 1, runs: false) { unit, _ in
            let share = share(of: unit)
            outerLoops(0, startingPoint, unitStarts: [:]) { tile in
                let floor = builder.loadFloor
                builder.loadFloor = builder.level
                run(stage: 0, &tile, share: share)
                builder.loadFloor = floor
                tile = joined(tile)
                for number in tile.indices {
                    for id in reductions {
                        let known = saved(id, partials, at: tile[number]) { _ in scratch }
                        let total = combined(nest.reductions[id], known, tile[number].accumulators[id] ?? known)
                        finish(nest.reductions[id], id, total, &tile[number])
                    }
                }
                save(tile, partials) { _ in scratch }
            }
            return []
        }
        return partials.bytes
    }

    /// The iterations of the first stage's first loop that make a unit.
    private func share(of unit: Operand) -> Share {
        let loop = schedule.stages[0][0]
        let whole = Operand.integer(Int64(extents[loop.axis] / loop.step * loop.step))
        let size = Operand.integer(Int64(loop.step * schedule.splitBlocks))
        let first = builder.imul(unit, size)
        let behind = builder.iadd(first, size)
        return Share(
            start: first, end: builder.select(builder.compare("slt", behind, whole), behind, whole),
            isLast: builder.compare("eq", unit, .integer(Int64(schedule.units - 1))))
    }

    /// The accumulator of a reduction over nothing, at a point whose copies have joined.
    private func nothing(_ id: Int, at point: Point) -> [Operand] {
        identity(nest.reductions[id], lanes: isWide(nest.reductions[id], at: point) ? point.lanes : 1)
    }

    /// Whether a reduction's result at a point is a vector.
    private func isWide(_ reduction: Reduction, at point: Point) -> Bool {
        point.lanes > 1
            && (vectorAxis.map { varies(reduction.value, along: $0) } ?? (joiningLoop != nil))
    }

    /// The code of `symbol_finish`: adds the threads' results in their order, then runs the other stages.
    func emitFinish(scratchBytes: Int) {
        let partials = partials(extents: extents)
        let threads = Operand("%threads", IRType(.i64), level: 0)
        outerLoops(0, startingPoint, unitStarts: [:]) { tile in
            tile = lanesJoined(tile)
            for number in tile.indices {
                let point = tile[number]
                for id in nest.stages[0].reductions {
                    let reduction = nest.reductions[id]
                    let state = nothing(id, at: point)
                    let total = builder.loop(from: .integer(0), to: threads, step: 1, carrying: state, runs: false) {
                        thread, state in
                        let base = builder.offset(scratch, .i8, by: builder.imul(thread, .integer(Int64(scratchBytes))))
                        return combined(reduction, state, saved(id, partials, at: point) { _ in base })
                    }
                    finish(reduction, id, total, &tile[number])
                }
            }
            stages(from: 1, &tile)
        }
    }
}
