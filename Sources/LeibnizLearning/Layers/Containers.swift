import LeibnizCore

/// Layers one after the other. Their parameters are named by their places: `0.weight`, `2.bias`.
public struct Sequential: Layer, ModuleContainer {
    private let layers: [any Layer]

    /// The given layers in order.
    public init(_ layers: any Layer...) { self.layers = layers }
    /// The given layers in order.
    public init(_ layers: [any Layer]) { self.layers = layers }

    /// The layers, named by their places.
    public var parts: [(name: String, part: any Module)] { layers.enumerated().map { ("\($0)", $1) } }

    /// The last layer's result.
    public func callAsFunction(_ x: Tensor) -> Tensor { layers.reduce(x) { $1($0) } }
}

/// A layer whose result is added to its input: y = f(x) + s(x) (He et al. 2016).
///
/// Parameters are named `body…` and `shortcut…`.
public struct Residual: Layer {
    private let body: any Layer
    private let shortcut: (any Layer)?

    /// A layer with a way past it.
    ///
    /// - Parameter shortcut: s, for inputs that have another shape than f's result; the identity by default.
    public init(_ body: any Layer, shortcut: (any Layer)? = nil) { (self.body, self.shortcut) = (body, shortcut) }

    /// The input plus what the layer makes of it. Invalid where their shapes differ.
    public func callAsFunction(_ x: Tensor) -> Tensor {
        let (change, kept) = (body(x), shortcut.map { $0(x) } ?? x)
        if change.isInvalid || kept.isInvalid || change.shape == kept.shape { return change + kept }
        return .refused(
            "Residual", [change, kept], "the layer's result and the shortcut's must have one shape",
            hint: "give a shortcut: that brings the input into the result's shape")
    }
}

/// Layers side by side on the same input. Their parameters are named by their places.
public struct Parallel: Layer, ModuleContainer {
    /// What becomes of the layers' results.
    public enum Merging: Sendable, Hashable {
        /// They stand one after the other along an axis.
        case concatenating(axis: Int)
        /// They are added up.
        case adding
    }

    private let layers: [any Layer]
    private let merging: Merging

    /// The given layers side by side.
    ///
    /// - Parameter merging: one after the other along the channels, axis 1, by default.
    public init(_ layers: any Layer..., merging: Merging = .concatenating(axis: 1)) {
        (self.layers, self.merging) = (layers, merging)
    }

    /// The layers, named by their places.
    public var parts: [(name: String, part: any Module)] { layers.enumerated().map { ("\($0)", $1) } }

    /// All layers' results, merged.
    public func callAsFunction(_ x: Tensor) -> Tensor {
        let results = layers.map { $0(x) }
        guard let first = results.first else {
            return .refused("Parallel", [x], "there are no layers", kind: .value)
        }
        return switch merging {
        case .concatenating(let axis): concatenate(results, axis: axis)
        case .adding: results.dropFirst().reduce(first, +)
        }
    }
}
