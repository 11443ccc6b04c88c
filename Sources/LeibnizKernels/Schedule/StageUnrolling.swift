/// Chooses the loops over the axes of stages: which run as vectors, which are unrolled, which add in several accumulators.
struct StageUnrolling {
    let nest: LoopNest
    let work: NestWork
    let cost: TileCost
    let tile: Tile

    /// About how many instructions a loop's body should have at least: where another thread shares the core, the counting of the loop takes
    /// places of instructions that add up (a product of 1,024 on Zen 3: four steps instead of two save a tenth).
    private static let bodySize = 80.0
    /// And at most; also where each instruction of a polynomial waits for the one before, so that copies run side by side.
    private static let greatestBody = 160.0
    /// The steps of a search that are too few for several accumulators: where these meet more is compared than in some steps. (The
    /// two of a 2×2 pool wait less for each other.)
    private static let fewSteps = 5...16

    /// The loops of a stage.
    func loops(_ number: Int) -> [Schedule.Loop] {
        let stage = nest.stages[number]
        let vector: Int? = if case .stages(let axes) = tile.vectors { axes[number] } else { nil }
        var axes = stage.axes
        let isSearch = stage.reductions.contains {
            [.argMax, .argMin].contains(nest.reductions[$0].operation)
        }
        let keepsOrder = stage.ordered || isSearch || stage.stores.contains { $0.mode == .add }
        // Loops with limits run outermost, so that what they leave out is much and their tests are few.
        let limited = axes.filter { !nest.decidingBounds(stage: number, axis: $0).isEmpty }
        if !keepsOrder { axes = limited + axes.filter { !limited.contains($0) } }
        // Vectors run innermost, along neighbours.
        if let vector, !keepsOrder, let place = axes.firstIndex(of: vector) { axes.append(axes.remove(at: place)) }
        var loops = axes.map { Schedule.Loop(axis: $0, lanes: $0 == vector ? tile.lanes : 1) }
        guard !loops.isEmpty else { return [] }
        var body = max(1, instructions(number))
        let isShort = Self.fewSteps.contains(stage.axes.reduce(1) { $0 * nest.axes[$1].extent })
        let canCopy =
            !stage.ordered && !stage.reductions.isEmpty && stage.stores.isEmpty && !(isSearch && isShort)
        var wanted = canCopy ? independentCopies(number) : 1
        for place in loops.indices.reversed() {
            let steps = TileCost.divided(nest.axes[loops[place].axis].extent, by: loops[place].lanes)
            guard steps > 1 else { continue }
            if limited.contains(loops[place].axis) { break }
            if wanted > 1 {
                loops[place].count = count(steps, atMost: wanted)
                loops[place].isIndependent = loops[place].count > 1
                if loops[place].isIndependent { wanted = 1 }
                body *= Double(loops[place].count)
                if loops[place].count < steps { break }
            } else if body * Double(steps) <= (steps <= 8 ? Self.greatestBody : Self.bodySize) {
                loops[place].count = steps
                body *= Double(steps)
            } else {
                let size = work.stages[number].waits ? Self.greatestBody : Self.bodySize
                loops[place].count = count(steps, atMost: Int(size / body))
                break
            }
        }
        return loops
    }

    /// As many copies as are needed to keep additions from waiting, as far as there are registers.
    private func independentCopies(_ number: Int) -> Int {
        let lanes = tile.vectorAxis(stage: number) == nil ? 1 : tile.lanes
        let registers = Double(tile.points) * cost.accumulatorRegisters(work.stages[number], lanes: lanes)
        let room = Int(Double(cost.target.vectorRegisterCount) * 0.75 / registers)
        return min(room, TileCost.divided(TileCost.chains, by: Int(registers)))
    }

    /// A number of copies of `steps` iterations: at most `limit`, and one that leaves no rest if that costs little.
    private func count(_ steps: Int, atMost limit: Int) -> Int {
        guard limit > 1 else { return 1 }
        if steps <= limit { return steps }
        return (max(2, limit * 2 / 3)...limit).reversed().first { steps % $0 == 0 } ?? limit
    }

    /// About how many instructions a point of a stage takes for the whole tile, without those that its loops leave outside.
    private func instructions(_ number: Int) -> Double {
        let stage = work.stages[number]
        return stage.items.reduce(0) { sum, item in
            let isEach = item.kind == .reduction || item.kind == .store
            guard isEach || !item.axes.isDisjoint(with: stage.axes) else { return sum }
            let axes = isEach ? AxisSet(rawValue: .max) : item.axes
            return sum + Double(tile.factor(axes, stage: number)) * item.weight
        }
    }
}
