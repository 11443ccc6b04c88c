import LeibnizKernels

extension Tensor {
    /// The same values, through which no derivative passes.
    public func stopGradient() -> Tensor { isInvalid ? self : Tensor(StopGradient(), [self], isWeak: node.isWeak) }
}

/// A primitive whose value is its first operand: it is there for what its derivatives are, and no plan computes it.
protocol IdentityPrimitive: Primitive {}

/// The same values, through which no derivative passes.
struct StopGradient: ConstantPrimitive, PointwisePrimitive, IdentityPrimitive {
    var name: String { "stop_gradient" }
    func elementType(of operands: [ElementType]) throws(TensorError) -> ElementType { operands[0] }
    func lowered(_ operands: [Scalar]) -> Scalar { operands[0] }
    func partial(_ operand: Int, operands: [Tensor], result: Tensor) -> Tensor? { nil }
    func pushforward(_ tangents: [Tensor?], operands: [Tensor], result: Tensor) -> Tensor? { nil }
    func pullback(_ cotangent: Tensor, operands: [Tensor], result: Tensor, wanted: [Bool]) -> [Tensor?] { [nil] }
    func latex(_ operands: [String]) -> String { operands[0] }
}

/// An operation whose value is its operand, and whose derivative is the identity.
protocol SameValuePrimitive: LinearPrimitive, PointwisePrimitive {}

extension SameValuePrimitive {
    func elementType(of operands: [ElementType]) throws(TensorError) -> ElementType { operands[0] }
    func lowered(_ operands: [Scalar]) -> Scalar { operands[0] }
    func partial(_ operand: Int, operands: [Tensor], result: Tensor) -> Tensor? { nil }
    func pushforward(_ tangents: [Tensor?], operands: [Tensor], result: Tensor) -> Tensor? {
        tangents[0].map { Tensor(self, [$0]) }
    }
    func pullback(_ cotangent: Tensor, operands: [Tensor], result: Tensor, wanted: [Bool]) -> [Tensor?] {
        [adjoint(0, of: cotangent, operands: operands)]
    }
    func coefficient(_ k: Int, _ series: SeriesOperands) -> Tensor? { series.x(0, k) }
}

/// The same elements in memory of their own, perhaps in another order: what is read from all over the place is brought together once.
struct Copy: SameValuePrimitive {
    /// The order that was chosen for it when its plan was made: copies of one value in different orders are different values.
    var layout: Layout?
    var name: String { "copy" }
    func latex(_ operands: [String]) -> String { operands[0] }
    /// A cotangent is computed in the order of the copy, and brought back in a step of its own.
    func adjoint(_ operand: Int, of cotangent: Tensor, operands: [Tensor]) -> Tensor { Tensor(Copy(), [cotangent]) }
}

/// The same values, whose cotangent is brought together in memory before it is used: where it comes from all over the place and goes to
/// several.
struct CopiedBackwards: SameValuePrimitive, IdentityPrimitive {
    var name: String { "copied_backwards" }
    func latex(_ operands: [String]) -> String { operands[0] }
    func adjoint(_ operand: Int, of cotangent: Tensor, operands: [Tensor]) -> Tensor { Tensor(Copy(), [cotangent]) }
}

/// The argument of a transformation: the same values under a new identity, so that nested derivatives cannot take one
/// perturbation for another (Siskind & Pearlmutter, 2008).
struct Argument: SameValuePrimitive, IdentityPrimitive {
    var name: String { "argument" }
    func latex(_ operands: [String]) -> String { operands[0] }
    func adjoint(_ operand: Int, of cotangent: Tensor, operands: [Tensor]) -> Tensor { cotangent }
    func pushforward(_ tangents: [Tensor?], operands: [Tensor], result: Tensor) -> Tensor? { tangents[0] }

    /// A fresh identity for `x`. What is made of it keeps its history while `call` may ask for it.
    static func wrap(_ x: Tensor, for call: Differentiation) -> Tensor {
        x.isInvalid ? x : Tensor(Node(Argument(), [x.node], x.type, argumentOf: call))
    }
}
