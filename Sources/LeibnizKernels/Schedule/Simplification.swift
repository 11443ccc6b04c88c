extension LoopNest {
    /// The same computation with fewer axes and tests: axes of one iteration are dropped, pairs that every access crosses like
    /// one longer axis become one, what stores test is not tested before, and rows of points that are not stored are left out.
    func simplified() -> LoopNest {
        var nest = self
        nest.dropImpliedBounds()
        nest.dropMargins()
        let single = Set(axes.indices.filter { axes[$0].extent == 1 && bands?.cuts($0) != true })
        if !single.isEmpty { nest.drop(single) }
        while let (high, low) = nest.fusiblePair() {
            nest.axes[low].extent *= nest.axes[high].extent
            nest.drop([high])
        }
        return nest
    }

    /// The same nest with two outer axes as one, which the second then is; nil where some access tells them apart.
    package func merging(_ high: Int, _ low: Int) -> LoopNest? {
        guard high != low, bands == nil, outer.contains(high), outer.contains(low), sequential.isEmpty,
            isFusible(high, low, affines)
        else { return nil }
        var nest = self
        nest.axes[low].extent *= nest.axes[high].extent
        nest.drop([high])
        return nest
    }

    /// Whether the first of two axes steps over whole rounds of the second everywhere.
    private func isFusible(_ high: Int, _ low: Int, _ affines: Set<Affine>) -> Bool {
        guard axes[high].extent > 0, axes[low].extent > 0 else { return false }
        return affines.allSatisfy { $0.stride(of: high) == $0.stride(of: low) * axes[low].extent }
    }

    /// All affine functions in accesses, bounds and values.
    private var affines: Set<Affine> {
        var all: Set<Affine> = []
        func collect(_ access: Access) {
            all.insert(access.index)
            for bound in access.bounds { all.insert(bound.index) }
            for case .report(_, let position) in access.gathers.map(\.otherwise) { all.insert(position) }
        }
        for value in values {
            switch value.operation {
            case .index(let affine): all.insert(affine)
            case .load(let access): collect(access)
            case .within(let bounds): for bound in bounds { all.insert(bound.index) }
            default: break
            }
        }
        for stage in stages { for store in stage.stores { collect(store.access) } }
        return all
    }

    /// Two axes such that the first steps over whole rounds of the second, everywhere.
    private func fusiblePair() -> (high: Int, low: Int)? {
        let affines = affines
        func isFusible(_ high: Int, _ low: Int) -> Bool { self.isFusible(high, low, affines) }
        let free = outer.filter { !sequential.contains($0) && bands?.cuts($0) != true }
        for high in free { for low in free where low != high && isFusible(high, low) { return (high, low) } }
        for stage in stages {
            for (high, low) in zip(stage.axes, stage.axes.dropFirst()) where isFusible(high, low) {
                let isTogether = stages.allSatisfy { other in
                    guard let place = other.axes.firstIndex(of: high) else { return !other.axes.contains(low) }
                    return place + 1 < other.axes.count && other.axes[place + 1] == low
                }
                if isTogether { return (high, low) }
            }
        }
        return nil
    }

    /// Removes axes from all lists and functions; their index counts as zero.
    private mutating func drop(_ dropped: Set<Int>) {
        outer.removeAll(where: dropped.contains)
        sequential.subtract(dropped)
        for number in stages.indices { stages[number].axes.removeAll(where: dropped.contains) }
        mapAffines { affine in
            if !affine.terms.contains(where: { dropped.contains($0.axis) }) { return affine }
            return Affine(
                affine.offset, affine.terms.filter { !dropped.contains($0.axis) }.map { ($0.axis, $0.stride) })
        }
    }

    /// Replaces all functions of the indices in accesses, bounds and values.
    mutating func mapAffines(_ transform: (Affine) -> Affine) {
        func mapped(_ bounds: [Bound]) -> [Bound] { bounds.map { Bound(transform($0.index), extent: $0.extent) } }
        func mapped(_ access: Access) -> Access {
            let gathers = access.gathers.map { gather in
                var gather = gather
                if case .report(let check, let position) = gather.otherwise {
                    gather.otherwise = .report(check: check, position: transform(position))
                }
                return gather
            }
            return Access(access.buffer, transform(access.index), bounds: mapped(access.bounds), gathers: gathers)
        }
        for number in stages.indices {
            for item in stages[number].stores.indices {
                stages[number].stores[item].access = mapped(stages[number].stores[item].access)
            }
        }
        // Scalars keep their numbers.
        values = values.map { value in
            switch value.operation {
            case .index(let affine): Value(.index(transform(affine)), value.type)
            case .load(let access): Value(.load(mapped(access)), value.type)
            case .within(let bounds): Value(.within(mapped(bounds)), value.type)
            default: value
            }
        }
    }
}
