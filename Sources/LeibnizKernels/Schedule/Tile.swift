/// Which way vectors run, and the copies that a register tile holds.
struct Tile: Hashable {
    /// The axes along which vectors run.
    enum Vectors: Hashable {
        case none
        /// One of the outer axes, for all stages.
        case outer(Int)
        /// For each stage one of its own axes; its lanes meet at the end.
        case stages([Int?])
    }

    /// Copies along one outer axis: of points, or of vectors along the vectors' axis.
    struct Copies: Hashable {
        var axis = -1
        var count = 1

        /// The factor by which the copies multiply what depends on some axes.
        func factor(_ axes: AxisSet) -> Int { count > 1 && axes.has(axis) ? count : 1 }
    }

    /// The fewest copies side by side that are read across, a row for each lane, instead of lane by lane.
    static let fewestRows = 3

    var vectors: Vectors
    /// The lanes of a vector.
    var lanes: Int
    /// Copies along up to two axes.
    var first = Copies()
    var second = Copies()
    /// The copies that become lanes after the first stage.
    var joined = Copies()

    /// A tile without copies.
    init(_ vectors: Vectors, lanes: Int) {
        self.vectors = vectors
        self.lanes = lanes
    }

    /// The copies along an axis.
    func count(along axis: Int) -> Int {
        for copies in [first, second, joined] where copies.axis == axis { return copies.count }
        return 1
    }

    /// The points side by side.
    var points: Int { first.count * second.count * joined.count }

    /// The axis along which vectors run in a stage.
    func vectorAxis(stage: Int) -> Int? {
        switch vectors {
        case .none: nil
        case .outer(let axis): axis
        case .stages(let axes): stage > 0 && joined.count > 1 ? joined.axis : axes[stage]
        }
    }

    /// The factor by which copies multiply an item of a stage. What joins is one vector from the second stage on.
    func factor(_ axes: AxisSet, stage: Int) -> Int {
        first.factor(axes) * second.factor(axes) * (stage > 0 ? 1 : joined.factor(axes))
    }
}
