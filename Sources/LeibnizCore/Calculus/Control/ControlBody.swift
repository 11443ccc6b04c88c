import LeibnizKernels
import Synchronization

/// The body of a loop or a branch: a graph from formals, which stand for operands, to outputs, and nothing else in it.
///
/// Two bodies are equal that compute the same from their formals, so that plans are found again although every call traces its body
/// anew. What a body captures of its surroundings is handed to it as further operands, by `Closing`.
final class ControlBody: Sendable {
    /// Placeholders, in the order of the operands.
    let formals: [Node]
    let outputs: [Node]
    /// All nodes between, operands before users.
    let nodes: [Node]
    /// Whose arguments the formals are: what is made of them is known by it.
    let call: Differentiation
    private let key: Key?
    private let lowered = Mutex<Program?>(nil)

    /// What bodies are compared by.
    private struct Key: Hashable {
        let signature: GraphSignature
        /// The formal that each leaf is, in the order in which the graph meets them.
        let leaves: [Int]
        let types: [TensorType]
    }

    init(formals: [Node], outputs: [Node], of call: Differentiation) {
        (self.formals, self.outputs, self.call) = (formals, outputs, call)
        nodes = Node.sorted(outputs, through: { _ in true })
        let graph = GraphSnapshot(outputs, to: .values)
        let places = Dictionary(uniqueKeysWithValues: formals.enumerated().map { ($1, $0) })
        key = Key(
            signature: GraphSignature(graph, namingVariables: false),
            leaves: graph.leaves.map { places[$0.node] ?? -1 }, types: formals.map(\.type))
    }

    /// The number of outputs.
    var outputCount: Int { key == nil ? program.outputs.count : outputs.count }

    /// A body that stands in a program only; no transformation looks at it.
    init(_ program: Program) {
        (formals, outputs, nodes, call, key) = ([], [], [], Differentiation(), nil)
        lowered.withLock { $0 = program }
    }

    /// The body as a list of operations; its inputs are the formals.
    var program: Program {
        if let known = lowered.withLock({ $0 }) { return known }
        let made = Program(GraphSnapshot(outputs, to: .values), formals: formals)
        lowered.withLock { $0 = made }
        return made
    }

    /// A new formal.
    static func formal(_ type: TensorType, of call: Differentiation, in operation: String = "scan") -> Node {
        Node(Placeholder(slot: 0, operation: operation), [], type, dependence: .trace, argumentOf: call)
    }

    /// Which outputs depend on formals of which some are marked.
    ///
    /// - Parameter isSmooth: whether only real numbers carry the mark on.
    func outputs(from marks: [Bool], isSmooth: Bool) -> [Bool] {
        var marked = Set(zip(formals, marks).filter(\.1).map(\.0))
        for node in nodes where !marked.contains(node) {
            if isSmooth && !node.type.elementType.isFloatingPoint && !(node.primitive is any TuplePrimitive) {
                continue
            }
            if node.operands.contains(where: marked.contains) { marked.insert(node) }
        }
        return outputs.map(marked.contains)
    }

    /// Which formals outputs depend on of which some are marked.
    func formals(from marks: [Bool]) -> [Bool] {
        var marked = Set(zip(outputs, marks).filter(\.1).map(\.0))
        for node in nodes.reversed() where marked.contains(node) { marked.formUnion(node.operands) }
        return formals.map(marked.contains)
    }
}

extension ControlBody: Hashable {
    static func == (a: ControlBody, b: ControlBody) -> Bool { a === b || a.key != nil && a.key == b.key }
    func hash(into hasher: inout Hasher) { hasher.combine(key) }
}

/// A graph cut off from its surroundings: what it reads of them became further formals.
struct Closing {
    /// The outputs, made of formals alone.
    let outputs: [Node]
    /// What is read, and the formal in its place.
    let captured: [(node: Node, formal: Node)]

    /// - Parameters:
    ///   - call: whose arguments the formals are.
    ///   - belongs: which nodes that depend on no formal are nevertheless computed inside. Constants and repetitions always are.
    init(
        _ outputs: [Node], of call: Differentiation, in operation: String = "scan",
        belongs: (Node) -> Bool = { _ in false }
    ) {
        func isInside(_ node: Node) -> Bool {
            node.depends(on: call) || Closing.isFree(node) || belongs(node)
        }
        let nodes = Node.sorted(outputs, through: isInside)
        var (replaced, captured) = ([Node: Node](), [(node: Node, formal: Node)]())
        for node in nodes {
            if !isInside(node) {
                let formal = ControlBody.formal(node.type, of: call, in: operation)
                replaced[node] = formal
                captured.append((node, formal))
            } else if node.isEvaluated {
                replaced[node] = Node(node.primitive, [], node.type, isWeak: node.isWeak)
            }
        }
        Rewriting.rewrite(nodes, &replaced)
        self.outputs = outputs.map { replaced[$0] ?? $0 }
        self.captured = captured
    }

    /// Whether having a value again costs no more than handing it over.
    private static func isFree(_ node: Node) -> Bool {
        switch node.primitive {
        case is Fill, is Iota: true
        case is Broadcast, is Reshape: !node.isEvaluated && !node.operands.isEmpty
        default: false
        }
    }
}

extension ControlBody {
    /// Traces a function of tensors of some types.
    ///
    /// - Throws: the error of the first output that is invalid, or of a variable that is given a value of one step.
    static func trace(
        _ operation: String, _ types: [TensorType], _ f: ([Tensor]) throws(TensorError) -> [Tensor]
    ) throws(TensorError) -> (formals: [Node], closing: Closing, call: Differentiation) {
        let call = Differentiation()
        let formals = types.map { formal($0, of: call, in: operation) }
        let overlay = Overlay(takesWrites: true, isTrace: false)
        let result = Overlay.$current.withValue(overlay) { () -> Result<[Tensor], TensorError> in
            do throws(TensorError) { return .success(try f(formals.map(Tensor.init))) } catch { return .failure(error) }
        }
        let values = try result.get()
        if let error = values.lazy.compactMap(\.error).first { throw error }
        for write in overlay.written where write.node.depends(on: call) {
            throw TensorError(
                operation, [write.node.type.shape],
                "the body gives \(write.variable.name ?? "a variable") a value that differs from step to step",
                kind: .trace, hint: "carry it, return it, and write the variable outside")
        }
        for write in overlay.written { write.variable.value = Tensor(write.node) }
        return (formals, Closing(values.map(\.node), of: call, in: operation), call)
    }
}
