import LeibnizCore

/// The regions R of a map f that a pooling layer integrates over, and sums over them.
///
/// Region axes follow the axes of places: values are [leading…, places…, region…], with as many region axes as pooled ones.
public struct PoolingRegions: Sendable {
    private enum Source: Sendable {
        /// Equal windows: they are views of the map, never copied.
        case windows([PoolingWindows.Axis], of: Tensor, countingPadding: Bool)
        /// Values that were gathered, and where; true where one belongs to its region, `nil` where all do.
        case gathered(Tensor, coordinates: [Tensor], isInside: Tensor?)
    }

    private let source: Source
    /// The layer's name in errors.
    let name: String
    /// The number of pooled axes.
    public let rank: Int
    /// The extents of a region's box along each pooled axis.
    let extents: [Int]
    /// How many places of each region along each pooled axis belong to it.
    let counts: [[Int]]
    /// The extents of the map along the pooled axes.
    let mapExtents: [Int]

    /// Equal windows of a map.
    init(name: String, windows: [PoolingWindows.Axis], of x: Tensor, countingPadding: Bool) {
        (self.name, rank, extents) = (name, windows.count, windows.map(\.size))
        source = .windows(windows, of: x, countingPadding: countingPadding)
        counts = windows.map { $0.counts(countingPadding: countingPadding) }
        mapExtents = windows.map(\.extent)
    }

    /// Regions whose elements along each pooled axis are listed.
    ///
    /// - Parameters:
    ///   - lists: for each axis and place the elements of the region; none is empty.
    init(name: String, lists: [[[Int]]], of x: Tensor) {
        (self.name, rank) = (name, lists.count)
        extents = lists.map { $0.map(\.count).max() ?? 0 }
        counts = lists.map { $0.map(\.count) }
        mapExtents = x.shape.extents.suffix(lists.count).map { $0 }
        var (values, mask, coordinates) = (x, Tensor?.none, [Tensor]())
        let leading = x.rank - rank
        for axis in lists.indices.reversed() {
            let (list, size) = (lists[axis], extents[axis])
            // Short regions repeat their last element, which then does not count.
            let padded = list.flatMap { row in (0..<size).map { row[Swift.min($0, row.count - 1)] } }
            let table = Tensor(padded, shape: [list.count, size])
            values = values.gathered(table, axis: leading + axis)
            let shape = Self.shape(axis, of: rank, places: list.count, elements: size)
            coordinates.insert(table.reshaped(to: shape), at: 0)
            guard list.contains(where: { $0.count < size }) else { continue }
            let lengths = Tensor(list.map(\.count), shape: [list.count, 1])
            let isInside = (Tensor.iota([list.count, size], axis: 1) < lengths).reshaped(to: shape)
            mask = mask.map { $0.and(isInside) } ?? isInside
        }
        // [leading…, places₁, region₁, places₂, region₂…] → [leading…, places…, region…]
        let order = (0..<leading) + (0..<rank).map { leading + 2 * $0 } + (0..<rank).map { leading + 2 * $0 + 1 }
        source = .gathered(values.transposed(Array(order)), coordinates: coordinates, isInside: mask)
    }

    /// Regions that are full boxes whose values were found already.
    init(name: String, values: Tensor, coordinates: [Tensor], places: [Int], extents: [Int], mapExtents: [Int]) {
        (self.name, rank, self.extents) = (name, extents.count, extents)
        self.mapExtents = mapExtents
        counts = zip(places, extents).map { Array(repeating: $1, count: $0) }
        source = .gathered(values, coordinates: coordinates, isInside: nil)
    }

    /// The region axes of the values, counted from the last.
    public var axes: [Int] { Array(-rank..<0) }

    /// f on each region, [leading…, places…, region…].
    ///
    /// - Parameter outside: what stands where a window covers what does not belong to its region; 0 by default.
    public func values(outside number: Double = 0) -> Tensor {
        switch source {
        case .gathered(let values, _, let isInside):
            guard let isInside else { return values }
            return which(isInside, values, values.constant(number))
        case .windows(let windows, let x, let countingPadding):
            let padding = windows.map { (before: $0.padding, after: $0.padding) }
            let overhang = windows.map { (before: 0, after: $0.overhang) }
            var padded = x
            if padding.contains(where: { $0 != (0, 0) }) {
                padded = padded.padded(padding, with: countingPadding ? 0 : number)
            }
            if overhang.contains(where: { $0 != (0, 0) }) { padded = padded.padded(overhang, with: number) }
            return Self.cut(padded, windows)
        }
    }

    /// Along each pooled axis, where in the map the elements are: int64, stretching to the values' shape. Few rules ask for it.
    var coordinates: [Tensor] {
        switch source {
        case .gathered(_, let coordinates, _): coordinates
        case .windows(let windows, _, _):
            windows.enumerated().map { axis, window in
                let shape = Self.shape(axis, of: rank, places: window.count, elements: window.size)
                let (o, k) = (Tensor.iota(shape, axis: axis), Tensor.iota(shape, axis: rank + axis))
                return o * Self.whole(window.stride) + k * Self.whole(window.dilation) - Self.whole(window.padding)
            }
        }
    }

    /// True where an element belongs to its region, [leading or 1…, places…, region…]; `nil` where all do.
    public var isInside: Tensor? {
        if isFull { return nil }
        switch source {
        case .gathered(_, _, let isInside): return isInside
        case .windows(let windows, _, let countingPadding):
            let ones = Tensor.full(Shape(windows.map { $0.extent + (countingPadding ? 2 * $0.padding : 0) }), 1, .bool)
            let padded = ones.padded(
                windows.map {
                    countingPadding
                        ? (before: 0, after: $0.overhang) : (before: $0.padding, after: $0.padding + $0.overhang)
                })
            return Self.cut(padded, windows)
        }
    }

    /// Whether all elements of all windows belong to their regions.
    public var isFull: Bool { zip(counts, extents).allSatisfy { $0.allSatisfy { [extent = $1] in $0 == extent } } }

    /// |R|: the number of elements of each region, a scalar where it is the same for all, else [places…, 1…].
    ///
    /// - Parameter type: the element type of the numbers.
    public func measure(_ type: ElementType) -> Tensor {
        if let count = equalCount { return .full([], Double(count), type) }
        let factors = counts.enumerated().map { axis, numbers in
            Tensor(numbers.map(Double.init), type).reshaped(
                to: Self.shape(axis, of: rank, places: numbers.count, elements: 1))
        }
        return factors.dropFirst().reduce(factors[0]) { $0 * $1 }
    }

    /// (1/|R|) ∫_R g: the mean of each region.
    ///
    /// - Parameter values: of the values' shape, 0 where an element does not belong to its region.
    public func mean(_ values: Tensor, keepingAxes: Bool = false) -> Tensor {
        if isFull { return LeibnizCore.mean(values, axes: axes, keepingAxes: keepingAxes) }
        let share = 1 / measure(values.elementType)
        let total = sum(values, axes: axes, keepingAxes: true) * share
        return keepingAxes || total.isInvalid ? total : total.squeezed(axes)
    }

    /// A parameter of shape [], [channels] or [channels, region…] so that it stretches to the values: channels stand before the
    /// places.
    public func perChannel(_ parameter: Tensor) -> Tensor {
        guard !parameter.isInvalid, parameter.rank == 1 || parameter.rank == 1 + rank else { return parameter }
        let own = parameter.rank == 1 ? Array(repeating: 1, count: rank) : Array(parameter.shape.extents[1...])
        return parameter.reshaped(to: Shape([parameter.shape[0]] + Array(repeating: 1, count: rank) + own))
    }

    /// The number of elements of a region where all have as many.
    private var equalCount: Int? {
        var product = 1
        for numbers in counts {
            guard let first = numbers.first, numbers.allSatisfy({ $0 == first }) else { return nil }
            product *= first
        }
        return product
    }

    private static func cut(_ x: Tensor, _ windows: [PoolingWindows.Axis]) -> Tensor {
        let first = x.isInvalid ? 0 : x.rank - windows.count
        return windows.enumerated().reduce(x) { x, window in
            x.windows(
                axis: first + window.offset, size: window.element.size, stride: window.element.stride,
                dilation: window.element.dilation
            ).sliced(axis: first + window.offset, start: 0, count: window.element.count)
        }
    }

    /// The shape, among [places…, region…], of what differs along one pooled axis only.
    private static func shape(_ axis: Int, of rank: Int, places: Int, elements: Int) -> Shape {
        var extents = Array(repeating: 1, count: 2 * rank)
        (extents[axis], extents[rank + axis]) = (places, elements)
        return Shape(extents)
    }

    private static func whole(_ number: Int) -> Tensor { .full([], Double(number), .int64) }
}
