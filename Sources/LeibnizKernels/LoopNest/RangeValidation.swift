extension LoopNest {
    /// Checks that no index leaves its buffer at any point where its bounds hold and its gathers are legal.
    ///
    /// First the bounds narrow the axes. Then an index is rewritten as Σ λ·(a bound's function) + rest, for whole λ that cancel an axis; each bounded function
    /// contributes λ·[0, extent − 1] and the rest its range over the narrowed axes. Any such rewriting that stays inside
    /// the buffer proves the access. That is exact for padding, windows and split axes; a nest that needs a
    /// cleverer argument is refused.
    func validateRanges() throws(LoopNestError) {
        if outer.contains(where: { axes[$0].extent == 0 }) { return }
        for (stageNumber, stage) in stages.enumerated() {
            if stage.axes.contains(where: { axes[$0].extent == 0 }) { continue }
            var checked = [Bool](repeating: false, count: values.count)
            var roots = stage.reductions.map { reductions[$0].value }
            for (number, store) in stage.stores.enumerated() {
                try validateRange(of: store.access, at: .store(stage: stageNumber, number: number))
                roots.append(store.value)
                roots += store.access.gathers.map(\.value)
            }
            while let number = roots.popLast() {
                if checked[number] { continue }
                checked[number] = true
                if case .load(let access) = values[number].operation {
                    try validateRange(of: access, at: .value(number))
                }
                for affine in values[number].operation.affines { _ = try range(of: affine, at: .value(number)) }
                roots += values[number].operation.operands
            }
        }
    }

    /// Whether an access is proved to stay inside its buffer.
    func isInside(_ access: Access) -> Bool { (try? validateRange(of: access, at: .value(0))) != nil }

    private func validateRange(of access: Access, at place: LoopNestError.Place) throws(LoopNestError) {
        let whole = try range(of: access.index, at: place)
        for bound in access.bounds {
            let tested = try range(of: bound.index, at: place)
            // A bound that never holds means that nothing is ever touched.
            if max(tested.lowerBound, 0) > min(tested.upperBound, bound.extent - 1) { return }
        }
        var gathered = Interval(0, 0)
        for gather in access.gathers {
            if gather.extent <= 0 { return }
            guard let reach = Interval(0, gather.extent - 1).scaled(by: gather.stride), let sum = gathered + reach
            else { throw tooGreat(place) }
            gathered = sum
        }
        let count = buffers[access.buffer].count
        if Interval(whole.lowerBound, whole.upperBound).isInside(count, plus: gathered) { return }
        guard let ranges = narrowedAxes(by: access.bounds) else { return }
        guard let straight = Interval(whole.lowerBound, whole.upperBound) + gathered else { throw tooGreat(place) }

        // The two ends may need different rewritings, so each is proved for itself.
        var budget = 4096
        var best = straight
        tighten(
            &best, access.index, plus: gathered, with: access.bounds, ranges: ranges, count: count, budget: &budget)
        if best.lower < 0 || best.upper >= count {
            throw LoopNestError(place: place, problem: .range(lower: best.lower, upper: best.upper, count: count))
        }
    }

    /// Narrows `best` by all rewritings of `index` with some of the bounds, until it fits or the budget is spent.
    private func tighten(
        _ best: inout Interval, _ index: Affine, plus known: Interval, with bounds: [Bound], ranges: [Interval],
        count: Int, budget: inout Int
    ) {
        if best.lower >= 0 && best.upper < count { return }
        budget -= 1
        if budget < 0 { return }
        if let rest = interval(of: index, over: ranges), let total = rest + known {
            best = Interval(max(best.lower, total.lower), min(best.upper, total.upper))
        }
        for (number, bound) in bounds.enumerated() {
            guard let tested = interval(of: bound.index, over: ranges) else { continue }
            let holds = Interval(max(tested.lower, 0), min(tested.upper, bound.extent - 1)).narrowed(to: bound.index)
            var tried: Set<Int> = []
            for term in bound.index.terms {
                let stride = index.stride(of: term.axis)
                guard stride != 0, stride % term.stride == 0, tried.insert(stride / term.stride).inserted else {
                    continue
                }
                let factor = stride / term.stride
                guard let part = holds.scaled(by: factor), let sum = known + part else { continue }
                guard let rest = index.subtracting(factor, bound.index) else { continue }
                var others = bounds
                others.remove(at: number)
                tighten(&best, rest, plus: sum, with: others, ranges: ranges, count: count, budget: &budget)
            }
        }
    }

    /// The values that each axis takes where all bounds hold, or more; nil where they never hold together.
    private func narrowedAxes(by bounds: [Bound]) -> [Interval]? {
        var ranges = axes.map { Interval(0, $0.extent - 1) }
        // What narrows one axis may narrow another; more rounds than bounds find nothing new in practice.
        for _ in bounds {
            for bound in bounds {
                for term in bound.index.terms {
                    var others = bound.index
                    others.add(-term.stride, axis: term.axis)
                    guard term.stride != .min, let rest = interval(of: others, over: ranges),
                        let part = (Interval(0, bound.extent - 1) + Interval(-rest.upper, -rest.lower))?
                            .divided(by: term.stride)
                    else { continue }
                    let range = ranges[term.axis]
                    ranges[term.axis] = Interval(max(range.lower, part.lower), min(range.upper, part.upper))
                    if ranges[term.axis].lower > ranges[term.axis].upper { return nil }
                }
            }
        }
        return ranges
    }

    /// The values of a function over ranges of the axes, all of them by default.
    private func interval(of affine: Affine, over ranges: [Interval]? = nil) -> Interval? {
        var result = Interval(affine.offset, affine.offset)
        for term in affine.terms {
            let range = ranges?[term.axis] ?? Interval(0, axes[term.axis].extent - 1)
            guard let reach = range.scaled(by: term.stride), let sum = result + reach else { return nil }
            result = sum
        }
        // Twice the least integer cannot be negated.
        return result.lower == .min ? nil : result
    }

    private func range(of affine: Affine, at place: LoopNestError.Place) throws(LoopNestError) -> ClosedRange<Int> {
        guard let interval = interval(of: affine) else { throw tooGreat(place) }
        return interval.lower...interval.upper
    }

    private func tooGreat(_ place: LoopNestError.Place) -> LoopNestError {
        LoopNestError(place: place, problem: .size("an index does not fit 64 bits"))
    }
}

/// All integers from `lower` to `upper`; arithmetic that overflows gives nil.
private struct Interval {
    var lower, upper: Int

    init(_ lower: Int, _ upper: Int) { (self.lower, self.upper) = (lower, upper) }

    static func + (a: Interval, b: Interval) -> Interval? {
        let (lower, lowerOverflows) = a.lower.addingReportingOverflow(b.lower)
        let (upper, upperOverflows) = a.upper.addingReportingOverflow(b.upper)
        return lowerOverflows || upperOverflows ? nil : Interval(lower, upper)
    }

    /// Whether all places, moved by a second interval, are among the first `count`.
    func isInside(_ count: Int, plus other: Interval) -> Bool {
        guard let sum = self + other else { return false }
        return sum.lower >= 0 && sum.upper < count
    }

    /// The integers whose product with `factor` is in the interval.
    func divided(by factor: Int) -> Interval? {
        if factor == 0 || factor == -1 && lower == .min { return nil }
        let (a, b) = factor > 0 ? (lower, upper) : (upper, lower)
        func quotient(_ x: Int, roundingUp: Bool) -> Int {
            let (quotient, remainder) = x.quotientAndRemainder(dividingBy: factor)
            if remainder == 0 { return quotient }
            let isBelow = (remainder < 0) != (factor < 0)  // the exact quotient is below the truncated one
            return roundingUp ? (isBelow ? quotient : quotient + 1) : (isBelow ? quotient - 1 : quotient)
        }
        return Interval(quotient(a, roundingUp: true), quotient(b, roundingUp: false))
    }

    /// From the first to the last integer that the function can take: those of its offset's class modulo its strides.
    func narrowed(to function: Affine) -> Interval {
        var (step, rest) = (0, 0)
        for term in function.terms {
            rest = term.stride == .min ? 1 : abs(term.stride)
            while rest != 0 { (step, rest) = (rest, step % rest) }
        }
        guard step > 1, lower <= upper else { return self }
        let (low, lowOverflows) = function.offset.subtractingReportingOverflow(lower)
        let (high, highOverflows) = upper.subtractingReportingOverflow(function.offset)
        if lowOverflows || highOverflows { return self }
        let (first, last) = (((low % step) + step) % step, ((high % step) + step) % step)
        return last > upper - lower - first ? self : Interval(lower + first, upper - last)
    }

    func scaled(by factor: Int) -> Interval? {
        let (a, aOverflows) = lower.multipliedReportingOverflow(by: factor)
        let (b, bOverflows) = upper.multipliedReportingOverflow(by: factor)
        return aOverflows || bOverflows ? nil : Interval(min(a, b), max(a, b))
    }
}

extension Affine {
    /// The function minus factor·other, or nil where a coefficient overflows.
    fileprivate func subtracting(_ factor: Int, _ other: Affine) -> Affine? {
        var result = self
        func negated(_ x: Int) -> Int? {
            let (product, overflows) = x.multipliedReportingOverflow(by: factor)
            return overflows || product == .min ? nil : -product
        }
        guard let constant = negated(other.offset), !result.offset.addingReportingOverflow(constant).overflow else {
            return nil
        }
        result.add(constant)
        for term in other.terms {
            guard let stride = negated(term.stride),
                !result.stride(of: term.axis).addingReportingOverflow(stride).overflow
            else { return nil }
            result.add(stride, axis: term.axis)
        }
        return result
    }
}
