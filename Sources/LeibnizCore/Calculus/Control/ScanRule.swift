import LeibnizKernels

/// A loop over the slices of some tensors that hands a state from step to step: (c, x_t) ↦ (c′, y_t).
///
/// Operands: the carries' first values, the stacks whose slices along the first axis are the steps' inputs, what the body captures.
/// Results: the carries' last values, and the stacks of what every step gives.
///
/// All rules are scans: the pushforward carries c and ċ, the Taylor series carries its coefficients, a batch carries the batch of c,
/// and the pullback runs the other way with c̄ and the captured operands' cotangents as carries, over stacks of what the derivative of
/// one step reads.
struct Scan: ControlPrimitive {
    let body: ControlBody
    let carryCount: Int
    let stackCount: Int
    let length: Int
    let isReversed: Bool
    /// Whether the reverse pass of a loop around does it again instead of keeping its stacks.
    var isComputedAgain = false
    var name: String { "scan" }

    func results(of operands: [TensorType]) throws(TensorError) -> [TensorType] {
        resultTypes
    }

    /// The types of all results.
    var resultTypes: [TensorType] {
        body.outputs.enumerated().map { place, output in
            place < carryCount ? output.type : output.type.stacked(length)
        }
    }

    func latex(_ operands: [String]) -> String {
        "\\operatorname{scan}\\left(\(operands.joined(separator: ", "))\\right)"
    }
}

extension TensorType {
    /// So many of it along a new first axis.
    func stacked(_ count: Int) -> TensorType { TensorType(Shape([count] + shape.extents), elementType) }
}

/// A scan under construction: formals with what they stand for.
struct ScanBuilder {
    /// Each carry's formal, its first value, and what it is after a step.
    var carries: [(formal: Node, first: Tensor, next: Node)] = []
    /// The formal of a step's slice, and the stack.
    var slices: [(formal: Node, stack: Tensor)] = []
    var captured: [(formal: Node, value: Tensor)] = []
    /// What every step gives.
    var outputs: [Node] = []

    /// The carries' last values and the outputs' stacks, or why there are none.
    ///
    /// - Parameter call: whose arguments all formals are.
    func results(of call: Differentiation, length: Int, reversed: Bool) -> (carries: [Tensor], stacks: [Tensor]) {
        let closing = Closing(carries.map(\.next) + outputs, of: call)
        return results(of: call, closing.outputs, closing.captured.map { ($1, Tensor($0)) }, length, reversed)
    }

    /// The same for outputs that are closed already, with what they captured.
    func results(
        of call: Differentiation, _ closed: [Node], _ more: [(formal: Node, value: Tensor)], _ length: Int,
        _ reversed: Bool
    ) -> (carries: [Tensor], stacks: [Tensor]) {
        let all = captured + more
        let body = ControlBody(
            formals: carries.map(\.formal) + slices.map(\.formal) + all.map(\.formal), outputs: closed, of: call)
        let scan = Scan(
            body: body, carryCount: carries.count, stackCount: slices.count, length: length, isReversed: reversed)
        let tuple = Tensor(scan, carries.map(\.first) + slices.map(\.stack) + all.map(\.value))
        let parts = Part.all(of: tuple, scan.resultTypes)
        return (Array(parts[..<carries.count]), Array(parts[carries.count...]))
    }
}

extension Scan {
    /// The places of formals: carries, slices, captured.
    private var slicePlaces: Range<Int> { carryCount..<carryCount + stackCount }

    /// Where marks on operands lead in any number of steps: the formals and the outputs that are then marked.
    private func flow(from marks: [Bool], isSmooth: Bool) -> (formals: [Bool], outputs: [Bool]) {
        var formals = zip(marks, body.formals).map { $0 && (!isSmooth || $1.type.elementType.isFloatingPoint) }
        while true {
            let outputs = body.outputs(from: formals, isSmooth: isSmooth)
            let grown = formals.indices.map { formals[$0] || $0 < carryCount && outputs[$0] }
            if grown == formals {
                return (formals, outputs.indices.map { outputs[$0] || $0 < carryCount && formals[$0] })
            }
            formals = grown
        }
    }

    /// A zero of one step.
    private func zero(_ type: TensorType) -> Tensor { .full(type.shape, 0, type.elementType) }

    /// The scan itself, to be extended.
    private func builder(_ operands: [Tensor]) -> ScanBuilder {
        ScanBuilder(
            carries: (0..<carryCount).map { (body.formals[$0], operands[$0], body.outputs[$0]) },
            slices: slicePlaces.map { (body.formals[$0], operands[$0]) },
            captured: (slicePlaces.upperBound..<body.formals.count).map { (body.formals[$0], operands[$0]) })
    }

    // MARK: Forward

    func pushforward(_ tangents: [Tensor?], operands: [Tensor], result: Tensor) -> Tensor? {
        let moving = flow(from: tangents.map { $0 != nil }, isSmooth: true)
        let dots = zip(body.formals, moving.formals).map { $1 ? ControlBody.formal($0.type, of: body.call) : nil }
        let sources = zip(body.formals, dots).compactMap { formal, dot in
            dot.map { (node: formal, tangent: Tensor($0)) }
        }
        let found = Forward.tangents(of: body.outputs, along: sources)
        return extended(
            operands, dots.map { [$0].compactMap(\.self) }, { place, _ in tangents[place] }, found.map { [$0] })
    }

    func coefficient(_ k: Int, _ series: SeriesOperands) -> Tensor? {
        let moving = flow(from: (0..<series.count).map(series.isMoving), isSmooth: true)
        guard moving.outputs.contains(true) else { return nil }
        let formals = zip(body.formals, moving.formals).map { formal, isMoving in
            isMoving ? (1...k).map { _ in ControlBody.formal(formal.type, of: body.call) } : []
        }
        let sources = zip(body.formals, formals).filter { !$1.isEmpty }.map { formal, own in
            (node: formal, coefficients: [Tensor(formal)] + own.map { Tensor?(Tensor($0)) })
        }
        let found = SeriesPropagation.coefficients(of: body.outputs, sources: sources, order: k, of: body.call)
        let rows = zip(found, moving.outputs).map { $1 ? Array($0[1...]) : (1...k).map { _ in nil } }
        return extended(series.values(), formals, { place, j in series.x(place, j + 1) }, rows)
    }

    /// The scan with further formals for each of some operands, and their values; the last results for each output.
    ///
    /// - Parameters:
    ///   - formals: none, or one for each of some orders, for each operand.
    ///   - values: of an operand's further formals, by operand and order; `nil` stands for zero.
    ///   - outputs: for each output what each order gives; `nil` stands for zero.
    private func extended(
        _ operands: [Tensor], _ formals: [[Node]], _ values: (Int, Int) -> Tensor?, _ outputs: [[Tensor?]]
    ) -> Tensor? {
        var builder = builder(operands)
        var last: [Int?] = []
        for place in formals.indices {
            for (order, formal) in formals[place].enumerated() {
                let value = values(place, order) ?? operands[place].filled(0)
                if place < carryCount {
                    let next = outputs[place][order] ?? zero(formal.type)
                    builder.carries.append((formal, value, next.node))
                } else if slicePlaces.contains(place) {
                    builder.slices.append((formal, value))
                } else {
                    builder.captured.append((formal, value))
                }
            }
            if place < carryCount { last.append(formals[place].isEmpty ? nil : builder.carries.count - 1) }
        }
        let stacks = outputs[carryCount...].map { $0.last ?? nil }
        builder.outputs = stacks.compactMap { $0?.node }
        if let invalid = (builder.carries.map { Tensor($0.next) } + builder.outputs.map(Tensor.init)).first(
            where: \.isInvalid)
        {
            return invalid
        }
        let results = builder.results(of: body.call, length: length, reversed: isReversed)
        var rest = results.stacks[...]
        return Tuple.of(
            last.map { $0.map { results.carries[$0] } } + stacks.map { $0.flatMap { _ in rest.popFirst() } })
    }

    // MARK: Batches

    func batched(_ operands: BatchedOperands) -> Tensor {
        let marked = flow(from: operands.isBatched, isSmooth: false)
        let count = operands.count
        let batches = zip(body.formals, marked.formals).map {
            $1 ? ControlBody.formal($0.type.stacked(count), of: body.call) : nil
        }
        let elements = zip(body.formals, batches).compactMap { formal, batch in
            batch.map { (node: formal, batch: Tensor($0)) }
        }
        let found = Batching.values(of: body.outputs, elements: elements, of: body.call, count: count)
        func all(_ place: Int) -> Tensor {
            let output = Tensor(body.outputs[place])
            return found[place] ?? output.broadcast(to: output.type.stacked(count).shape)
        }
        var builder = ScanBuilder()
        for (place, formal) in body.formals.enumerated() {
            let formal = batches[place] ?? formal
            let isBatched = batches[place] != nil
            let value = isBatched ? operands.spread(place) : operands.tensors[place]
            if place < carryCount {
                builder.carries.append((formal, value, isBatched ? all(place).node : body.outputs[place]))
            } else if slicePlaces.contains(place) {
                builder.slices.append((formal, isBatched ? value.moved(from: 1, to: 0) : value))
            } else {
                builder.captured.append((formal, value))
            }
        }
        let stacked = carryCount..<body.outputs.count
        builder.outputs = stacked.map { found[$0]?.node ?? body.outputs[$0] }
        let results = builder.results(of: body.call, length: length, reversed: isReversed)
        func spread(_ x: Tensor) -> Tensor { x.broadcast(to: x.type.stacked(count).shape) }
        let carries = zip(results.carries, batches).map { $1 != nil ? $0 : spread($0) }
        let stacks = zip(results.stacks, stacked).map { found[$1] != nil ? $0.moved(from: 1, to: 0) : spread($0) }
        return Tuple.of(carries + stacks) ?? results.carries[0]
    }

    // MARK: Reverse

    func pullback(_ cotangent: Tensor, operands: [Tensor], result: Tensor, wanted: [Bool]) -> [Tensor?] {
        if cotangent.isInvalid { return operands.map { _ in cotangent } }
        let given = Tuple.parts(of: cotangent)
        let active = flow(from: wanted, isSmooth: true)
        // The carries on whose cotangents anything depends.
        var useful = given.map { $0 != nil }
        while true {
            let reached = body.formals(from: useful)
            let grown = useful.indices.map { useful[$0] || $0 < carryCount && reached[$0] }
            if grown == useful { break }
            useful = grown
        }
        let backward = ScanPullback(
            scan: self, operands: operands, given: given,
            carries: (0..<carryCount).filter { active.formals[$0] && useful[$0] },
            wanted: body.formals.indices.filter { wanted[$0] && active.formals[$0] })
        return backward.cotangents
    }
}
