import LeibnizCore

/// A part of a model: a plain struct whose stored properties are parameters and other modules.
///
/// Parameters are found by walking the properties; their names are the property paths. Copying a module shares its parameters.
///
/// ```swift
/// struct Classifier: Module {
///     let hidden = Linear(784, 128), output = Linear(128, 10)
///     func callAsFunction(_ x: Tensor) -> Tensor { output(relu(hidden(x))) }
/// }
/// ```
public protocol Module: Sendable {}

/// A module that maps one tensor to another, so that it can stand in a `Sequential`.
public protocol Layer: Module {
    /// The layer's result.
    func callAsFunction(_ x: Tensor) -> Tensor
}

/// A module that names its parts itself instead of by its properties.
public protocol ModuleContainer: Module {
    /// The parts with their names in paths.
    var parts: [(name: String, part: any Module)] { get }
}

// What a model is made of may be given to an optimizer as it is: `SGD([encoder, decoder], …)`, `Adam(model.embedding, …)`.
extension Parameter: Module {}
extension Array: Module where Element: Module {}
extension Optional: Module where Wrapped: Module {}
extension Dictionary: Module where Key == String, Value: Module {}

extension Module {
    /// All parameters with their property paths, in the order of the properties; shared ones once, by their first path.
    ///
    /// Stored properties, arrays (`layers.0.weight`), dictionaries in the order of their keys (`heads.left.weight`), optionals
    /// and plain structs are searched.
    public var namedParameters: [(path: String, parameter: Parameter)] {
        var found: [(path: String, parameter: Parameter)] = []
        var seen = Set<Parameter>()
        let root = Self.nameInErrors
        ParameterWalk.visit(self, path: []) { path, leaf in
            guard case .parameter(let parameter) = leaf, seen.insert(parameter).inserted else { return }
            parameter.note(path: path, root: root)
            found.append((path, parameter))
        }
        return found
    }

    /// All parameters, in the order of the properties, each once.
    public var parameters: [Parameter] { namedParameters.map(\.parameter) }

    /// The random streams that its layers draw from at every pass, with their property paths, each once. A training that is to go on
    /// as it would have restores their positions.
    public var randomStreams: [(path: String, stream: RandomStream)] {
        var found: [(path: String, stream: RandomStream)] = []
        ParameterWalk.visit(self, path: []) { path, leaf in
            guard case .stream(let stream) = leaf, !found.contains(where: { $0.stream === stream }) else { return }
            found.append((path, stream))
        }
        return found
    }

    /// The number of numbers that training can change.
    public var parameterCount: Int { parameters.filter(\.takesGradient).reduce(0) { $0 + $1.shape.count } }
}
