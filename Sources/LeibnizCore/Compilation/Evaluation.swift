import LeibnizKernels

/// Runs what has to be run so that nodes have values.
enum Evaluation {
    private static let plans = PlanCache<GraphSignature, Plan>(capacity: 256)

    /// Gives every node its value.
    ///
    /// - Throws: the error that reading an invalid tensor's shape left with this thread, that of an invalid node, or what a
    ///   running plan found.
    ///
    /// - Parameter takingPending: whether an error that was left with the thread is thrown here.
    static func evaluate(_ nodes: [Node], takingPending: Bool = true) throws {
        if takingPending, let error = PendingError.take() {
            throw nodes.lazy.compactMap { ($0.primitive as? Invalid)?.error }.first ?? error
        }
        try TensorError.locating {
            let isTracing = Overlay.current?.isTrace == true
            for node in nodes {
                if let error = (node.primitive as? Invalid)?.error { throw error }
                // What a variable holds while its reader is traced says nothing of later runs.
                if node.dependence.contains(.trace) && !node.isEvaluated
                    || isTracing && node.dependence.contains(.variables)
                {
                    throw TensorError.noValueInTrace(node)
                }
            }
            let roots = nodes.filter { !$0.isEvaluated }
            if roots.isEmpty { return }
            try settle(GraphSnapshot(roots, to: .values), except: roots)
            try run(roots)
        }
    }

    /// Computes every tensor below that a live handle still names and that depends on no variable, in a plan of its own: data drawn
    /// above a loop is then a leaf in all iterations, the first like the others.
    ///
    /// - Returns: whether there was any.
    @discardableResult static func settle(_ graph: GraphSnapshot, except roots: [Node]) throws -> Bool {
        let named = graph.entries.filter { entry in
            !entry.isLeaf && entry.node.handles.load(ordering: .relaxed) > 0 && entry.node.dependence.isEmpty
                && !(entry.node.primitive is Fill) && !(entry.node.primitive is any TuplePrimitive)
                && !roots.contains(entry.node)
        }
        if !named.isEmpty { try run(named.map(\.node)) }
        return !named.isEmpty
    }

    private static func run(_ roots: [Node]) throws {
        let graph = GraphSnapshot(roots, to: .values)
        let signature = GraphSignature(graph, namingVariables: false)
        let plan = try plans.value(for: signature) {
            Retracing.note(signature)
            return try Plan(Program(graph))
        }
        let values = try plan.run(graph.leaves.compactMap(\.value))
        for (root, value) in zip(roots, values) { root.setValue(value) }
    }
}

extension TensorError {
    static func noValueInTrace(_ node: Node) -> TensorError {
        let leaves = Node.sorted([node], through: { $0.dependence.contains(.trace) }).map(\.primitive)
        if let body = leaves.lazy.compactMap({ $0 as? Placeholder }).first(where: { $0.operation != "compiled" }) {
            return TensorError(
                "the value of \(node.primitive.name)", [node.type.shape],
                "it is made in the body of \(body.operation), which is traced once, and has no value of its own",
                kind: .trace,
                hint: "return it from the body; which(condition, a, b) chooses by value")
        }
        if leaves.contains(where: { $0 is IntegrationPoint }) {
            return TensorError(
                "the value of \(node.primitive.name)", [node.type.shape],
                "it stands for every point of an integral, and has no value of its own", kind: .trace,
                hint: "return it from the integrand; which(condition, a, b) chooses by value")
        }
        if leaves.contains(where: { $0 is BatchElement }) {
            return TensorError(
                "the value of \(node.primitive.name)", [node.type.shape],
                "it stands for every element of a batch of vmap, and has no value of its own", kind: .trace,
                hint: "return it from the body and look at the batch; which(condition, a, b) chooses by value")
        }
        let isTracing = Overlay.current?.isTrace == true
        return TensorError(
            "the value of \(node.primitive.name)", [node.type.shape],
            isTracing
                ? "there is no value while the body of compiled { } is traced"
                : "the tensor was made while the body of compiled { } was traced, and has no value outside",
            kind: .trace, hint: "return the tensor from the body and look at what the call returns")
    }
}

/// What compilation has cost this process so far.
public enum CompilationStatistics {
    /// Plans made: graphs of a new structure.
    public static var planCount: Int { Retracing.planCount }
    /// Kernels compiled, those found on disk not counted.
    public static var kernelCount: Int { KernelLibrary.shared.compiledCount }
}
