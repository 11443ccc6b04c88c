import LeibnizKernels

/// The operations by which a function comes to its value, operands before their users, each once: what explanations and checks walk.
///
/// What does not depend on the arguments is a constant, however it came about.
package struct TracedFunction: Sendable {
    /// What a step is for the function.
    package enum Role: Hashable, Sendable {
        /// One of the arguments, by its number.
        case argument(Int)
        /// A value that does not depend on the arguments.
        case constant
        /// An operation on earlier steps.
        case operation
    }

    /// One value on the way.
    package struct Step: Sendable {
        package let role: Role
        /// The numbers of the operands' steps; none but for operations.
        package let operands: [Int]
        /// The result.
        package let value: Tensor
        private let types: [TensorType]

        fileprivate init(role: Role, operands: [Int], node: Node, types: [TensorType]) {
            (self.role, self.operands, self.value, self.types) = (role, operands, Tensor(node), types)
        }
    }

    package let steps: [Step]
    /// The step of the value.
    package var result: Int { steps.count - 1 }
    /// Keeps the history of the steps' values.
    private let call: Differentiation

    /// Runs a function once.
    ///
    /// - Throws: the error of an invalid argument or value.
    package init(of f: ([Tensor]) throws -> Tensor, at x: [Tensor]) throws {
        let call = Differentiation()
        let arguments = x.map { Argument.wrap($0, for: call) }
        let value = try f(arguments)
        if let error = x.lazy.compactMap(\.error).first ?? value.error { throw error }
        let places = Dictionary(arguments.enumerated().map { ($1.node, $0) }) { first, _ in first }
        let isOperation = { (node: Node) in places[node] == nil && node.depends(on: call) }
        let order = Node.sorted([value.node], through: isOperation)
        let numbers = Dictionary(uniqueKeysWithValues: order.enumerated().map { ($1, $0) })
        steps = order.map { node in
            guard isOperation(node) else {
                let role = places[node].map(Role.argument) ?? .constant
                return Step(role: role, operands: [], node: node, types: [])
            }
            let operands = node.operands
            return Step(
                role: .operation, operands: operands.compactMap { numbers[$0] }, node: node,
                types: operands.map(\.type))
        }
        self.call = call
    }
}

extension TracedFunction.Step {
    private var primitive: any Primitive { value.node.primitive }

    /// The operation's name, such as `matmul`.
    package var name: String { primitive.name }
    package var isPointwise: Bool { primitive is any PointwisePrimitive }
    /// Whether it is linear in each operand.
    package var isLinear: Bool { primitive is any LinearPrimitive }
    /// Whether it is what its first operand is, and only has a derivative of its own.
    package var isFirstOperand: Bool { primitive is RuledValue || primitive is Shares }
    /// The number in every element, if that is known without evaluation.
    package var uniformNumber: Double? { value.uniformNumber }

    /// An attribute of the operation by its name, such as the axes of a sum.
    package func attribute<Value>(_ name: String, as type: Value.Type = Value.self) -> Value? {
        Mirror(reflecting: primitive).descendant(name) as? Value
    }

    package func latex(_ operands: [String]) -> String { primitive.latex(operands) }

    /// The operation on other operands.
    ///
    /// - Parameter withRule: whether a function with a rule of its own keeps it, or is its body alone.
    package func applied(to operands: [Tensor], withRule: Bool) -> Tensor {
        guard let ruled = primitive as? RuledValue else { return Tensor(primitive, operands) }
        return withRule ? ruled.rule(operands[1]) : ruled.rule.body(operands[1])
    }

    /// Σ ∂f/∂operand · tangent by the operation's rule; `nil` stands for zero.
    package func pushforward(_ tangents: [Tensor?], operands: [Tensor], result: Tensor) -> Tensor? {
        primitive.pushforward(tangents, operands: operands, result: result)
    }

    /// What the operands' cotangents gain by the operation's rule; `nil` stands for zero.
    package func pullback(
        _ cotangent: Tensor, operands: [Tensor], result: Tensor, wanted: [Bool]
    ) -> [Tensor?] {
        primitive.pullback(cotangent, operands: operands, result: result, wanted: wanted)
    }

    /// The pointwise function on scalars, operand i being the load from buffer i: the scalars in order, and which is the result.
    package var scalars: (values: [Value], result: ValueID)? {
        guard let pointwise = primitive as? any PointwisePrimitive else { return nil }
        let builder = NestBuilder(name: name)
        let operands = types.enumerated().map { builder.add(.load(Access($0, Affine(0))), $1.elementType) }
        let result = pointwise.lowered(operands)
        return (builder.nest.values, result.id)
    }
}
