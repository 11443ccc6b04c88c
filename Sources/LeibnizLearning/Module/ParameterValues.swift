import LeibnizCore

extension Module {
    /// Takes over the values of another model's parameters, by path, converted to this model's element types.
    ///
    /// - Throws: a `ValueError` that names the first path that one model lacks, or a `ShapeError`; nothing is then changed.
    public func copyParameters(from other: some Module) throws {
        let source = try other.parametersByPath(for: "copyParameters")
        let mine = try parametersByPath(for: "copyParameters")
        for (path, parameter) in mine.sorted(by: { $0.key < $1.key }) {
            guard let twin = source[path] else {
                throw TensorError("copyParameters", [], "the other model has no parameter \(path)", kind: .value)
                    .located(among: [])
            }
            guard twin.shape == parameter.shape else {
                throw TensorError("copyParameters", [parameter.shape, twin.shape], "the shapes of \(path) differ")
                    .located(among: [parameter.value])
            }
        }
        if let extra = source.keys.filter({ mine[$0] == nil }).min() {
            throw TensorError("copyParameters", [], "this model has no parameter \(extra)", kind: .value)
                .located(among: [])
        }
        try Variable.update {
            for (path, parameter) in mine {
                if let twin = source[path] { parameter.value = twin.value.cast(to: parameter.value.elementType) }
            }
        }
    }

    /// Converts all parameters to another element type, in place: whoever shares them sees it.
    ///
    /// Make optimizers afterwards, so that their state has the new type; `withElementType` makes a model of it at once.
    /// - Throws: a `TypeError` for a type that is no floating-point type; nothing is then changed.
    public func convertParameters(to type: ElementType) throws {
        guard type.isFloatingPoint else {
            throw TensorError(
                "convertParameters", [], "parameters are real numbers, not \(type)", kind: .elementType,
                hint: "take .float32 or .float64"
            ).located(among: [])
        }
        try Variable.update {
            for parameter in parameters where parameter.value.elementType.isFloatingPoint {
                parameter.value = parameter.value.cast(to: type)
            }
        }
    }

    /// The values of all parameters that take a gradient, by path: what `withParameters` takes, and derivatives of a model's loss are
    /// taken with respect to.
    ///
    /// ```swift
    /// let loss = { w in model.withParameters(w) { meanSquaredError(model(x), y) } }
    /// let Hv = hessianVectorProduct(of: loss, at: model.parameterValues, along: v)      // v by path, too
    /// ```
    public var parameterValues: [String: Tensor] {
        Dictionary(namedParameters.filter(\.parameter.takesGradient).map { ($0.path, $0.parameter.value) }) {
            first, _ in first
        }
    }

    /// Runs `body` as if the parameters had other values: any transformation of a model's loss becomes possible by it.
    ///
    /// - Parameter values: by path; parameters that are not named keep their values.
    /// - Throws: a `ValueError` for a path that the model lacks, a `ShapeError` for a value of another shape; whatever `body`
    ///   throws.
    public func withParameters<Result>(_ values: [String: Tensor], _ body: () throws -> Result) throws -> Result {
        let known = try parametersByPath(for: "withParameters")
        let pairs = try values.sorted { $0.key < $1.key }.map { path, value in
            guard let parameter = known[path] else {
                throw TensorError("withParameters", [], "the model has no parameter \(path)", kind: .value)
                    .located(among: [])
            }
            if let error = value.error { throw error }
            guard value.shape == parameter.shape else {
                throw TensorError(
                    "withParameters", [parameter.shape, value.shape], "the value of \(path) has another shape"
                )
                .located(among: [parameter.value])
            }
            return (parameter.variable, value)
        }
        return try Variable.withValues(pairs, body)
    }

    /// The same for a body that computes a tensor. A mistake gives an invalid tensor, so that functions for `gradient` and its
    /// relatives need no `try`:
    ///
    /// ```swift
    /// let slope = gradient { w in model.withParameters(["weight": w]) { meanSquaredError(model(x), y) } }
    /// ```
    public func withParameters(_ values: [String: Tensor], _ body: () -> Tensor) -> Tensor {
        do {
            return try withParameters(values) { () throws -> Tensor in body() }
        } catch {
            return Tensor(
                invalid: (error as? TensorError) ?? TensorError("withParameters", [], "\(error)", kind: .runtime))
        }
    }

    private func parametersByPath(for operation: String) throws -> [String: Parameter] {
        try Dictionary(namedParameters.map { ($0.path, $0.parameter) }) { first, _ in
            throw TensorError(
                operation, [first.shape], "two parameters are called \(first.path ?? "the same")", kind: .value,
                hint: "give them different names")
        }
    }
}
