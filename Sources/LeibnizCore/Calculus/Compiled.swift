import LeibnizKernels

/// Whether layers behave as in training (the default) or as in use. Part of every plan's key.
public enum ExecutionMode: Hashable, Sendable {
    case training, inference
    /// The mode of the current task.
    @TaskLocal public static var current = ExecutionMode.training
}

/// Runs `body` in inference mode: dropout passes through, batch statistics are read and not written.
public func inference<Result>(_ body: () throws -> Result) rethrows -> Result {
    try ExecutionMode.$current.withValue(.inference) { try body() }
}

/// A function whose body is traced once per signature (shapes, element types, mode) and then replayed as one plan.
///
/// What the body reads and writes of variables takes place at each call; writes take effect together when the plan has run, and a
/// call that throws changes nothing. A Swift number that the body captures is read when it is traced and stays: a `Variable` is
/// the cell for one that changes. Asking for a value inside throws.
///
/// ```swift
/// let step = compiled { (x: Tensor, y: Tensor) in
///     let loss = crossEntropy(model(x), y)
///     optimizer.update(minimizing: loss)
///     return loss
/// }
/// ```
public func compiled<each Argument: TensorGroup, Result: TensorGroup>(
    _ body: @escaping @Sendable (repeat each Argument) throws -> Result
) -> @Sendable (repeat each Argument) throws -> Result {
    let traces = PlanCache<TraceKey, Trace<Result>>(capacity: 64)
    return { (arguments: repeat each Argument) throws -> Result in
        var given: [Tensor] = []
        for argument in repeat each arguments { given += argument.tensors }
        // Inside another transformation the body is part of its graph.
        let isInner =
            Overlay.current != nil || given.contains { !$0.node.dependence.isDisjoint(with: [.trace, .argument]) }
        if isInner { return try body(repeat each arguments) }

        try Evaluation.evaluate(given.map(\.node))
        let types = given.map(\.type)
        let trace = try traces.value(for: TraceKey(types: types, mode: .current), unless: { !$0.step.fits }) {
            try Trace(of: types) { placeholders in
                var rest = placeholders[...]
                return try body(repeat (each arguments).replacing(with: &rest))
            }
        }
        return try trace.run(given, as: "compiled")
    }
}

/// What a trace is found by.
private struct TraceKey: Hashable, Sendable {
    let types: [TensorType]
    let mode: ExecutionMode
}

/// A traced body: its step, and the structure of its result.
struct Trace<Result: TensorGroup>: Sendable {
    let step: Step
    private let result: Result

    /// Calls the body with placeholders of the given types and makes a plan of what it does.
    ///
    /// - Throws: the error of an invalid result; whatever the body throws.
    init(of types: [TensorType], _ body: ([Tensor]) throws -> Result) throws {
        let placeholders = types.enumerated().map { Node(Placeholder(slot: $0), [], $1, dependence: .trace) }
        let overlay = Overlay(takesWrites: true, isTrace: true)
        let result = try Overlay.$current.withValue(overlay) { try body(placeholders.map(Tensor.init)) }
        let slots = Dictionary(uniqueKeysWithValues: placeholders.enumerated().map { (ObjectIdentifier($1), $0) })
        if let error = PendingError.take() { throw result.tensors.lazy.compactMap(\.error).first ?? error }
        step = try Step(results: result.tensors.map(\.node), writes: overlay.written, slots: slots)
        self.result = result
    }

    /// Runs the plan on evaluated tensors of the types for which it was made.
    ///
    /// - Parameter operation: the name in errors.
    func run(_ arguments: [Tensor], as operation: String) throws -> Result {
        let values = try step.run(arguments.compactMap(\.node.value), as: operation)
        var results = zip(values, result.tensors).map { Tensor($0, $1.type) }[...]
        return result.replacing(with: &results)
    }
}

/// A function of tensors that is traced once and then replayed as one plan: what a check calls that needs many of its values.
///
/// As `compiled`, for a function that need not be `Sendable`, at operands of one signature.
package struct ReplayedFunction: Sendable {
    private let trace: Trace<[Tensor]>

    /// Traces a function for operands of the types of `x`.
    ///
    /// - Throws: the error of an invalid result; whatever the function throws.
    package init(of f: ([Tensor]) throws -> [Tensor], at x: [Tensor]) throws {
        trace = try Trace(of: x.map(\.type), f)
    }

    /// The function's values, evaluated.
    package func callAsFunction(_ x: [Tensor]) throws -> [Tensor] {
        try evaluate(x)
        return try trace.run(x, as: "replay")
    }
}
