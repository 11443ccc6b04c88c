import LeibnizCore

/// The input as it is: a place holder where a layer is asked for.
public struct Identity: Layer {
    /// A layer that does nothing.
    public init() {}
    /// Any shape → the same.
    public func callAsFunction(_ x: Tensor) -> Tensor { x }
}

/// All axes from one on merged into one.
public struct Flatten: Layer {
    private let first: Int

    /// - Parameter first: the first axis to merge; 1 by default, so that a batch stays.
    public init(from first: Int = 1) { self.first = first }
    /// [N, C, H, W] → [N, C·H·W].
    public func callAsFunction(_ x: Tensor) -> Tensor { x.flattened(from: first) }
}

/// One axis taken apart into several.
public struct Unflatten: Layer {
    private let axis: Int
    private let extents: [Int]

    /// - Parameters:
    ///   - axis: the axis to take apart; negative counts from the last.
    ///   - extents: of the axes that take its place; one may be −1, for what remains.
    public init(_ axis: Int, into extents: [Int]) { (self.axis, self.extents) = (axis, extents) }

    /// [N, C·H·W] → [N, C, H, W].
    public func callAsFunction(_ x: Tensor) -> Tensor {
        if x.isInvalid { return x }
        let place = axis < 0 ? axis + x.rank : axis
        guard (0..<x.rank).contains(place) else {
            return .refused("Unflatten", [x], "there is no axis \(axis)")
        }
        var shape = x.shape.extents
        shape.replaceSubrange(place...place, with: extents)
        return x.reshaped(to: Shape(shape))
    }
}

/// A function as a layer: `Lambda { $0 * 2 }`.
public struct Lambda: Layer {
    private let function: @Sendable (Tensor) -> Tensor

    /// A layer that does what a function does.
    public init(_ function: @escaping @Sendable (Tensor) -> Tensor) { self.function = function }
    /// The function's result.
    public func callAsFunction(_ x: Tensor) -> Tensor { function(x) }
}
