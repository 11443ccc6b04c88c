extension LoopNest {
    /// Throws the first mistake found: numbering, types, roles, scopes of axes and reductions, and indexes that may
    /// leave their buffers.
    ///
    /// What it cannot see: two points that write the same element, and colliding `.add` stores along parallel axes.
    /// Linear in the size of the nest, times the number of stages.
    public func validate() throws(LoopNestError) {
        try validateStructure()
        try validateRanges()
    }

    /// The part of `validate` that does not look at the ranges of indexes: numbers, types, roles, scopes.
    func validateStructure() throws(LoopNestError) {
        for (number, buffer) in buffers.enumerated() where buffer.count < 0 {
            throw LoopNestError(place: .buffer(number), problem: .size("the count \(buffer.count) is negative"))
        }
        for (number, axis) in axes.enumerated() where axis.extent < 0 {
            throw LoopNestError(place: .axis(number), problem: .size("the extent \(axis.extent) is negative"))
        }
        for number in values.indices { try validateValue(number) }
        for (number, reduction) in reductions.enumerated() {
            let place = LoopNestError.Place.reduction(number)
            guard values.indices.contains(reduction.value) else {
                throw LoopNestError(place: place, problem: .unknown("value", reduction.value))
            }
            let type = values[reduction.value].type
            if type == .bool && (reduction.operation == .sum || reduction.operation == .product) {
                throw LoopNestError(place: place, problem: .type("bool has no \(reduction.operation)"))
            }
        }
        try validateLoops()
        try validateStores()
        try validateScopes()
    }

    /// The type of a reduction's result.
    func resultType(ofReduction number: Int) -> ElementType {
        let reduction = reductions[number]
        return switch reduction.operation {
        case .argMax, .argMin: .int64
        case .sum, .product, .max, .min: values[reduction.value].type
        }
    }

    /// The loops of `outer` and of the stages: known, and none twice around a point.
    private func validateLoops() throws(LoopNestError) {
        try validateLoops(outer, around: [], at: .nest)
        for axis in sequential where !outer.contains(axis) {
            throw LoopNestError(place: .nest, problem: .axis("sequential axis \(axis) is not an outer axis"))
        }
        func isCut(_ axis: Int) -> Bool { outer.contains(axis) && !sequential.contains(axis) }
        if let bands,
            !isCut(bands.axis) || bands.length < 1 || bands.around.map({ $0 == bands.axis || !isCut($0) }) ?? false
        {
            throw LoopNestError(
                place: .nest, problem: .axis("there are no bands of \(bands.length) along axis \(bands.axis)"))
        }
        var owner: [Int: Int] = [:]
        for (number, stage) in stages.enumerated() {
            try validateLoops(stage.axes, around: outer, at: .stage(number))
            for reduction in stage.reductions {
                guard reductions.indices.contains(reduction) else {
                    throw LoopNestError(place: .stage(number), problem: .unknown("reduction", reduction))
                }
                if let other = owner.updateValue(number, forKey: reduction) {
                    throw LoopNestError(
                        place: .stage(number),
                        problem: .reduction("stage \(other) computes reduction \(reduction) already"))
                }
            }
        }
    }

    private func validateLoops(
        _ loops: [Int], around: [Int], at place: LoopNestError.Place
    ) throws(LoopNestError) {
        var seen = Set(around)
        for axis in loops {
            guard axes.indices.contains(axis) else {
                throw LoopNestError(place: place, problem: .unknown("axis", axis))
            }
            guard seen.insert(axis).inserted else {
                throw LoopNestError(place: place, problem: .axis("axis \(axis) loops twice"))
            }
        }
    }

    private func validateStores() throws(LoopNestError) {
        for (stageNumber, stage) in stages.enumerated() {
            for (number, store) in stage.stores.enumerated() {
                let place = LoopNestError.Place.store(stage: stageNumber, number: number)
                guard values.indices.contains(store.value) else {
                    throw LoopNestError(place: place, problem: .unknown("value", store.value))
                }
                try validateAccess(store.access, olderThan: values.count, at: place)
                let buffer = buffers[store.access.buffer]
                if buffer.type != values[store.value].type {
                    throw LoopNestError(
                        place: place,
                        problem: .type("a \(values[store.value].type) cannot be stored as \(buffer.type)"))
                }
                if store.mode == .add && buffer.type == .bool {
                    throw LoopNestError(place: place, problem: .type("bool cannot be added"))
                }
                if buffer.role == .input || (store.mode == .add && buffer.role != .update) {
                    throw LoopNestError(
                        place: place, problem: .role("\(store.mode) into an \(buffer.role) buffer"))
                }
            }
        }
    }

    /// Every value must live inside the loops and behind the reductions that it mentions, wherever it is used.
    private func validateScopes() throws(LoopNestError) {
        var finished: Set<Int> = []
        for (number, stage) in stages.enumerated() {
            let loops = Set(outer).union(stage.axes)
            var running: Set<Int> = []
            var checked = [Bool](repeating: false, count: values.count)
            for reduction in stage.reductions {
                let visible = finished.union(running)
                try validateScope(
                    of: [reductions[reduction].value], [], loops, visible, &checked, at: .stage(number))
                if stage.ordered { running.insert(reduction) }
            }
            for (position, store) in stage.stores.enumerated() {
                let place = LoopNestError.Place.store(stage: number, number: position)
                try validateScope(
                    of: [store.value] + store.access.gathers.map(\.value), store.access.affines, loops,
                    finished.union(running), &checked, at: place)
            }
            finished.formUnion(stage.reductions)
        }
    }

    private func validateScope(
        of roots: [ValueID], _ affines: [Affine], _ loops: Set<Int>, _ visible: Set<Int>, _ checked: inout [Bool],
        at place: LoopNestError.Place
    ) throws(LoopNestError) {
        func check(_ affine: Affine) throws(LoopNestError) {
            for term in affine.terms where !loops.contains(term.axis) {
                throw LoopNestError(place: place, problem: .axis("axis \(term.axis) is not among the loops around"))
            }
        }
        for affine in affines { try check(affine) }
        var open = roots
        while let number = open.popLast() {
            if checked[number] { continue }
            checked[number] = true
            let operation = values[number].operation
            if case .reduced(let reduction) = operation, !visible.contains(reduction) {
                throw LoopNestError(
                    place: place, problem: .reduction("reduction \(reduction) has no value yet"))
            }
            for affine in operation.affines { try check(affine) }
            open.append(contentsOf: operation.operands)
        }
    }
}

extension Access {
    /// Every affine function that the address depends on.
    var affines: [Affine] {
        [index] + bounds.map(\.index)
            + gathers.compactMap {
                if case .report(_, let position) = $0.otherwise { position } else { nil }
            }
    }
}

extension Value.Operation {
    /// The values that it is computed from.
    var operands: [ValueID] {
        switch self {
        case .float, .integer, .index, .within, .reduced: []
        case .load(let access): access.gathers.map(\.value)
        case .unary(_, let a), .convert(let a): [a]
        case .binary(_, let a, let b), .compare(_, let a, let b): [a, b]
        case .select(let a, let b, let c): [a, b, c]
        case .random(let key, let counter, _): [key, counter]
        }
    }

    /// The affine functions of the indices that it looks at itself.
    var affines: [Affine] {
        switch self {
        case .index(let affine): [affine]
        case .within(let bounds): bounds.map(\.index)
        case .load(let access): access.affines
        case .float, .integer, .unary, .binary, .compare, .select, .convert, .random, .reduced: []
        }
    }
}
