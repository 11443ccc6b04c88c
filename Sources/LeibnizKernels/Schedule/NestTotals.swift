/// What a loop nest does in all, whatever its schedule.
///
/// Operations: floating-point arithmetic and elementary functions, one each; what is only compared, selected, converted or
/// an integer counts nothing. A product of m × k with k × n numbers is 2mnk. What does not vary along a loop is computed
/// once there; points behind a bound count like all others.
///
/// Bytes: each element that is read or written, once; what is added to, twice. Where loops visit some elements of a buffer
/// in a pattern that only walking them would tell, the least of three upper bounds: the points, the reach, the buffer.
public struct NestTotals: Hashable, Sendable {
    /// Floating-point operations.
    public let operations: Double
    /// Bytes read and written.
    public let bytes: Double

    /// Totals that were found elsewhere.
    init(operations: Double, bytes: Double) { (self.operations, self.bytes) = (operations, bytes) }

    /// The totals of a nest.
    public init(_ nest: LoopNest) {
        let survey = Survey(nest)
        operations = survey.operations
        bytes = survey.bytes
    }

    /// The totals of a sort, which computes nothing: keys are read, positions are written.
    init(_ sort: RowSort) {
        operations = 0
        bytes = Double(sort.rows * (sort.length * sort.type.byteCount + sort.kept * ElementType.int64.byteCount))
    }
}

/// One walk over the stages of a nest.
private struct Survey {
    private(set) var operations = 0.0
    private let nest: LoopNest
    private let dependence: [AxisSet]
    private let outer: AxisSet
    /// The places in each buffer that some points visit.
    private var visits: [Int: Set<Visit>] = [:]

    /// Some elements of a buffer: an affine walk, and the axes along which data decide.
    private struct Visit: Hashable {
        let index: Affine
        let gathered: AxisSet
    }

    init(_ nest: LoopNest) {
        // Fewer axes, the same totals; those that are still too many to tell apart are not in any set and count nothing.
        self.nest = nest.simplified()
        dependence = NestWork.dependence(of: self.nest)
        outer = AxisSet(self.nest.outer)
        var counted: Set<ValueID> = []
        for stage in self.nest.stages { count(stage, &counted) }
    }

    private mutating func count(_ stage: Stage, _ counted: inout Set<ValueID>) {
        let own = AxisSet(stage.axes)
        var roots = stage.reductions.map { nest.reductions[$0].value }
        for store in stage.stores {
            roots.append(store.value)
            roots += store.access.gathers.map(\.value)
            visit(store.access)
            if store.mode == .add, nest.values[store.value].type.isFloatingPoint {
                operations += points(outer.union(own))
            }
        }
        for id in NestWork.closure(of: roots, nest) {
            if case .load(let access) = nest.values[id].operation { visit(access) }
            guard nest.values[id].isArithmetic else { continue }
            // Outside of a stage's own loops it is known from an earlier stage.
            if dependence[id].isDisjoint(with: own), !counted.insert(id).inserted { continue }
            operations += points(dependence[id])
        }
        for id in stage.reductions where nest.values[nest.reductions[id].value].type.isFloatingPoint {
            operations += points(dependence[nest.reductions[id].value].union(own))
        }
    }

    private mutating func visit(_ access: Access) {
        let gathered = access.gathers.reduce(into: AxisSet()) { $0.formUnion(dependence[$1.value]) }
        visits[access.buffer, default: []].insert(Visit(index: access.index, gathered: gathered))
    }

    private func points(_ axes: AxisSet) -> Double {
        nest.axes.indices.reduce(1) { axes.has($1) ? $0 * Double(nest.axes[$1].extent) : $0 }
    }

    var bytes: Double {
        nest.buffers.enumerated().reduce(0) { sum, entry in
            let (number, buffer) = entry
            let elements = visits[number, default: []].reduce(0) { $0 + self.elements($1) }
            let passes: Double = buffer.role == .update ? 2 : 1
            return sum + passes * min(elements, Double(buffer.count)) * Double(buffer.type.byteCount)
        }
    }

    /// At most so many elements are visited.
    private func elements(_ visit: Visit) -> Double {
        let points = points(AxisSet(visit.index.terms.map(\.axis)).union(visit.gathered))
        if !visit.gathered.isEmpty || points == 0 { return points }
        let reach = visit.index.terms.reduce(0) { $0 + abs($1.stride) * (nest.axes[$1.axis].extent - 1) }
        let step = visit.index.terms.reduce(0) { Self.greatestDivisor($0, abs($1.stride)) }
        return min(points, Double(reach / max(1, step) + 1))
    }

    private static func greatestDivisor(_ a: Int, _ b: Int) -> Int { b == 0 ? a : greatestDivisor(b, a % b) }
}

extension Value {
    /// Whether it is computed by floating-point arithmetic.
    fileprivate var isArithmetic: Bool {
        guard type.isFloatingPoint else { return false }
        switch operation {
        case .unary, .binary: return true
        default: return false
        }
    }
}
