import LeibnizCore

extension Module {
    /// Lets errors name this layer until a model that has it gives longer names.
    func nameParameters() { _ = namedParameters }
}

extension Tensor {
    /// What a layer or a loss returns that cannot be computed: the error with its place.
    ///
    /// Operands that are invalid themselves tell the first mistake.
    static func refused(
        _ operation: String, _ operands: [Tensor], _ reason: String, kind: TensorError.Kind = .shape,
        hint: String? = nil
    ) -> Tensor {
        if let invalid = operands.first(where: \.isInvalid) { return invalid }
        return Tensor(invalid: refusal(operation, operands, reason, kind: kind, hint: hint))
    }

    /// The error that `refused` carries, for what throws it.
    static func refusal(
        _ operation: String, _ operands: [Tensor], _ reason: String, kind: TensorError.Kind = .shape,
        hint: String? = nil
    ) -> TensorError {
        if let error = operands.lazy.compactMap(\.error).first { return error }
        return TensorError(operation, operands.map(\.shape), reason, kind: kind, hint: hint).located(among: operands)
    }

    /// What `body` returns, or an invalid tensor with the error that it throws.
    static func orRefused(_ body: () throws(TensorError) -> Tensor) -> Tensor {
        do throws(TensorError) { return try body() } catch { return Tensor(invalid: error) }
    }

    /// A number of this tensor's element type, fixed in the graph.
    func constant(_ number: Double) -> Tensor { .full([], number, elementType) }
}
