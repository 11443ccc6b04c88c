/// What may stand in a tensor's subscript for one axis, or for several.
///
/// | in `x[…]` | selects |
/// |---|---|
/// | `2`, `-1` | one place of an axis, which is then gone; negative numbers count from the end |
/// | `1..<3`, `1...`, `..<3`, `0...2`, `-2...`, `1..<-1`, `..<-1` | a range of an axis |
/// | `.stride(from: 8, to: 2, by: -2)`, `.stride(by: -1)` | every so many elements, also backwards |
/// | `.all` or `0...` | a whole axis |
/// | `...` (first), `.ellipsis` | as many whole axes as are left |
/// | `.newAxis` | nothing: a new axis of extent 1 |
/// | `[4, 0, 4]`, a tensor of integers | the places that it names; its shape replaces the axis |
/// | a tensor of `bool` | where it is true: only in assignments, `x.at[mask].set(0)` or `x[mask] = 0` |
public protocol TensorIndex: Sendable {
    /// What is selected, in one form for all.
    var selection: AxisSelection { get }
}

/// A selection along one axis, or a marker between axes: the common form of everything that `TensorIndex` stands for.
public struct AxisSelection: TensorIndex {
    enum Kind: Sendable {
        case place(Int)
        /// From `start` up to but without `end`, each `nil` where the axis ends.
        case range(start: Int?, end: Int?, step: Int)
        case newAxis
        case ellipsis
        case tensor(Tensor)
    }

    let kind: Kind
    init(_ kind: Kind) { self.kind = kind }

    /// The selection itself.
    public var selection: AxisSelection { self }
}

extension TensorIndex where Self == AxisSelection {
    /// A whole axis.
    public static var all: AxisSelection { AxisSelection(.range(start: nil, end: nil, step: 1)) }

    /// As many whole axes as the other indices leave; at most once in a subscript.
    public static var ellipsis: AxisSelection { AxisSelection(.ellipsis) }

    /// A new axis of extent 1.
    public static var newAxis: AxisSelection { AxisSelection(.newAxis) }

    /// Every `step`-th element from `start` up to but without `end`.
    ///
    /// - Parameters:
    ///   - start: the first place; by default the axis' first, or its last where `step` is negative. Negative counts from the end.
    ///   - end: the place before which it stops; by default beyond the axis' end in the direction of `step`.
    ///   - step: not 0; negative goes backwards.
    public static func stride(from start: Int? = nil, to end: Int? = nil, by step: Int) -> AxisSelection {
        AxisSelection(.range(start: start, end: end, step: step))
    }
}

extension Int: TensorIndex {
    /// One place.
    public var selection: AxisSelection { AxisSelection(.place(self)) }
}

extension Range: TensorIndex where Bound == Int {
    /// A range.
    public var selection: AxisSelection { AxisSelection(.range(start: lowerBound, end: upperBound, step: 1)) }
}

extension ClosedRange: TensorIndex where Bound == Int {
    /// A range with its last place.
    public var selection: AxisSelection { AxisSelection(.through(lowerBound, upperBound)) }
}

extension PartialRangeFrom: TensorIndex where Bound == Int {
    /// From a place to the axis' end.
    public var selection: AxisSelection { AxisSelection(.range(start: lowerBound, end: nil, step: 1)) }
}

extension PartialRangeUpTo: TensorIndex where Bound == Int {
    /// Up to but without a place.
    public var selection: AxisSelection { AxisSelection(.range(start: nil, end: upperBound, step: 1)) }
}

extension PartialRangeThrough: TensorIndex where Bound == Int {
    /// Up to a place.
    public var selection: AxisSelection { AxisSelection(.through(nil, upperBound)) }
}

extension Tensor: TensorIndex {
    /// What the tensor names or where it is true.
    public var selection: AxisSelection { AxisSelection(.tensor(self)) }
}

extension Array: TensorIndex where Element == Int {
    /// The places that the numbers name.
    public var selection: AxisSelection { AxisSelection(.tensor(Tensor(self, shape: [count], .int64))) }
}

extension AxisSelection.Kind {
    /// A range whose last place is named.
    fileprivate static func through(_ start: Int?, _ last: Int) -> Self {
        // After −1, the last place, comes the axis' end and not place 0.
        .range(start: start, end: last == -1 || last == .max ? nil : last + 1, step: 1)
    }
}

// Ranges that end before the end are written as they are said: `x[1..<-1]`, `x[..<-1]`, `x[-2...]`. Swift's own ranges must not
// run backwards, and `..<-` is one operator to its lexer.

prefix operator ..<-
infix operator ..<- : RangeFormationPrecedence

/// All places but the last `count`: `x[..<-1]`.
public prefix func ..<- (count: Int) -> AxisSelection { AxisSelection(.range(start: nil, end: -count, step: 1)) }

/// The places from `start` on but for the last `count`: `x[1..<-1]`.
public func ..<- (start: Int, count: Int) -> AxisSelection { AxisSelection(.range(start: start, end: -count, step: 1)) }

extension PartialRangeFrom where Bound == Int {
    /// The last places: `x[-2...]` are the last two.
    public static prefix func - (range: Self) -> Self { (0 &- range.lowerBound)... }
}
