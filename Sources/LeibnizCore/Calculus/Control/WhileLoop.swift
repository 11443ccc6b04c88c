import LeibnizKernels

/// A loop that goes on while a condition on its state holds.
///
/// ```swift
/// // Heron's method
/// let root = whileLoop(x, while: { abs($0 * $0 - x) > 1e-10 }) { 0.5 * ($0 + x / $0) }
/// ```
///
/// Condition and body are called once, with a tensor that stands for the state of any step. Forward mode and Taylor series carry the state's
/// tangents along. The reverse pass has to know how much to keep: it wants a limit, and runs a masked `scan` of so many steps. Under
/// `vmap` the loop goes on while any element of the batch does; those that are done stay as they are.
///
/// - Parameters:
///   - initial: the state before the first step: a tensor or a group of tensors.
///   - condition: a scalar that is true where another step is to be done.
///   - limit: the most steps; a loop that wants more is a `RuntimeError` of the evaluation. None by default.
///   - body: gives the state after a step, of the same types.
public func whileLoop<Carry: TensorGroup>(
    _ initial: Carry, while condition: (Carry) -> Tensor, limit: Int? = nil, _ body: (Carry) -> Carry
) -> Carry {
    whileLoop(initial, while: condition, limit: limit, report: LoopReport(), body)
}

/// What an iteration says that does not come to an end.
struct LoopReport: Hashable, Sendable {
    var operation = "whileLoop"
    var reason = "the condition still holds"
    var hint = "give a greater limit:, or look for why the loop does not end"
}

/// As `whileLoop`, with words for the error of one that does not end.
func whileLoop<Carry: TensorGroup>(
    _ initial: Carry, while condition: (Carry) -> Tensor, failing: ((Carry) -> Tensor)? = nil, limit: Int?,
    report: LoopReport, failure: LoopReport? = nil, _ body: (Carry) -> Carry
) -> Carry {
    let given = initial.tensors
    do throws(TensorError) {
        if let error = given.lazy.compactMap(\.error).first { throw error }
        let traced = try ScanCall.trace("whileLoop", given, []) { carries, _ in
            let state = initial.made(of: carries)
            let flags = [condition(state)] + (failing.map { [$0(state)] } ?? [])
            return (body(state).tensors, flags.map { $0.cast(to: .bool) })
        }
        let (count, closing) = (given.count, traced.closing)
        let test = closing.outputs[count]
        guard test.type.shape.count == 1 else {
            throw TensorError(
                "whileLoop", [test.type.shape], "the condition must be one truth value",
                hint: "all(…) or any(…) makes one of many")
        }
        let formals = traced.formals + closing.captured.map(\.formal)
        let flags = closing.outputs[count...].map { Tensor($0).reshaped(to: []).node }
        let loop = WhileLoop(
            body: ControlBody(formals: formals, outputs: closing.outputs[..<count] + flags, of: traced.call),
            carryCount: count, limit: limit, report: report, failure: failure)
        let tuple = Tensor(loop, traced.initial + closing.captured.map { Tensor($0.node) })
        return initial.made(of: Part.all(of: tuple, loop.resultTypes))
    } catch {
        let error = Tensor(invalid: error.located(among: given))
        return initial.made(of: given.map { _ in error })
    }
}

/// A loop while a condition holds. Operands: the carries' first values, then what body and condition read. Results: the carries' last
/// values.
struct WhileLoop: ControlPrimitive {
    /// The carries' next values, whether there is a next step, and perhaps whether it cannot be done, from the carries.
    let body: ControlBody
    let carryCount: Int
    let limit: Int?
    let report: LoopReport
    /// What is said where the next step cannot be done.
    let failure: LoopReport?
    var name: String { "while" }

    var resultTypes: [TensorType] { body.outputs[..<carryCount].map(\.type) }
    func results(of operands: [TensorType]) throws(TensorError) -> [TensorType] { resultTypes }

    private var condition: Node { body.outputs[carryCount] }
    /// The condition, and whether the next step cannot be done.
    private var flags: [Node] { Array(body.outputs[carryCount...]) }

    /// The marks that operands' marks lead to in any number of steps, on formals and on outputs.
    private func flow(from marks: [Bool], isSmooth: Bool) -> (formals: [Bool], outputs: [Bool]) {
        var formals = zip(marks, body.formals).map { $0 && (!isSmooth || $1.type.elementType.isFloatingPoint) }
        while true {
            let outputs = body.outputs(from: formals, isSmooth: isSmooth)
            // Where the condition differs within a batch, so do all carries.
            let isMasked = !isSmooth && outputs[carryCount]
            let grown = formals.indices.map { formals[$0] || $0 < carryCount && (outputs[$0] || isMasked) }
            if grown == formals { return (formals, outputs) }
            formals = grown
        }
    }

    /// The loop with more carries and captured values.
    private func extended(
        _ operands: [Tensor], _ carries: [(formal: Node, first: Tensor, next: Tensor)],
        _ captured: [(formal: Node, value: Tensor)]
    ) -> [Tensor] {
        if let invalid = carries.lazy.map(\.next).first(where: \.isInvalid) { return carries.map { _ in invalid } }
        let outputs = Array(body.outputs[..<carryCount]) + carries.map(\.next.node) + flags
        let closing = Closing(outputs, of: body.call, in: name)
        let formals =
            body.formals[..<carryCount] + carries.map(\.formal) + body.formals[carryCount...] + captured.map(\.formal)
            + closing.captured.map(\.formal)
        let loop = WhileLoop(
            body: ControlBody(formals: Array(formals), outputs: closing.outputs, of: body.call),
            carryCount: carryCount + carries.count, limit: limit, report: report, failure: failure)
        let values =
            operands[..<carryCount] + carries.map(\.first) + operands[carryCount...] + captured.map(\.value)
            + closing.captured.map { Tensor($0.node) }
        return Array(Part.all(of: Tensor(loop, Array(values)), loop.resultTypes)[carryCount...])
    }

    func pushforward(_ tangents: [Tensor?], operands: [Tensor], result: Tensor) -> Tensor? {
        series(order: 1, moving: tangents.map { $0 != nil }, operands) { place, _ in
            tangents[place]
        } propagated: {
            sources in
            let along = sources.compactMap { source in
                source.coefficients[1].map { (node: source.node, tangent: $0) }
            }
            return Forward.tangents(of: body.outputs, along: along).map { [nil, $0] }
        }
    }

    func coefficient(_ k: Int, _ series: SeriesOperands) -> Tensor? {
        self.series(order: k, moving: (0..<series.count).map(series.isMoving), series.values()) {
            series.x($0, $1)
        } propagated: {
            SeriesPropagation.coefficients(of: body.outputs, sources: $0, order: k, of: body.call)
        }
    }

    /// The carries' last coefficients.
    ///
    /// - Parameters:
    ///   - values: an operand's coefficient.
    ///   - propagated: the outputs' coefficients for the formals'.
    private func series(
        order: Int, moving: [Bool], _ operands: [Tensor], _ values: (Int, Int) -> Tensor?,
        propagated: ([(node: Node, coefficients: [Tensor?])]) -> [[Tensor?]]
    ) -> Tensor? {
        let marked = flow(from: moving, isSmooth: true).formals
        var sources: [(node: Node, coefficients: [Tensor?])] = []
        var carries: [(formal: Node, first: Tensor, place: Int, order: Int)] = []
        var captured: [(formal: Node, value: Tensor)] = []
        for (place, formal) in body.formals.enumerated() where marked[place] {
            var row: [Tensor?] = [Tensor(formal)]
            for k in 1...order {
                let own = ControlBody.formal(formal.type, of: body.call, in: name)
                let value = values(place, k) ?? operands[place].filled(0)
                if place < carryCount { carries.append((own, value, place, k)) } else { captured.append((own, value)) }
                row.append(Tensor(own))
            }
            sources.append((formal, row))
        }
        if carries.isEmpty { return nil }
        let found = propagated(sources)
        let last = extended(
            operands,
            carries.map { carry in
                let zero = Tensor.full(carry.formal.type.shape, 0, carry.formal.type.elementType)
                return (carry.formal, carry.first, found[carry.place][carry.order] ?? zero)
            }, captured)
        var results = (0..<carryCount).map { _ in Tensor?.none }
        for (carry, value) in zip(carries, last) where carry.order == order { results[carry.place] = value }
        return Tuple.of(results)
    }

    /// By a scan of as many steps as there may be, in which those after the last do nothing.
    func pullback(_ cotangent: Tensor, operands: [Tensor], result: Tensor, wanted: [Bool]) -> [Tensor?] {
        if cotangent.isInvalid { return operands.map { _ in cotangent } }
        guard let limit else {
            let error = TensorError(
                "whileLoop", operands.map(\.type.shape),
                "a loop of unknown length has no reverse derivative: nobody knows how many steps to keep", kind: .value,
                hint: "give a limit:, take the derivative in forward mode, or use fixedPoint or root")
            let invalid = Tensor(invalid: error.located(among: operands))
            return operands.map { _ in invalid }
        }
        let masked = maskedScan(limit)
        let scan = Tensor(masked, operands)
        return masked.pullback(cotangent, operands: operands, result: scan, wanted: wanted)
    }

    /// The same as a scan of a given number of steps.
    func maskedScan(_ count: Int) -> Scan {
        let identity = ControlBody(formals: body.formals, outputs: Array(body.formals[..<carryCount]), of: body.call)
        let step = ControlBody(formals: body.formals, outputs: Array(body.outputs[..<carryCount]), of: body.call)
        let branch = Branch(then: step, otherwise: identity)
        let call = Differentiation()
        let formals = body.formals.map { ControlBody.formal($0.type, of: call) }
        let arguments = formals.map(Tensor.init)
        let flag = body.applied(to: arguments)[carryCount]
        let next = Part.all(of: Tensor(branch, [flag] + arguments), branch.resultTypes)
        return Scan(
            body: ControlBody(formals: formals, outputs: next.map(\.node), of: call), carryCount: carryCount,
            stackCount: 0, length: count, isReversed: false, isComputedAgain: true)
    }

    func batched(_ operands: BatchedOperands) -> Tensor {
        let count = operands.count
        let marked = flow(from: operands.isBatched, isSmooth: false)
        let isMasked = marked.outputs[carryCount]
        let batches = zip(body.formals, marked.formals).map {
            $1 ? ControlBody.formal($0.type.stacked(count), of: body.call, in: name) : nil
        }
        let elements = zip(body.formals, batches).compactMap { formal, batch in
            batch.map { (node: formal, batch: Tensor($0)) }
        }
        let found = Batching.values(of: body.outputs, elements: elements, of: body.call, count: count)
        let goes = found[carryCount] ?? Tensor(condition)
        var next: [Node] = []
        for place in 0..<carryCount {
            guard let batch = batches[place] else {
                next.append(body.outputs[place])
                continue
            }
            let output = Tensor(body.outputs[place])
            let value = found[place] ?? output.broadcast(to: output.type.stacked(count).shape)
            let ones = Array(repeating: 1, count: value.type.shape.rank - 1)
            next.append((isMasked ? which(goes.reshaped(to: Shape([count] + ones)), value, Tensor(batch)) : value).node)
        }
        var flags = [isMasked ? any(goes) : goes]
        if failure != nil {
            let fails = found[carryCount + 1] ?? Tensor(body.outputs[carryCount + 1])
            flags.append(fails.type.shape.rank > 0 ? any(isMasked ? fails & goes : fails) : fails)
        }
        let closing = Closing(next + flags.map(\.node), of: body.call, in: name)
        let formals = zip(body.formals, batches).map { $1 ?? $0 } + closing.captured.map(\.formal)
        let loop = WhileLoop(
            body: ControlBody(formals: formals, outputs: closing.outputs, of: body.call), carryCount: carryCount,
            limit: limit, report: report, failure: failure)
        let values = operands.tensors.indices.map { marked.formals[$0] ? operands.spread($0) : operands.tensors[$0] }
        let tuple = Tensor(loop, values + closing.captured.map { Tensor($0.node) })
        return Tuple.of(
            zip(Part.all(of: tuple, loop.resultTypes), batches).map { part, batch in
                batch != nil ? part : part.broadcast(to: part.type.stacked(count).shape)
            }) ?? tuple
    }

    func latex(_ operands: [String]) -> String {
        "\\operatorname{while}\\left(\(operands.joined(separator: ", "))\\right)"
    }
}
