import LeibnizKernels

/// The operands of an operation on a whole batch.
struct BatchedOperands {
    /// The operands; those that differ within the batch have it as their first axis.
    let tensors: [Tensor]
    /// Which do.
    let isBatched: [Bool]
    /// The number of elements of the batch.
    let count: Int

    /// An operand with the batch as its first axis, repeated if it is the same for all.
    func spread(_ place: Int) -> Tensor {
        let tensor = tensors[place]
        return isBatched[place] ? tensor : tensor.broadcast(to: Shape([count] + tensor.type.shape.extents))
    }

    /// All operands with the batch as their first axis.
    var all: [Tensor] { tensors.indices.map(spread) }
}

/// One element of a batch, which the body of `vmap` sees in its place: it has a type and a batch, but no value.
struct BatchElement: LeafPrimitive {
    var name: String { "element" }

    func result(of operands: [TensorType]) throws(TensorError) -> TensorType {
        TensorType(operands[0].shape.removing([0]), operands[0].elementType)
    }

    /// An element of a batch, which is the first axis of a tensor.
    static func of(_ batch: Tensor, for call: Differentiation) -> Tensor {
        let type = TensorType(batch.type.shape.removing([0]), batch.elementType)
        return Tensor(Node(BatchElement(), [batch.node], type, dependence: .trace, argumentOf: call))
    }
}

/// The point of an integrand: it stands for all points of the domain.
struct IntegrationPoint: LeafPrimitive {
    var name: String { "point" }
    func result(of operands: [TensorType]) throws(TensorError) -> TensorType { operands[0] }

    static func node(_ shape: Shape, for call: Differentiation) -> Node {
        Node(IntegrationPoint(), [], TensorType(shape, .float64), dependence: .trace, argumentOf: call)
    }
}

/// Batching: the operations on one element become operations on all of them, each node once.
enum Batching {
    /// The values of `roots` for the whole batch, the batch as first axis. `nil` where they do not depend on an element.
    ///
    /// Only what was made from the elements of `call` is looked at. Iterative.
    static func values(of roots: [Node], elements: [(node: Node, batch: Tensor)], of call: Differentiation, count: Int)
        -> [Tensor?]
    {
        var found = Dictionary(elements.map { ($0.node, $0.batch) }, uniquingKeysWith: { $1 })
        for node in Node.sorted(roots, through: { $0.depends(on: call) && found[$0] == nil })
        where node.depends(on: call) && found[node] == nil {
            let operands = node.operands
            let batches = operands.map { found[$0] }
            guard batches.contains(where: { $0 != nil }) else { continue }
            found[node] = node.primitive.batched(
                BatchedOperands(
                    tensors: zip(operands, batches).map { $1 ?? Tensor($0) }, isBatched: batches.map { $0 != nil },
                    count: count))
        }
        return roots.map { found[$0] }
    }
}
