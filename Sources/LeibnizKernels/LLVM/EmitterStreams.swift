/// Asking for what a long sum reads some iterations later.
///
/// A sum whose every iteration reads other lines of memory, and more of them than the cache next to a core holds, would wait for the
/// cache behind: a processor of itself fetches ahead what lies line after line or in short strides, not rows two kilobytes apart.
extension NestEmitter {
    /// Elements that an iteration reads from lines of their own.
    struct Stream {
        fileprivate var value: ValueID
        /// One point for each line.
        fileprivate var points: [Point]
        /// The elements from what an iteration reads to what is asked for meanwhile.
        fileprivate var distance: Int
    }

    /// The bytes that stay next to a core from tile to tile.
    private static let nearBytes = 32 << 10
    /// The clock cycles that a line takes from the caches behind.
    private static let latency = 224
    /// The fewest and the most iterations from asking to reading. (More lines on their way than that push out what is about to be read,
    /// the more so where rows lie a power of two apart: on Zen 3 a product of 128 × 2,048 with 2,048 × 512 takes a tenth longer with 32.)
    private static let iterationsAhead = 8...16

    /// The bytes of a register from which on copies are asked for as well.
    ///
    /// They lie line after line, which a processor mostly sees for itself. A tile of 4 rows and 24 columns on AVX2 loads 7 times for its
    /// 12 multiplications, and asking for two lines as well costs more than it saves: on Zen 3 `matmul-1024` takes 12.7 ms with it and
    /// 11.9 ms without. On AVX-512 they are two more than 16 loads for 28 multiplications.
    private static let registerForCopies = 64

    /// What the innermost loop of a tile's first sums streams through.
    func streams(stage number: Int, _ depth: Int, _ tile: [Point]) -> [Stream] {
        let loops = schedule.stages[number]
        guard number == 0, depth == loops.count - 1, let loop = loops.last, loop.lanes == 1, !nest.stages[0].ordered
        else { return [] }
        let multiplications = tile.count * nest.stages[0].reductions.count
        let ahead = min(
            max(2 * Self.latency / max(1, multiplications), Self.iterationsAhead.lowerBound),
            Self.iterationsAhead.upperBound)
        let iterations = nest.stages[0].axes.reduce(1) { $0 * extents[$1] }
        var (streams, loads, lines) = ([Stream](), 0, 0)
        for id in Set(nest.stages[0].reductions.flatMap { dependencies(of: nest.reductions[$0].value) }).sorted() {
            guard case .load(let access) = nest.values[id].operation else { continue }
            let type = nest.values[id].type
            let offsets = offsets(of: id, access, tile)
            loads += Set(offsets.map(\.bytes)).count
            let stride = packed[id]?.rows.stride(of: loop.axis) ?? access.index.stride(of: loop.axis)
            let isAsked =
                packed[id] == nil ? nest.mayCopy(access) : builder.target.vectorBytes >= Self.registerForCopies
            guard isAsked, abs(stride) * type.byteCount >= 64 else { continue }
            let points = firstOfLines(offsets)
            guard points.count * 64 * iterations > Self.nearBytes else { continue }
            lines += points.count
            streams.append(Stream(value: id, points: points, distance: stride * ahead))
        }
        // Whoever multiplies twice in a cycle loads twice as well.
        return loads + lines <= multiplications ? streams : []
    }

    /// For each point of a tile where its element, or the first of its lanes, lies behind the address that all have in common.
    private func offsets(of id: ValueID, _ access: Access, _ tile: [Point]) -> [(bytes: Int, point: Point)] {
        tile.map { point in
            var index = packed[id]?.rows ?? access.index
            if let place = packed[id] { index.add(1, axis: place.axis) }
            return (builder.terms(of: index, at: point).constant * nest.values[id].type.byteCount, point)
        }
    }

    /// Points of which each lies a line or more behind the one before; the last, too, where it may lie in the next line.
    private func firstOfLines(_ offsets: [(bytes: Int, point: Point)]) -> [Point] {
        let sorted = offsets.sorted { $0.bytes < $1.bytes }
        var (points, last) = ([Point](), Int.min / 2)
        for (place, offset) in sorted.enumerated() {
            let isEnd = place == sorted.count - 1 && offset.bytes - last >= 32
            guard offset.bytes - last >= 64 || isEnd else { continue }
            points.append(offset.point)
            last = offset.bytes
        }
        return points
    }

    /// Asks for what a later iteration reads.
    func fetch(_ stream: Stream, at index: Operand, along loop: Schedule.Loop) {
        guard case .load(let access) = nest.values[stream.value].operation else { return }
        let type = nest.values[stream.value].type
        let scalar = memoryScalar(type)
        for (iteration, point) in (0..<loop.count).flatMap({ number in stream.points.map { (number, $0) } }) {
            let moved = Self.moved(point, loop, index, 0, (iteration, 1))
            let pointer =
                packed[stream.value].map { self.pointer(in: $0, type, at: moved) }
                ?? builder.address(bases[access.buffer], scalar, access.index, at: moved)
            prefetch(pointer, scalar, ahead: stream.distance)
        }
    }
}
