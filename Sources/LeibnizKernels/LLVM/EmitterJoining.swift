/// Copies of a tile that become the lanes of one vector, once their reductions are done.
///
/// Lanes of partial results meet pair by pair: two vectors of which each holds k results in segments of equal length become
/// one that holds 2k in segments of half the length. So n vectors of n lanes take n − 1 additions in all, where each by
/// itself would take log₂ n, and what follows (bias, activation, store) is done for n results at once. Each result adds its
/// lanes in the order in which `folded` does.
extension NestEmitter {
    /// The loop whose copies become lanes, if there is one.
    var joiningLoop: Schedule.Loop? { schedule.outer.first(where: \.joinsLanes) }

    /// A tile after its first stage: copies that join have become lanes.
    func joined(_ tile: [Point]) -> [Point] {
        guard let loop = joiningLoop else { return tile }
        return zip(groups(tile, along: loop.axis), lanesJoined(tile)).map { group, joined in
            var result = joined
            for id in carried(nest.stages[0]) {
                var parts = group.map { $0.accumulators[id] ?? [] }
                parts += Array(repeating: parts[parts.count - 1], count: result.lanes - parts.count)
                finish(nest.reductions[id], id, merged(nest.reductions[id], parts), &result)
            }
            finishFound(nest.stages[0], &result)
            return result
        }
    }

    /// The points of a tile with those whose copies join as lanes; no sums yet.
    func lanesJoined(_ tile: [Point]) -> [Point] {
        guard let loop = joiningLoop else { return tile }
        return groups(tile, along: loop.axis).map { group in
            var result = group[0]
            result.coordinates[loop.axis].isVector = true
            (result.lanes, result.active) = (loop.count.roundedUpToPowerOfTwo, group.count)
            return result
        }
    }

    /// The points of a tile that differ in nothing but their constant along an axis, in its order.
    private func groups(_ tile: [Point], along axis: Int) -> [[Point]] {
        var groups: [(key: [Coordinate], points: [Point])] = []
        for point in tile {
            var key = point.coordinates
            key[axis] = Coordinate()
            if let place = groups.firstIndex(where: { $0.key == key }) {
                groups[place].points.append(point)
            } else {
                groups.append((key, [point]))
            }
        }
        return groups.map(\.points)
    }

    /// As many accumulators as one vector of results; their lanes meet.
    private func merged(_ reduction: Reduction, _ accumulators: [[Operand]]) -> [Operand] {
        let lanes = accumulators[0][0].type.lanes
        var vectors = accumulators
        var segment = lanes
        // With fewer results than lanes the last vector still holds several parts of each.
        while vectors.count > 1 {
            let half = segment / 2
            vectors = stride(from: 0, to: vectors.count, by: 2).map { place in
                pair(reduction, vectors[place], vectors[place + 1], segment: segment, half: half)
            }
            segment = half
        }
        var result = vectors[0]
        while segment > 1 {
            let half = segment / 2
            let starts = stride(from: 0, to: result[0].type.lanes, by: segment)
            let low = result.map { builder.shuffle($0, nil, starts.flatMap { Array($0..<$0 + half) }) }
            let high = result.map { builder.shuffle($0, nil, starts.flatMap { Array($0 + half..<$0 + segment) }) }
            (result, segment) = (combined(reduction, low, high), half)
        }
        return result
    }

    /// Two vectors of segments as one of segments half as long.
    private func pair(
        _ reduction: Reduction, _ a: [Operand], _ b: [Operand], segment: Int, half: Int
    ) -> [Operand] {
        let starts = Array(stride(from: 0, to: 2 * a[0].type.lanes, by: segment))
        func halves(_ offset: Int) -> [Operand] {
            zip(a, b).map { x, y in
                builder.shuffle(x, y, starts.flatMap { Array($0 + offset..<$0 + offset + half) })
            }
        }
        return combined(reduction, halves(0), halves(half))
    }
}

extension Int {
    /// The least power of two that is not less; 1 for all below.
    var roundedUpToPowerOfTwo: Int {
        var power = 1
        while power < self { power *= 2 }
        return power
    }
}
