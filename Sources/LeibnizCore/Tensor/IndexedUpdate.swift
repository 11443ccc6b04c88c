import LeibnizKernels

extension Tensor {
    /// The way to a copy with some elements changed: `x.at[0].set(1)`, `x.at[rows].add(1)`, `x.at[mask].set(0)`.
    public var at: IndexedTensor { IndexedTensor(tensor: self) }
}

/// A tensor whose elements are about to be changed; see `Tensor.at`.
public struct IndexedTensor: Sendable {
    fileprivate let tensor: Tensor

    /// The elements that `tensor[indices]` would read; a mask of `bool` is allowed too.
    public subscript(_ indices: any TensorIndex...) -> IndexedElements { IndexedElements(tensor, indices) }

    /// The elements that `tensor[..., indices]` would read.
    public subscript(_: UnboundedRange, _ indices: any TensorIndex...) -> IndexedElements {
        IndexedElements(tensor, [AxisSelection(.ellipsis)] + indices)
    }
}

/// Some elements of a tensor, to be changed in a copy. Differentiable in the tensor and in the values.
///
/// Results never depend on the number of threads: where indices name a place several times, `add` adds in order, and of what `set`
/// is given the last stays.
public struct IndexedElements: Sendable {
    private let tensor: Tensor
    private let indices: [any TensorIndex]

    init(_ tensor: Tensor, _ indices: [any TensorIndex]) { (self.tensor, self.indices) = (tensor, indices) }

    /// The tensor with `values` in the place of the selected elements.
    ///
    /// - Parameter values: converted to the tensor's type; of the selection's shape or stretching to it. For a mask: stretching to
    ///   the tensor's shape.
    public func set(_ values: Tensor) -> Tensor {
        changed("set", values) { x, selection, values throws(TensorError) in
            if let mask = selection.stretchedMask(x) { return which(mask, values, x) }
            guard selection.isGathered else {
                let isSelected = place(.full(values.type.shape, 1, .bool), by: selection, in: x)
                return which(isSelected, place(values, by: selection, in: x), x)
            }
            let (axis, shape) = try selection.gatheredPlace()
            let trailing = values.type.shape.rank - axis - shape.rank
            let isLast = try selection.isLast().reshaped(
                to: Shape(Array(repeating: 1, count: axis) + shape.extents + Array(repeating: 1, count: trailing)))
            let isSelected = place(.full(values.type.shape, 1, .int32), by: selection, in: x) > 0
            return which(isSelected, place(which(isLast, values, values.filled(0)), by: selection, in: x), x)
        }
    }

    /// The tensor with `values` added to the selected elements.
    ///
    /// - Parameter values: as in `set`.
    public func add(_ values: Tensor) -> Tensor {
        changed("add", values) { x, selection, values throws(TensorError) in
            if let mask = selection.stretchedMask(x) { return which(mask, x + values, x) }
            return x + place(values, by: selection, in: x)
        }
    }

    /// The tensor with a number in the place of the selected elements; another number needs no new code.
    @_disfavoredOverload public func set(_ number: Double) -> Tensor { set(Tensor(argument: number)) }
    /// The tensor with a number added to the selected elements; another number needs no new code.
    @_disfavoredOverload public func add(_ number: Double) -> Tensor { add(Tensor(argument: number)) }

    private func changed(
        _ name: String, _ values: Tensor, _ change: (Tensor, Selection, Tensor) throws(TensorError) -> Tensor
    ) -> Tensor {
        if let invalid = tensor.invalid(among: indices + [values]) { return invalid }
        do throws(TensorError) {
            let x = tensor.cast(to: tensor.elementType)
            let selection = try Selection(indices, of: x.type.shape)
            let shape = selection.mask == nil ? try selection.resultShape() : x.type.shape
            guard values.type.shape.broadcast(with: shape) == shape else {
                throw TensorError(
                    name, [x.type.shape, values.type.shape],
                    "values of shape \(values.type.shape) do not stretch to the selected \(shape)")
            }
            if shape.count == 0 { return x }
            return try change(x, selection, values.cast(to: x.elementType).broadcast(to: shape))
        } catch {
            return Tensor(invalid: error.located(among: [tensor, values]))
        }
    }

    /// Values at their places in x's shape, zeros elsewhere: the adjoint of reading them.
    private func place(_ values: Tensor, by selection: Selection, in x: Tensor) -> Tensor {
        let call = Differentiation()
        defer { call.close() }
        let source = Argument.wrap(.full(x.type.shape, 0, values.elementType), for: call)
        let read = selection.read(source, checking: true)
        if read.isInvalid { return read }
        return Reverse.cotangents(of: [(read.node, values)], at: [source.node])[0] ?? source
    }
}

extension Selection {
    /// The mask, if there is one, with an axis of extent 1 for each that it lacks.
    fileprivate func stretchedMask(_ x: Tensor) -> Tensor? {
        mask.map {
            $0.reshaped(
                to: Shape($0.type.shape.extents + Array(repeating: 1, count: x.type.shape.rank - $0.type.shape.rank)))
        }
    }
}
