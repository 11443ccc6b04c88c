/// An affine function of the loop indices: offset + Σ stride·i[axis].
///
/// Invariant: terms are sorted by axis, each axis occurs once, no stride is zero.
public struct Affine: Hashable, Sendable {
    /// One summand, stride·i[axis].
    public struct Term: Hashable, Sendable {
        /// The number of the axis in `LoopNest.axes`.
        public let axis: Int
        /// What a step along the axis adds; may be negative.
        public let stride: Int
    }

    /// The value where all indices are zero.
    public private(set) var offset: Int
    /// The summands, sorted by axis.
    public private(set) var terms: [Term]

    /// The function offset + Σ stride·i[axis]; pairs of the same axis add up.
    public init(_ offset: Int = 0, _ terms: [(axis: Int, stride: Int)] = []) {
        self.offset = offset
        self.terms = []
        for (axis, stride) in terms { add(stride, axis: axis) }
    }

    /// The stride along `axis`, zero where it does not occur.
    public func stride(of axis: Int) -> Int { terms.first { $0.axis == axis }?.stride ?? 0 }

    /// Whether the function does not depend on any axis.
    public var isConstant: Bool { terms.isEmpty }

    /// Adds stride·i[axis].
    public mutating func add(_ stride: Int, axis: Int) {
        guard stride != 0 else { return }
        let place = terms.firstIndex { $0.axis >= axis } ?? terms.count
        guard place < terms.count, terms[place].axis == axis else {
            terms.insert(Term(axis: axis, stride: stride), at: place)
            return
        }
        let sum = terms[place].stride + stride
        if sum == 0 { terms.remove(at: place) } else { terms[place] = Term(axis: axis, stride: sum) }
    }

    /// Adds a constant.
    public mutating func add(_ constant: Int) { offset += constant }

    /// The value at one point; `point` holds an index per axis of the nest.
    public func value(at point: [Int]) -> Int {
        terms.reduce(offset) { $0 + $1.stride * point[$1.axis] }
    }

    /// The least and the greatest value over the whole box of `extents`, none of which is zero.
    public func range(extents: [Int]) -> ClosedRange<Int> {
        var (low, high) = (offset, offset)
        for term in terms {
            let reach = term.stride * (extents[term.axis] - 1)
            if reach < 0 { low += reach } else { high += reach }
        }
        return low...high
    }
}

/// A test that an access carries: 0 ≤ index < extent.
///
/// Padding, windows that overhang, and masks of split axes are all of this form.
public struct Bound: Hashable, Sendable {
    /// The tested function.
    public let index: Affine
    /// The first value past the end.
    public let extent: Int

    /// The test 0 ≤ `index` < `extent`.
    public init(_ index: Affine, extent: Int) {
        self.index = index
        self.extent = extent
    }

    /// Whether the test holds at a point.
    public func holds(at point: [Int]) -> Bool {
        let value = index.value(at: point)
        return value >= 0 && value < extent
    }
}
