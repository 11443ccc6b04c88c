import LeibnizKernels
import Synchronization

/// A rectangular array of numbers of one element type, or the recipe for one.
///
/// Tensors are immutable values. Operations are lazy: they build a graph, and nothing runs until a value is asked for with
/// `item()`, `array`, `print`, `evaluate(…)` or an optimizer's step. An operation on unfit operands gives an *invalid*
/// tensor that carries the error until someone asks.
///
/// ```swift
/// let x: Tensor = [[1, 2], [3, 4]]
/// let y = sum(x * x, axes: [1])        // [5, 25]
/// ```
public struct Tensor: Sendable {
    /// What users hold of a node. Handles are counted: what a live handle names is worth keeping.
    private final class Handle: Sendable {
        let node: Node
        init(_ node: Node) {
            self.node = node
            node.handles.add(1, ordering: .relaxed)
        }
        deinit { node.handles.subtract(1, ordering: .relaxed) }
    }

    private let handle: Handle
    var node: Node { handle.node }

    init(_ node: Node) { handle = Handle(node) }

    /// The result of an operation, or an invalid tensor that says why there is none.
    init(_ primitive: some Primitive, _ operands: [Tensor], isWeak: Bool = false) {
        // One pass over the operands: a step builds its graph anew, and each pass holds and lets go of every node.
        var (nodes, types) = ([Node](), [TensorType]())
        nodes.reserveCapacity(operands.count)
        types.reserveCapacity(operands.count)
        for operand in operands {
            let node = operand.node
            if node.isOf(Invalid.self) {
                self = operand
                return
            }
            types.append(node.type)
            nodes.append(node)
        }
        do {
            let type = try primitive.result(of: types)
            if let flaw = type.shape.flaw(of: primitive.name, type.elementType) { throw flaw }
            for operand in nodes {
                operand.detachIfStale()
                if operand.isDue { try operand.shorten() }
            }
            let node = Node(primitive, nodes, type, isWeak: isWeak)
            self.init(node)
            if Settings.current.isEager && !node.dependence.contains(.trace) && !(primitive is any TuplePrimitive) {
                try Evaluation.evaluate([node], takingPending: false)
            }
        } catch let error as TensorError {
            self.init(invalid: error.located(among: operands))
        } catch {
            self.init(
                invalid: TensorError(primitive.name, operands.map(\.shape), "\(error)", kind: .runtime).located(
                    among: operands))
        }
    }

    /// An invalid tensor: what an operation returns that cannot be done. Evaluation throws the error.
    public init(invalid error: TensorError) { self.init(Node(Invalid(error: error), [], TensorType([], .float32))) }

    /// A tensor of evaluated memory.
    init(_ buffer: Buffer, _ type: TensorType) { self.init(Node(Literal(), [], type, value: buffer)) }

    var type: TensorType { node.type }
    package var isInvalid: Bool { node.isOf(Invalid.self) }
    package var error: TensorError? { isInvalid ? (node.primitive as? Invalid)?.error : nil }

    /// The extents of the axes. An invalid tensor answers 1 to every subscript, and its error is thrown by the next evaluation.
    public var shape: Shape {
        if let error { PendingError.leave { error } }
        return node.type.shape
    }

    /// The type of the elements.
    public var elementType: ElementType { node.type.elementType }

    /// The number of axes.
    public var rank: Int { shape.rank }

    /// The number of elements.
    public var count: Int { shape.count }

    /// The sum of two tensors of which either may be absent, that is zero.
    static func sum(_ a: Tensor?, _ b: Tensor?) -> Tensor? {
        guard let a else { return b }
        guard let b else { return a }
        return a.node.isOf(Tuple.self) && b.node.isOf(Tuple.self) ? Tuple.sum(a, b) : a + b
    }
}

/// The leaf of evaluated memory.
struct Literal: LeafPrimitive {
    var name: String { "tensor" }
    func result(of operands: [TensorType]) throws(TensorError) -> TensorType { operands[0] }
}

/// The result of an operation that cannot be done.
struct Invalid: LeafPrimitive {
    let error: TensorError
    var name: String { "invalid" }
    func result(of operands: [TensorType]) throws(TensorError) -> TensorType { throw error }
}

/// Errors of reading a shape, which cannot throw them: of an invalid tensor, or at an axis that does not exist. The thread's next
/// evaluation throws them first.
enum PendingError {
    private static let left = Mutex<[ObjectIdentifier: TensorError]>([:])

    /// Leaves an error, unless there is an earlier one.
    static func leave(_ error: () -> TensorError) {
        let thread = thread
        if left.withLock({ $0[thread] != nil }) { return }
        let error = error()
        left.withLock { $0[thread] = error }
    }

    static func take() -> TensorError? { left.withLock { $0.isEmpty ? nil : $0.removeValue(forKey: thread) } }

    private static var thread: ObjectIdentifier { ObjectIdentifier(Thread.current) }
}

import class Foundation.Thread
