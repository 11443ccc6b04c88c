/// The extents of a tensor's axes, outermost first; `[]` is a scalar's.
public struct Shape: Hashable, Sendable, ExpressibleByArrayLiteral {
    /// The extent of each axis, none negative.
    public let extents: [Int]

    /// A shape of the given extents.
    public init(_ extents: [Int]) { self.extents = extents }
    /// A shape written as a literal, such as `[64, 1, 32, 32]`.
    public init(arrayLiteral extents: Int...) { self.extents = extents }

    /// The number of axes.
    public var rank: Int { extents.count }
    /// The number of elements; 1 for a scalar. Where that is beyond what an Int holds, the greatest Int.
    public var count: Int {
        if extents.contains(0) { return 0 }
        return extents.reduce(1) { product, extent in
            let (result, isTooGreat) = product.multipliedReportingOverflow(by: extent)
            return isTooGreat ? .max : result
        }
    }

    /// Why no tensor can have the shape, if that is so.
    func flaw(of operation: @autoclosure () -> String, _ elementType: ElementType) -> TensorError? {
        if extents.contains(where: { $0 < 0 }) {
            return TensorError(operation(), [self], "an extent is negative", cannot: "make")
        }
        if count > Shape.greatestByteCount / elementType.byteCount {
            return TensorError(operation(), [self], "so many elements of \(elementType) fit no memory", cannot: "make")
        }
        return nil
    }

    private static let greatestByteCount: Int = 1 << 46

    /// The extent of an axis; negative numbers count from the last axis. An axis that does not exist has extent 1, and the
    /// thread's next evaluation throws the error, so that shape arithmetic on an invalid tensor goes on until then.
    public subscript(axis: Int) -> Int {
        let place = axis < 0 ? axis + rank : axis
        if extents.indices.contains(place) { return extents[place] }
        PendingError.leave { missing(axis, of: "shape").located() }
        return 1
    }

    private func missing(_ axis: Int, of operation: String) -> TensorError {
        TensorError(operation, [self], "axis \(axis) does not exist: the rank is \(rank)", kind: .index)
    }

    /// The distance in elements between neighbours along each axis when the last axis is innermost.
    var rowMajorStrides: [Int] {
        var strides = [Int](repeating: 1, count: rank)
        for axis in stride(from: rank - 2, through: 0, by: -1) {
            strides[axis] = strides[axis + 1] &* extents[axis + 1]
        }
        return strides
    }

    /// The number of an axis counted from 0; throws where it does not exist.
    func axis(_ axis: Int, of operation: String) throws(TensorError) -> Int {
        let place = axis < 0 ? axis + rank : axis
        guard extents.indices.contains(place) else {
            throw missing(axis, of: operation)
        }
        return place
    }

    /// The shape without some axes.
    func removing(_ axes: [Int]) -> Shape { Shape(extents.indices.filter { !axes.contains($0) }.map { extents[$0] }) }

    /// The shape with one extent replaced.
    func replacing(_ axis: Int, with extent: Int) -> Shape {
        var extents = extents
        extents[axis] = extent
        return Shape(extents)
    }

    /// The common shape of two operands by NumPy's rule: aligned at the last axis, an extent of 1 stretches.
    func broadcast(with other: Shape) -> Shape? {
        let rank = Swift.max(rank, other.rank)
        var result = [Int](repeating: 1, count: rank)
        for place in 1...Swift.max(rank, 1) where place <= rank {
            let (a, b) = (
                place <= self.rank ? extents[self.rank - place] : 1,
                place <= other.rank ? other.extents[other.rank - place] : 1
            )
            guard a == b || a == 1 || b == 1 else { return nil }
            result[rank - place] = a == 1 ? b : a
        }
        return Shape(result)
    }
}

extension TensorError {
    /// The error of two shapes, among an operation's, that do not broadcast.
    static func unbroadcastable(_ operation: String, _ shapes: [Shape], _ a: Shape, _ b: Shape) -> TensorError {
        let common = Swift.min(a.rank, b.rank)
        let place =
            (1...Swift.max(common, 1)).first {
                $0 <= common && a[-$0] != b[-$0] && a[-$0] != 1 && b[-$0] != 1
            } ?? 1
        let reason =
            "axis \(-place), counted from the last, has extents \(a[-place]) and \(b[-place]): they must be equal, or one of them 1"
        // An axis of extent 1 at the end of the shorter shape is what is missing most often.
        let (short, long) = a.rank < b.rank ? (a, b) : (b, a)
        let axis = short.rank
        let isMissing = short.rank < long.rank && Shape(short.extents + [1]).broadcast(with: long) != nil
        return TensorError(
            operation, shapes, reason, cannot: "broadcast",
            hint: isMissing ? "expanded(at: \(axis)) gives \(Shape(short.extents + [1])) here" : nil)
    }
}

extension Shape: CustomStringConvertible {
    /// The extents in brackets, such as `[64, 10]`.
    public var description: String { "[" + extents.map(String.init).joined(separator: ", ") + "]" }
}

extension Shape: Sequence {
    /// Iterates over the extents.
    public func makeIterator() -> IndexingIterator<[Int]> { extents.makeIterator() }
}

extension Shape {
    /// Axis numbers counted from 0; throws where one does not exist or is named twice.
    func normalized(_ axes: [Int], of operation: String) throws(TensorError) -> [Int] {
        var result: [Int] = []
        for axis in axes {
            let place = try self.axis(axis, of: operation)
            guard !result.contains(place) else { throw TensorError(operation, [self], "axis \(axis) is named twice") }
            result.append(place)
        }
        return result
    }
}
