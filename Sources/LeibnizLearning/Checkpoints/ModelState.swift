import LeibnizCore
import LeibnizData

/// Tensors that do not fit a model, an optimizer or another set of named cells: all of them, not only the first.
///
/// ```
/// StateError: weights.safetensors does not fit ConvNet
///   missing:    fc2.bias, fc2.weight
///   unexpected: head.weight
///   misshapen:  conv1.weight is [6, 3, 5, 5], not [6, 1, 5, 5]
/// ```
public struct StateError: Error, Sendable, Hashable {
    /// A tensor of another shape than the cell that it is for.
    public struct Misshapen: Sendable, Hashable {
        /// The name of both.
        public let name: String
        /// The tensor's shape.
        public let found: Shape
        /// The cell's shape.
        public let expected: Shape
    }

    /// What the tensors come from.
    public var source: String
    /// What they are for.
    public var target: String
    /// The names for which there is no tensor, in order.
    public var missing: [String]
    /// The names of tensors for which there is no place, in order.
    public var unexpected: [String]
    /// The tensors of other shapes, in the order of their names.
    public var misshapen: [Misshapen]
}

extension StateError: CustomStringConvertible {
    /// One line for each kind of misfit.
    public var description: String {
        var lines = ["StateError: \(source) does not fit \(target)"]
        if !missing.isEmpty { lines.append("  missing:    " + missing.joined(separator: ", ")) }
        if !unexpected.isEmpty { lines.append("  unexpected: " + unexpected.joined(separator: ", ")) }
        if !misshapen.isEmpty {
            let list = misshapen.map { "\($0.name) is \($0.found), not \($0.expected)" }
            lines.append("  misshapen:  " + list.joined(separator: ", "))
        }
        return lines.joined(separator: "\n")
    }
}

/// Cells by name into which tensors are put together, all or none.
struct NamedCells {
    /// What errors call them.
    let name: String
    let cells: [(name: String, variable: Variable)]

    var tensors: [String: Tensor] {
        Dictionary(cells.map { ($0.name, $0.variable.value) }) { first, _ in first }
    }

    /// What of `tensors` does not fit; nil if all does.
    func mismatch(_ tensors: [String: Tensor], from source: String) -> StateError? {
        let known = Dictionary(cells.map { ($0.name, $0.variable.value.shape) }) { first, _ in first }
        let misshapen = known.compactMap { name, shape in
            tensors[name].flatMap {
                $0.shape == shape ? nil : StateError.Misshapen(name: name, found: $0.shape, expected: shape)
            }
        }
        let error = StateError(
            source: source, target: name, missing: known.keys.filter { tensors[$0] == nil }.sorted(),
            unexpected: tensors.keys.filter { known[$0] == nil }.sorted(),
            misshapen: misshapen.sorted { $0.name < $1.name })
        return error.missing.isEmpty && error.unexpected.isEmpty && error.misshapen.isEmpty ? nil : error
    }

    /// Gives each cell the tensor of its name, converted to its element type; cells without one keep their values.
    func assign(_ tensors: [String: Tensor]) {
        for (name, variable) in cells {
            guard let tensor = tensors[name], tensor.shape == variable.value.shape else { continue }
            variable.value = tensor.cast(to: variable.value.elementType)
        }
    }
}

extension Module {
    /// All parameters under all their paths: one that the model holds in two places stands under both names, as in PyTorch.
    var namedCells: NamedCells {
        var cells: [(name: String, variable: Variable)] = []
        ParameterWalk.visit(self, path: []) { path, parameter in cells.append((path, parameter.variable)) }
        return NamedCells(name: "\(Self.self)", cells: cells)
    }

    /// The values of all parameters by path, also of those that take no gradient: PyTorch's `state_dict()`.
    public var state: [String: Tensor] { namedCells.tensors }

    /// Takes over values by path: PyTorch's `load_state_dict`. Numbers are converted to the parameters' element types.
    ///
    /// - Parameter isStrict: whether a missing or an unexpected name is an error; true by default. Shapes must always fit.
    /// - Throws: a `StateError` that lists every missing, unexpected and misshapen name; nothing is then changed.
    public func load(_ state: [String: Tensor], strict isStrict: Bool = true) throws {
        try load(state, from: "the state", strict: isStrict)
    }

    /// Writes the values of all parameters as a safetensors file, which PyTorch loads with `strict=True`.
    ///
    /// ```swift
    /// try model.saveParameters(to: "model.safetensors")       // load_state_dict(safetensors.torch.load_file(…))
    /// ```
    public func saveParameters(to path: String, metadata: [String: String] = ["format": "pt"]) throws {
        try Safetensors.write(state, metadata: metadata, to: path)
    }

    /// Takes over values from a safetensors file, from here or from PyTorch.
    ///
    /// - Parameters:
    ///   - naming: the path of the parameter for a name of the file; nil leaves the tensor out. By default names are paths.
    ///   - isStrict: whether a missing or an unexpected name is an error; true by default.
    /// - Throws: a `DataError` for a file that cannot be read; a `StateError` that lists every missing, unexpected and
    ///   misshapen name. Nothing is then changed.
    public func loadParameters(
        from path: String, strict isStrict: Bool = true, naming: (String) -> String? = { $0 }
    ) throws {
        let file = try SafetensorsFile(path: path)
        var state: [String: Tensor] = [:]
        for name in file.names {
            guard let place = naming(name) else { continue }
            state[place] = try file.tensor(name)
        }
        try load(state, from: path, strict: isStrict)
    }

    private func load(_ state: [String: Tensor], from source: String, strict isStrict: Bool) throws {
        let cells = namedCells
        if let error = cells.mismatch(state, from: source), isStrict || !error.misshapen.isEmpty { throw error }
        try Variable.update { cells.assign(state) }
    }
}
