/// How a loop nest is run on a CPU: which axis the vectors run along, what is kept in registers, what threads share.
///
/// The loops named first are the outermost. A schedule never changes what is computed, only where and in what order; the
/// order in which reductions add follows from shapes, instruction set and thread count alone.
public struct Schedule: Hashable, Sendable {
    /// One loop over an axis in blocks: `count` vectors of `lanes` neighbours are computed side by side.
    public struct Loop: Hashable, Sendable {
        /// The axis.
        public var axis: Int
        /// 1, or the lanes of a vector along this axis.
        public var lanes = 1
        /// How many copies of the body a step holds: a register tile along outer axes, an unrolled loop along a stage's.
        public var count = 1
        /// Stage axes only: whether each copy adds to accumulators of its own, so that additions need not wait.
        public var isIndependent = false
        /// Outer axes only: whether the copies' results become the lanes of one vector after the first stage, whose own
        /// vectors run along one of its axes.
        public var joinsLanes = false
        /// Outer axes only: the blocks in a unit of parallel work; 0 where the whole loop lies inside a unit.
        public var blocksPerUnit = 0

        /// The iterations in one step.
        public var step: Int { lanes * count }

        /// How far a unit walks along it, in steps.
        func stepsInUnit(extent: Int) -> Int {
            let all = TileCost.divided(extent, by: step)
            return blocksPerUnit > 0 ? min(all, blocksPerUnit) : all
        }
    }

    /// The loops over the outer axes.
    public var outer: [Loop]
    /// For each stage the loops over its axes.
    public var stages: [[Loop]]
    /// Whether threads share the first loop of the first stage, and a second function adds what they found.
    public var splitsReduction = false
    /// Where the reduction is split: blocks of the first stage's first loop in a unit.
    public var splitBlocks = 0
    /// Where the first stage's first loop is walked in parts, with all points of a unit in each: the blocks in a part; 0 where it is
    /// walked in one go.
    public var blocksPerPart = 0
    /// How many iterations of the first sum a part has, if it is walked in parts.
    public var partLength: Int? { blocksPerPart > 0 ? blocksPerPart * (stages.first?.first?.step ?? 1) : nil }
    /// The operands of the first stage that are copied for the loops inside.
    public var packed: [Packing] = []
    /// The units of parallel work.
    public var units = 1
    /// About how many clock cycles a unit takes.
    public var unitCost = 1
    /// Why it is as it is, in a few words.
    public var reason = ""
}

extension Schedule: CustomStringConvertible {
    /// The loops, how they are shared, and why they are so.
    public var description: String {
        let parts = partLength.map { ", sums in parts of \($0)" } ?? ""
        let split = splitsReduction ? " in \(units) parts of \(splitBlocks)" : units > 1 ? " in \(units) units" : ""
        return loops + split + parts + " of \(unitCost) cycles" + (reason.isEmpty ? "" : ": \(reason)")
    }

    /// The loops over the outer axes and those of each stage, the outermost first.
    ///
    /// `i1×6` is a tile of six, `i0v16×2` two vectors of 16 lanes, `i5×5` an unrolled loop; `+` marks copies that add by
    /// themselves, `→` copies that become lanes, `/4` four blocks in a unit of parallel work, `[i1]` stands where an operand is
    /// copied, its neighbours along i1 side by side.
    public var loops: String {
        func text(_ loop: Loop) -> String {
            "i\(loop.axis)" + (loop.lanes > 1 ? "v\(loop.lanes)" : "") + (loop.count > 1 ? "×\(loop.count)" : "")
                + (loop.isIndependent ? "+" : "") + (loop.joinsLanes ? "→" : "")
                + (loop.blocksPerUnit > 0 ? "/\(loop.blocksPerUnit)" : "")
        }
        let around = outer.enumerated().map { depth, loop in
            packed.filter { $0.depth == depth }.map { "[i\($0.axis)] " }.joined() + text(loop)
        }
        return ([around] + stages.map { $0.map(text) }).filter { !$0.isEmpty }.map { $0.joined(separator: " ") }.joined(
            separator: " | ")
    }
}
