import LeibnizKernels
import Synchronization

/// One operation of a lazy graph with its operands, or a value.
///
/// Invariants: everything but `state` is immutable, and `state` is only touched under its lock, so nodes are `Sendable`.
/// A node whose operands were dropped is a leaf and has a value (or is a trace's placeholder).
final class Node: Sendable {
    /// What changes in a node's life: it gains a value and may lose its operands.
    struct State {
        var operands: [Node]
        var value: Buffer?
        /// The count of all variables' updates when operands were last known to be current.
        var checkedAt = 0
        /// Whether its history was given up: what is made of it depends on nothing.
        var isDetached = false
        /// The depth from which on its history is looked at when something is made of it: see `shorten()`.
        var dueDepth: Int
    }

    /// Why a node's history must be kept after it was evaluated.
    struct Dependence: OptionSet {
        let rawValue: UInt8
        /// On the current value of a variable.
        static let variables = Dependence(rawValue: 1)
        /// On the argument of a transformation that may still differentiate it.
        static let argument = Dependence(rawValue: 2)
        /// On a placeholder of a trace: it has no value of its own.
        static let trace = Dependence(rawValue: 4)
    }

    let primitive: any Primitive
    let type: TensorType
    let isWeak: Bool
    /// What the node depended on when it was made, open transformations aside.
    private let firstDependence: Dependence
    /// The calls of transformations on whose arguments it depends.
    private let differentiations: [Differentiation.Token]
    /// The longest path of unevaluated operations below.
    let depth: Int
    /// The number of live handles that users hold.
    let handles = Atomic<Int>(0)
    private let state: Mutex<State>

    init(
        _ primitive: any Primitive, _ operands: [Node], _ type: TensorType, isWeak: Bool = false, value: Buffer? = nil,
        dependence own: Dependence = [], argumentOf call: Differentiation? = nil
    ) {
        (self.primitive, self.type, self.isWeak) = (primitive, type, isWeak)
        var (dependence, depth, dueDepth) = (own, 0, Node.pendingDepth)
        var differentiations = call.map { [$0.token] } ?? []
        for operand in operands {
            let (isEvaluated, isDetached, due) = operand.state.withLock {
                ($0.value != nil, $0.isDetached, $0.dueDepth)
            }
            if !isEvaluated { (depth, dueDepth) = (max(depth, operand.depth + 1), max(dueDepth, due)) }
            if isDetached { continue }
            dependence.formUnion(operand.firstDependence)
            Differentiation.Token.merge(operand.differentiations, into: &differentiations)
        }
        (firstDependence, self.differentiations, self.depth) = (dependence, differentiations, depth)
        state = Mutex(State(operands: operands, value: value, dueDepth: dueDepth))
    }

    /// Why its history must be kept, as things are now.
    var dependence: Dependence {
        if state.withLock({ $0.isDetached }) { return [] }
        return differentiations.contains(where: \.isOpen) ? firstDependence.union(.argument) : firstDependence
    }

    /// Whether it was made from an argument of a transformation, while that was open.
    func depends(on call: Differentiation) -> Bool { differentiations.contains { $0 === call.token } }

    /// Whether its primitive is of this kind, without the cost of a cast.
    func isOf<Kind: Primitive>(_ kind: Kind.Type) -> Bool { Swift.type(of: primitive) == kind }

    var operands: [Node] { state.withLock { $0.operands } }
    var value: Buffer? { state.withLock { $0.value } }
    /// Operands and value at one moment.
    var history: (operands: [Node], value: Buffer?) { state.withLock { ($0.operands, $0.value) } }
    var isEvaluated: Bool { state.withLock { $0.value != nil } }

    /// Whether nobody else holds the memory of its value.
    var isValueUnshared: Bool { state.withLock { isKnownUniquelyReferenced(&$0.value) } }

    /// Gives the node its value. Unless its history may still be differentiated it becomes a leaf.
    func setValue(_ value: Buffer) {
        let isDetaching = dependence.isEmpty
        let dropped = state.withLock { state -> [Node] in
            state.value = value
            state.checkedAt = Variable.updates
            guard isDetaching else { return [] }
            defer { state.operands = [] }
            return state.operands
        }
        Node.release(dropped)
    }

    /// Forgets how an evaluated node came about.
    func detach() {
        let dropped = state.withLock { state -> [Node] in
            guard state.value != nil else { return [] }
            state.isDetached = !(primitive is VariableLeaf)
            defer { state.operands = [] }
            return state.operands
        }
        Node.release(dropped)
    }

    /// Makes an evaluated node a leaf if a variable that it read has another value now.
    func detachIfStale() {
        guard firstDependence.contains(.variables) else { return }
        let now = Variable.updates
        let suspect = state.withLock {
            $0.value != nil && !$0.operands.isEmpty && $0.checkedAt != now && !$0.isDetached
        }
        guard suspect else { return }
        if isStale { detach() } else { state.withLock { $0.checkedAt = now } }
    }

    /// Whether a variable that it read has another value now, so that nothing will be differentiated through it. Looks at
    /// its whole history.
    var isStale: Bool {
        Node.sorted([self], through: { _ in true }).contains { ($0.primitive as? VariableLeaf)?.isCurrent($0) == false }
    }

    /// The longest chain of operations that is left unevaluated where nothing will be differentiated through it.
    private static let pendingDepth = 256

    /// Whether the chain of unevaluated operations below is so long that `shorten()` should look at it.
    var isDue: Bool {
        depth >= Node.pendingDepth && !(primitive is any TuplePrimitive)
            && state.withLock { $0.value == nil && depth >= $0.dueDepth }
    }

    /// Evaluates a long chain of operations whose history nobody can ask for. A loop such as `theta -= alpha * (∇loss)(theta)` or
    /// a running average that nobody looks at stays flat in memory by it.
    ///
    /// Where the history is needed it is looked at again at twice the depth, so that a chain of n costs O(n) in all.
    func shorten() throws {
        if Overlay.current?.isTrace == true { return }
        let dependence = dependence
        if dependence.isEmpty || dependence == .variables && isStale {
            try Evaluation.evaluate([self])
            detach()
        } else {
            state.withLock { $0.dueDepth = 2 * depth }
        }
    }

    deinit {
        let operands = state.withLock { state in
            defer { state.operands = [] }
            return state.operands
        }
        Node.release(operands)
    }

    /// Releases nodes without recursion: a chain of a million must not overflow the stack when it dies.
    private static func release(_ nodes: consuming [Node]) {
        var pending = nodes
        while var node = pending.popLast() {
            guard isKnownUniquelyReferenced(&node) else { continue }
            node.state.withLock { state in
                pending.append(contentsOf: state.operands)
                state.operands = []
            }
        }
    }
}

extension Node: Hashable {
    static func == (a: Node, b: Node) -> Bool { a === b }
    func hash(into hasher: inout Hasher) { hasher.combine(ObjectIdentifier(self)) }

    /// All nodes below `roots`, operands before users, each once. Iterative.
    ///
    /// - Parameter through: whether to look below a node; a node that is not looked through still appears.
    static func sorted(_ roots: [Node], through: (Node) -> Bool) -> [Node] {
        var order: [Node] = []
        var seen = Set<ObjectIdentifier>()
        var stack: [(node: Node, operands: [Node], next: Int)] = []
        for root in roots where seen.insert(ObjectIdentifier(root)).inserted {
            stack.append((root, through(root) ? root.operands : [], 0))
            while let top = stack.last {
                if top.next < top.operands.count {
                    stack[stack.count - 1].next += 1
                    let operand = top.operands[top.next]
                    if seen.insert(ObjectIdentifier(operand)).inserted {
                        stack.append((operand, through(operand) ? operand.operands : [], 0))
                    }
                } else {
                    order.append(top.node)
                    stack.removeLast()
                }
            }
        }
        return order
    }
}
