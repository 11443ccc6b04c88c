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
        let error = TensorError(operation, operands.map(\.shape), reason, kind: kind, hint: hint)
        return Tensor(invalid: error.located(among: operands))
    }
}
