import LeibnizKernels

extension Tensor {
    /// The elements that the indices select, one per axis from the first on; axes without one stay whole.
    ///
    /// ```swift
    /// x[0]                // the first row
    /// x[1, -1]            // one element
    /// x[1..<3, ..<-1]     // ranges, also from the end
    /// x[..., 0]           // the first place of the last axis
    /// x[rows]             // the rows that a tensor of integers names
    /// x[0] = 1            // replaces a row of a variable
    /// ```
    ///
    /// Numbers and ranges must lie within the axis, else the result is invalid with an `IndexError`. Numbers in tensors are
    /// checked when the plan runs, and evaluation throws. Several tensors are broadcast to one shape and name places together;
    /// that shape stands where the first of them was if they are neighbours, else first. Differentiable, as views and gathers are.
    public subscript(_ indices: any TensorIndex...) -> Tensor {
        get { elements(indices) }
        set { self = IndexedElements(self, indices).set(newValue) }
    }

    /// The elements that indices of the last axes select: `x[..., 0]`.
    public subscript(_: UnboundedRange, _ indices: any TensorIndex...) -> Tensor {
        get { elements([AxisSelection(.ellipsis)] + indices) }
        set { self = IndexedElements(self, [AxisSelection(.ellipsis)] + indices).set(newValue) }
    }

    func elements(_ indices: [any TensorIndex]) -> Tensor {
        if let invalid = invalid(among: indices) { return invalid }
        do throws(TensorError) {
            let selection = try Selection(indices, of: type.shape)
            if selection.mask != nil {
                throw TensorError(
                    "subscript", [type.shape] + selection.tensorShapes,
                    "how many elements a mask selects is not known before it runs",
                    hint:
                        "which(mask, x, 0) keeps the shape, sum(which(mask, x, 0)) adds up, x.at[mask].set(0) replaces")
            }
            return selection.read(self)
        } catch {
            return Tensor(invalid: error.located(among: [self]))
        }
    }

    func invalid(among indices: [any TensorIndex]) -> Tensor? {
        if isInvalid { return self }
        for index in indices {
            if case .tensor(let tensor) = index.selection.kind, tensor.isInvalid { return tensor }
        }
        return nil
    }
}

/// What a subscript selects of a shape, resolved: evenly spaced places per axis, then gathers.
struct Selection {
    /// Evenly spaced places of one axis.
    private struct Places {
        var start = 0
        var count: Int
        var step = 1
        /// Whether the axis vanishes.
        var isSingle = false
    }

    /// Indices that are data, and the axis among those that are left by numbers and markers.
    private struct Gathered {
        let axis: Int
        let indices: Tensor
        /// The axis as the user counts it.
        let source: Int
    }

    /// Which elements an assignment changes, where that is data.
    private(set) var mask: Tensor?
    private let shape: Shape
    private var places: [Places]
    private var gathered: [Gathered] = []
    /// The extents once places are selected and markers are followed.
    private var viewed: [Int] = []

    init(_ indices: [any TensorIndex], of shape: Shape) throws(TensorError) {
        self.shape = shape
        places = shape.extents.map { Places(count: $0) }
        let kinds = indices.map(\.selection.kind)
        let used = kinds.reduce(0) { $0 + $1.axisCount }
        guard used <= shape.rank, kinds.filter(\.isEllipsis).count <= 1 else {
            throw TensorError(
                "subscript", [shape],
                used > shape.rank
                    ? "\(used) indices for \(shape.rank) axes"
                    : "more than one ellipsis leaves open which axes are meant",
                kind: .index)
        }
        var axis = 0
        func keepWhole(_ count: Int) {
            viewed += shape.extents[axis..<axis + count]
            axis += count
        }
        for kind in kinds {
            switch kind {
            case .newAxis: viewed.append(1)
            case .ellipsis: keepWhole(shape.rank - used)
            case .place(let place):
                let extent = shape.extents[axis]
                let start = place < 0 ? place + extent : place
                guard (0..<extent).contains(start) else { throw Selection.outside("index \(place) is", shape, axis) }
                places[axis] = Places(start: start, count: 1, isSingle: true)
                axis += 1
            case .range(let start, let end, let step):
                places[axis] = try Selection.places(start, end, step, shape, axis)
                viewed.append(places[axis].count)
                axis += 1
            case .tensor(let tensor) where tensor.elementType == .bool:
                guard kinds.count == 1, shape.extents.starts(with: tensor.type.shape.extents) else {
                    throw TensorError(
                        "subscript", [shape, tensor.type.shape],
                        kinds.count == 1
                            ? "a mask must have the extents of the leading axes" : "a mask stands alone in a subscript")
                }
                mask = tensor
                keepWhole(tensor.type.shape.rank)
            case .tensor(let tensor):
                guard tensor.elementType.isInteger else {
                    throw TensorError(
                        "subscript", [shape, tensor.type.shape], "indices are \(tensor.elementType), not integers",
                        kind: .elementType, hint: "cast(to: .int64)")
                }
                gathered.append(Gathered(axis: viewed.count, indices: tensor, source: axis))
                keepWhole(1)
            }
        }
        keepWhole(shape.rank - axis)
    }

    /// The shapes of the tensors among the indices.
    var tensorShapes: [Shape] { (mask.map { [$0] } ?? []).map(\.type.shape) + gathered.map(\.indices.type.shape) }

    private static func places(_ first: Int?, _ end: Int?, _ step: Int, _ shape: Shape, _ axis: Int) throws(TensorError)
        -> Places
    {
        let extent = shape.extents[axis]
        guard step != 0 else {
            throw TensorError("subscript", [shape], "a range of axis \(axis) has steps of 0", kind: .value)
        }
        func resolved(_ place: Int) -> Int { place < 0 ? place + extent : place }
        let (start, stop) = (first.map(resolved), end.map(resolved))
        // Backwards, the default end lies before place 0, which no number names.
        let from = start ?? (step > 0 ? 0 : extent - 1), to = stop ?? (step > 0 ? extent : -1)
        let isWithin =
            step > 0
            ? (0...extent).contains(from) && (0...extent).contains(to)
            : (extent == 0 || (0..<extent).contains(from)) && (stop == nil || (0...extent).contains(to))
        guard isWithin else {
            throw outside("the range \(first.map(String.init) ?? "")..<\(end.map(String.init) ?? "") is", shape, axis)
        }
        let distance = step > 0 ? to - from : from - to
        let size = step == .min ? Int.max : Swift.abs(step)
        let count = distance <= 0 ? 0 : (distance - 1) / size + 1
        return Places(start: count == 0 ? 0 : from, count: count, step: count < 2 ? 1 : step)
    }

    private static func outside(_ what: String, _ shape: Shape, _ axis: Int) -> TensorError {
        let extent = shape.extents[axis]
        return TensorError(
            "subscript", [shape], "\(what) out of range for axis \(axis) of extent \(extent)", kind: .index,
            hint: extent == 0
                ? "the axis is empty"
                : "places run from 0 to \(extent - 1), or from \(-extent) to -1 counted from the end")
    }
}

extension AxisSelection.Kind {
    /// The number of axes that an index is for; an ellipsis takes what is left.
    fileprivate var axisCount: Int {
        switch self {
        case .place, .range: 1
        case .newAxis, .ellipsis: 0
        case .tensor(let tensor): tensor.elementType == .bool ? tensor.type.shape.rank : 1
        }
    }

    fileprivate var isEllipsis: Bool { if case .ellipsis = self { true } else { false } }
}

// MARK: Reading

extension Selection {
    /// The selected elements of a tensor of the shape.
    ///
    /// - Parameter checking: whether indices are range-checked apart from the gather, for what does not gather.
    func read(_ x: Tensor, checking: Bool = false) -> Tensor {
        let view = copied(x) ?? viewed(x)
        guard let first = gathered.first else { return view }
        if gathered.count == 1 {
            let indices =
                checking ? checked(first, first.indices) : first.indices.wrapped(into: view.type.shape[first.axis])
            return view.gathered(
                indices, axis: first.axis, report: checking ? nil : report(first, first.indices.type.shape))
        }
        return gatheredTogether(view)
    }

    /// The shape of the indices that are data, and where it stands in the result.
    func gatheredPlace() throws(TensorError) -> (axis: Int, shape: Shape) {
        var common: Shape = []
        for one in gathered {
            guard let next = common.broadcast(with: one.indices.type.shape) else {
                throw TensorError(
                    "subscript", [shape] + gathered.map(\.indices.type.shape),
                    "the index tensors must broadcast to one shape", kind: .shape)
            }
            common = next
        }
        return (areNeighbours ? gathered.first?.axis ?? 0 : 0, common)
    }

    /// The shape of what is read.
    func resultShape() throws(TensorError) -> Shape {
        if gathered.isEmpty { return Shape(viewed) }
        let (axis, shape) = try gatheredPlace()
        var rest = viewed
        for one in gathered.reversed() { rest.remove(at: one.axis) }
        rest.insert(contentsOf: shape.extents, at: axis)
        return Shape(rest)
    }

    /// Whether the elements are found by data.
    var isGathered: Bool { !gathered.isEmpty }

    /// Which of several index tuples names a place last, and so decides what is assigned: of the shape of the indices.
    func isLast() throws(TensorError) -> Tensor {
        let (_, shape) = try gatheredPlace()
        let places = flatIndices(shape).reshaped(to: [shape.count])
        let count = shape.count
        if count < 2 { return .full(shape, 1, .bool) }
        // Stable: among equals the later stays later.
        let order = sort(places)
        let differs =
            order.values.sliced(axis: 0, start: 1, count: count - 1)
            != order.values.sliced(axis: 0, start: 0, count: count - 1)
        let lastOfRun = concatenate([differs, .full([1], 1, .bool)]).cast(to: .int32)
        return Tensor(ScatterAdd(axis: 0, extent: count), [lastOfRun, order.indices]).cast(to: .bool).reshaped(
            to: shape)
    }

    /// Numbers and ranges alone: views, and one reshape for axes that come and go.
    private func viewed(_ x: Tensor) -> Tensor {
        var view = x
        for (axis, places) in places.enumerated() {
            view = view.sliced(axis: axis, start: places.start, count: places.count, stride: places.step)
        }
        return view.reshaped(to: Shape(viewed))
    }

    /// Elements of evaluated memory that stand together are copied at once: in a loop over `x[i]` every place is then the same plan.
    private func copied(_ x: Tensor) -> Tensor? {
        guard x.node.dependence.isEmpty, let memory = x.node.value else { return nil }
        let type = TensorType(Shape(viewed), x.elementType)
        guard type.shape.count > 0 else { return nil }
        if type == x.type, places.allSatisfy({ $0.step == 1 }) { return x }
        var isWhole = true
        for (places, extent) in zip(places, shape.extents).reversed() {
            // Once an axis is cut, those further out must be at one place.
            guard places.count == 1 || isWhole && places.step == 1 else { return nil }
            isWhole = isWhole && places.count == extent
        }
        let offset = zip(places, shape.rowMajorStrides).reduce(0) { $0 + $1.0.start * $1.1 }
        let buffer = Buffer(byteCount: type.byteCount)
        buffer.pointer.copyMemory(from: memory.pointer + offset * type.elementType.byteCount, byteCount: type.byteCount)
        return withExtendedLifetime(memory) { Tensor(buffer, type) }
    }

    // MARK: Gathers

    private var areNeighbours: Bool { zip(gathered, gathered.dropFirst()).allSatisfy { $0.axis + 1 == $1.axis } }

    private func report(_ one: Gathered, _ indices: Shape) -> IndexReport {
        IndexReport(
            operation: "subscript", axis: one.source, extent: viewed[one.axis], indices: indices, isWrapped: true)
    }

    /// Indices from 0 on, looked up in a table of all places, which checks them.
    private func checked(_ one: Gathered, _ indices: Tensor) -> Tensor {
        let extent = viewed[one.axis]
        return Tensor.iota([extent], axis: 0).gathered(
            indices.wrapped(into: extent), axis: 0, report: report(one, indices.type.shape))
    }

    /// The place of each index tuple among the axes that they name, merged into one.
    private func flatIndices(_ common: Shape) -> Tensor {
        gathered.reduce(Tensor(weak: 0, .int64)) { flat, one in
            flat * Tensor(weak: Double(viewed[one.axis]), .int64) + checked(one, one.indices.broadcast(to: common))
        }
    }

    /// Several index tensors: their axes are brought together and merged, and gathered as one.
    private func gatheredTogether(_ view: Tensor) -> Tensor {
        do throws(TensorError) {
            let (place, common) = try gatheredPlace()
            let named = gathered.map(\.axis)
            let rest = view.type.shape.extents.indices.filter { !named.contains($0) }
            let moved = view.transposed(Array(rest[..<place]) + named + Array(rest[place...]))
            let extents = moved.type.shape.extents
            let merged = Shape(
                extents[..<place] + [named.reduce(1) { $0 * view.type.shape[$1] }] + extents[(place + named.count)...])
            return moved.reshaped(to: merged).gathered(flatIndices(common), axis: place, report: nil)
        } catch {
            return Tensor(invalid: error.located(among: [view] + gathered.map(\.indices)))
        }
    }
}

extension Tensor {
    /// Integer indices as int64 from 0 on: negative ones count from the end.
    fileprivate func wrapped(into extent: Int) -> Tensor {
        let indices = cast(to: .int64)
        return elementType == .uint8
            ? indices : which(indices < 0, indices + Tensor(weak: Double(extent), .int64), indices)
    }
}
