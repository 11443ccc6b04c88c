extension LoopNest {
    private func extents(of list: [Int]) -> [Int] { list.map { axes[$0].extent } }

    /// This nest and another over loops of the same extents, in one.
    ///
    /// - Parameters:
    ///   - buffers: where the other's buffers stand among this nest's, new ones behind them.
    ///   - checks: what the numbers of the other's range checks are moved by.
    /// - Returns: the nest and the new number of each of the other's axes; nil where the loops differ.
    public func joined(_ other: LoopNest, buffers places: [Int], checks: Int) -> (nest: LoopNest, axes: [Int])? {
        guard extents(of: outer) == other.extents(of: other.outer), stages.count == other.stages.count,
            zip(stages, other.stages).allSatisfy({
                $0.ordered == $1.ordered && extents(of: $0.axes) == other.extents(of: $1.axes)
            })
        else { return nil }
        var joined = addingBuffers(of: other, at: places)
        var axes = Array(repeating: 0, count: other.axes.count)
        for (mine, theirs) in zip(outer, other.outer) { axes[theirs] = mine }
        for (mine, theirs) in zip(stages, other.stages) {
            for (mine, theirs) in zip(mine.axes, theirs.axes) { axes[theirs] = mine }
        }
        let renaming = Renaming(buffers: places, axes: axes, reductions: reductions.count, checks: checks)
        var values: [ValueID] = []
        for value in other.values {
            values.append(joined.value(renaming.operation(value.operation, values), value.type))
        }
        for reduction in other.reductions {
            joined.reductions.append(Reduction(reduction.operation, values[reduction.value]))
        }
        for (place, stage) in other.stages.enumerated() {
            joined.stages[place].reductions += stage.reductions.map { $0 + reductions.count }
            joined.stages[place].stores += stage.stores.map {
                Store(renaming.access($0.access, values), values[$0.value], mode: $0.mode)
            }
        }
        return (joined, axes)
    }
}

extension LoopNest {
    /// This nest and then another over the same outer loops, in one: what the other reads at the point where this one writes it
    /// never goes through memory. What is written in the loops of a stage is computed again in those where it is read.
    ///
    /// - Parameters: as of `joined`.
    /// - Returns: the nest and the new number of each of the other's axes; nil where the outer loops differ, or where the other
    ///   reads what this one writes at another point, or under bounds.
    public func followed(
        by other: LoopNest, buffers places: [Int], checks: Int
    ) -> (nest: LoopNest, axes: [Int])? {
        guard extents(of: outer) == other.extents(of: other.outer) else { return nil }
        var written: [Int: (store: Store, axes: [Int])] = [:]
        for stage in stages {
            for store in stage.stores {
                guard stage.reductions.isEmpty, store.mode == .write, store.access.bounds.isEmpty,
                    store.access.gathers.isEmpty
                else { return nil }
                written[store.access.buffer] = (store, stage.axes)
            }
        }
        var joined = addingBuffers(of: other, at: places)
        var axes = Array(repeating: 0, count: other.axes.count)
        for (mine, theirs) in zip(outer, other.outer) { axes[theirs] = mine }
        for theirs in other.axes.indices where !other.outer.contains(theirs) {
            axes[theirs] = joined.axes.count
            joined.axes.append(other.axes[theirs])
        }
        let renaming = Renaming(buffers: places, axes: axes, reductions: reductions.count, checks: checks)
        var values: [ValueID] = []
        for value in other.values {
            let operation = renaming.operation(value.operation, values)
            if case .load(let access) = operation, let (store, inner) = written[access.buffer] {
                guard access.bounds.isEmpty, access.gathers.isEmpty,
                    let renamed = joined.axes(of: store.access.index, as: access.index, inner: inner)
                else { return nil }
                values.append(joined.copied(store.value, axes: renamed))
            } else {
                values.append(joined.value(operation, value.type))
            }
        }
        joined.reductions += other.reductions.map { Reduction($0.operation, values[$0.value]) }
        for stage in other.stages {
            let stores = stage.stores.map {
                Store(renaming.access($0.access, values), values[$0.value], mode: $0.mode)
            }
            if stage.isPlainPoint, joined.stages.last?.isPlainPoint == true {
                joined.stages[joined.stages.count - 1].stores += stores
            } else {
                joined.stages.append(
                    Stage(
                        axes: stage.axes.map { axes[$0] }, ordered: stage.ordered,
                        reductions: stage.reductions.map { $0 + reductions.count }, stores: stores))
            }
        }
        return (joined, axes)
    }

    /// The same nest without the writes to some of its buffers, which nothing in it reads.
    ///
    /// - Returns: also the numbers of the buffers that are left.
    public func withoutStores(to dropped: Set<Int>) -> (nest: LoopNest, kept: [Int]) {
        let kept = buffers.indices.filter { !dropped.contains($0) }
        var nest = self
        nest.buffers = kept.map { buffers[$0] }
        nest.values = []
        for place in nest.stages.indices {
            nest.stages[place].stores.removeAll { dropped.contains($0.access.buffer) }
        }
        nest.stages.removeAll { $0.stores.isEmpty && $0.reductions.isEmpty }
        var numbers = Array(repeating: 0, count: buffers.count)
        for (new, old) in kept.enumerated() { numbers[old] = new }
        let renaming = Renaming(buffers: numbers, axes: Array(axes.indices), reductions: 0, checks: 0)
        var new: [ValueID] = []
        for value in values { new.append(nest.value(renaming.operation(value.operation, new), value.type)) }
        nest.reductions = reductions.map { Reduction($0.operation, new[$0.value]) }
        for place in nest.stages.indices {
            nest.stages[place].stores = nest.stages[place].stores.map {
                Store(renaming.access($0.access, new), new[$0.value], mode: $0.mode)
            }
        }
        return (nest, kept)
    }

    /// How the axes of one address have to be renamed so that it becomes another; nil where no renaming of `inner` does it.
    private func axes(of written: Affine, as read: Affine, inner: [Int]) -> [Int]? {
        guard written.offset == read.offset, written.terms.count == read.terms.count else { return nil }
        var (renamed, rest) = (Array(axes.indices), read.terms)
        for term in written.terms {
            let partner = rest.firstIndex {
                inner.contains(term.axis)
                    ? $0.stride == term.stride && axes[$0.axis].extent == axes[term.axis].extent
                        && !outer.contains($0.axis)
                    : $0 == term
            }
            guard let partner else { return nil }
            renamed[term.axis] = rest.remove(at: partner).axis
        }
        return renamed
    }

    /// A value with other axes, written once more where it depends on them.
    mutating func copied(_ root: ValueID, axes renamed: [Int]) -> ValueID {
        if renamed == Array(axes.indices) { return root }
        let renaming = Renaming(buffers: Array(buffers.indices), axes: renamed, reductions: 0, checks: 0)
        var isNeeded = [Bool](repeating: false, count: root + 1)
        isNeeded[root] = true
        for id in stride(from: root, through: 0, by: -1) where isNeeded[id] {
            for operand in values[id].operation.operands { isNeeded[operand] = true }
        }
        var numbers = Array(0...root)
        for id in 0...root where isNeeded[id] {
            numbers[id] = value(renaming.operation(values[id].operation, numbers), values[id].type)
        }
        return numbers[root]
    }

    /// This nest with another's buffers: those that stand behind its own are new.
    private func addingBuffers(of other: LoopNest, at places: [Int]) -> LoopNest {
        var nest = self
        for (place, buffer) in zip(places, other.buffers) where place >= nest.buffers.count {
            nest.buffers.append(buffer)
        }
        return nest
    }
}

extension LoopNest {
    /// The same nest in which reductions over loops of the same extents share one walk where none waits for another.
    public func sharingWalks() -> LoopNest {
        var (axes, kept, places) = (Array(axes.indices), [Int](), [Int](repeating: 0, count: reductions.count))
        for (number, stage) in stages.enumerated() {
            let needed = stage.reductions.flatMap { reductionsBelow(reductions[$0].value) }
            // The stage may begin behind everything that it needs.
            let first = needed.map { places[$0] + 1 }.max() ?? 0
            let partner = kept.indices.first { place in
                place >= first && stage.isPlainReduction && stages[kept[place]].isPlainReduction
                    && extents(of: stages[kept[place]].axes) == extents(of: stage.axes)
            }
            if let partner {
                for (mine, theirs) in zip(stage.axes, stages[kept[partner]].axes) { axes[mine] = theirs }
            } else {
                kept.append(number)
            }
            for reduction in stage.reductions { places[reduction] = partner ?? kept.count - 1 }
        }
        if kept.count == stages.count { return self }

        var joined = self
        (joined.values, joined.stages) = ([], kept.map { stages[$0] })
        let renaming = Renaming(buffers: Array(buffers.indices), axes: axes, reductions: 0, checks: 0)
        var numbers: [ValueID] = []
        for value in values {
            numbers.append(joined.value(renaming.operation(value.operation, numbers), value.type))
        }
        joined.reductions = reductions.map { Reduction($0.operation, numbers[$0.value]) }
        for place in joined.stages.indices {
            joined.stages[place].stores = joined.stages[place].stores.map {
                Store(renaming.access($0.access, numbers), numbers[$0.value], mode: $0.mode)
            }
            if joined.stages[place].isPlainReduction {
                joined.stages[place].reductions = reductions.indices.filter { places[$0] == place }
            }
        }
        return joined
    }

    /// The reductions whose results a value is computed from.
    private func reductionsBelow(_ root: ValueID) -> [Int] {
        var (found, isNeeded) = ([Int](), [Bool](repeating: false, count: root + 1))
        isNeeded[root] = true
        for id in stride(from: root, through: 0, by: -1) where isNeeded[id] {
            if case .reduced(let number) = values[id].operation { found.append(number) }
            for operand in values[id].operation.operands { isNeeded[operand] = true }
        }
        return found
    }
}

extension Stage {
    /// Whether it only writes, once.
    fileprivate var isPlainPoint: Bool { !ordered && axes.isEmpty && reductions.isEmpty }
    fileprivate var isPlainReduction: Bool { !ordered && stores.isEmpty && !axes.isEmpty && !reductions.isEmpty }
}

/// How the numbers of one nest are written in another.
private struct Renaming {
    let buffers: [Int]
    let axes: [Int]
    /// What reductions are moved by.
    let reductions: Int
    /// What range checks are moved by.
    let checks: Int

    func affine(_ affine: Affine) -> Affine {
        Affine(affine.offset, affine.terms.map { (axes[$0.axis], $0.stride) })
    }

    func access(_ access: Access, _ values: [ValueID]) -> Access {
        Access(
            buffers[access.buffer], affine(access.index),
            bounds: access.bounds.map { Bound(affine($0.index), extent: $0.extent) },
            gathers: access.gathers.map { gather in
                let otherwise: Gather.OutOfRange =
                    switch gather.otherwise {
                    case .report(let check, let position):
                        .report(check: check + checks, position: affine(position))
                    case .ignore: .ignore
                    }
                return Gather(values[gather.value], stride: gather.stride, extent: gather.extent, otherwise: otherwise)
            })
    }

    func operation(_ operation: Value.Operation, _ values: [ValueID]) -> Value.Operation {
        switch operation {
        case .float, .integer: operation
        case .index(let index): .index(affine(index))
        case .load(let place): .load(access(place, values))
        case .within(let bounds): .within(bounds.map { Bound(affine($0.index), extent: $0.extent) })
        case .unary(let function, let x): .unary(function, values[x])
        case .binary(let function, let x, let y): .binary(function, values[x], values[y])
        case .compare(let comparison, let x, let y): .compare(comparison, values[x], values[y])
        case .select(let condition, let x, let y): .select(values[condition], values[x], values[y])
        case .convert(let x): .convert(values[x])
        case .random(let key, let counter, let word):
            .random(key: values[key], counter: values[counter], word: word)
        case .reduced(let number): .reduced(number + reductions)
        }
    }
}
