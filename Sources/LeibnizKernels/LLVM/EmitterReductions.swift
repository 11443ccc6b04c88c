/// Reductions: accumulators, how values enter them and how they meet.
extension NestEmitter {
    /// Whether a reduction finds a position; then its accumulator is a pair: the best value, its position.
    func isSearch(_ operation: ReductionOperation) -> Bool { operation == .argMax || operation == .argMin }

    /// What positions are counted in: no more bits than all stages need, since lanes are few.
    var positionScalar: IRScalar {
        let sizes = nest.stages.map { $0.axes.reduce(1.0) { $0 * Double(extents[$1]) } }
        return (sizes.max() ?? 1) < 2_147_483_648 ? .i32 : .i64
    }

    /// The accumulator of a reduction over nothing.
    func identity(_ reduction: Reduction, lanes: Int) -> [Operand] {
        let type = nest.values[reduction.value].type
        let scalar = IRScalar(type)
        let start: Operand =
            type.isFloatingPoint
            ? .float(ScalarSemantics.floatIdentity(reduction.operation), scalar)
            : .integer(ScalarSemantics.integerIdentity(reduction.operation, type), scalar)
        let all =
            isSearch(reduction.operation) ? [start, .integer(isEmpty(reduction) ? -1 : 0, positionScalar)] : [start]
        return all.map { builder.splat($0, lanes: lanes) }
    }

    /// Whether there is nothing to search. Otherwise a search begins as if the first value were the worst that there is: if nothing
    /// exceeds that, the first value is what it looks for.
    private func isEmpty(_ search: Reduction) -> Bool {
        nest.stages.allSatisfy { stage in
            !stage.reductions.contains { nest.reductions[$0] == search } || stage.axes.contains { extents[$0] == 0 }
        }
    }

    /// The accumulator after one more value.
    ///
    /// - Parameters:
    ///   - position: where in the stage the value stands; searches only.
    ///   - active: the lanes that count, the first ones; the others stay as they are.
    func entered(
        _ reduction: Reduction, _ state: [Operand], at point: Point, position: Affine, active: Int?,
        _ cache: inout [ValueID: Operand]
    ) -> [Operand] {
        let type = nest.values[reduction.value].type
        let lanes = state[0].type.lanes
        if reduction.operation == .sum, type.isFloatingPoint, builder.hasFMA,
            case .binary(.multiply, let a, let b) = nest.values[reduction.value].operation
        {
            let (x, y) = (evaluate(a, at: point, &cache), evaluate(b, at: point, &cache))
            let sum = builder.fma(builder.splat(x, lanes: lanes), builder.splat(y, lanes: lanes), state[0])
            return [active.map { builder.select(builder.prefix($0, lanes: lanes), sum, state[0]) } ?? sum]
        }
        var value = builder.splat(evaluate(reduction.value, at: point, &cache), lanes: lanes)
        if isSearch(reduction.operation) {
            let number = builder.cast("trunc", builder.integer(position, at: point), to: positionScalar)
            let place = builder.splat(number, lanes: lanes)
            let better = isBetter(reduction.operation, type, later: value, than: state)
            let taken = active.map { builder.both(better, builder.prefix($0, lanes: lanes)) } ?? better
            return [builder.select(taken, value, state[0]), builder.select(taken, place, state[1])]
        }
        if let active {
            value = builder.select(builder.prefix(active, lanes: lanes), value, identity(reduction, lanes: lanes)[0])
        }
        return combined(reduction, state, [value])
    }

    /// Two accumulators as one.
    func combined(_ reduction: Reduction, _ a: [Operand], _ b: [Operand]) -> [Operand] {
        let type = nest.values[reduction.value].type
        switch reduction.operation {
        case .sum: return [builder.binary(.add, a[0], b[0], type)]
        case .product: return [builder.binary(.multiply, a[0], b[0], type)]
        case .max: return [builder.binary(.max, b[0], a[0], type)]
        case .min: return [builder.binary(.min, b[0], a[0], type)]
        case .argMax, .argMin:
            let better = isBetter(reduction.operation, type, b, than: a)
            return [builder.select(better, b[0], a[0]), builder.select(better, b[1], a[1])]
        }
    }

    /// Whether a search prefers a value that comes after all that it has seen; of equals the earlier stays.
    private func isBetter(
        _ operation: ReductionOperation, _ type: ElementType, later b: Operand, than a: [Operand]
    ) -> Operand {
        guard type.isFloatingPoint else {
            return builder.compare(operation == .argMax ? Comparison.greater : .less, b, a[0], type)
        }
        // Unordered: also where b is NaN; a NaN stays.
        let exceeds = builder.compare(operation == .argMax ? "ugt" : "ult", b, a[0])
        return builder.both(exceeds, builder.compare("ord", a[0], a[0]))
    }

    /// Whether a search prefers `b`: a NaN to a number, a greater (or lesser) value, the earlier of equals.
    private func isBetter(_ operation: ReductionOperation, _ type: ElementType, _ b: [Operand], than a: [Operand])
        -> Operand
    {
        let comparison = operation == .argMax ? Comparison.greater : .less
        var exceeds = builder.compare(comparison, b[0], a[0], type)
        var equals = builder.compare(.equal, b[0], a[0], type)
        if type.isFloatingPoint {
            let (isNaN, wasNaN) = (builder.compare("uno", b[0], b[0]), builder.compare("uno", a[0], a[0]))
            exceeds = builder.either(exceeds, builder.both(isNaN, builder.not(wasNaN)))
            equals = builder.either(equals, builder.both(isNaN, wasNaN))
        }
        return builder.either(exceeds, builder.both(equals, builder.compare("ult", b[1], a[1])))
    }

    /// All lanes of an accumulator as one, halves onto halves.
    func folded(_ reduction: Reduction, _ state: [Operand]) -> [Operand] {
        var (result, lanes) = (state, state[0].type.lanes)
        while lanes > 1 {
            let half = lanes / 2
            let low = result.map { builder.shuffle($0, nil, Array(0..<half)) }
            let high = result.map { builder.shuffle($0, nil, Array(half..<lanes)) }
            (result, lanes) = (combined(reduction, low, high), half)
        }
        return result
    }
}
