import LeibnizKernels
import Synchronization

/// The argument of a traced body: it has a type, and a value only when the plan runs.
struct Placeholder: LeafPrimitive {
    let slot: Int
    /// What traces the body.
    var operation = "compiled"
    var name: String { "argument" }
    func result(of operands: [TensorType]) throws(TensorError) -> TensorType { operands[0] }
}

/// A plan that knows where its inputs are read and which variables it writes.
final class Step: Sendable {
    /// Where an input of the plan comes from.
    private enum Source: Sendable {
        /// Given at each run.
        case slot(Int)
        /// The value that the variable has when the step runs, which must be of this type.
        case variable(Variable, TensorType)
        /// Such a value that the plan may overwrite.
        case updated
        /// Captured once.
        case constant(Buffer)
    }

    private let plan: Plan
    private let sources: [Source]
    private let resultCount: Int
    private let writes: [(variable: Variable, type: TensorType)]
    /// The variables whose memory the plan can write to, in the order of its updates.
    private let updated: [Variable]
    private let updatedTypes: [TensorType]
    /// The place among them for each of `writes`.
    private let updateOfWrite: [Int?]
    private let lease = Variable.Lease()
    /// The count of changes of variables' types when they were last seen to fit.
    private let fittedAt = Atomic<Int>(-1)
    /// Stands for an input until nobody else can look at it any more.
    private static let pending = Buffer(byteCount: 0)

    /// A step that computes `results` and writes variables.
    ///
    /// - Parameter slots: the nodes whose values each run gives, by place.
    init(results: [Node], writes: [Overlay.Write], slots: [ObjectIdentifier: Int]) throws {
        for node in results + writes.map(\.node) {
            if let error = (node.primitive as? Invalid)?.error { throw error }
        }
        let roots = results + writes.map(\.node)
        try Evaluation.settle(GraphSnapshot(roots, to: .history), except: roots)
        let graph = GraphSnapshot(roots, to: .history)
        var sources: [Source] = []
        for leaf in graph.leaves {
            if let slot = slots[ObjectIdentifier(leaf.node)] {
                sources.append(.slot(slot))
            } else if let variable = (leaf.node.primitive as? VariableLeaf)?.variable {
                sources.append(.variable(variable, leaf.node.type))
            } else if let value = leaf.value {
                sources.append(.constant(value))
            } else {
                throw TensorError.noValueInTrace(leaf.node)
            }
        }
        self.writes = writes.map { ($0.variable, $0.node.type) }
        resultCount = results.count
        Retracing.note(GraphSignature(graph, namingVariables: false))
        let replacements = writes.enumerated().compactMap { place, write -> Replacement? in
            let input = sources.firstIndex {
                if case .variable(let variable, _) = $0 { variable === write.variable } else { false }
            }
            return input.map { Replacement(output: results.count + place, input: $0) }
        }
        plan = try Plan(Program(graph), replacements: replacements)
        for update in plan.updates { sources[update.input] = .updated }
        self.sources = sources
        let updates = plan.updates.map { $0.output - results.count }
        updated = updates.map { writes[$0].variable }
        updatedTypes = updates.map { writes[$0].node.type }
        updateOfWrite = writes.indices.map { updates.firstIndex(of: $0) }
    }

    /// Whether all variables that it reads still have the types for which it was made.
    var fits: Bool {
        let changes = Variable.typeChanges
        if fittedAt.load(ordering: .acquiring) == changes { return true }
        let fits =
            sources.allSatisfy { source in
                if case .variable(let variable, let type) = source { return variable.current.type == type }
                return true
            } && zip(updated, updatedTypes).allSatisfy { $0.current.type == $1 }
        if fits { fittedAt.store(changes, ordering: .releasing) }
        return fits
    }

    /// Computes the results; then, only if all went well, the variables have their new values.
    ///
    /// - Parameters:
    ///   - operation: the name in errors.
    ///   - check: runs first, when nobody else can update the variables that the step writes.
    /// - Throws: a `RuntimeError` where another step writes one of them at this moment.
    func run(_ values: [Buffer], as operation: String, check: () throws -> Void = {}) throws -> [Buffer] {
        try TensorError.locating {
            try Variable.claiming(writes.map(\.variable), for: operation) {
                try check()
                return try runAlone(values)
            }
        }
    }

    private func runAlone(_ values: [Buffer]) throws -> [Buffer] {
        var inputs: [Buffer] = []
        inputs.reserveCapacity(sources.count)
        for source in sources {
            switch source {
            case .slot(let place): inputs.append(values[place])
            case .constant(let buffer): inputs.append(buffer)
            case .variable(let variable, let type):
                inputs.append(try variable.value(of: type))
            case .updated: inputs.append(Step.pending)
            }
        }
        let (outputs, isInPlace) = try lease.run(with: updated, of: updatedTypes) { lent, isLent in
            for (update, value) in zip(plan.updates, lent) { inputs[update.input] = value }
            return (try plan.run(inputs, inPlace: isLent), isLent)
        }
        for place in writes.indices {
            if let update = updateOfWrite[place], isInPlace[update] { continue }
            writes[place].variable.replace(with: outputs[resultCount + place], type: writes[place].type)
        }
        return Array(outputs[..<resultCount])
    }
}

/// The steps of one optimizer, found by the graph of the loss alone: differentiation happens only when that is new.
public final class StepCache: Sendable {
    /// What a step is found by: the graph of the loss and of what its pass has recorded, and where that goes.
    private struct Key: Hashable, Sendable {
        let graph: GraphSignature
        let recorded: [ObjectIdentifier]
    }
    private let steps = PlanCache<Key, Step>(capacity: 64)

    /// A cache without steps.
    public init() {}

    /// Runs `update`, which differentiates `loss` and writes variables, as one plan together with the loss.
    ///
    /// The loss has its value afterwards, and so has everything below it that a live handle names and that depends on a variable.
    /// - Throws: what the plan finds; then no variable has changed.
    public func run(_ loss: Tensor, update: () -> Void) throws {
        if let error = PendingError.take() { throw loss.error ?? error }
        if let error = loss.error { throw error }
        if loss.node.dependence.contains(.trace) || Overlay.current?.isTrace == true {
            throw TensorError(
                "minimize", [loss.type.shape], "values cannot be computed while the body of compiled { } is traced",
                kind: .trace, hint: "use update(minimizing:) there"
            ).located()
        }
        var pass = GraphSnapshot([loss.node], to: .history)
        if try Evaluation.settle(pass, except: [loss.node]) { pass = GraphSnapshot([loss.node], to: .history) }
        let named = pass.entries.filter {
            !$0.isLeaf && $0.node.handles.load(ordering: .relaxed) > 0 && $0.node !== loss.node
                && $0.node.dependence.contains(.variables) && !($0.node.primitive is any TuplePrimitive)
        }
        let roots = [loss.node] + named.map(\.node)
        if !named.isEmpty { pass = GraphSnapshot(roots, to: .history) }
        let records = Records.pending(sharing: pass)
        let graph = records.isEmpty ? pass : GraphSnapshot(roots + records.map(\.value), to: .history)
        let leaves = graph.leaves
        let step = try recentStep(for: graph, records) ?? step(for: graph, records, roots: roots, update: update)
        let values = try Records.keeping(records) {
            try step.run(leaves.compactMap(\.value), as: "minimize") {
                for record in records where !record.variable.holds(record.leaf) {
                    throw record.variable.conflict(in: "minimize")
                }
                for entry in leaves {
                    guard let leaf = entry.node.primitive as? VariableLeaf, !leaf.isCurrent(entry.node) else {
                        continue
                    }
                    let name = leaf.variable?.name.map { " of \($0)" } ?? ""
                    throw TensorError(
                        "minimize", [loss.type.shape],
                        "the loss was computed from a value\(name) that has been updated since",
                        kind: .value, hint: "compute the loss anew before each step")
                }
            }
        }
        for (root, value) in zip(roots, values) {
            root.setValue(value)
            root.detach()
        }
    }

    /// The step that ran last, if it is for such a graph.
    private func recentStep(for graph: GraphSnapshot, _ records: [Records.Pending]) -> Step? {
        let step = steps.recent { key in
            key.recorded.elementsEqual(records, by: { $0 == ObjectIdentifier($1.variable) }) && key.graph.matches(graph)
        }
        return step.flatMap { $0.fits ? $0 : nil }
    }

    /// The step for a graph, made if there is none.
    private func step(
        for graph: GraphSnapshot, _ records: [Records.Pending], roots: [Node], update: () -> Void
    ) throws -> Step {
        let key = Key(
            graph: GraphSignature(graph, namingVariables: true), recorded: records.map { ObjectIdentifier($0.variable) }
        )
        return try steps.value(for: key, unless: { !$0.fits }) {
            let leaves = graph.leaves
            // The step is one from the values that the loss was computed from, whoever writes variables meanwhile.
            let read = leaves.compactMap { leaf in
                (leaf.node.primitive as? VariableLeaf)?.variable.map { ($0, Tensor(leaf.node)) }
            }
            let overlay = Variable.withValues(read) { Overlay(takesWrites: true, isTrace: false) }
            Overlay.$current.withValue(overlay) { update() }
            let slots = Dictionary(uniqueKeysWithValues: leaves.enumerated().map { (ObjectIdentifier($1.node), $0) })
            // What is computed again for the derivative records again.
            let written = overlay.written.filter { write in !records.contains { $0.variable === write.variable } }
            return try Step(results: roots, writes: written + records.map(\.write), slots: slots)
        }
    }
}

extension Variable {
    /// Runs `body`; what it writes into variables is computed in one plan and takes effect together, or not at all.
    public static func update(_ body: () throws -> Void) throws {
        if Overlay.current?.writable != nil { return try body() }
        let overlay = Overlay(takesWrites: true, isTrace: false)
        try Overlay.$current.withValue(overlay) { try body() }
        let writes = overlay.written
        let records = Records.pending(sharing: GraphSnapshot(writes.map(\.node), to: .history))
        let written =
            writes + records.map(\.write).filter { record in !writes.contains { $0.variable === record.variable } }
        try Records.keeping(records) {
            try Variable.claiming(written.map(\.variable), for: "update") {
                try Evaluation.evaluate(written.map(\.node))
                for write in written where !write.variable.holds(write.previous) {
                    throw write.variable.conflict(in: "update")
                }
                for write in written {
                    if let value = write.node.value { write.variable.replace(with: value, type: write.node.type) }
                }
            }
        }
    }

    /// Runs `body`; what it writes into variables takes effect only where a condition is true, which is found when the plan runs.
    ///
    /// ```swift
    /// Variable.writing(where: loss < limit) { optimizer.update(with: gradients) }
    /// ```
    /// - Parameter condition: a truth value; both values of each variable are computed whatever it is.
    public static func writing(where condition: Tensor, _ body: () throws -> Void) rethrows {
        let overlay = Overlay(takesWrites: true, isTrace: false)
        try Overlay.$current.withValue(overlay) { try body() }
        for write in overlay.written {
            write.variable.value = which(condition, Tensor(write.node), write.variable.value)
        }
    }

    /// Runs `body` with other values in the place of variables', in this task.
    public static func withValues<Result>(_ values: [(Variable, Tensor)], _ body: () throws -> Result) rethrows
        -> Result
    {
        try Overlay.$current.withValue(Overlay(values: values, takesWrites: false, isTrace: false)) { try body() }
    }
}
