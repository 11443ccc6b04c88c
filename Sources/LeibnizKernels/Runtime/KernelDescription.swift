/// What can be told of a kernel without running it.
public struct KernelDescription: Hashable, Sendable {
    /// The operations and bytes of one run.
    public let totals: NestTotals
    /// How a compiled nest is run; nil for an interpreted one and for a sort.
    public let schedule: Schedule?
    /// The extents of the axes that the schedule names.
    public let extents: [Int]
    /// The threads that share a run.
    public let threads: Int

    /// About how many clock cycles a run takes, by the model that chose the schedule: those of the thread with the most units.
    public var cycles: Double? {
        schedule.map { Double(($0.units + threads - 1) / threads) * Double($0.unitCost) }
    }
}

extension KernelLibrary {
    /// What this library makes of a piece of work. The schedule is found anew: equal work gets an equal one, the one that a trial found
    /// fastest if there was one.
    public func description(of work: KernelWork) -> KernelDescription {
        switch work {
        case .sort(let sort):
            return KernelDescription(totals: NestTotals(sort), schedule: nil, extents: [], threads: 1)
        case .nest(let nest):
            let choice = jit.map { autotuner($0).choice(nest.simplified()) }
            let schedule = choice.map { $0.schedules[$0.chosen ?? 0] }
            let isShared =
                schedule.map { CompiledKernel.isWorthThreads(units: $0.units, unitCost: $0.unitCost) } ?? false
            return KernelDescription(
                totals: NestTotals(nest), schedule: schedule, extents: nest.simplified().axes.map(\.extent),
                threads: isShared ? pool.count : 1)
        }
    }
}
