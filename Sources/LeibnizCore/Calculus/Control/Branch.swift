import LeibnizKernels

/// One of two functions, by a truth value: only the chosen one runs.
///
/// ```swift
/// let y = cond(sum(x) > 0, then: { sqrt(sum(x)) }, else: { exp(x[0]) })
/// ```
///
/// `which` chooses element by element and computes both. Under `vmap`, where the truth value differs within the batch, this becomes a
/// `which` of both branches, with the same care: 0·∞ in the branch that is not taken is NaN. Derivatives, series and batches run only the
/// branch taken; the reverse pass computes it again instead of keeping what is in it.
///
/// - Parameters:
///   - predicate: a scalar; true where it is not 0.
///   - then, otherwise: both are called once, to see what they do. What they give has the same structure, shapes and element types.
/// - Returns: the chosen result; invalid tensors where predicate or results do not fit.
public func cond<Result: TensorGroup>(
    _ predicate: Tensor, then: () -> Result, else otherwise: () -> Result
) -> Result {
    var structure: Result?
    do throws(TensorError) {
        if let error = predicate.error { throw error }
        guard predicate.type.shape.count == 1 else {
            throw TensorError(
                "cond", [predicate.type.shape], "the predicate must be one truth value",
                hint: "use which(condition, a, b)")
        }
        let call = Differentiation()
        let taken = try Branch.values(then(), &structure)
        var other = try Branch.values(otherwise(), &structure)
        guard taken.map(\.type.shape) == other.map(\.type.shape) else {
            throw TensorError("cond", (taken + other).map(\.type.shape), "both branches must give the same shapes")
        }
        var first = taken
        for (place, (a, b)) in zip(taken, other).enumerated() where a.elementType != b.elementType {
            let type = Promotion.common(a.elementType, weak: a.node.isWeak, b.elementType, weak: b.node.isWeak)
            (first[place], other[place]) = (a.cast(to: type), b.cast(to: type))
        }
        let outputs = (first + other).map(\.node)
        let closing = Closing(outputs, of: call, in: "cond") { Branch.isInside($0, of: outputs) }
        let formals = closing.captured.map(\.formal)
        func body(_ outputs: ArraySlice<Node>) -> ControlBody {
            ControlBody(formals: formals, outputs: Array(outputs), of: call)
        }
        let branch = Branch(
            then: body(closing.outputs[..<first.count]), otherwise: body(closing.outputs[first.count...]))
        let flag = predicate.cast(to: .bool).reshaped(to: [])
        let tuple = Tensor(branch, [flag] + closing.captured.map { Tensor($0.node) })
        return (structure ?? then()).made(of: Part.all(of: tuple, branch.resultTypes))
    } catch {
        let error = Tensor(invalid: error.located(among: [predicate]))
        let result = structure ?? then()
        return result.made(of: result.tensors.map { _ in error })
    }
}

/// One of two graphs, by a truth value.
///
/// Operands: the truth value, then what the branches read. All rules are branches of the bodies' own rules.
struct Branch: ControlPrimitive {
    let then: ControlBody
    /// With the same formals.
    let otherwise: ControlBody
    var name: String { "cond" }

    var resultTypes: [TensorType] { then.outputs.map(\.type) }
    func results(of operands: [TensorType]) throws(TensorError) -> [TensorType] { resultTypes }

    private var formals: [Node] { then.formals }
    private var call: Differentiation { then.call }

    /// Whether something is done only where its branch is taken: the results, and what nobody else names.
    fileprivate static func isInside(_ node: Node, of results: [Node]) -> Bool {
        if node.isEvaluated || node.primitive is any LeafPrimitive || node.primitive is Argument { return false }
        return node.handles.load(ordering: .relaxed) == 0 || results.contains(node)
    }

    /// The tensors of a branch's result, which must all be valid.
    fileprivate static func values<Result: TensorGroup>(_ result: Result, _ structure: inout Result?)
        throws(TensorError)
        -> [Tensor]
    {
        let tensors = result.tensors
        if let error = tensors.lazy.compactMap(\.error).first { throw error }
        if let known = structure, known.tensors.count != tensors.count {
            throw TensorError(
                "cond", tensors.map(\.type.shape),
                "the branches give \(known.tensors.count) and \(tensors.count) tensors", kind: .value)
        }
        structure = result
        return tensors
    }

    /// A branch of other bodies on the same operands and more.
    ///
    /// - Parameters:
    ///   - outputs: of both bodies, one for one; `nil` stands for zero.
    private func extended(
        _ operands: [Tensor], _ more: [(formal: Node, value: Tensor)], _ outputs: ([Tensor?], [Tensor?])
    ) -> [Tensor?] {
        var (first, second) = ([Tensor](), [Tensor]())
        for (a, b) in zip(outputs.0, outputs.1) {
            guard let model = a ?? b else { continue }
            first.append(a ?? model.filled(0))
            second.append(b ?? model.filled(0))
        }
        if first.isEmpty { return outputs.0.map { _ in nil } }
        if let invalid = (first + second).first(where: \.isInvalid) { return outputs.0.map { _ in invalid } }
        let closing = Closing((first + second).map(\.node), of: call, in: "cond")
        let all = formals + more.map(\.formal) + closing.captured.map(\.formal)
        func body(_ outputs: ArraySlice<Node>) -> ControlBody {
            ControlBody(formals: all, outputs: Array(outputs), of: call)
        }
        let branch = Branch(
            then: body(closing.outputs[..<first.count]), otherwise: body(closing.outputs[first.count...]))
        let tuple = Tensor(branch, operands + more.map(\.value) + closing.captured.map { Tensor($0.node) })
        var parts = Part.all(of: tuple, branch.resultTypes)[...]
        return zip(outputs.0, outputs.1).map { $0 == nil && $1 == nil ? nil : parts.popFirst() }
    }

    func pushforward(_ tangents: [Tensor?], operands: [Tensor], result: Tensor) -> Tensor? {
        var more: [(formal: Node, value: Tensor)] = []
        var sources: [(node: Node, tangent: Tensor)] = []
        for (formal, tangent) in zip(formals, tangents.dropFirst()) {
            guard let tangent else { continue }
            let dot = ControlBody.formal(formal.type, of: call, in: name)
            more.append((dot, tangent))
            sources.append((formal, Tensor(dot)))
        }
        return Tuple.of(
            extended(
                operands, more,
                (
                    Forward.tangents(of: then.outputs, along: sources),
                    Forward.tangents(of: otherwise.outputs, along: sources)
                )))
    }

    func pullback(_ cotangent: Tensor, operands: [Tensor], result: Tensor, wanted: [Bool]) -> [Tensor?] {
        if cotangent.isInvalid { return operands.map { _ in cotangent } }
        var more: [(formal: Node, value: Tensor)] = []
        var places: [Int] = []
        for (place, value) in Tuple.parts(of: cotangent).enumerated() {
            guard let value else { continue }
            more.append((ControlBody.formal(value.type, of: call, in: name), value))
            places.append(place)
        }
        let targets = formals.indices.filter { wanted[$0 + 1] && formals[$0].type.elementType.isFloatingPoint }
        func gains(_ body: ControlBody) -> [Tensor?] {
            Reverse.cotangents(
                of: zip(places, more).map { (node: body.outputs[$0], cotangent: Tensor($1.formal)) },
                at: targets.map { formals[$0] })
        }
        let found = extended(operands, more, (gains(then), gains(otherwise)))
        var result = operands.map { _ in Tensor?.none }
        for (target, gain) in zip(targets, found) { result[target + 1] = gain }
        return result
    }

    func coefficient(_ k: Int, _ series: SeriesOperands) -> Tensor? {
        var more: [(formal: Node, value: Tensor)] = []
        var sources: [(node: Node, coefficients: [Tensor?])] = []
        for (place, formal) in formals.enumerated() where series.isMoving(place + 1) {
            var row: [Tensor?] = [Tensor(formal)]
            for order in 1...k {
                let value = series.x(place + 1, order)
                let own = value.map { _ in ControlBody.formal(formal.type, of: call, in: name) }
                if let own, let value { more.append((own, value)) }
                row.append(own.map(Tensor.init))
            }
            sources.append((formal, row))
        }
        func last(_ body: ControlBody) -> [Tensor?] {
            SeriesPropagation.coefficients(of: body.outputs, sources: sources, order: k, of: call).map { $0[k] }
        }
        return Tuple.of(extended(series.values(), more, (last(then), last(otherwise))))
    }

    /// Where all take the same branch, a branch of batches; else both, of which each element of the batch gets its own.
    func batched(_ operands: BatchedOperands) -> Tensor {
        let count = operands.count
        let isBatched = operands.isBatched.dropFirst()
        let batches = zip(formals, isBatched).map {
            $1 ? ControlBody.formal($0.type.stacked(count), of: call, in: name) : nil
        }
        let elements = zip(formals, batches).compactMap { formal, batch in
            batch.map { (node: formal, batch: Tensor($0)) }
        }
        func all(_ body: ControlBody) -> [Tensor] {
            zip(Batching.values(of: body.outputs, elements: elements, of: call, count: count), body.outputs).map {
                $0 ?? Tensor($1).broadcast(to: $1.type.stacked(count).shape)
            }
        }
        let own = zip(formals, batches).map { $1 ?? $0 }
        let bodies = [then, otherwise].map { ControlBody(formals: own, outputs: all($0).map(\.node), of: call) }
        let rest = Array(operands.tensors.dropFirst())
        guard operands.isBatched[0] else {
            let branch = Branch(then: bodies[0], otherwise: bodies[1])
            return Tuple.of(Part.all(of: Tensor(branch, [operands.tensors[0]] + rest), branch.resultTypes)) ?? rest[0]
        }
        let (first, second) = (bodies[0].applied(to: rest), bodies[1].applied(to: rest))
        return Tuple.of(
            zip(first, second).map { a, b in
                let ones = Array(repeating: 1, count: a.type.shape.rank - 1)
                return which(operands.tensors[0].reshaped(to: Shape([count] + ones)), a, b)
            }) ?? operands.tensors[0]
    }

    func latex(_ operands: [String]) -> String {
        "\\operatorname{cond}\\left(\(operands.joined(separator: ", "))\\right)"
    }
}

extension ControlBody {
    /// The outputs for these operands, as operations of the graph around.
    func applied(to operands: [Tensor]) -> [Tensor] {
        var replaced = Dictionary(uniqueKeysWithValues: zip(formals, operands.map(\.node)))
        Rewriting.rewrite(nodes, &replaced)
        return outputs.map { Tensor(replaced[$0] ?? $0) }
    }
}
