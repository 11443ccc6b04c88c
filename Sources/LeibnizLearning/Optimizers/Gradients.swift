import LeibnizCore

/// Gradients of a model's loss, one per parameter.
///
/// ```swift
/// let g = try gradients(of: loss, model)
/// print(try g["conv1.weight"]?.array(of: Float.self) ?? [])
/// try optimizer.apply(g.clipped(norm: 1))
/// ```
public struct Gradients: Sendable {
    /// Paths, parameters and gradients, in the model's order.
    public let entries: [(path: String, parameter: Parameter, gradient: Tensor)]
    private let places: [Parameter: Int]

    init(_ entries: [(path: String, parameter: Parameter, gradient: Tensor)]) {
        self.entries = entries
        places = Dictionary(entries.enumerated().map { ($1.parameter, $0) }) { first, _ in first }
    }

    /// The gradient of a parameter, of its shape.
    public subscript(parameter: Parameter) -> Tensor? { places[parameter].map { entries[$0].gradient } }
    /// The gradient of the parameter with a path, such as `conv1.weight`.
    public subscript(path: String) -> Tensor? { entries.first { $0.path == path }?.gradient }

    /// The length of all gradients as one vector, √Σ g²; a scalar.
    public var norm: Tensor { GradientClipping.norm(of: entries.map(\.gradient)) }

    /// Each gradient replaced by a function of it.
    public func map(_ function: (Tensor) -> Tensor) -> Gradients {
        Gradients(entries.map { ($0.path, $0.parameter, function($0.gradient)) })
    }

    /// The same direction, at most as long as `limit`: g·min(1, limit/(‖g‖ + 10⁻⁶)) (Pascanu et al. 2013; PyTorch's ε).
    public func clipped(norm limit: Double) -> Gradients {
        replacing(GradientClipping.clipped(entries.map(\.gradient), norm: limit))
    }

    /// Each element kept within −limit … limit.
    public func clipped(value limit: Double) -> Gradients { map { clamp($0, -limit, limit) } }

    /// Each gradient of at least two axes without its mean over all axes but the first (Yong et al. 2020).
    public var centralized: Gradients { map { $0.centralized() } }

    /// The sum with another pass's gradients of the same model; a gradient that the other lacks counts as 0.
    public static func + (a: Gradients, b: Gradients) -> Gradients {
        Gradients(a.entries.map { ($0.path, $0.parameter, $0.gradient + (b[$0.parameter] ?? 0)) })
    }

    private func replacing(_ gradients: [Tensor]) -> Gradients {
        Gradients(zip(entries, gradients).map { ($0.path, $0.parameter, $1) })
    }
}

/// The gradients of a loss with respect to all parameters of a model that take one.
///
/// - Throws: the error of an invalid loss; a `ValueError` where no parameter influences it.
public func gradients(of loss: Tensor, _ model: some Module) throws -> Gradients {
    let named = model.namedParameters.filter(\.parameter.takesGradient)
    let values = try gradients(of: loss, withRespectTo: named.map(\.parameter.variable))
    return Gradients(zip(named, values).map { ($0.path, $0.parameter, $1) })
}
