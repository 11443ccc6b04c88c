/// Sums over rows, one for each column, cut in two: parts that a walk over the rows can add up on its way, and their sum.
public struct ColumnSums: Sendable {
    /// Over the rows: adds each element to its column's part. The last buffers, one per sum, hold the parts; see `inParts`.
    public let adding: LoopNest
    /// Adds the parts up, and does the rest of what the original does. Its last buffers hold the parts.
    public let finishing: LoopNest
    /// The original's buffers that each begins with.
    public let addingBuffers: [Int], finishingBuffers: [Int]
    /// The type of each sum.
    public let types: [ElementType]
    /// The number of columns, the same for all sums.
    public let columns: Int
}

extension LoopNest {
    /// This nest as parts and their sum, if it is sums over rows of something that can be computed row by row.
    ///
    /// - Parameter parts: how many sums there are of each column before the last.
    public func columnSums(parts: Int) -> ColumnSums? {
        guard stages.count == 2, let first = stages.first, let last = stages.last, !outer.isEmpty, sequential.isEmpty,
            first.stores.isEmpty, !first.reductions.isEmpty, !first.axes.isEmpty, !first.ordered,
            last.axes.isEmpty, last.reductions.isEmpty, last.stores.allSatisfy({ $0.mode == .write }),
            first.reductions.allSatisfy({
                reductions[$0].operation == .sum && [.float32, .float64].contains(values[reductions[$0].value].type)
            })
        else { return nil }
        let columns = outer.reduce(1) { $0 * axes[$1].extent }
        var (index, stride) = (Affine(), 1)
        for axis in outer.reversed() {
            index.add(stride, axis: axis)
            stride *= axes[axis].extent
        }
        let types = first.reductions.map { values[reductions[$0].value].type }
        let partBuffers = types.map { BufferDeclaration($0, count: columns * parts, role: .update) }

        var adding = self
        (adding.outer, adding.reductions) = (first.axes, [])
        adding.buffers += partBuffers
        adding.stages = [
            Stage(
                axes: outer,
                stores: first.reductions.enumerated().map { place, number in
                    Store(Access(buffers.count + place, index), reductions[number].value, mode: .add)
                })
        ]

        var finishing = self
        let axis = axes.count
        finishing.axes.append(Axis(parts))
        finishing.buffers += partBuffers.map { BufferDeclaration($0.type, count: $0.count, role: .input) }
        index.add(columns, axis: axis)
        finishing.stages[0].axes = [axis]
        for (place, number) in first.reductions.enumerated() {
            let part = finishing.value(.load(Access(buffers.count + place, index)), types[place])
            finishing.reductions[number].value = part
        }
        let (a, b) = (adding.compacted(), finishing.compacted())
        return ColumnSums(
            adding: a.nest, finishing: b.nest, addingBuffers: a.kept.filter { $0 < buffers.count },
            finishingBuffers: b.kept.filter { $0 < buffers.count }, types: types, columns: columns)
    }

    /// The same nest over rows in parts, each of which adds to its own part of some buffers, in order and on one thread.
    ///
    /// - Parameter parts: a divisor of the first loop's extent.
    public func inParts(_ parts: Int, columns: Int, buffers partial: Set<Int>) -> LoopNest {
        guard let first = outer.first else { return self }
        var nest = self
        let (length, new) = (axes[first].extent / parts, axes.count)
        nest.axes.append(Axis(parts))
        nest.axes[first] = Axis(length)
        func moved(_ affine: Affine) -> Affine {
            var result = affine
            result.add(affine.stride(of: first) * length, axis: new)
            return result
        }
        func moved(_ access: Access) -> Access {
            var result = access
            result.index = moved(access.index)
            if partial.contains(access.buffer) { result.index.add(columns, axis: new) }
            result.bounds = access.bounds.map { Bound(moved($0.index), extent: $0.extent) }
            for (place, gather) in access.gathers.enumerated() {
                if case .report(let check, let position) = gather.otherwise {
                    result.gathers[place].otherwise = .report(check: check, position: moved(position))
                }
            }
            return result
        }
        nest.values = values.map { value in
            switch value.operation {
            case .index(let index): Value(.index(moved(index)), value.type)
            case .load(let access): Value(.load(moved(access)), value.type)
            case .within(let bounds):
                Value(.within(bounds.map { Bound(moved($0.index), extent: $0.extent) }), value.type)
            case .float, .integer, .unary, .binary, .compare, .select, .convert, .random, .reduced: value
            }
        }
        for (place, stage) in stages.enumerated() {
            nest.stages[place].stores = stage.stores.map { Store(moved($0.access), $0.value, mode: $0.mode) }
        }
        nest.outer = [new] + outer
        nest.sequential = Set(outer)
        return nest
    }

    /// The same nest without values and buffers that nothing needs.
    ///
    /// - Returns: also the numbers of the buffers that are left.
    private func compacted() -> (nest: LoopNest, kept: [Int]) {
        let small = renumbered()
        let loads = small.values.compactMap { value -> Int? in
            if case .load(let access) = value.operation { access.buffer } else { nil }
        }
        let used = Set(loads + small.stages.flatMap { $0.stores.map(\.access.buffer) })
        return small.withoutStores(to: Set(buffers.indices).subtracting(used))
    }
}
