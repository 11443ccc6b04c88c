import LeibnizKernels

/// A loop over the slices of tensors along their first axis: a state goes from step to step, and what every step gives is stacked.
///
/// ```swift
/// let (last, all) = scan(h0, over: xs) { h, x in                    // xs: [T, inputs]
///     let next = tanh(matmul(h, w) + matmul(x, u))
///     return (next, next)                                           // last: h0's shape, all: [T, hidden]
/// }
/// ```
///
/// The body is called once, with tensors that stand for the state and the slices of any step; asking for their values is a
/// `TraceError`. A plan holds it as one loop: compiling it takes the same time for any number of steps, and running it takes memory
/// for two states, and for what is stacked. What the body captures is found by itself, and has derivatives as well.
///
/// Every transformation of a scan is a scan. The reverse pass runs the other way over what the steps' derivatives read, which a first
/// pass has stacked: `checkpoint` around the body, or a part of it, keeps less.
///
/// - Parameters:
///   - initial: the state before the first step: a tensor or a group of tensors.
///   - xs: a tensor, or a group of tensors with a common first extent, the number of steps.
///   - reversed: whether the last slice comes first; false by default. What is stacked lies at its slice's place anyway.
///   - body: gives the state after a step, of the same types, and what is stacked, from the state before it and the slice.
/// - Returns: the state after the last step, and the stacks. Invalid tensors where the body's state has other shapes.
public func scan<Carry: TensorGroup, Slice: TensorGroup, Output: TensorGroup>(
    _ initial: Carry, over xs: Slice, reversed: Bool = false, _ body: (Carry, Slice) -> (Carry, Output)
) -> (carry: Carry, outputs: Output) {
    var structure: Output?
    let results = ScanCall.run("scan", initial.tensors, xs.tensors, length: nil, reversed) { carries, slices in
        let (next, output) = body(initial.made(of: carries), xs.made(of: slices))
        structure = output
        return (next.tensors, output.tensors)
    }
    let outputs = structure ?? body(initial.made(of: results.carries), xs.made(of: results.failed(xs.tensors.count))).1
    return (initial.made(of: results.carries), outputs.made(of: results.stacks(outputs.tensors.count)))
}

/// A loop over the slices of tensors with two states, such as those of an LSTM.
///
/// ```swift
/// let ((h, c), hs) = scan((h0, c0), over: xs) { state, x in … return ((h, c), h) }
/// ```
public func scan<First: TensorGroup, Second: TensorGroup, Slice: TensorGroup, Output: TensorGroup>(
    _ initial: (First, Second), over xs: Slice, reversed: Bool = false,
    _ body: ((First, Second), Slice) -> ((First, Second), Output)
) -> (carry: (First, Second), outputs: Output) {
    let pair = GroupPair(first: initial.0, second: initial.1)
    let (carry, outputs) = scan(pair, over: xs, reversed: reversed) { (pair, x: Slice) in
        let (next, output) = body((pair.first, pair.second), x)
        return (GroupPair(first: next.0, second: next.1), output)
    }
    return ((carry.first, carry.second), outputs)
}

/// A loop of a given number of steps; the body also gets the step's number, an int64 scalar.
///
/// - Parameter length: the number of steps, not negative.
public func scan<Carry: TensorGroup, Output: TensorGroup>(
    _ initial: Carry, length: Int, reversed: Bool = false, _ body: (Carry, Tensor) -> (Carry, Output)
) -> (carry: Carry, outputs: Output) {
    scan(initial, over: Tensor.iota([Swift.max(0, length)], axis: 0), reversed: reversed, body)
}

/// A loop over the slices of tensors that stacks nothing: the state after the last step.
///
/// ```swift
/// let total = fold(Tensor(0), over: xs) { $0 + $1 }
/// ```
public func fold<Carry: TensorGroup, Slice: TensorGroup>(
    _ initial: Carry, over xs: Slice, reversed: Bool = false, _ body: (Carry, Slice) -> Carry
) -> Carry {
    scan(initial, over: xs, reversed: reversed) { (carry: Carry, x: Slice) in (body(carry, x), [Tensor]()) }.carry
}

/// A loop of a given number of steps that stacks nothing; the body also gets the step's number, an int64 scalar.
///
/// - Parameter length: the number of steps, not negative.
public func fold<Carry: TensorGroup>(
    _ initial: Carry, length: Int, reversed: Bool = false, _ body: (Carry, Tensor) -> Carry
) -> Carry {
    fold(initial, over: Tensor.iota([Swift.max(0, length)], axis: 0), reversed: reversed, body)
}

/// Two groups as one.
struct GroupPair<First: TensorGroup, Second: TensorGroup>: TensorGroup {
    let first: First
    let second: Second
    var tensors: [Tensor] { first.tensors + second.tensors }
    func replacing(with tensors: inout ArraySlice<Tensor>) -> Self {
        let first = first.replacing(with: &tensors)
        return GroupPair(first: first, second: second.replacing(with: &tensors))
    }
}

extension TensorGroup {
    /// A group of the same structure made of these tensors.
    func made(of tensors: [Tensor]) -> Self {
        var rest = tensors[...]
        return replacing(with: &rest)
    }
}

/// One call of `scan`, on lists of tensors.
enum ScanCall {
    struct Results {
        let carries: [Tensor]
        /// The stacks, or why there are none.
        let outcome: Result<[Tensor], TensorError>

        /// So many tensors that carry the error, if there is one.
        func failed(_ count: Int) -> [Tensor] {
            let error = if case .failure(let error) = outcome { Tensor(invalid: error) } else { carries[0] }
            return Array(repeating: error, count: count)
        }

        func stacks(_ count: Int) -> [Tensor] { (try? outcome.get()) ?? failed(count) }
    }

    /// - Parameter length: the number of steps where nothing is given to tell it.
    static func run(
        _ operation: String, _ initial: [Tensor], _ xs: [Tensor], length: Int?, _ reversed: Bool,
        _ body: ([Tensor], [Tensor]) -> (carries: [Tensor], outputs: [Tensor])
    ) -> Results {
        do throws(TensorError) {
            if let error = (initial + xs).lazy.compactMap(\.error).first { throw error }
            let count = try steps(operation, xs, length)
            let slices = xs.map { TensorType($0.type.shape.removing([0]), $0.elementType) }
            let traced = try trace(operation, initial, slices, body)
            let (formals, closing) = (traced.formals, traced.closing)
            var builder = ScanBuilder()
            for (place, first) in traced.initial.enumerated() {
                builder.carries.append((formals[place], first, closing.outputs[place]))
            }
            for (place, stack) in xs.enumerated() { builder.slices.append((formals[initial.count + place], stack)) }
            let results = builder.results(
                of: traced.call, closing.outputs, closing.captured.map { ($1, Tensor($0)) }, count, reversed)
            return Results(carries: results.carries, outcome: .success(results.stacks))
        } catch {
            let error = error.located(among: initial + xs)
            return Results(carries: initial.map { _ in Tensor(invalid: error) }, outcome: .failure(error))
        }
    }

    /// The first extent that all stacks have.
    private static func steps(_ operation: String, _ xs: [Tensor], _ length: Int?) throws(TensorError) -> Int {
        let shapes = xs.map(\.type.shape)
        guard shapes.allSatisfy({ $0.rank > 0 }), let count = length ?? shapes.first?[0] else {
            throw TensorError(
                operation, shapes, "the steps run along the first axis of what is given", kind: .shape,
                hint: "give the number of steps as length:")
        }
        guard shapes.allSatisfy({ $0[0] == count }) else {
            throw TensorError(operation, shapes, "all first axes must have one extent, the number of steps")
        }
        return count
    }

    /// The traced body. First values that are numbers without a type of their own take that of the state which the body gives.
    static func trace(
        _ operation: String, _ given: [Tensor], _ slices: [TensorType],
        _ body: ([Tensor], [Tensor]) -> (carries: [Tensor], outputs: [Tensor])
    ) throws(TensorError) -> (initial: [Tensor], formals: [Node], closing: Closing, call: Differentiation) {
        var initial = given
        while true {
            var retyped: [Int: ElementType] = [:]
            let (formals, closing, call) = try ControlBody.trace(operation, initial.map(\.type) + slices) {
                (formals) throws(TensorError) in
                let next = body(Array(formals[..<initial.count]), Array(formals[initial.count...]))
                if let error = next.carries.lazy.compactMap(\.error).first { throw error }
                guard next.carries.count == initial.count else {
                    throw TensorError(
                        operation, next.carries.map(\.type.shape),
                        "the body gives \(next.carries.count) tensors as its state for \(initial.count)", kind: .value)
                }
                var carries: [Tensor] = []
                for (place, (old, new)) in zip(initial, next.carries).enumerated() {
                    guard new.type.shape == old.type.shape else {
                        throw TensorError(
                            operation, [old.type.shape, new.type.shape],
                            "the state must have the same shape before and after a step",
                            hint: "begin with \(new.type.shape), or give the body's result the shape \(old.type.shape)")
                    }
                    if new.elementType == old.elementType || new.node.isWeak {
                        carries.append(new.cast(to: old.elementType))
                    } else if old.node.isWeak {
                        retyped[place] = new.elementType
                        carries.append(new)
                    } else {
                        throw TensorError(
                            operation, [old.type.shape],
                            "the state is \(old.elementType) before a step and \(new.elementType) after it",
                            kind: .elementType, hint: "cast(to: .\(old.elementType)) in the body")
                    }
                }
                return carries + next.outputs
            }
            if retyped.isEmpty { return (initial, formals, closing, call) }
            for (place, type) in retyped {
                initial[place] = Tensor(initial[place].cast(to: type).node)
            }
        }
    }
}
