import LeibnizCore
import LeibnizData
import Synchronization

/// L-BFGS (Liu & Nocedal 1989): Newton's direction by the last steps and what they changed of the gradient, with PyTorch's defaults.
///
/// A step asks for the loss several times, so it takes a closure; it is for losses of all data, or of large batches. It computes in
/// float64 whatever the parameters are. (`minimize(_:from:)` is the same for functions of tensors.)
///
/// ```swift
/// let optimizer = LBFGS(model, lineSearch: .strongWolfe)
/// for _ in 1...10 { print(try optimizer.step { meanSquaredError(model(x), y) }) }
/// ```
public final class LBFGS: Sendable {
    /// How long the steps are.
    public enum LineSearch: Sendable, Hashable {
        /// The learning rate times the direction; of the first direction ever at most 1/‖g‖₁ times.
        case fixed
        /// So that the strong Wolfe conditions hold (Nocedal & Wright, alg. 3.5 and 3.6).
        case strongWolfe
    }

    /// The parameters that it changes.
    public let parameters: [Parameter]
    private let descent: Mutex<LimitedMemoryDescent>
    private let historySize: Int
    private let error: TensorError?

    /// An optimizer of a model's parameters. Settings out of range are a `ValueError` of the first step.
    ///
    /// - Parameters:
    ///   - learningRate: the length of steps, or the first that a search tries, above 0; 1 by default.
    ///   - maximumIterations: of one step, at least 1; 20 by default.
    ///   - maximumEvaluations: of one step; 1¼ times the iterations, and at least 2, by default.
    ///   - gradientTolerance: a step ends where no partial derivative is larger; 1e-7 by default.
    ///   - changeTolerance: a step ends when parameters or loss change by less; 1e-9 by default.
    ///   - historySize: how many iterations are remembered, at least 1; 100 by default.
    ///   - lineSearch: none by default, as in PyTorch.
    public init(
        _ model: some Module, learningRate: Double = 1, maximumIterations: Int = 20, maximumEvaluations: Int? = nil,
        gradientTolerance: Double = 1e-7, changeTolerance: Double = 1e-9, historySize: Int = 100,
        lineSearch: LineSearch = .fixed
    ) {
        parameters = model.parameters.filter(\.takesGradient)
        self.historySize = historySize
        let evaluations = maximumEvaluations ?? max(2, maximumIterations + maximumIterations / 4)
        let rules = [
            (learningRate > 0 && learningRate.isFinite, "learningRate is \(learningRate), not a finite number above 0"),
            (maximumIterations >= 1, "maximumIterations is \(maximumIterations), not at least 1"),
            (evaluations >= 1, "maximumEvaluations is \(evaluations), not at least 1"),
            (gradientTolerance >= 0, "gradientTolerance is \(gradientTolerance), not at least 0"),
            (changeTolerance >= 0, "changeTolerance is \(changeTolerance), not at least 0"),
            (historySize >= 1, "historySize is \(historySize), not at least 1"),
        ]
        error = rules.first { !$0.0 }.map { TensorError("LBFGS", [], $0.1, kind: .value).located(among: []) }
        descent = Mutex(
            LimitedMemoryDescent(
                .init(
                    rate: learningRate, iterations: maximumIterations, evaluations: evaluations,
                    gradientTolerance: gradientTolerance, changeTolerance: changeTolerance,
                    memory: max(1, historySize), searches: lineSearch == .strongWolfe)))
    }

    /// One step: up to `maximumIterations` iterations downhill.
    ///
    /// - Parameter loss: a scalar of the parameters' present values; it is traced once a step.
    /// - Returns: the loss before the step.
    /// - Throws: the error of an invalid loss, or what its evaluation throws; parameters and memory are then as before.
    @discardableResult
    public func step(_ loss: @escaping () -> Tensor) throws -> Double {
        if let error { throw error }
        let parameters = parameters
        let types = parameters.map(\.value.elementType)
        return try descent.withLock { descent in
            var next = descent
            let outcome = try next.descend(
                { values in
                    let own = zip(values, types).map { $0.cast(to: $1) }
                    return Variable.withValues(Array(zip(parameters.map(\.variable), own)), loss)
                }, from: parameters.map(\.value))
            try Variable.update {
                for (parameter, value) in zip(parameters, outcome.point) {
                    parameter.value = value.cast(to: parameter.value.elementType)
                }
            }
            descent = next
            return outcome.values.first
        }
    }

    /// The memory as cells for a checkpoint: steps, changes of the gradient, [historySize, n] with the oldest first and zeros at the
    /// end, and how many there are.
    ///
    /// ```swift
    /// try folder.save(progress, model: model, streams: optimizer.cells())
    /// ```
    public func cells() -> [String: Variable] {
        let count = parameters.reduce(0) { $0 + $1.shape.count }
        let (pairs, iterations) = descent.withLock { ($0.pairs, $0.iterations) }
        func table(_ rows: [[Double]]) -> Variable {
            let filling = [Double](repeating: 0, count: (max(1, historySize) - rows.count) * count)
            return Variable(Tensor(rows.flatMap { $0 } + filling, shape: [max(1, historySize), count], .float64))
        }
        return [
            "steps": table(pairs.map(\.s)), "changes": table(pairs.map(\.y)),
            "counts": Variable(Tensor([Double(pairs.count), Double(iterations)], shape: [2], .float64)),
        ]
    }

    /// Goes on with the memory that `cells()` gave.
    ///
    /// - Throws: an error of kind `argument` for cells of another optimizer; nothing is then changed.
    public func restore(_ cells: [String: Variable]) throws {
        let width = parameters.reduce(0) { $0 + $1.shape.count }
        let numbers = try ["steps", "changes", "counts"].map { try cells[$0]?.value.doubles() ?? [] }
        let size = max(1, historySize) * width
        guard numbers[0].count == size, numbers[1].count == size, numbers[2].count == 2,
            let count = Int(exactly: numbers[2][0]), (0...max(1, historySize)).contains(count),
            let iterations = Int(exactly: numbers[2][1])
        else {
            throw DataError(
                .argument, "this is not the memory of an L-BFGS of \(width) parameters", in: "cells",
                found: "\(numbers.map(\.count)) numbers", expected: "\([size, size, 2])")
        }
        let pairs = (0..<count).map { row in
            let range = row * width..<(row + 1) * width
            return (s: Array(numbers[0][range]), y: Array(numbers[1][range]))
        }
        descent.withLock { $0.restore(pairs, iterations: iterations) }
    }
}
