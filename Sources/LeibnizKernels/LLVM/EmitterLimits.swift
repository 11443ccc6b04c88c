/// Loops of sums that leave out what their bounds make zero.
///
/// Where a bound 0 ≤ r ± s·u < n fails, a load gives zero, and so is a product of such loads. A sum over u then needs only the
/// iterations between max(0, ⌈−r / s⌉) and min(extent, ⌈(n − r) / s⌉) (for +s·u), which need no test at all: the gradient of a
/// window, for one, costs as much as the windows that there are, and that of steps of several as much as each has taps.
extension NestEmitter {
    /// Whether a bound holds at a point.
    func test(_ bound: Bound, at point: Point) -> Operand {
        assumed[bound] == nil ? builder.test(bound, at: point, walked: walked) : .bool(true)
    }

    /// Whether a bound of an access holds at a point: for each lane, or for all at once where they agree, so that an address can be chosen.
    func testOfAccess(_ bound: Bound, at point: Point) -> Operand {
        var first = point
        if isOfOneMind(bound, at: point) { (first.lanes, first.active) = (1, 1) }
        return test(bound, at: first)
    }

    /// Whether a bound has the same answer for all lanes: vectors and what they are tested against both begin at multiples of their
    /// length.
    private func isOfOneMind(_ bound: Bound, at point: Point) -> Bool {
        let (value, lanes) = (builder.terms(of: bound.index, at: point), point.lanes)
        return lanes > 1 && value.laneStride == 1 && value.constant % lanes == 0 && bound.extent % lanes == 0
            && bound.index.terms.allSatisfy { term in
                point.coordinates[term.axis].base == nil || term.stride * steps[term.axis] % lanes == 0
            }
    }

    /// The level of the innermost loop whose limits may be why a bound needs no test: it is known only inside.
    func level(of bound: Bound) -> Int {
        bound.index.terms.reduce(assumed[bound] ?? 0) { max($0, walkedLevels[$1.axis]) }
    }

    /// The iterations of a stage's loop, the one at `depth`, that matter for all points of a tile, and the bounds that then
    /// hold; nil where all matter.
    func limits(stage number: Int, axis: Int, depth: Int, _ tile: [Point]) -> (
        start: Operand, end: Operand, bounds: [Bound]
    )? {
        let open = Set(nest.outer + schedule.stages[number].prefix(depth).map(\.axis))
        var (start, end) = (Operand.integer(0), Operand.integer(Int64(extents[axis])))
        var bounds: [Bound] = []
        for bound in nest.decidingBounds(stage: number, axis: axis) where assumed[bound] == nil {
            let stride = bound.index.stride(of: axis)
            let others = bound.index.terms.filter { $0.axis != axis }
            guard others.allSatisfy({ open.contains($0.axis) && $0.axis != vectorAxis }) else { continue }
            let rest = Affine(bound.index.offset, others.map { ($0.axis, $0.stride) })
            let values = Set(tile.map { builder.integer(rest, at: $0) })
            guard let value = values.first, values.count == 1, value.type.lanes == 1 else { continue }
            // The first iteration inside, and the first behind it.
            let (low, high): (Operand, Operand) =
                stride > 0
                ? (negated(value), builder.iadd(.integer(Int64(bound.extent)), negated(value)))
                : (builder.iadd(value, .integer(Int64(1 - bound.extent))), builder.iadd(value, .integer(1)))
            start = larger(start, quotient(low, abs(stride)))
            let behind = quotient(high, abs(stride))
            end = builder.select(builder.compare("slt", behind, end), behind, end)
            bounds.append(bound)
        }
        return bounds.isEmpty ? nil : (start, end, bounds)
    }

    /// The parts of a loop's whole blocks that are written as code of their own, because tests along the axis have the same answer
    /// throughout: what is padded without its ends, pieces that stand beside each other. Where an answer changes inside of a block, the
    /// block is a part. All blocks are one where parts would be of no use, or too much code.
    func pieces(of loop: Schedule.Loop, whole: Int) -> [Range<Int>] {
        guard whole > 0 else { return [] }
        var cuts: Set<Int> = []
        for bound in nest.allBounds where bound.index.stride(of: loop.axis) != 0 && assumed[bound] == nil {
            let inside = iterations(of: loop.axis, inside: bound)
            // Tests that other loops have a say in are worth it where each takes a mask of its own.
            guard bound.index.terms.count == 1 || loop.lanes > 1, !inside.isEmpty else { continue }
            cuts.formUnion([inside.lowerBound, inside.upperBound])
        }
        var (pieces, start) = ([Range<Int>](), 0)
        for cut in cuts.sorted() where cut > start && cut < whole {
            let block = cut / loop.step * loop.step
            if block > start { pieces.append(start..<block) }
            if block < cut { pieces.append(block..<block + loop.step) }
            start = block < cut ? block + loop.step : block
        }
        if start < whole { pieces.append(start..<whole) }
        return pieces.count * pieceCount * nest.values.count <= Self.mostCode ? pieces : [0..<whole]
    }

    /// The most values that code for the parts of axes computes in all.
    private static let mostCode = 640

    /// The iterations of an axis where a bound holds whatever the other axes do.
    private func iterations(of axis: Int, inside bound: Bound) -> Range<Int> {
        let stride = bound.index.stride(of: axis)
        let rest = Affine(
            bound.index.offset, bound.index.terms.filter { $0.axis != axis }.map { ($0.axis, $0.stride) })
        let others = rest.range(extents: extents)
        // All indices where 0 ≤ stride·index + others < extent.
        let (least, most) = (-others.lowerBound, bound.extent - 1 - others.upperBound)
        let first = -(stride > 0 ? -least : most).flooredQuotient(by: abs(stride))
        let last = (stride > 0 ? most : -least).flooredQuotient(by: abs(stride))
        let start = max(0, first)
        return start..<max(start, min(extents[axis], last + 1))
    }

    private func larger(_ x: Operand, _ y: Operand) -> Operand {
        builder.select(builder.compare("sgt", y, x), y, x)
    }

    /// A quotient rounded up; 0 for what is negative.
    private func quotient(_ x: Operand, _ divisor: Int) -> Operand {
        if divisor == 1 { return x }
        let above = builder.iadd(larger(.integer(0), x), .integer(Int64(divisor - 1)))
        return builder.binary("udiv", above, .integer(Int64(divisor)))
    }

    private func negated(_ x: Operand) -> Operand {
        x.integerValue.map { .integer(-$0) } ?? builder.binary("sub", .integer(0), x)
    }
}

extension LoopNest {
    /// All bounds of loads, tests and stores.
    fileprivate var allBounds: Set<Bound> {
        var bounds = Set(stages.flatMap(\.stores).flatMap(\.access.bounds))
        for value in values {
            switch value.operation {
            case .load(let access): bounds.formUnion(access.bounds)
            case .within(let tests): bounds.formUnion(tests)
            default: break
            }
        }
        return bounds
    }

    /// The bounds with a term in i[axis] where whose failing makes all that a stage sums zero; none unless it only sums.
    func decidingBounds(stage number: Int, axis: Int) -> [Bound] {
        let stage = stages[number]
        guard !stage.ordered, stage.stores.isEmpty, !stage.reductions.isEmpty,
            stage.reductions.allSatisfy({ reductions[$0].operation == .sum })
        else { return [] }
        var deciding: [Bound]?
        for id in stage.reductions {
            let bounds = zeroingBounds(reductions[id].value)
            deciding = deciding.map { $0.filter(bounds.contains) } ?? bounds
        }
        return (deciding ?? []).filter { $0.index.stride(of: axis) != 0 }
    }

    /// The bounds whose failing makes a scalar exactly zero.
    private func zeroingBounds(_ id: ValueID) -> [Bound] {
        switch values[id].operation {
        case .load(let access): return access.bounds
        case .unary(.negate, let x), .convert(let x): return zeroingBounds(x)
        case .binary(.multiply, let a, let b):
            // Zero times infinity is not zero: with real numbers both must vanish.
            let (left, right) = (zeroingBounds(a), zeroingBounds(b))
            if values[id].type.isFloatingPoint { return left.filter(right.contains) }
            return left + right.filter { !left.contains($0) }
        case .binary(.add, let a, let b), .binary(.subtract, let a, let b), .select(_, let a, let b):
            let right = zeroingBounds(b)
            return zeroingBounds(a).filter(right.contains)
        default: return []
        }
    }
}

extension Int {
    /// The quotient rounded down.
    fileprivate func flooredQuotient(by divisor: Int) -> Int {
        self / divisor - (self % divisor < 0 ? 1 : 0)
    }
}
