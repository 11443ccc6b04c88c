/// A set of a nest's axes.
struct AxisSet: OptionSet, Hashable {
    let rawValue: UInt64

    /// The greatest number of axes that a set can tell apart.
    static let capacity = 64

    init(rawValue: UInt64) { self.rawValue = rawValue }

    /// One axis.
    init(_ axis: Int) { rawValue = 1 << UInt64(axis) }

    /// Some axes.
    init(_ axes: some Sequence<Int>) { self = axes.reduce(into: []) { $0.formUnion(AxisSet($1)) } }

    /// Whether an axis is in the set.
    func has(_ axis: Int) -> Bool { rawValue & (1 << UInt64(axis)) != 0 }
}

/// What the stages of a nest do at each of their points, as far as the cost of a schedule depends on it.
struct NestWork {
    /// One thing that is done: a load, a store, an arithmetic operation, a value's entry into a reduction.
    struct Item {
        enum Kind: Hashable { case load, store, operation, reduction }

        var kind: Kind
        /// How many instructions an operation takes for one register; 1 for loads and stores.
        var weight: Double
        /// The bytes of an element.
        var bytes: Int
        /// The axes that the result depends on; elsewhere one result serves many points.
        var axes: AxisSet
        /// Loads and stores: the affine part of the address.
        var index = Affine()
        /// The axes along which the address follows data.
        var gathered: AxisSet = []
        /// Loads and stores: what is tested before, and the axes along which that is.
        var bounds: [Bound] = []
        var bounded: AxisSet = []
        /// A load of an operand that may as well be read from a copy: the value's number.
        var packable: ValueID?
    }

    /// The items of one stage.
    struct Stage {
        var axes: AxisSet
        var items: [Item]
        /// The registers' worth of elements that accumulators hold: the bytes of one point's.
        var accumulatorBytes: [Int]
        /// Whether it computes polynomials, whose instructions wait for each other.
        var waits: Bool
    }

    let stages: [Stage]

    init(_ nest: LoopNest, hasFMA: Bool) {
        let dependence = Self.dependence(of: nest)
        // Copies hold a part of the first stage's walk, in the order of that walk.
        let later = Set(Self.closure(of: nest.stages.dropFirst().flatMap { nest.roots(of: $0) }, nest))
        stages = nest.stages.map { stage in
            var (items, accumulators): ([Item], [Int]) = ([], [])
            var roots: [ValueID] = []
            for id in stage.reductions where nest.search(besides: id, in: stage) == nil {
                let reduction = nest.reductions[id]
                let type = nest.values[reduction.value].type
                let isSearch = reduction.operation == .argMax || reduction.operation == .argMin
                let bytes = isSearch ? type.byteCount + 4 : type.byteCount
                accumulators.append(bytes)
                let weight: Double = isSearch ? 5 : reduction.operation == .max || reduction.operation == .min ? 3 : 1
                items.append(
                    Item(
                        kind: .reduction, weight: weight, bytes: type.byteCount, axes: dependence[reduction.value]))
                // A product that is summed is one instruction with the addition.
                if hasFMA, reduction.operation == .sum, type.isFloatingPoint,
                    case .binary(.multiply, let a, let b) = nest.values[reduction.value].operation
                {
                    roots += [a, b]
                } else {
                    roots.append(reduction.value)
                }
            }
            for store in stage.stores {
                roots.append(store.value)
                roots += store.access.gathers.map(\.value)
                items.append(Self.item(.store, store.access, nest, dependence))
            }
            for id in Self.closure(of: roots, nest) {
                let value = nest.values[id]
                switch value.operation {
                case .load(let access):
                    var item = Self.item(.load, access, nest, dependence)
                    if nest.mayCopy(access), !later.contains(id) { item.packable = id }
                    items.append(item)
                case .float, .integer, .index, .within, .reduced: break
                default:
                    let weight = Self.weight(of: value.operation)
                    items.append(
                        Item(kind: .operation, weight: weight, bytes: value.type.byteCount, axes: dependence[id]))
                }
            }
            return Stage(
                axes: AxisSet(stage.axes), items: items, accumulatorBytes: accumulators,
                waits: Self.waits(stage, nest, dependence))
        }
    }

    private static func item(
        _ kind: Item.Kind, _ access: Access, _ nest: LoopNest, _ dependence: [AxisSet]
    ) -> Item {
        let gathered = access.gathers.reduce(into: AxisSet()) { $0.formUnion(dependence[$1.value]) }
        let axes = AxisSet(access.index.terms.map(\.axis)).union(gathered)
        let bounded = AxisSet(access.bounds.flatMap { $0.index.terms.map(\.axis) })
        return Item(
            kind: kind, weight: 1, bytes: nest.buffers[access.buffer].type.byteCount, axes: axes.union(bounded),
            index: access.index, gathered: gathered, bounds: access.bounds, bounded: bounded)
    }

    /// For each value the axes that it varies along.
    static func dependence(of nest: LoopNest) -> [AxisSet] {
        var sets: [AxisSet] = []
        func along(_ affine: Affine) -> AxisSet { AxisSet(affine.terms.map(\.axis)) }
        for value in nest.values {
            var set = value.operation.operands.reduce(into: AxisSet()) { $0.formUnion(sets[$1]) }
            switch value.operation {
            case .index(let affine): set.formUnion(along(affine))
            case .within(let bounds): for bound in bounds { set.formUnion(along(bound.index)) }
            case .load(let access):
                set.formUnion(along(access.index))
                for bound in access.bounds { set.formUnion(along(bound.index)) }
            case .reduced(let number):
                set.formUnion(sets[nest.reductions[number].value])
                for stage in nest.stages where stage.reductions.contains(number) && !stage.ordered {
                    set.subtract(AxisSet(stage.axes))
                }
            default: break
            }
            sets.append(set)
        }
        return sets
    }

    /// Whether a stage computes polynomials at its points, by instructions of which each waits for the one before.
    static func waits(_ stage: LeibnizKernels.Stage, _ nest: LoopNest, _ dependence: [AxisSet]) -> Bool {
        let inside = AxisSet(stage.axes.isEmpty ? nest.outer : stage.axes)
        return closure(of: nest.roots(of: stage), nest).contains { id in
            guard case .unary(let function, _) = nest.values[id].operation, function.isPolynomial else { return false }
            return !dependence[id].isDisjoint(with: inside)
        }
    }

    /// All values that some are computed from, themselves among them.
    static func closure(of roots: [ValueID], _ nest: LoopNest) -> [ValueID] {
        var isNeeded = [Bool](repeating: false, count: nest.values.count)
        for root in roots { isNeeded[root] = true }
        for id in nest.values.indices.reversed() where isNeeded[id] {
            for operand in nest.values[id].operation.operands { isNeeded[operand] = true }
        }
        return nest.values.indices.filter { isNeeded[$0] }
    }

    /// About how many instructions an operation takes.
    private static func weight(of operation: Value.Operation) -> Double {
        switch operation {
        case .random: 80
        case .unary(let function, _):
            switch function {
            case .negate, .abs, .sqrt, .floor, .ceil, .round, .not, .isNaN, .isFinite: 1
            case .sign: 4
            case .rsqrt: 4
            case _ where function.isPolynomial: 20
            default: 100
            }
        case .binary(let function, _, _):
            switch function {
            case .divide: 4
            case .max, .min: 3
            case .remainder, .power, .atan2: 60
            default: 1
            }
        default: 1
        }
    }
}
