import LeibnizCore

/// max(x, 0) of each element.
public struct ReLU: Layer {
    /// The activation as a layer.
    public init() {}
    /// Any shape → the same.
    public func callAsFunction(_ x: Tensor) -> Tensor { relu(x) }
}

/// All axes from one on merged into one.
public struct Flatten: Layer {
    private let first: Int

    /// - Parameter first: the first axis to merge; 1 by default, so that a batch stays.
    public init(from first: Int = 1) { self.first = first }
    /// [N, C, H, W] → [N, C·H·W].
    public func callAsFunction(_ x: Tensor) -> Tensor { x.flattened(from: first) }
}

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
