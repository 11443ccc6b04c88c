import LeibnizKernels

/// A function of one tensor as a function of many at once: the loop over an axis, written as one graph.
///
/// `vmap(f)(x)[i]` is `f(x[i])` for every i; nothing is computed in a loop, each operation takes the whole batch instead. It
/// nests in itself and in all derivatives:
///
/// ```swift
/// let products = vmap { matmul(a, $0) }(x)                                 // [n, k] → [n, m]
/// let each = vmap(gradient(of: loss))(x)                                   // a gradient per example
/// ```
///
/// The body is called once, with a tensor that stands for any element: asking for its value there is a `TraceError`. Random
/// numbers that the body draws from a seed are the same for all elements, as they were in a loop; see `RandomPosition.moved(by:)`.
///
/// - Parameters:
///   - axis: the axis of the argument along which its elements lie; the first by default, negative counts from the last.
///   - out: where the results' axis stands; the first by default.
public func vmap(
    _ f: @escaping (Tensor) -> Tensor, in axis: Int = 0, out: Int = 0
) -> (Tensor) -> Tensor {
    { Vmap.apply([$0], in: [axis], out: [out]) { [f($0[0])] }[0] }
}

/// A function of two tensors as a function of many pairs at once.
///
/// - Parameters:
///   - axes: for each argument the axis along which its elements lie, `nil` for one that is the same for all.
///   - out: where the results' axis stands; the first by default.
public func vmap(
    _ f: @escaping (Tensor, Tensor) -> Tensor, in axes: [Int?] = [0, 0], out: Int = 0
) -> (Tensor, Tensor) -> Tensor {
    { Vmap.apply([$0, $1], in: axes, out: [out]) { [f($0[0], $0[1])] }[0] }
}

/// A function of three tensors as a function of many triples at once.
///
/// - Parameters:
///   - axes: for each argument the axis along which its elements lie, `nil` for one that is the same for all.
///   - out: where the results' axis stands; the first by default.
public func vmap(
    _ f: @escaping (Tensor, Tensor, Tensor) -> Tensor, in axes: [Int?] = [0, 0, 0], out: Int = 0
) -> (Tensor, Tensor, Tensor) -> Tensor {
    { Vmap.apply([$0, $1, $2], in: axes, out: [out]) { [f($0[0], $0[1], $0[2])] }[0] }
}

/// A function from several tensors to several as a function of many such at once.
///
/// - Parameters:
///   - axes: for each argument the axis along which its elements lie, `nil` for one that is the same for all; the first of each by
///     default.
///   - out: for each result where its axis stands, `nil` for one that must be the same for all; the first of each by default.
public func vmap(
    _ f: @escaping ([Tensor]) -> [Tensor], in axes: [Int?]? = nil, out: [Int?]? = nil
) -> ([Tensor]) -> [Tensor] {
    { Vmap.apply($0, in: axes ?? $0.map { _ in 0 }, out: out, f) }
}

/// A function of a group of tensors (an array, a dictionary, a struct) as a function of many such at once.
///
/// - Parameters:
///   - axis: the axis of all tensors along which elements lie; the first by default.
///   - out: where the axis of all results stands; the first by default.
@_disfavoredOverload
public func vmap<Argument: TensorGroup, Result: TensorGroup>(
    _ f: @escaping (Argument) -> Result, in axis: Int = 0, out: Int = 0
) -> (Argument) -> Result {
    { Vmap.apply($0, in: [axis], out: out, f) }
}

/// A function of two groups of tensors as a function of many pairs at once.
///
/// ```swift
/// let slopes = vmap({ (w: [String: Tensor], x: Tensor) in gradient(of: { loss($0, x) })(w) }, in: [nil, 0])   // per example
/// ```
///
/// - Parameters:
///   - axes: for each argument the axis of all its tensors along which elements lie, `nil` for one that is the same for all.
///   - out: where the axis of all results stands; the first by default.
@_disfavoredOverload
public func vmap<First: TensorGroup, Second: TensorGroup, Result: TensorGroup>(
    _ f: @escaping (First, Second) -> Result, in axes: [Int?] = [0, 0], out: Int = 0
) -> (First, Second) -> Result {
    { Vmap.apply($0, $1, in: axes, out: out, f) }
}

/// A function of three groups of tensors as a function of many triples at once.
///
/// - Parameters:
///   - axes: for each argument the axis of all its tensors along which elements lie, `nil` for one that is the same for all.
///   - out: where the axis of all results stands; the first by default.
@_disfavoredOverload
public func vmap<First: TensorGroup, Second: TensorGroup, Third: TensorGroup, Result: TensorGroup>(
    _ f: @escaping (First, Second, Third) -> Result, in axes: [Int?] = [0, 0, 0], out: Int = 0
) -> (First, Second, Third) -> Result {
    { Vmap.apply($0, $1, $2, in: axes, out: out, f) }
}

/// As `vmap`, for bodies that other tasks may call.
func sendableVmap(_ f: @escaping @Sendable (Tensor) -> Tensor) -> @Sendable (Tensor) -> Tensor {
    { Vmap.apply([$0], in: [0], out: [0]) { [f($0[0])] }[0] }
}

/// As `vmap`, for bodies that other tasks may call.
func sendableVmap(
    _ f: @escaping @Sendable (Tensor, Tensor, Tensor) -> Tensor
) -> @Sendable (Tensor, Tensor, Tensor) -> Tensor {
    { Vmap.apply([$0, $1, $2], in: [0, 0, 0], out: [0]) { [f($0[0], $0[1], $0[2])] }[0] }
}

/// What all forms of `vmap` do.
enum Vmap {
    /// The results of `f` for every element of the arguments.
    ///
    /// - Parameter out: where each result's axis stands; the first axis for all where it is `nil`.
    static func apply(_ x: [Tensor], in axes: [Int?], out: [Int?]?, _ f: ([Tensor]) -> [Tensor]) -> [Tensor] {
        func refused(_ error: Tensor) -> [Tensor] { Array(repeating: error, count: Swift.max(1, out?.count ?? 1)) }
        return apply(x, in: axes, refused: refused, f) { values, batches, count in
            let places = out ?? values.map { _ in 0 }
            guard places.count == values.count else {
                let error = TensorError(
                    "vmap", values.map(\.type.shape), "\(places.count) axes are given for \(values.count) results",
                    kind: .value)
                return refused(Tensor(invalid: error.located(among: x)))
            }
            return zip(zip(values, batches), places).map { placed($0.0, $0.1, $1, count) }
        }
    }

    /// The same with one place for the axes of all results.
    static func apply(_ x: [Tensor], in axes: [Int?], out: Int, _ f: ([Tensor]) -> [Tensor]) -> [Tensor] {
        apply(x, in: axes, refused: { [$0] }, f) { values, batches, count in
            zip(values, batches).map { placed($0, $1, out, count) }
        }
    }

    /// The same for groups, with one place for the axes of all results.
    static func apply<each Argument: TensorGroup, Result: TensorGroup>(
        _ arguments: repeat each Argument, in axes: [Int?], out: Int, _ f: (repeat each Argument) -> Result
    ) -> Result {
        var (given, places, count) = ([Tensor](), [Int?](), 0)
        for argument in repeat each arguments {
            let tensors = argument.tensors
            given += tensors
            places += tensors.map { _ in axes.indices.contains(count) ? axes[count] : 0 }
            count += 1
        }
        if axes.count != count { places = [] }
        var structure: Result?
        let results = apply(given, in: places, out: out) { elements in
            let result = f(repeat each TensorGroups.replacing((repeat each arguments), with: elements))
            structure = result
            return result.tensors
        }
        // Where the arguments do not fit the body is never called: the result's structure comes from arguments that carry the error.
        let value =
            structure
            ?? f(repeat each TensorGroups.replacing((repeat each arguments), with: given.map { _ in results[0] }))
        var rest = (results.count == value.tensors.count ? results : value.tensors.map { _ in results[0] })[...]
        return value.replacing(with: &rest)
    }

    private static func apply(
        _ x: [Tensor], in axes: [Int?], refused: (Tensor) -> [Tensor], _ f: ([Tensor]) -> [Tensor],
        _ finish: ([Tensor], [Tensor?], Int) -> [Tensor]
    ) -> [Tensor] {
        if let invalid = x.first(where: \.isInvalid) { return refused(invalid) }
        let call = Differentiation()
        defer { call.close() }
        do throws(TensorError) {
            let (batches, count) = try batches(x, axes)
            let elements = zip(x, batches).map { $1.map { BatchElement.of($0, for: call) } ?? $0 }
            // Variables take what is the same for all; anything else would be one element's value.
            let overlay = Overlay(takesWrites: true, isTrace: false)
            let values = Overlay.$current.withValue(overlay) { f(elements) }
            for write in overlay.written where write.node.depends(on: call) {
                throw TensorError(
                    "vmap", [write.node.type.shape],
                    "the body gives \(write.variable.name ?? "a variable") a value that differs within the batch",
                    kind: .trace, hint: "return it as a result, and write the variable outside")
            }
            for write in overlay.written { write.variable.value = Tensor(write.node) }
            if let invalid = values.first(where: \.isInvalid) { return values.map { _ in invalid } }
            let sources = zip(elements, batches).compactMap { element, batch in batch.map { (element.node, $0) } }
            let found = Batching.values(of: values.map(\.node), elements: sources, of: call, count: count)
            return finish(values, found, count)
        } catch {
            return refused(Tensor(invalid: error.located(among: x)))
        }
    }

    /// Each batch with its axis in front, and the number of elements that all have.
    private static func batches(_ x: [Tensor], _ axes: [Int?]) throws(TensorError) -> (batches: [Tensor?], count: Int) {
        guard axes.count == x.count else {
            throw TensorError(
                "vmap", x.map(\.type.shape), "\(axes.count) axes are given for \(x.count) arguments", kind: .value,
                hint: "nil stands for an argument that is the same for all")
        }
        var (batches, count) = ([Tensor?](), Int?.none)
        for (tensor, axis) in zip(x, axes) {
            guard let axis else {
                batches.append(nil)
                continue
            }
            let shape = tensor.type.shape
            let place = try shape.axis(axis, of: "vmap")
            if let count, count != shape[place] {
                throw TensorError(
                    "vmap", x.map(\.type.shape), "batches of \(count) and \(shape[place]) elements do not run together")
            }
            count = shape[place]
            batches.append(tensor.moved(from: place, to: 0))
        }
        guard let count else {
            throw TensorError("vmap", x.map(\.type.shape), "no argument has a batch", kind: .value)
        }
        return (batches, count)
    }

    /// A result with its batch where it is wanted.
    private static func placed(_ value: Tensor, _ batch: Tensor?, _ place: Int?, _ count: Int) -> Tensor {
        guard let place else {
            guard batch != nil else { return value }
            let error = TensorError(
                "vmap", [value.type.shape], "a result that is said to be the same for all differs within the batch",
                kind: .value)
            return Tensor(invalid: error.located(among: [value]))
        }
        let all = batch ?? value.broadcast(to: Shape([count] + value.type.shape.extents))
        if all.isInvalid { return all }
        do throws(TensorError) {
            return all.moved(from: 0, to: try all.type.shape.axis(place, of: "vmap"))
        } catch {
            return Tensor(invalid: error.located(among: [value]))
        }
    }
}

extension Tensor {
    /// One axis moved to another place; the others keep their order.
    func moved(from source: Int, to target: Int) -> Tensor {
        var order = Array(0..<type.shape.rank)
        order.insert(order.remove(at: source), at: target)
        return transposed(order)
    }
}
