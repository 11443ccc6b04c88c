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
        let root = "\(Self.self)"
        ParameterWalk.visit(self, path: []) { path, parameter in
            guard seen.insert(parameter).inserted else { return }
            parameter.note(path: path, root: root)
            found.append((path, parameter))
        }
        return found
    }

    /// All parameters, in the order of the properties, each once.
    public var parameters: [Parameter] { namedParameters.map(\.parameter) }

    /// The number of numbers that training can change.
    public var parameterCount: Int { parameters.filter(\.takesGradient).reduce(0) { $0 + $1.shape.count } }
}
