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
        call.close()
        Variable.record(overlay.written.map { ($0.variable, Tensor($0.node)) })
        if value.isInvalid { return value }
        // What the body captured and a derivative may be asked for.
        let captured = Node.sorted([value.node], through: { $0 !== argument.node && !Recomputation.isSource($0) })
            .filter { $0 !== argument.node && Recomputation.isSource($0) }
        return Tensor(
            Recomputation(body: body, records: overlay.recordsRead), [value, argument] + captured.map(Tensor.init))
    }
}

/// The value of a checkpointed function: operand 0, as a function of operand 1 and of what it captured.
struct Recomputation: Primitive {
    let body: @Sendable (Tensor) -> Tensor
    /// What the body has read of variables that passes move on, such as the place of a random stream: the second time it reads that.
    let records: [(Variable, Tensor)]
    var name: String { "checkpoint" }
    // The body is what it computes, and that is operand 0.
    static func == (a: Self, b: Self) -> Bool { true }
    func hash(into hasher: inout Hasher) {}

    /// Whether a derivative may be taken with respect to a node, or it differs within a batch.
    static func isSource(_ node: Node) -> Bool {
        node.primitive is VariableLeaf || node.primitive is Argument || node.primitive is BatchElement
    }

    func result(of operands: [TensorType]) throws(TensorError) -> TensorType { operands[0] }

    func pushforward(_ tangents: [Tensor?], operands: [Tensor], result: Tensor) -> Tensor? { tangents[0] }

    func pullback(_ cotangent: Tensor, operands: [Tensor], result: Tensor, wanted: [Bool]) -> [Tensor?] {
        let call = Differentiation()
        defer { call.close() }
        let again = Argument.wrap(Tensor(Barrier(), [operands[1], cotangent]), for: call)
        let overlay = Overlay(values: records, takesWrites: true, isTrace: false)
        let value = Overlay.$current.withValue(overlay) { body(again) }
        let sources = [again.node] + operands[2...].map(\.node)
        return [nil] + Reverse.cotangents(of: [(value.node, cotangent)], at: sources)
    }

    /// A batch of the body's values, computed again by a batch of bodies; kept where what the body captured differs within the batch.
    func batched(_ operands: BatchedOperands) -> Tensor {
        guard operands.isBatched[1], !operands.isBatched[2...].contains(true) else { return operands.spread(0) }
        return Tensor(
            Recomputation(body: sendableVmap(body), records: records),
            [operands.spread(0), operands.tensors[1]] + operands.tensors[2...])
    }

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
