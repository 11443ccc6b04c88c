import LeibnizKernels

/// The operations of a graph that was traced and not yet evaluated, operands before their users, with the arithmetic of each.
///
/// Values that are there already, and variables, are leaves.
package struct GraphOperations {
    /// One operation, or a leaf.
    package struct Operation {
        /// The operation's name, such as `maximum`.
        package let name: String
        /// The numbers of the operands' entries.
        package let operands: [Int]
        /// The extents of the result.
        package let shape: Shape
        /// The type of the result's elements.
        package let elementType: ElementType
        /// Floating-point and integer operations; see `arithmetic`.
        package let operationCount: Int
        /// The variable that a leaf stands for.
        package let variable: Variable?
        /// Whether it only looks at its operand's elements in another way, or carries them on.
        package let isView: Bool
        /// Whether it is one result of an operation that has several.
        package let isPart: Bool
        /// Whether it is one of the inputs.
        package let isInput: Bool
    }

    /// All of them, in an order in which operands come first.
    package let operations: [Operation]

    /// What `outputs` are computed from.
    ///
    /// - Parameter inputs: tensors that have values.
    package init(_ outputs: [Tensor], inputs: [Tensor]) {
        let given = Set(inputs.map { ObjectIdentifier($0.node) })
        let graph = GraphSnapshot(outputs.map(\.node), to: .history)
        operations = graph.entries.map { entry in
            let (node, primitive) = (entry.node, entry.node.primitive)
            return Operation(
                name: primitive.name, operands: Array(graph.operands(of: entry)), shape: node.type.shape,
                elementType: node.type.elementType,
                operationCount: entry.isLeaf
                    ? 0 : primitive.arithmetic(of: node.operands.map(\.type), result: node.type),
                variable: (primitive as? VariableLeaf)?.variable, isView: primitive.movesOnly,
                isPart: primitive is Part, isInput: given.contains(ObjectIdentifier(node)))
        }
    }
}

extension Primitive {
    /// Whether elements are only looked at in another way, or carried on.
    fileprivate var movesOnly: Bool {
        self is any ViewPrimitive || self is any IdentityPrimitive || self is Cast || self is Barrier || self is Part
            || self is any TuplePrimitive && !(self is any ControlPrimitive)
    }

    /// The arithmetic of one application, by what it means and not by how it is compiled: two operations for each product that is
    /// added up, one for each element that a reduction or a running sum takes in, one for each element of a pointwise function, whatever
    /// the function; a loop does what its body does in all its steps (once where nobody knows how many there are), a branch the more of
    /// its two sides; a sort of n elements n·⌈log₂ n⌉, and one of which only k are wanted n + k·⌈log₂ k⌉. What only moves, makes or looks
    /// up elements does none.
    fileprivate func arithmetic(of operands: [TensorType], result: TensorType) -> Int {
        if movesOnly { return 0 }
        switch self {
        case let contraction as Contraction:
            var extents: [Int: Int] = [:]
            for (labels, type) in zip([contraction.left, contraction.right], operands) {
                for (label, extent) in zip(labels, type.shape.extents) { extents[label] = extent }
            }
            return 2 * extents.values.reduce(1, *)
        case is Reduce, is ArgReduce, is Prefix, is ScatterAdd: return operands.first?.shape.count ?? 0
        case let sort as SortIndices:
            let all = operands.first?.shape ?? result.shape
            let isWhole = sort.count == all.extents.last
            return (isWhole ? 0 : all.count)
                + result.shape.count * max(0, Int.bitWidth - max(0, sort.count - 1).leadingZeroBitCount)
        case let scan as Scan: return scan.length * scan.body.arithmetic
        case let loop as WhileLoop: return loop.body.arithmetic
        case let branch as Branch: return max(branch.then.arithmetic, branch.otherwise.arithmetic)
        case is any PointwisePrimitive: return result.shape.count
        default: return 0
        }
    }
}

extension ControlBody {
    /// That of one pass.
    fileprivate var arithmetic: Int {
        nodes.reduce(0) { $0 + $1.primitive.arithmetic(of: $1.operands.map(\.type), result: $1.type) }
    }
}
