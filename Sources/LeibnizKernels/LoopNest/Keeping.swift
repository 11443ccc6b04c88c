extension LoopNest {
    /// The same nest in which a row's exponentials and the like are computed once: the first stage that needs them leaves them in
    /// memory, where later ones find them, its own result's or a later one's.
    ///
    /// Softmax sums eˣ over a row and then needs each eˣ again; a row stays in a core's cache meanwhile. The buffer becomes one
    /// that is read and written.
    public func keepingCostly() -> LoopNest {
        var nest = self
        // Each round spends a buffer.
        while let next = nest.keepingOne() { nest = next.renumbered() }
        return nest
    }

    private func keepingOne() -> LoopNest? {
        for first in stages.indices where !stages[first].axes.isEmpty {
            for store in stages[first].stores where canKeep(store) {
                if let nest = reading(store, of: first) { return nest }
            }
        }
        for last in stages.indices.reversed() where last > 0 && !stages[last].axes.isEmpty {
            for store in stages[last].stores where canKeep(store) {
                for first in 0..<last where isSameWalk(first, last) && !stages[first].reductions.isEmpty {
                    if let nest = keeping(from: first, in: store, of: last) { return nest }
                }
            }
        }
        return nil
    }

    /// What a stage writes anyway, read by later ones instead of computed again.
    private func reading(_ store: Store, of first: Int) -> LoopNest? {
        guard costly(along: Set(stages[first].axes))[store.value] else { return nil }
        var (nest, isUsed) = (self, false)
        for place in stages.indices where place > first && isSameWalk(first, place) {
            let old = nest.copied(store.value, axes: renaming(first, to: place))
            guard nest.reachable(from: nest.roots(of: place))[old] else { continue }
            let access = renamed(store.access, renaming(first, to: place))
            nest.replace(old, by: nest.value(.load(access), nest.values[old].type), inStage: place)
            isUsed = true
        }
        nest.buffers[store.access.buffer].role = .update
        return isUsed ? nest : nil
    }

    /// All that a stage computes.
    private func roots(of stage: Int) -> [ValueID] {
        stages[stage].reductions.map { reductions[$0].value } + stages[stage].stores.map(\.value)
    }

    /// The longest row that is taken to stay in a cache.
    private static let longestRow = 1 << 15

    private func points(of stage: Stage) -> Int { stage.axes.reduce(1) { $0 * axes[$1].extent } }

    private func isSameWalk(_ first: Int, _ last: Int) -> Bool {
        let (a, b) = (stages[first], stages[last])
        return !a.ordered && !b.ordered && points(of: a) <= Self.longestRow
            && a.axes.map { axes[$0].extent } == b.axes.map { axes[$0].extent }
    }

    /// Whether the memory that a store fills is nobody else's in the meantime.
    private func canKeep(_ store: Store) -> Bool {
        let buffer = store.access.buffer
        let isRead = values.contains { value in
            if case .load(let access) = value.operation { access.buffer == buffer } else { false }
        }
        return store.mode == .write && store.access.bounds.isEmpty && store.access.gathers.isEmpty && !isRead
            && buffers[buffer].role == .output
            && stages.flatMap(\.stores).count { $0.access.buffer == buffer } == 1
    }

    private func keeping(from first: Int, in store: Store, of last: Int) -> LoopNest? {
        let type = buffers[store.access.buffer].type
        let there = reachable(from: stages[first].reductions.map { reductions[$0].value })
        let here = reachable(from: stages[last].stores.map(\.value))
        let isCostly = costly(along: Set(stages[first].axes))
        var nest = self
        for kept in there.indices.reversed() where there[kept] && values[kept].type == type && isCostly[kept] {
            let wanted = nest.copied(kept, axes: renaming(first, to: last))
            guard wanted < here.count, here[wanted] else { continue }
            nest.stages[first].stores.append(
                Store(renamed(store.access, renaming(last, to: first)), kept))
            nest.buffers[store.access.buffer].role = .update
            for place in first + 1...last where isSameWalk(first, place) {
                let access = renamed(store.access, renaming(last, to: place))
                let old = nest.copied(kept, axes: renaming(first, to: place))
                nest.replace(old, by: nest.value(.load(access), type), inStage: place)
            }
            return nest
        }
        return nil
    }

    private func renamed(_ access: Access, _ axes: [Int]) -> Access {
        Access(access.buffer, Affine(access.index.offset, access.index.terms.map { (axes[$0.axis], $0.stride) }))
    }

    /// The axes of one stage in the place of another's.
    private func renaming(_ stage: Int, to other: Int) -> [Int] {
        var result = Array(axes.indices)
        for (mine, theirs) in zip(stages[stage].axes, stages[other].axes) { result[mine] = theirs }
        return result
    }

    private func reachable(from roots: [ValueID]) -> [Bool] {
        var result = [Bool](repeating: false, count: values.count)
        for root in roots { result[root] = true }
        for id in values.indices.reversed() where result[id] {
            for operand in values[id].operands { result[operand] = true }
        }
        return result
    }

    /// For each value, whether it takes longer to compute than to read, at each point of some loops.
    private func costly(along loops: Set<Int>) -> [Bool] {
        var (varies, result) = ([Bool](), [Bool]())
        for value in values {
            let operation = value.operation
            varies.append(
                operation.operands.contains { varies[$0] }
                    || operation.affines.contains { $0.terms.contains { loops.contains($0.axis) } })
            result.append(
                operation.operands.contains { result[$0] } || operation.isElementary && varies[varies.count - 1])
        }
        return result
    }

    /// Puts one value in the place of another in all that a stage computes.
    private mutating func replace(_ old: ValueID, by new: ValueID, inStage place: Int) {
        var numbers: [ValueID: ValueID] = [old: new]
        for id in values.indices where numbers[id] == nil {
            let operands = values[id].operands
            let written = operands.map { numbers[$0] ?? $0 }
            if written != operands {
                numbers[id] = value(values[id].operation.with(operands: written), values[id].type)
            }
        }
        for store in stages[place].stores.indices {
            let value = stages[place].stores[store].value
            stages[place].stores[store].value = numbers[value] ?? value
        }
        for reduction in stages[place].reductions {
            reductions[reduction].value = numbers[reductions[reduction].value] ?? reductions[reduction].value
        }
    }

    /// The same nest with its values in the order in which stages need them, and without those that none needs.
    func renumbered() -> LoopNest {
        var nest = self
        nest.values = []
        var numbers: [ValueID: ValueID] = [:]
        func note(_ root: ValueID) -> ValueID {
            var isNeeded = [Bool](repeating: false, count: root + 1)
            isNeeded[root] = true
            for id in stride(from: root, through: 0, by: -1) where isNeeded[id] {
                for operand in values[id].operands { isNeeded[operand] = true }
            }
            for id in 0...root where isNeeded[id] && numbers[id] == nil {
                let operands = values[id].operands.compactMap { numbers[$0] }
                numbers[id] = nest.value(values[id].operation.with(operands: operands), values[id].type)
            }
            return numbers[root] ?? 0
        }
        for (place, stage) in stages.enumerated() {
            for reduction in stage.reductions { nest.reductions[reduction].value = note(reductions[reduction].value) }
            for (number, store) in stage.stores.enumerated() {
                nest.stages[place].stores[number].value = note(store.value)
                for (gather, index) in store.access.gathers.enumerated() {
                    nest.stages[place].stores[number].access.gathers[gather].value = note(index.value)
                }
            }
        }
        return nest
    }
}

extension Value.Operation {
    /// Whether it is computed by a polynomial or in the C library.
    fileprivate var isElementary: Bool {
        switch self {
        case .unary(let operation, _):
            switch operation {
            case .exp, .expm1, .log, .log1p, .sin, .cos, .tan, .asin, .acos, .atan, .sinh, .cosh, .tanh, .sigmoid, .erf,
                .lgamma, .digamma:
                true
            case .negate, .abs, .sign, .sqrt, .rsqrt, .floor, .ceil, .round, .isNaN, .isFinite, .not: false
            }
        case .binary(let operation, _, _): operation == .power || operation == .atan2
        case .float, .integer, .index, .load, .within, .compare, .select, .convert, .random, .reduced: false
        }
    }

    /// The same operation on other operands.
    fileprivate func with(operands: [ValueID]) -> Value.Operation {
        switch self {
        case .float, .integer, .index, .within, .reduced: return self
        case .load(var access):
            for place in access.gathers.indices { access.gathers[place].value = operands[place] }
            return .load(access)
        case .unary(let function, _): return .unary(function, operands[0])
        case .binary(let function, _, _): return .binary(function, operands[0], operands[1])
        case .compare(let comparison, _, _): return .compare(comparison, operands[0], operands[1])
        case .select: return .select(operands[0], operands[1], operands[2])
        case .convert: return .convert(operands[0])
        case .random(_, _, let word): return .random(key: operands[0], counter: operands[1], word: word)
        }
    }
}
