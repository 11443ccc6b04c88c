/// Which schedules may take each other's place after a measurement: those that give the same bits.
extension Schedule {
    /// The least work, in clock cycles of one thread, that is worth a trial: about 50 µs.
    private static let leastCycles = 150_000
    /// And the most: beyond it a trial itself would be felt.
    private static let greatestCycles = 600_000_000

    /// Whether there is something to gain by trying other schedules of a nest.
    func mayBeMeasured(_ nest: LoopNest) -> Bool {
        let (cycles, isHuge) = units.multipliedReportingOverflow(by: unitCost)
        guard !isHuge, (Self.leastCycles...Self.greatestCycles).contains(cycles) else { return false }
        // What adds to memory adds in the order of its loops.
        return nest.sequential.isEmpty && !nest.stages.contains { $0.stores.contains { $0.mode == .add } }
    }

    /// Whether a kernel gives the same bits as with another schedule of the same nest: sums run over the same loops, lanes and
    /// accumulators, in the same parts of threads, and functions of vectors as wide. (Parts that one thread walks continue where the
    /// last ended, and change nothing.)
    func computesAlike(_ other: Schedule) -> Bool {
        func lanes(_ schedule: Schedule) -> Int { schedule.outer.map(\.lanes).max() ?? 1 }
        guard splitsReduction == other.splitsReduction, splitBlocks == other.splitBlocks, lanes(self) == lanes(other),
            outer.filter(\.joinsLanes).map(\.step) == other.outer.filter(\.joinsLanes).map(\.step)
        else { return false }
        func order(_ loops: [Loop]) -> [[Int]] {
            loops.map { [$0.axis, $0.lanes, $0.isIndependent ? $0.count : 1] }
        }
        return stages.map(order) == other.stages.map(order)
    }
}
