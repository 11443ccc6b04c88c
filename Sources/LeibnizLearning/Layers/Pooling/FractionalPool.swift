import LeibnizCore

/// Any rule over windows whose distances are 1 fraction more than whole: pseudo-random sequences (Graham 2014, with PyTorch's form of
/// them).
///
/// Along an axis of extent n, place i of o begins at ⌊(i + u)·α⌋ − ⌊u·α⌋ with α = (n − size)/(o − 1), and the last at n − size; u in
/// [0, 1) is a sample for each map and axis. In inference u = ½ everywhere.
///
/// Parameters: `position`, how many samples were drawn so far.
public struct FractionalPool<Rule: PoolingRule>: Layer {
    /// What is made of each window.
    public let rule: Rule
    /// How many samples were drawn, an int64 that takes no gradient.
    public let position: Parameter
    private let size: [Int], outputs: [Int]
    private let seed: Int

    /// Windows of `size` at `outputs` places along each of the last axes.
    ///
    /// - Parameters:
    ///   - seed: samples follow from it, each call draws further ones; 0 by default.
    public init(_ rule: Rule, _ size: [Int], outputs: [Int], seed: Int = 0) {
        (self.rule, self.size, self.outputs, self.seed) = (rule, size, outputs, seed)
        position = Parameter(Tensor(0), takesGradient: false)
        nameParameters()
    }

    /// [N, C, H, W] → [N, C, outputs…].
    public func callAsFunction(_ x: Tensor) -> Tensor {
        .orRefused { () throws(TensorError) in rule.pooled(try regions(of: x, samples: nil)) }
    }

    /// The same with given samples.
    ///
    /// - Parameter samples: [N, C, pooled axes] (the leading extents of `x`), each in 0 ..< 1, for the first pooled axis first.
    ///   PyTorch's `_random_samples` name an image's columns before its rows.
    public func callAsFunction(_ x: Tensor, samples: Tensor) -> Tensor {
        .orRefused { () throws(TensorError) in rule.pooled(try regions(of: x, samples: samples)) }
    }

    fileprivate func regions(of x: Tensor, samples given: Tensor?) throws(TensorError) -> PoolingRegions {
        if let error = x.error ?? given?.error { throw error }
        let (rank, name) = (size.count, "FractionalPool")
        let (leading, extents) = (x.shape.extents.dropLast(rank), x.shape.extents.suffix(rank).map { $0 })
        guard rank > 0, outputs.count == rank, extents.count == rank,
            (0..<rank).allSatisfy({ size[$0] > 0 && outputs[$0] > 0 && size[$0] + outputs[$0] - 1 <= extents[$0] })
        else {
            throw Tensor.refusal(
                name, [x], "there are no windows of size \(size) at \(outputs) places", kind: .value,
                hint: "name a positive size and number of places per axis; size + places − 1 is at most the extent")
        }
        let wanted = Shape(leading + [rank])
        if let given, given.shape != wanted {
            throw Tensor.refusal(name, [x, given], "samples are of shape \(wanted): one per map and axis")
        }
        let samples = given ?? drawn(wanted, x.elementType)
        let first = leading.count
        var (values, coordinates) = (x, [Tensor]())
        for axis in 0..<rank {
            let u = samples.cast(to: x.elementType).sliced(axis: first, start: axis, count: 1)
            let starts = Self.starts(u, extent: extents[axis], size: size[axis], places: outputs[axis])
            let offsets = Tensor.iota([size[axis]], axis: 0)
            // [leading…, places, elements]
            let table = starts.expanded(at: -1) + offsets
            let own = table.flattened(from: first, through: first + 1)
            // The axis stands at `first` while its window is put last: rotating all of them puts them in order.
            var shape = Array(repeating: 1, count: values.rank)
            shape.replaceSubrange(0..<first, with: leading)
            shape[first] = outputs[axis] * size[axis]
            let taken = values.taking(
                along: first,
                own.reshaped(to: Shape(shape)).broadcast(
                    to: Shape(
                        values.shape.extents[..<first] + [outputs[axis] * size[axis]]
                            + values.shape.extents[(first + 1)...])))
            if let error = taken.error { throw error }
            let rest = taken.shape.extents[(first + 1)...]
            let split = taken.reshaped(to: Shape(leading + [outputs[axis], size[axis]] + rest))
            let order = Array(0..<first) + (first + 2..<split.rank) + [first, first + 1]
            values = split.transposed(order)
            var place = Array(repeating: 1, count: 2 * rank)
            (place[axis], place[rank + axis]) = (outputs[axis], size[axis])
            coordinates.append(table.reshaped(to: Shape(leading + place)))
        }
        let order = Array(0..<first) + (0..<rank).map { first + 2 * $0 } + (0..<rank).map { first + 2 * $0 + 1 }
        return PoolingRegions(
            name: name, values: values.transposed(order), coordinates: coordinates, places: outputs, extents: size,
            mapExtents: extents)
    }

    private func drawn(_ shape: Shape, _ type: ElementType) -> Tensor {
        if ExecutionMode.current == .inference { return .full(shape, 0.5, type) }
        let samples = Tensor.uniform(shape, at: RandomPosition(seed: seed).moved(by: position.value), type)
        position.value = position.value + .full([], Double(shape.count), .int64)
        return samples
    }

    /// [leading…, 1] → [leading…, places].
    private static func starts(_ u: Tensor, extent: Int, size: Int, places: Int) -> Tensor {
        let last = Tensor.full([], Double(extent - size), .int64)
        let i = Tensor.iota([places], axis: 0)
        let alpha = u.constant(places > 1 ? Double(extent - size) / Double(places - 1) : 0)
        let starts = floor((i.cast(to: u.elementType) + u) * alpha) - floor(u * alpha)
        return which(i == .full([], Double(places - 1), .int64), last, starts.cast(to: .int64))
    }
}

extension FractionalPool where Rule == MaximumRule {
    /// Fractional max pooling: windows of `size` at `outputs` places.
    public init(_ size: [Int], outputs: [Int], seed: Int = 0) {
        self.init(.maximum, size, outputs: outputs, seed: seed)
    }

    /// The greatest values and where in the map they are: row-major places within the pooled axes, int64.
    ///
    /// - Parameter samples: as above; drawn where they are `nil`.
    public func withIndices(_ x: Tensor, samples: Tensor? = nil) -> (values: Tensor, indices: Tensor) {
        PoolingRegions.orRefused { () throws(TensorError) in try regions(of: x, samples: samples).maximumWithIndices() }
    }
}
