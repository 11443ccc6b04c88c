import LeibnizKernels

/// Tensors that go into a function or come out of it together: a tensor, an array or dictionary of groups, a struct of tensors.
///
/// Derivatives with respect to a group have its structure. A struct needs no more than its synthesised `Codable`:
///
/// ```swift
/// struct Line: TensorGroup, Codable { var slope, intercept: Tensor }
/// let g = gradient { (line: Line) in sum(line.slope * x + line.intercept) }(line)     // a Line
/// ```
public protocol TensorGroup: Sendable {
    /// All tensors, in an order that depends on the structure alone.
    var tensors: [Tensor] { get }
    /// A group of the same structure made of other tensors, taken from the front of `tensors`.
    func replacing(with tensors: inout ArraySlice<Tensor>) -> Self
}

extension Tensor: TensorGroup {
    /// The tensor itself.
    public var tensors: [Tensor] { [self] }
    /// The first of the tensors.
    public func replacing(with tensors: inout ArraySlice<Tensor>) -> Tensor { tensors.popFirst() ?? self }
}

extension Array: TensorGroup where Element: TensorGroup {
    /// The tensors of all elements, in order.
    public var tensors: [Tensor] { flatMap(\.tensors) }
    /// As many elements, made of other tensors.
    public func replacing(with tensors: inout ArraySlice<Tensor>) -> [Element] { map { $0.replacing(with: &tensors) } }
}

extension Dictionary: TensorGroup where Key == String, Value: TensorGroup {
    /// The tensors of all values, in the order of their keys.
    public var tensors: [Tensor] { keys.sorted().flatMap { self[$0]?.tensors ?? [] } }
    /// The same keys with values made of other tensors.
    public func replacing(with tensors: inout ArraySlice<Tensor>) -> [String: Value] {
        var result = self
        for key in keys.sorted() { result[key] = self[key]?.replacing(with: &tensors) }
        return result
    }
}

extension TensorGroup where Self: Codable {
    /// All tensors, in the order in which the struct encodes them.
    public var tensors: [Tensor] { GroupCoding.contents(of: self)?.tensors ?? [] }

    /// The same struct with other tensors; what is no tensor stays.
    public func replacing(with tensors: inout ArraySlice<Tensor>) -> Self {
        guard let contents = GroupCoding.contents(of: self) else { return self }
        let taken = Array(tensors.prefix(contents.tensors.count))
        tensors = tensors.dropFirst(taken.count)
        return GroupCoding.decoded(Self.self, from: contents.structure, tensors: taken) ?? self
    }
}

/// Groups of any number, in one list and back.
enum TensorGroups {
    /// All tensors, in the groups' order.
    static func list<each Group: TensorGroup>(_ groups: repeat each Group) -> [Tensor] {
        var all: [Tensor] = []
        for group in repeat each groups { all += group.tensors }
        return all
    }

    /// Groups of the same structures made of other tensors.
    static func replacing<each Group: TensorGroup>(
        _ groups: (repeat each Group), with tensors: [Tensor]
    ) -> (repeat each Group) {
        var rest = tensors[...]
        return (repeat (each groups).replacing(with: &rest))
    }
}
