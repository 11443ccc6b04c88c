/// Asking for the next row of memory while this one is computed with.
///
/// A nest that walks a row more than once waits for memory in the first walk and leaves memory idle in the others. So the last walk
/// asks for what the next iteration of the loop around will read first. And what passes by once, with little to compute, is asked for
/// before a processor would: it stops at the end of each page, and of each piece of a row.
extension NestEmitter {
    /// The fewest bytes from row to row that are worth it: nearer ones are fetched by the processor of itself.
    private static let leastDistance = 512

    /// What is asked for whenever a part of a buffer is read.
    struct RequestAhead {
        /// The elements from what is read to what is asked for.
        var distance: Int
        /// The elements after which the walk comes to what another load has read before; 0 if nobody knows.
        var period = 0
        /// Where in a period lines are asked for.
        var asked: [Int] = []
    }

    /// The buffers that a stage is the last to walk again, with the distance to the next row; those that a band reads from outside of its
    /// chain, with that to the next band; and those that pass by.
    func fetchedAhead(stage number: Int) -> [Int: RequestAhead] {
        let bands = nextBand.mapValues { RequestAhead(distance: $0) }
        guard let loop = schedule.outer.last, loop.lanes == 1, number > 0 else {
            return number == 0 ? bands.merging(passing) { band, _ in band } : bands
        }
        var ahead = bands
        let walked = walkedBuffers(stage: number)
        for (buffer, access) in walked {
            let isAgain = (0..<number).contains { walkedBuffers(stage: $0)[buffer] != nil }
            let isLast = (number + 1..<nest.stages.count).allSatisfy { walkedBuffers(stage: $0)[buffer] == nil }
            let distance = access.index.stride(of: loop.axis) * loop.step
            if isAgain, isLast, distance * nest.buffers[buffer].type.byteCount >= Self.leastDistance {
                ahead[buffer] = RequestAhead(distance: distance)
            }
        }
        return ahead
    }

    /// Asks, where `pointer` is read, for what lies ahead of it in its buffer, each line once.
    func fetchAhead(of pointer: Operand, _ access: Access, at point: Point) {
        guard var request = fetched[access.buffer] else { return }
        let type = nest.buffers[access.buffer].type
        let constant = builder.terms(of: access.index, at: point).constant
        let place = request.period > 0 ? (constant % request.period + request.period) % request.period : constant
        if request.asked.contains(where: { abs($0 - place) * type.byteCount < 64 }) { return }
        request.asked.append(place)
        fetched[access.buffer] = request
        prefetch(pointer, memoryScalar(type), ahead: request.distance)
    }

    /// How far behind what a band reads from outside of its chain the same of the next band lies. It is read in an order, and with so much
    /// in between, in which a processor sees no pattern.
    private var nextBand: [Int: Int] {
        guard let bands = nest.bands, bands.around == nil else { return [:] }
        var ahead: [Int: Int] = [:]
        for value in nest.values {
            guard case .load(let access) = value.operation, bands.brought.contains(access.buffer),
                access.gathers.isEmpty
            else { continue }
            let buffer = nest.buffers[access.buffer]
            let distance = access.index.stride(of: bands.axis) * bands.length
            if distance != 0, buffer.count * buffer.type.byteCount >= Self.leastBuffer {
                ahead[access.buffer] = distance
            }
        }
        return ahead
    }

    /// The pieces of rows that are long enough to be asked for, and short enough for a processor to see no pattern before they end.
    private static let pieceBytes = 256...2048
    /// The most numbers in a sum that is over before memory has answered.
    private static let shortSum = 16
    /// How far ahead a walk asks for what it passes: a processor of itself asks no farther than a page, and waits at each. (On Zen 3 one page
    /// ahead, or four, gain two thirds as much.)
    private static let passingBytes = 8192
    /// The fewest rows to what is asked for: that it comes from another core takes some hundred cycles.
    private static let rowsBetween = 4
    /// The bytes of a buffer that passes by without gaps from which on it is asked for: a smaller one comes from a nearer cache.
    private static let leastPassing = 4 << 20

    /// How far ahead what a map or short sums pass by is asked for: an image of which each window takes the greatest number, the frames of a
    /// sound that are added up where they overlap, a slice of each row.
    private var passing: [Int: RequestAhead] {
        let moving = schedule.outer.filter { extents[$0.axis] > $0.step }
        guard nest.bands == nil, nest.sequential.isEmpty, nest.stages.dropFirst().allSatisfy(\.axes.isEmpty),
            nest.stages[0].axes.reduce(1, { $0 * extents[$1] }) <= Self.shortSum,
            let vectors = schedule.outer.first(where: { $0.lanes > 1 })
        else { return [:] }
        let isWalked = moving.last?.axis == vectors.axis
        let rows = isWalked ? moving.dropLast().last : moving.last
        let piece = isWalked ? extents[vectors.axis] : min(extents[vectors.axis], vectors.step)
        var ahead: [Int: RequestAhead] = [:]
        for value in nest.values {
            guard case .load(let access) = value.operation, access.gathers.isEmpty,
                [1, 2].contains(access.index.stride(of: vectors.axis))
            else { continue }
            let buffer = nest.buffers[access.buffer]
            let (bytes, size) = (buffer.type.byteCount, buffer.count * buffer.type.byteCount)
            let pitch = rows.map { access.index.stride(of: $0.axis) * $0.step } ?? 0
            let reach = nest.stages[0].axes.reduce(piece * access.index.stride(of: vectors.axis)) {
                $0 + abs(access.index.stride(of: $1)) * (extents[$1] - 1)
            }
            let isWhole = reach * (rows?.step ?? 1) >= abs(pitch)
            let isPiece = !isWhole && Self.pieceBytes.contains(piece * bytes)
            guard buffer.role == .input, rows == nil || pitch != 0,
                isWhole && size >= Self.leastPassing || isPiece && size >= Self.leastBuffer
            else { continue }
            let period = rows == nil ? vectors.step * access.index.stride(of: vectors.axis) : abs(pitch)
            let between = max(Self.rowsBetween, Self.passingBytes / (period * bytes))
            ahead[access.buffer] = RequestAhead(distance: (pitch < 0 ? -1 : 1) * period * between, period: period)
        }
        return ahead
    }

    /// The inputs that a stage reads along the vectors of its own loops.
    private func walkedBuffers(stage number: Int) -> [Int: Access] {
        guard let axis = schedule.stages[number].first(where: { $0.lanes > 1 })?.axis else { return [:] }
        let stage = nest.stages[number]
        let roots = stage.reductions.map { nest.reductions[$0].value } + stage.stores.map(\.value)
        var walked: [Int: Access] = [:]
        for id in Set(roots.flatMap { dependencies(of: $0) }) {
            guard case .load(let access) = nest.values[id].operation, access.index.stride(of: axis) == 1,
                access.bounds.isEmpty, access.gathers.isEmpty, nest.buffers[access.buffer].role == .input
            else { continue }
            walked[access.buffer] = access
        }
        return walked
    }

    /// The bytes of a buffer from which on it is taken to lie in memory rather than in a cache.
    private static let leastBuffer = 512 << 10
    /// The iterations of a reduction that leave time enough.
    private static let leastIterations = 64

    /// Asks, before a tile's first reduction, for what is combined with its result: memory moves while sums are added.
    func fetchForLaterStages(_ tile: [Point]) {
        guard let first = nest.stages.first, nest.stages.count > 1,
            first.axes.reduce(1, { $0 * extents[$1] }) >= Self.leastIterations
        else { return }
        func loads(_ stages: some Sequence<Stage>) -> [Access] {
            let roots = stages.flatMap { stage in
                stage.reductions.map { nest.reductions[$0].value } + stage.stores.map(\.value)
            }
            return Set(roots.flatMap { dependencies(of: $0) }).sorted().compactMap { id in
                if case .load(let access) = nest.values[id].operation { access } else { nil }
            }
        }
        let known = Set(loads([first]).map(\.buffer))
        for access in loads(nest.stages.dropFirst().filter(\.axes.isEmpty)) {
            let (count, type) = (nest.buffers[access.buffer].count, nest.buffers[access.buffer].type)
            guard !known.contains(access.buffer), access.gathers.isEmpty, access.bounds.isEmpty,
                count * type.byteCount >= Self.leastBuffer
            else { continue }
            for point in tile {
                let stride = builder.terms(of: access.index, at: point).laneStride
                guard stride == 1 || point.lanes == 1 else { break }
                let pointer = builder.address(bases[access.buffer], memoryScalar(type), access.index, at: point)
                for line in 0..<max(1, point.active * type.byteCount / 64) {
                    prefetch(pointer, memoryScalar(type), ahead: line * 64 / type.byteCount)
                }
            }
        }
    }

    /// Rows of an operand that a tile reads number by number, and how far from them the next tile reads.
    struct RowsAhead {
        fileprivate var access: Access
        /// The point of the first row.
        fileprivate var point: Point
        /// How many rows there are, and the elements from one to the next.
        fileprivate var (count, pitch): (Int, Int)
        fileprivate var distance: Int
        /// The points of the sum, in whole steps, that read a line of each.
        var line: Int
        /// Whether there are so many that all at once would wait for each other.
        var areMany: Bool { count > Self.fewRows }
        /// The lines that a core asks for at once without waiting.
        private static let fewRows = 8
    }

    /// The bytes of the longest row that a processor does not fetch ahead of itself: it ends before a pattern has shown. Of longer ones, most
    /// of what is asked for has left the cache next to the core again before its turn comes.
    private static let longestRow = 1024
    /// The fewest rows for whose sake the innermost loop is cut.
    private static let fewestRows = 2

    /// The rows that a tile of sums reads number by number while its vectors run along others, if the tile behind reads other rows: each of
    /// them is short, and the next is to be asked for while this one is computed with.
    func rowsAhead(stage number: Int, _ depth: Int, _ tile: [Point]) -> [RowsAhead] {
        let loops = schedule.stages[number]
        guard number == 0, depth == loops.count - 1, let vectors = vectorAxis, let last = schedule.outer.last,
            last.lanes == 1, last.count >= Self.fewestRows
        else { return [] }
        let axis = loops[depth].axis
        var rows: [RowsAhead] = []
        for id in Set(nest.stages[0].reductions.flatMap { dependencies(of: nest.reductions[$0].value) }).sorted() {
            guard case .load(let access) = nest.values[id].operation, packed[id] == nil, access.bounds.isEmpty,
                access.gathers.isEmpty, access.index.stride(of: axis) == 1, access.index.stride(of: vectors) == 0
            else { continue }
            let (buffer, stride) = (nest.buffers[access.buffer], access.index.stride(of: last.axis))
            let bytes = buffer.type.byteCount
            guard stride != 0, buffer.role == .input, buffer.count * bytes >= Self.leastBuffer,
                extents[axis] * bytes <= Self.longestRow, loops[depth].step <= 64 / bytes
            else { continue }
            var points: [Int: Point] = [:]
            for point in tile { points[builder.terms(of: access.index, at: point).constant] = point }
            let places = points.keys.sorted()
            let pitch = places.count > 1 ? places[1] - places[0] : 0
            let isEven = places.indices.dropFirst().allSatisfy { places[$0] - places[$0 - 1] == pitch }
            for (number, place) in places.enumerated() where number == 0 || !isEven {
                guard let point = points[place] else { continue }
                rows.append(
                    RowsAhead(
                        access: access, point: point, count: isEven ? places.count : 1, pitch: pitch,
                        distance: stride * last.step, line: 64 / bytes / loops[depth].step * loops[depth].step))
            }
        }
        return rows
    }

    /// Where the line of the first row is that the next tile reads `index` iterations after its start.
    func place(of rows: RowsAhead, at index: Operand, along loop: Schedule.Loop) -> Operand {
        let point = Self.moved(rows.point, loop, index, 0, (0, 1))
        let scalar = memoryScalar(nest.buffers[rows.access.buffer].type)
        return builder.address(bases[rows.access.buffer], scalar, rows.access.index, at: point)
    }

    /// Asks for lines: for all, or, `distance` iterations behind the first of those that share them, for those whose turn it is.
    func fetch(_ rows: RowsAhead, at place: Operand, distance: Operand? = nil, along loop: Schedule.Loop) {
        let scalar = memoryScalar(nest.buffers[rows.access.buffer].type)
        let count = distance == nil ? rows.count : TileCost.divided(rows.count * loop.step, by: rows.line)
        var first = place
        if let distance {
            let turn = loop.step == 1 ? distance : builder.binary("udiv", distance, .integer(Int64(loop.step)))
            first = builder.offset(place, scalar, by: builder.imul(turn, .integer(Int64(count * rows.pitch))))
        }
        for number in 0..<count { prefetch(first, scalar, ahead: rows.distance + number * rows.pitch) }
    }

    /// Asks for the memory `distance` elements after `pointer`.
    func prefetch(_ pointer: Operand, _ scalar: IRScalar, ahead distance: Int) {
        builder.declare("declare void @llvm.prefetch.p0(ptr, i32, i32, i32)")
        let place = builder.offset(pointer, scalar, by: .integer(Int64(distance)))
        builder.effect("call void @llvm.prefetch.p0(\(place.typed), i32 0, i32 3, i32 1)")
    }
}
