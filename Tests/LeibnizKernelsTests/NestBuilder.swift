import LeibnizKernels

/// What a generator of random nests builds on: buffers with data, views of them, and places to store to.
struct NestBuilder {
    var nest: LoopNest
    var inputs: [Int: [UInt8]] = [:]
    var random: SeededGenerator
    /// How large the magnitude of each floating-point value can be; absent: exact (a load or a constant).
    var magnitudes: [ValueID: Double] = [:]
    /// Whether floating-point data has NaN, infinities and negative zeros among it.
    var hasSpecialValues = false

    init(name: String, random: SeededGenerator) {
        nest = LoopNest(name: name)
        self.random = random
        hasSpecialValues = chance(0.15)
    }

    mutating func chance(_ probability: Double) -> Bool { Double.random(in: 0..<1, using: &random) < probability }

    mutating func pick<Element>(_ elements: [Element]) -> Element {
        elements[Int.random(in: 0..<elements.count, using: &random)]
    }

    mutating func pick(_ range: ClosedRange<Int>) -> Int { Int.random(in: range, using: &random) }

    // MARK: Axes

    /// An axis of an extent that vectors like or dislike, seldom of none.
    mutating func newAxis(atMost limit: Int = 40) -> Int {
        let extents = [1, 2, 3, 4, 5, 7, 8, 9, 13, 16, 17, 23, 24, 31, 32, 33, 40].filter { $0 <= limit }
        return newAxis(of: chance(0.03) ? 0 : pick(extents))
    }

    mutating func newAxis(of extent: Int) -> Int {
        nest.axes.append(Axis(extent))
        return nest.axes.count - 1
    }

    // MARK: Data

    /// Random elements of a type; floats lie in ±2, integers are small, sometimes any.
    mutating func data(_ type: ElementType, count: Int, positive: Bool = false) -> [UInt8] {
        let anyBits = chance(0.3)
        func small(_ generator: inout SeededGenerator) -> Int64 {
            anyBits ? Int64.random(in: .min ... .max, using: &generator) : Int64.random(in: -9...9, using: &generator)
        }
        switch type {
        case .float32: return bytes((0..<count).map { _ in Float(number(positive: positive)) })
        case .float64: return bytes((0..<count).map { _ in number(positive: positive) })
        case .int32: return bytes((0..<count).map { _ in Int32(truncatingIfNeeded: small(&random)) })
        case .int64: return bytes((0..<count).map { _ in small(&random) })
        case .uint8: return (0..<count).map { _ in UInt8(truncatingIfNeeded: small(&random)) }
        case .bool: return (0..<count).map { _ in UInt8.random(in: 0...1, using: &random) }
        }
    }

    private mutating func number(positive: Bool) -> Double {
        if hasSpecialValues && chance(0.03) { return pick([.nan, .infinity, -.infinity, -0.0, 0]) }
        return positive ? Double.random(in: 0.25..<2, using: &random) : Double.random(in: -2..<2, using: &random)
    }

    mutating func newBuffer(
        _ type: ElementType, count: Int, role: BufferDeclaration.Role, positive: Bool = false
    ) -> Int {
        nest.buffers.append(BufferDeclaration(type, count: count, role: role))
        let number = nest.buffers.count - 1
        if role != .output { inputs[number] = data(type, count: count, positive: positive) }
        return number
    }

    // MARK: Views

    /// One dimension of a buffer: how the loops index it and how long it is.
    struct Dimension {
        var index: Affine
        var size: Int
        /// Whether the index can leave 0 ..< size and must be tested.
        var isGuarded = false
    }

    /// A way to walk along an axis so that no two indices meet: straight, backwards, in steps, shifted, clipped.
    mutating func dimension(along axis: Int) -> Dimension {
        let extent = nest.axes[axis].extent
        switch pick(0...7) {
        case 0: return Dimension(index: Affine(extent - 1, [(axis, -1)]), size: max(extent, 1))
        case 1:
            let step = pick(2...3)
            return Dimension(index: Affine(1, [(axis, step)]), size: step * extent + 1)
        case 2:
            let shift = pick(0...2)
            return Dimension(index: Affine(shift, [(axis, 1)]), size: extent + shift)
        case 3:
            let shift = pick(0...3)
            let size = max(1, extent - pick(0...3))
            return Dimension(index: Affine(-shift, [(axis, 1)]), size: size, isGuarded: true)
        default: return Dimension(index: Affine(0, [(axis, 1)]), size: extent)
        }
    }

    /// An access to a new buffer with these dimensions in row-major order.
    mutating func access(
        _ type: ElementType, _ dimensions: [Dimension], role: BufferDeclaration.Role, positive: Bool = false
    ) -> Access {
        var index = Affine()
        var stride = 1
        for dimension in dimensions.reversed() {
            index.add(dimension.index.offset * stride)
            for term in dimension.index.terms { index.add(term.stride * stride, axis: term.axis) }
            stride *= dimension.size
        }
        let bounds = dimensions.filter(\.isGuarded).map { Bound($0.index, extent: $0.size) }
        let buffer = newBuffer(type, count: stride, role: role, positive: positive)
        return Access(buffer, index, bounds: bounds)
    }

    /// A load from a new buffer over some of the axes, in any order, now and then along a sum of two (a window).
    mutating func load(_ type: ElementType, over axes: [Int], positive: Bool = false) -> ValueID {
        var rest = axes.shuffled(using: &random).filter { _ in chance(0.8) }
        var dimensions: [Dimension] = []
        while let axis = rest.popLast() {
            if chance(0.15), let other = rest.popLast() {
                dimensions.append(window(axis, other))
            } else {
                dimensions.append(dimension(along: axis))
            }
        }
        return nest.value(.load(access(type, dimensions, role: .input, positive: positive)), type)
    }

    /// The index step·i + j − padding, guarded where there is padding.
    mutating func window(_ i: Int, _ j: Int) -> Dimension {
        let (n, m) = (nest.axes[i].extent, nest.axes[j].extent)
        let (step, padding) = (pick(1...2), pick(0...1) * pick(0...2))
        let reach = max(step * max(n - 1, 0) + max(m - 1, 0) + 1, 1)
        let size = max(1, reach - 2 * padding)
        return Dimension(index: Affine(-padding, [(i, step), (j, 1)]), size: size, isGuarded: padding > 0)
    }

    /// A write to a new buffer that no two points of the axes share.
    mutating func store(_ value: ValueID, over axes: [Int]) -> Store {
        let dimensions = axes.shuffled(using: &random).map { dimension(along: $0) }
        return Store(access(nest.values[value].type, dimensions, role: .output), value)
    }
}
