import LeibnizKernels

/// What a primitive's rule for Taylor coefficients sees: the series of its operands and, below the order asked for, of its result.
///
/// A series is y₀, y₁, … with y(t) = Σ y_k·tᵏ; `nil` stands for zero.
struct SeriesOperands {
    fileprivate let node: Node
    fileprivate let operands: [Node]
    fileprivate let propagation: SeriesPropagation

    /// The result's node.
    var result: Node { node }

    /// The number of operands.
    var count: Int { operands.count }

    /// Whether an operand has more than a value.
    func isMoving(_ place: Int) -> Bool { propagation.isMoving(operands[place]) }

    /// Coefficient k of an operand.
    func x(_ place: Int, _ k: Int) -> Tensor? { propagation.coefficient(operands[place], k) }

    /// Coefficient k of the result, below the one asked for.
    func y(_ k: Int) -> Tensor? { propagation.coefficient(node, k) }

    /// The operands' values, some of them replaced.
    func values(with others: [Int: Tensor] = [:]) -> [Tensor] {
        operands.enumerated().map { others[$0] ?? Tensor($1) }
    }

    /// Σ over i from `first` through `last` of a_i·b_{k−i}, for two operands, or the result in the place of one that is `nil`.
    func product(_ a: Int?, _ b: Int?, _ k: Int, from first: Int = 0, through last: Int) -> Tensor? {
        func coefficient(_ place: Int?, _ k: Int) -> Tensor? { place.map { x($0, k) } ?? y(k) }
        let isSquare = (a.map { operands[$0] } ?? node) === (b.map { operands[$0] } ?? node) && first + last == k
        var sum: Tensor?
        // Of a square each product of two different coefficients occurs twice.
        for i in stride(from: first, through: isSquare ? (k - 1) / 2 : last, by: 1) where !isSquare || 2 * i < k {
            guard let left = coefficient(a, i), let right = coefficient(b, k - i) else { continue }
            sum = Tensor.sum(sum, left * right)
        }
        guard isSquare else { return sum }
        sum = sum.map { $0 + $0 }
        guard k % 2 == 0, k / 2 >= first, let middle = coefficient(a, k / 2) else { return sum }
        return Tensor.sum(sum, middle * middle)
    }

    /// The pushforward of the operands' coefficients k: the rule where the derivative stays the same along with the operands.
    func fromPushforward(_ k: Int) -> Tensor? {
        let tangents = operands.indices.map { isMoving($0) ? x($0, k) : nil }
        guard tangents.contains(where: { $0 != nil }) else { return nil }
        return node.primitive.pushforward(tangents, operands: values(), result: Tensor(node))
    }

    /// From y′ = pushforward of x′, the rule of all kinds: k·y_k is coefficient k − 1 of the pushforward.
    ///
    /// The pushforward is a graph of operands, result and x′, whose own coefficients below k follow in the same way. Where it is
    /// expressed through the result (tanh: 1 − y²) or through functions that occur already (sin and cos) all orders up to n cost
    /// O(n²).
    func fromDerivative(_ k: Int) -> Tensor? {
        guard let slope = propagation.slope(of: node, operands), let term = propagation.coefficient(slope, k - 1) else {
            return nil
        }
        return k == 1 ? term : term * Tensor(weak: 1 / Double(k))
    }

    /// Coefficient k of what computes the same from the operands by other operations.
    func rewritten(_ k: Int, _ body: ([Tensor]) -> Tensor) -> Tensor? {
        propagation.coefficient(propagation.twin(of: node) { body(values()) }, k)
    }
}

/// Taylor mode: the coefficients of all nodes between sources and roots, each computed once.
final class SeriesPropagation {
    /// A rule's own graph: the coefficients of its nodes follow like those of any others.
    private struct Part {
        /// `nil` where it is zero.
        var root: Node?
        /// Its new nodes, operands before users.
        var nodes: [Node] = []
    }

    /// What a node computes, so that equal ones are found.
    private struct Key: Hashable {
        let primitive: any Primitive
        let type: TensorType
        let operands: [ObjectIdentifier]

        static func == (a: Key, b: Key) -> Bool {
            a.operands == b.operands && a.type == b.type && a.primitive.isEqual(to: b.primitive)
        }
        func hash(into hasher: inout Hasher) {
            primitive.hash(into: &hasher)
            hasher.combine(operands)
        }
    }

    private let call: Differentiation
    private var series: [Node: [Tensor?]] = [:]
    /// Nodes without a series to which the walk through a rule's graph comes down.
    private var constants = Set<Node>()
    /// Nodes by what they compute, and those that were replaced by an equal one.
    private var known: [Key: Node] = [:]
    private var replaced: [Node: Node] = [:]
    private var slopes: [Node: Part] = [:]
    private var twins: [Node: Part] = [:]
    /// The derivative x′ of a node as an operand of pushforwards, and whose derivative it is.
    private var derivatives: [Node: Node] = [:]
    private var sources: [Node: Node] = [:]

    private init(_ call: Differentiation) { self.call = call }

    /// The coefficients 0 through `order` of roots, given those of sources from 0 on.
    ///
    /// - Parameter call: the call whose arguments the sources are: only what depends on them is looked at.
    static func coefficients(
        of roots: [Node], sources: [(node: Node, coefficients: [Tensor?])], order: Int, of call: Differentiation
    ) -> [[Tensor?]] {
        let propagation = SeriesPropagation(call)
        for (node, coefficients) in sources {
            let missing = Swift.max(0, order + 1 - coefficients.count)
            propagation.series[node] = coefficients + Array(repeating: nil, count: missing)
        }
        let nodes = Node.sorted(roots, through: { $0.depends(on: call) && propagation.series[$0] == nil })
        for node in nodes { propagation.enter(node) }
        for node in nodes where propagation.series[node] != nil { propagation.extend(node, to: order) }
        return roots.map { root in
            let found = propagation.resolved(root)
            return (0...order).map { $0 == 0 ? Tensor(root) : propagation.coefficient(found, $0) }
        }
    }

    /// Takes up a node whose operands are known.
    ///
    /// - Returns: whether it is new and has a series.
    @discardableResult
    private func enter(_ node: Node) -> Bool {
        if series[node] != nil || replaced[node] != nil || constants.contains(node) { return false }
        let operands = node.operands.map(resolved)
        let isLeaf = node.primitive is any LeafPrimitive && !(node.primitive is any GeneratorPrimitive)
        if !isLeaf && !node.isEvaluated && !(node.primitive is Argument) {
            let key = Key(primitive: node.primitive, type: node.type, operands: operands.map(ObjectIdentifier.init))
            if let equal = known[key] {
                replaced[node] = equal
                return false
            }
            known[key] = node
        }
        guard operands.contains(where: { series[$0] != nil }) else {
            constants.insert(node)
            return false
        }
        series[node] = [Tensor(node)]
        constants.formUnion(operands.filter { series[$0] == nil })
        return true
    }

    private func resolved(_ node: Node) -> Node { replaced[node] ?? node }

    func isMoving(_ node: Node) -> Bool { series[resolved(node)] != nil }

    /// Coefficient k of a node.
    func coefficient(_ node: Node?, _ k: Int) -> Tensor? {
        guard let node = node.map(resolved) else { return nil }
        guard series[node] != nil else { return k == 0 ? Tensor(node) : nil }
        extend(node, to: k)
        return series[node]?[k]
    }

    /// Computes the coefficients of a node through k. The depth of recursion is at most that of rules within rules, k.
    private func extend(_ node: Node, to k: Int) {
        while let count = series[node]?.count, count <= k {
            let next: Tensor?
            if let source = sources[node] {
                // x′ = Σ (j + 1)·x_{j+1}·tʲ.
                next = coefficient(source, count + 1).map { $0 * Tensor(weak: Double(count + 1)) }
            } else {
                let operands = SeriesOperands(
                    node: node, operands: node.operands.map(resolved), propagation: self)
                next = node.type.elementType.isFloatingPoint ? node.primitive.coefficient(count, operands) : nil
            }
            series[node]?.append(next)
        }
    }

    /// The pushforward of x′ at a node, as a graph.
    fileprivate func slope(of node: Node, _ operands: [Node]) -> Node? {
        part(of: node, in: \.slopes, through: -1) {
            let tangents = operands.map { isMoving($0) ? Tensor(derivative(of: $0)) : nil }
            return node.primitive.pushforward(tangents, operands: operands.map(Tensor.init), result: Tensor(node))
        }
    }

    /// A graph that computes the same as a node.
    fileprivate func twin(of node: Node, _ body: () -> Tensor) -> Node? {
        part(of: node, in: \.twins, through: 0, body)
    }

    /// A rule's graph, made at first. Its nodes get their coefficients through the order of the node that is asked for, plus
    /// `offset`: one after the other, so that a long graph is no deep recursion.
    private func part(
        of node: Node, in parts: ReferenceWritableKeyPath<SeriesPropagation, [Node: Part]>, through offset: Int,
        _ make: () -> Tensor?
    ) -> Node? {
        var part = self[keyPath: parts][node] ?? Part()
        if self[keyPath: parts][node] == nil {
            if let value = make() {
                let nodes = Node.sorted(
                    [value.node], through: { series[$0] == nil && !constants.contains($0) && replaced[$0] == nil })
                for node in nodes where enter(node) { part.nodes.append(node) }
                part.root = resolved(value.node)
            }
            self[keyPath: parts][node] = part
        }
        let order = (series[node]?.count ?? 0) + offset
        for node in part.nodes { extend(node, to: order) }
        return part.root
    }

    private func derivative(of node: Node) -> Node {
        if let known = derivatives[node] { return known }
        let first = coefficient(node, 1) ?? Tensor(node).filled(0)
        let argument = Argument.wrap(first, for: call).node
        series[argument] = [Tensor(argument)]
        (derivatives[node], sources[argument]) = (argument, node)
        return argument
    }
}
