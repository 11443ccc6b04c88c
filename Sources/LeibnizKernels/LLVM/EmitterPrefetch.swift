/// Asking for the next row of memory while this one is computed with.
///
/// A nest that walks a row more than once waits for memory in the first walk and leaves memory idle in the others. So the last walk
/// asks for what the next iteration of the loop around will read first.
extension NestEmitter {
    /// The fewest bytes from row to row that are worth it: nearer ones are fetched by the processor of itself.
    private static let leastDistance = 512

    /// The buffers that a stage is the last to walk again, with the distance to the next row in elements.
    func fetchedAhead(stage number: Int) -> [Int: Int] {
        guard let loop = schedule.outer.last, loop.lanes == 1, number > 0 else { return [:] }
        let walked = walkedBuffers(stage: number)
        var ahead: [Int: Int] = [:]
        for (buffer, access) in walked {
            let isAgain = (0..<number).contains { walkedBuffers(stage: $0)[buffer] != nil }
            let isLast = (number + 1..<nest.stages.count).allSatisfy { walkedBuffers(stage: $0)[buffer] == nil }
            let distance = access.index.stride(of: loop.axis) * loop.step
            if isAgain, isLast, distance * nest.buffers[buffer].type.byteCount >= Self.leastDistance {
                ahead[buffer] = distance
            }
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

    /// Asks for the memory `distance` elements after `pointer`.
    func prefetch(_ pointer: Operand, _ scalar: IRScalar, ahead distance: Int) {
        builder.declare("declare void @llvm.prefetch.p0(ptr, i32, i32, i32)")
        let place = builder.offset(pointer, scalar, by: .integer(Int64(distance)))
        builder.effect("call void @llvm.prefetch.p0(\(place.typed), i32 0, i32 3, i32 1)")
    }
}
