extension LoopNest {
    /// The same computation without the tests that all its stores make anyway: where one of those fails, nobody sees what was computed.
    ///
    /// A padded result is cut out of a wider one, and what it is computed from brings tests of the wider one's border along.
    mutating func dropImpliedBounds() {
        guard let implied = boundsOfAllStores, !implied.isEmpty, !hasGathers else { return }
        for id in values.indices {
            switch values[id].operation {
            case .load(let access):
                var open = access
                open.bounds.removeAll(where: implied.contains)
                // An address may stay inside its buffer only thanks to the test.
                guard open != access, isInside(open) else { continue }
                values[id] = Value(.load(open), values[id].type)
            case .within(let bounds):
                let open = bounds.filter { !implied.contains($0) }
                guard open != bounds else { continue }
                values[id] = Value(open.isEmpty ? .integer(1) : .within(open), values[id].type)
            default: continue
            }
        }
    }

    /// The tests along outer axes that every store makes.
    private var boundsOfAllStores: Set<Bound>? {
        let accesses = stages.flatMap(\.stores).map(\.access)
        let common = accesses.dropFirst().reduce(accesses.first.map { Set($0.bounds) }) {
            $0?.intersection($1.bounds)
        }
        return common?.filter { bound in bound.index.terms.allSatisfy { outer.contains($0.axis) } }
    }

    /// Whether some index is data, which is reported where it is illegal, also if it counts for nothing.
    private var hasGathers: Bool { accesses.contains { !$0.gathers.isEmpty } }

    /// All loads and stores.
    var accesses: [Access] {
        let loads = values.compactMap { value -> Access? in
            if case .load(let access) = value.operation { access } else { nil }
        }
        return loads + stages.flatMap { $0.stores.map(\.access) }
    }
}
