import LeibnizKernels
import Synchronization

/// A function that keeps nothing for its derivative: the reverse pass computes its body again from the argument.
///
/// Memory for time: of a chain of checkpointed blocks only the blocks' arguments stay. Forward mode and further derivatives work
/// as ever.
public func checkpoint(_ body: @escaping @Sendable (Tensor) -> Tensor) -> @Sendable (Tensor) -> Tensor {
    { x in
        let call = Differentiation()
        let argument = Argument.wrap(x, for: call)
        let overlay = Overlay(takesWrites: true, isTrace: false, defersRecords: true)
        let value = Overlay.$current.withValue(overlay) { body(argument) }
        let captured = value.isInvalid ? [] : Recomputation.captured(by: value, of: call)
        call.close()
        Variable.record(overlay.written.map { ($0.variable, Tensor($0.node)) })
        return value.isInvalid ? value : Tensor(Recomputation(), [value, argument] + captured.map(Tensor.init))
    }
}

/// The value of a checkpointed function: operand 0, as a function of operand 1 and of all else that its operations read.
struct Recomputation: IdentityPrimitive {
    var name: String { "checkpoint" }

    /// What operations on the argument of `call` read besides.
    static func captured(by value: Tensor, of call: Differentiation) -> [Node] {
        Node.sorted([value.node], through: { $0.depends(on: call) }).filter { !$0.depends(on: call) }
    }

    func result(of operands: [TensorType]) throws(TensorError) -> TensorType { operands[0] }

    func pushforward(_ tangents: [Tensor?], operands: [Tensor], result: Tensor) -> Tensor? { tangents[0] }

    /// The operations once more, on an argument that is there only when the cotangent is.
    func pullback(_ cotangent: Tensor, operands: [Tensor], result: Tensor, wanted: [Bool]) -> [Tensor?] {
        let sources = Set(operands[1...].map(\.node))
        let between = Node.sorted([operands[0].node], through: { !sources.contains($0) })
        let again = Tensor(Barrier(), [operands[1], cotangent]).node
        var replaced = [operands[1].node: again]
        Rewriting.rewrite(between.filter { !sources.contains($0) }, &replaced)
        let value = replaced[operands[0].node] ?? operands[0].node
        return [nil] + Reverse.cotangents(of: [(value, cotangent)], at: [again] + operands[2...].map(\.node))
    }

    /// The batch of values is made of the batches of all that is read.
    func batched(_ operands: BatchedOperands) -> Tensor { Tensor(self, [operands.spread(0)] + operands.tensors[1...]) }

    func coefficient(_ k: Int, _ series: SeriesOperands) -> Tensor? { series.x(0, k) }

    func latex(_ operands: [String]) -> String { operands[0] }
}

/// The first operand, computed after the second: what follows is not shared with what was computed before.
struct Barrier: LinearPrimitive {
    var name: String { "barrier" }
    var linearOperands: [Int]? { [0] }
    func result(of operands: [TensorType]) throws(TensorError) -> TensorType { operands[0] }
    func adjoint(_ operand: Int, of cotangent: Tensor, operands: [Tensor]) -> Tensor { cotangent }
    func pushforward(_ tangents: [Tensor?], operands: [Tensor], result: Tensor) -> Tensor? { tangents[0] }
    func batched(_ operands: BatchedOperands) -> Tensor { Tensor(self, [operands.spread(0), operands.tensors[1]]) }
    func latex(_ operands: [String]) -> String { operands[0] }
}
