/// Writes the code of one loop nest into one function, following a schedule.
final class NestEmitter {
    let nest: LoopNest
    let schedule: Schedule
    let extents: [Int]
    let builder: FunctionBuilder
    /// The addresses of the buffers.
    private(set) var bases: [Operand]
    /// The bytes of a thread's memory that rows for later stages take.
    private(set) var rowBytes = 0
    /// The lanes of vectors along an outer axis, or nil where no outer axis has vectors.
    let vectorAxis: Int?
    /// For each stage the row-major position of a point over its axes.
    let positions: [Affine]
    /// What has been reported on the way here, so that tests are not repeated.
    var reported: Set<String> = []
    /// Bounds that the limits of open loops make sure of, with the level of the loop.
    var assumed: [Bound: Int] = [:]
    /// The part of each axis that open loops walk, and the level of the loop where that is not all of it.
    var walked: [Range<Int>]
    var walkedLevels: [Int]
    /// How often the code inside of open loops is written, for different parts of axes.
    var pieceCount = 1
    /// Blocks of memory that were read across, with what came out.
    var transposed: [TransposedBlock: [Operand]] = [:]
    /// Values that wait for those of the other copies, to be written between them.
    var woven: [TransposedBlock: [WovenPart]] = [:]
    /// What is asked for while a stage runs, for each buffer.
    var fetched: [Int: RequestAhead] = [:]
    /// The operands that were copied for the loops inside of where code stands, and where in a thread's memory copies go.
    var packed: [ValueID: PackedPlace] = [:]
    var packingOffsets: [Int: Int] = [:]
    /// The part of the first stage that is walked, where that is not all of it.
    var walkedPart: WalkedPart?
    /// The buffers that are written past the caches.
    let streamed: Set<Int>
    /// What the first index of a block is a multiple of, along each axis.
    let steps: [Int]
    /// For each value the axes that it varies along.
    lazy var dependence = NestWork.dependence(of: nest)
    /// For each stage whether instructions of its points wait for each other in long chains, and points may run side by side.
    lazy var waits = nest.stages.map { stage in
        !stage.ordered && !stage.stores.contains { $0.mode == .add } && NestWork.waits(stage, nest, dependence)
    }
    /// Whether vectors along the outer axis are made of every second number alone.
    lazy var readsEverySecond = findsEverySecond()
    private var dependencyLists: [ValueID: [ValueID]] = [:]

    /// - Parameters:
    ///   - bases: the addresses of the buffers; none where the kernel's own are to be read.
    ///   - rowBytes: the bytes of the last buffers, which lie in a thread's own memory.
    init(
        _ nest: LoopNest, schedule: Schedule, builder: FunctionBuilder, bases given: [Operand]? = nil,
        rowBytes: [Int] = []
    ) {
        self.nest = nest
        self.schedule = schedule
        self.builder = builder
        extents = nest.axes.map(\.extent)
        walked = extents.map { 0..<$0 }
        walkedLevels = extents.map { _ in 0 }
        streamed = Self.streamed(nest, builder.target)
        var steps = Array(repeating: 0, count: nest.axes.count)
        // Walks of two stages may share an axis: common factors stay.
        for loop in schedule.outer + schedule.stages.flatMap({ $0 }) { steps[loop.axis] |= loop.step }
        self.steps = steps
        vectorAxis = schedule.outer.first { $0.lanes > 1 }?.axis
        positions = nest.stages.map(nest.position)
        bases =
            given
            ?? nest.buffers.indices.dropLast(rowBytes.count).map { number in
                let place = number == 0 ? "%buffers" : "%place\(number)"
                if number > 0 { builder.effect("\(place) = getelementptr ptr, ptr %buffers, i64 \(number)") }
                return builder.instruction("load ptr, ptr \(place), align 8", IRType(.ptr))
            }
        for bytes in rowBytes {
            let place = "getelementptr i8, ptr %scratch, i64 \(self.rowBytes)"
            bases.append(builder.instruction(place, IRType(.ptr)))
            self.rowBytes += (bytes + 63) / 64 * 64
        }
    }

    // MARK: Scalars

    /// What a scalar's value is computed from, itself last, in an order of computation.
    func dependencies(of root: ValueID) -> [ValueID] {
        if let known = dependencyLists[root] { return known }
        var isNeeded = [Bool](repeating: false, count: root + 1)
        isNeeded[root] = true
        // Operands have smaller numbers, so one pass downwards finds all.
        for id in stride(from: root, through: 0, by: -1) where isNeeded[id] {
            for operand in nest.values[id].operation.operands { isNeeded[operand] = true }
        }
        let list = isNeeded.indices.filter { isNeeded[$0] }
        dependencyLists[root] = list
        return list
    }

    /// A scalar at a point; `cache` holds what is known at this point already.
    func evaluate(_ root: ValueID, at point: Point, _ cache: inout [ValueID: Operand]) -> Operand {
        if let known = cache[root] { return known }
        for id in dependencies(of: root) where cache[id] == nil {
            cache[id] = compute(id, at: point, &cache)
        }
        return cache[root] ?? .bool(false)
    }

    /// Whether an index that grows along the lanes is, or is not, a number that all lanes share, as in a one-hot row; nil where that is
    /// not asked.
    ///
    /// Lanes of four bytes are as wide as the numbers that are chosen by it: the number's distance from the first lane's index is found
    /// once, and a distance beyond the last lane becomes one that no lane has.
    private func equality(_ comparison: Comparison, _ id: ValueID, _ number: Operand, at point: Point) -> Operand? {
        guard comparison == .equal || comparison == .notEqual, number.type == IRType(.i64), point.lanes > 1,
            case .index(let affine) = nest.values[id].operation
        else { return nil }
        let value = builder.value(of: affine, at: point)
        let reach = value.laneStride * (point.lanes - 1)
        guard (1..<1 << 30).contains(reach) else { return nil }
        let first = builder.iadd(value.base, .integer(Int64(value.constant)))
        let distance = builder.binary("sub", number, first)
        let isReached = builder.compare("ult", distance, .integer(Int64(reach + 1)))
        let narrow = builder.select(isReached, builder.cast("trunc", distance, to: .i32), .integer(-1, .i32))
        return builder.compare(
            comparison == .equal ? "eq" : "ne", builder.splat(narrow, lanes: point.lanes),
            builder.ramp(value.laneStride, lanes: point.lanes, .i32, in: point.order))
    }

    private func compute(_ id: ValueID, at point: Point, _ cache: inout [ValueID: Operand]) -> Operand {
        let value = nest.values[id]
        func operand(_ number: ValueID) -> Operand { cache[number] ?? .bool(false) }
        func type(_ number: ValueID) -> ElementType { nest.values[number].type }
        switch value.operation {
        case .float(let x): return .float(x, IRScalar(value.type))
        case .integer(let x): return .integer(x, IRScalar(value.type))
        case .index(let affine): return builder.integer(affine, at: point)
        case .load(let access):
            return packed[id].map { load($0, value.type, at: point) } ?? load(access, at: point, &cache)
        case .within(let bounds):
            return bounds.reduce(.bool(true)) {
                builder.both($0, test($1, at: point))
            }
        case .unary(let operation, let x): return builder.unary(operation, operand(x), type(x))
        case .binary(let operation, let x, let y): return builder.binary(operation, operand(x), operand(y), type(x))
        case .compare(let comparison, let x, let y):
            return equality(comparison, x, operand(y), at: point) ?? equality(comparison, y, operand(x), at: point)
                ?? builder.compare(comparison, operand(x), operand(y), type(x))
        case .select(let condition, let x, let y):
            return builder.select(operand(condition), operand(x), operand(y))
        case .convert(let x): return builder.convert(operand(x), from: type(x), to: value.type)
        case .random(let key, let counter, let word):
            return builder.philox(key: operand(key), counter: operand(counter), word: word)
        case .reduced(let reduction): return point.reduced[reduction] ?? .integer(0)
        }
    }

    /// Whether a scalar may differ from lane to lane of vectors along `axis`.
    func varies(_ root: ValueID, along axis: Int) -> Bool {
        dependencies(of: root).contains { id in
            switch nest.values[id].operation {
            case .index(let affine): affine.stride(of: axis) != 0
            case .load(let access):
                access.index.stride(of: axis) != 0 || access.bounds.contains { $0.index.stride(of: axis) != 0 }
            case .within(let bounds): bounds.contains { $0.index.stride(of: axis) != 0 }
            case .reduced(let reduction): varies(nest.reductions[reduction].value, along: axis)
            default: false
            }
        }
    }

    // MARK: Outer loops

    /// Code for the loops over the outer axes from `depth` inwards; `points` are the tile so far.
    ///
    /// - Parameter unitStarts: where the current unit begins on axes that threads share.
    func outerLoops(
        _ depth: Int = 0, _ points: [Point], unitStarts: [Int: Operand], _ body: (inout [Point]) throws -> Void
    ) rethrows {
        guard depth < schedule.outer.count else {
            var tile = inOrder(points)
            return try body(&tile)
        }
        pack(at: depth, points, unitStarts: unitStarts)
        let loop = schedule.outer[depth]
        try steps(of: loop, unitStart: unitStarts[loop.axis]) { base, start, length in
            let blocks = Self.blocks(loop, length: length)
            let tile = points.flatMap { point in
                blocks.map { block in
                    var moved = Self.moved(point, loop, base, start, block, of: blocks.count)
                    if loop.lanes > 1 { moved.order = order(loop, active: block.active) }
                    return moved
                }
            }
            try outerLoops(depth + 1, tile, unitStarts: unitStarts, body)
        }
    }

    /// Code for one outer loop: `body` is called for a whole step, and for what is left of the extent.
    ///
    /// - Parameter unitStart: where the current unit begins, if threads share the loop.
    func steps(
        of loop: Schedule.Loop, unitStart: Operand?,
        _ body: (_ base: Operand?, _ start: Int, _ length: Int) throws -> Void
    ) rethrows {
        let extent = extents[loop.axis]
        let whole = extent / loop.step * loop.step
        if let start = unitStart {
            let size = loop.blocksPerUnit * loop.step
            if whole == extent, loop.blocksPerUnit == 1 { return try body(start, 0, loop.step) }
            let behind = builder.iadd(start, .integer(Int64(size)))
            let isWithin = extent % size == 0
            let end =
                isWithin
                ? behind
                : builder.select(builder.compare("slt", behind, .integer(Int64(whole))), behind, .integer(Int64(whole)))
            if whole > 0 {
                _ = try builder.loop(from: start, to: end, step: loop.step, runs: isWithin) { index, _ in
                    try body(index, 0, loop.step)
                    return []
                }
            }
            if whole < extent {
                let isLast = builder.compare("sgt", behind, .integer(Int64(whole)))
                _ = try builder.conditional(isLast) { _ in
                    try body(nil, whole, extent - whole)
                    return []
                }
            }
            return
        }
        let pieces = pieces(of: loop, whole: whole)
        pieceCount *= max(1, pieces.count)
        defer { pieceCount /= max(1, pieces.count) }
        for piece in pieces {
            if piece.count == loop.step {
                try body(nil, piece.lowerBound, loop.step)
                continue
            }
            let ends = [piece.lowerBound, piece.upperBound].map { Operand.integer(Int64($0)) }
            _ = try builder.loop(from: ends[0], to: ends[1], step: loop.step, runs: true) { index, _ in
                if pieces.count > 1 { (walked[loop.axis], walkedLevels[loop.axis]) = (piece, builder.level) }
                defer { (walked[loop.axis], walkedLevels[loop.axis]) = (0..<extent, 0) }
                try body(index, 0, loop.step)
                return []
            }
        }
        if whole < extent { try body(nil, whole, extent - whole) }
    }

    /// A tile's points so that those along the axis with the fewest copies follow each other: what they load stays in few
    /// registers while what the others load passes by.
    private func inOrder(_ tile: [Point]) -> [Point] {
        let axes = schedule.outer.filter { $0.count > 1 }.sorted { $0.count > $1.count }.map(\.axis)
        guard axes.count > 1 else { return tile }
        return tile.sorted { a, b in
            let differing = axes.first { a.coordinates[$0].constant != b.coordinates[$0].constant }
            return differing.map { a.coordinates[$0].constant < b.coordinates[$0].constant } ?? false
        }
    }

    /// The parts of a block of `length` iterations: where each begins, and how many of its lanes are used.
    static func blocks(_ loop: Schedule.Loop, length: Int) -> [(offset: Int, active: Int)] {
        stride(from: 0, to: length, by: loop.lanes).map { ($0, min(loop.lanes, length - $0)) }
    }

    /// A point, moved along a loop's axis to one part of a block.
    static func moved(
        _ point: Point, _ loop: Schedule.Loop, _ base: Operand?, _ start: Int, _ block: (offset: Int, active: Int),
        of copies: Int = 1
    ) -> Point {
        var moved = point.at(
            loop.axis,
            Coordinate(
                base: base, constant: start + block.offset, isVector: loop.lanes > 1, copy: block.offset / loop.lanes,
                copies: copies))
        if loop.lanes > 1 { (moved.lanes, moved.active) = (loop.lanes, block.active) }
        return moved
    }

    /// All stages from `first` on, for the points of a tile.
    func stages(from first: Int, _ tile: inout [Point]) {
        for number in nest.stages.indices.dropFirst(first) { run(stage: number, &tile) }
    }
}
