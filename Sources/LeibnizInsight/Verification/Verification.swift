import Foundation
import LeibnizCore
import LeibnizSymbolic

/// The ways to a derivative that `verify` compares.
public enum DerivativeMethod: String, Sendable, CaseIterable {
    /// The derivative of the expression that the function computes.
    case symbolic
    /// Forward mode: a pushforward.
    case forward
    /// Reverse mode: the gradient.
    case reverse
    /// The first coefficient of a Taylor series.
    case taylor
    /// Central differences, extrapolated.
    case numerical
}

/// One derivative of one function, computed in all ways.
public struct VerifiedDerivative: Sendable {
    /// What is differentiated by, such as `x` or `x[2]`; `direction 1` where there are too many elements for each to be shown.
    public let name: String
    /// What each method gave; `symbolic` is missing where no expression was found.
    public let values: [DerivativeMethod: Double]
    /// The numerical derivative with its error and V-curve.
    public let numerical: NumericalDerivative

    /// How many decimal digits of a method's value are those of the reverse mode, 16 at most.
    public func digits(of method: DerivativeMethod) -> Double? {
        guard let value = values[method], let reference = values[.reverse] else { return nil }
        if value == reference { return 16 }
        let relative = Swift.abs(value - reference) / Swift.max(Swift.abs(value), Swift.abs(reference))
        return relative.isNaN ? 0 : Swift.min(16, Swift.max(0, -log10(relative)))
    }

    /// Whether a method's value and the reverse mode's are equal but for rounding, or for the numerical error.
    public func agrees(_ method: DerivativeMethod) -> Bool? {
        guard let value = values[method], let reference = values[.reverse] else { return nil }
        if value == reference { return true }
        let size = Swift.max(Swift.abs(value), Swift.abs(reference))
        let slack = method == .numerical ? Swift.max(10 * numerical.error, 1e-8 * size) : 1e-9 * size + 1e-13
        return Swift.abs(value - reference) <= slack
    }

    /// Whether all methods agree.
    public var agrees: Bool { DerivativeMethod.allCases.allSatisfy { agrees($0) != false } }
}

/// The four derivatives of one function side by side; see `verify(_:at:)`.
public struct Verification: Sendable {
    /// The function's value.
    public let value: Double
    /// Its derivative by each element of the arguments, or along some directions.
    public let derivatives: [VerifiedDerivative]
    /// The expression that the function computes, where there is one.
    public let formula: Formula?
    /// Why there is no symbolic derivative, where there is none.
    public let symbolicRefusal: String?
    /// The first operation whose rule is not its derivative, where methods disagree.
    public let culprit: Culprit?

    /// Whether all methods agree.
    public var agrees: Bool { derivatives.allSatisfy(\.agrees) }
}

/// Compares the derivatives of a scalar function: symbolic, forward, reverse, Taylor and numerical.
///
/// ```swift
/// let report = try verify({ x in sum(sin(x) * x) }, at: [1, 2, 3])
/// print(report)                        // a table with digits of agreement
/// ```
///
/// Where they disagree, the function is walked operation by operation, and the first one is named whose derivative is not that of its
/// values.
///
/// - Parameters:
///   - x: where; whatever its type, all is done in float64.
/// - Throws: the error of an invalid value; a `TypeError` where the value is not float64, a `ShapeError` where it is no scalar.
public func verify(_ f: (Tensor) -> Tensor, at x: Tensor) throws -> Verification {
    try verify({ f($0[0]) }, at: [x], names: ["x"])
}

/// Compares the derivatives of a scalar function of several tensors.
///
/// - Parameter names: what the arguments are called; x, y, z, or x1, x2, … by default.
public func verify(_ f: ([Tensor]) -> Tensor, at x: [Tensor], names: [String]? = nil) throws -> Verification {
    let names = names ?? (x.count <= 3 ? Array(["x", "y", "z"].prefix(x.count)) : x.indices.map { "x\($0 + 1)" })
    let point = x.map { $0.cast(to: .float64) }
    let (formula, refusal): (Formula?, String?)
    do {
        guard point.reduce(0, { $0 + $1.count }) <= 64 else { throw TooLong() }
        (formula, refusal) = (
            try LeibnizInsight.formula(of: f, variables: names, shapes: point.map(\.shape)), nil
        )
    } catch {
        (formula, refusal) = (nil, "\(error)")
    }
    return try Verification(f, at: point, names: names, formula: formula, refusal: refusal)
}

/// Compares the derivatives of a formula at a point.
///
/// - Throws: an `EvaluationError` where the formula has no value there, a `SymbolicError` where tensors have no operation for it.
public func verify(_ formula: Formula, at point: [String: Double]) throws -> Verification {
    _ = try formula.evaluated(at: point)
    let names = formula.variables
    let function = try TensorFormula(formula, variables: names)
    return try Verification(
        { function($0) }, at: names.map { Tensor(point[$0] ?? .nan, .float64) }, names: names, formula: formula,
        refusal: nil)
}

private struct TooLong: Error, CustomStringConvertible {
    var description: String { "more than 64 elements: an expression would be too long" }
}

extension Verification {
    /// The most elements whose derivatives are shown one by one.
    private static let maximumComponents = 16
    private static let directionCount = 4

    fileprivate init(
        _ f: ([Tensor]) -> Tensor, at x: [Tensor], names: [String], formula: Formula?, refusal: String?
    ) throws {
        let value = f(x)
        if let error = x.lazy.compactMap(\.error).first ?? value.error { throw error }
        guard value.count == 1 else {
            throw TensorError("verify", [value.shape], "only a scalar has a gradient", hint: "take the sum or mean")
        }
        guard value.elementType == .float64 else {
            throw TensorError(
                "verify", [value.shape], "the value is \(value.elementType), derivatives are compared in float64",
                kind: .elementType, hint: "make models with withElementType(.float64)")
        }
        let directions = try Self.directions(x, names)
        let gradients = valueWithGradients(at: x) { f($0).reshaped(to: []) }.gradients
        let asked = directions.map { direction in
            let along = direction.along
            return [
                pushforward(f, at: x, along: along).tangent,
                zip(gradients, along).map { sum($0 * $1) }.reduce(Tensor.zeros([], .float64)) { $0 + $1 },
                taylor(of: f, at: x, along: along, order: 1).coefficients[1],
            ]
        }
        try evaluate([value] + asked.joined())
        var (found, refusal, formula) = ([VerifiedDerivative](), refusal, formula)
        var symbolic: [Double]?
        if let expression = formula {
            do {
                symbolic = try Self.symbolic(expression, x, names, directions)
            } catch {
                (refusal, formula) = ("\(error)", expression)
            }
        }
        for (number, direction) in directions.enumerated() {
            let numerical = try NumericalDerivative(scale: direction.scale) { t in
                try f(zip(x, direction.along).map { $0 + t * $1 }).item()
            }
            let derivatives = try asked[number].map { try $0.item() }
            var values: [DerivativeMethod: Double] = [
                .forward: derivatives[0], .reverse: derivatives[1], .taylor: derivatives[2],
                .numerical: numerical.value,
            ]
            values[.symbolic] = symbolic?[number]
            found.append(VerifiedDerivative(name: direction.name, values: values, numerical: numerical))
        }
        self.value = try value.item()
        (derivatives, self.formula, symbolicRefusal) = (found, formula, refusal)
        culprit = found.allSatisfy(\.agrees) ? nil : try Culprit.first(in: TracedFunction(of: f, at: x))
    }

    private struct Direction {
        let name: String
        let along: [Tensor]
        /// The greatest step of numerical differentiation.
        let scale: Double
    }

    /// Every unit vector, or some random directions where there are many.
    private static func directions(_ x: [Tensor], _ names: [String]) throws -> [Direction] {
        let shapes = x.map(\.shape)
        guard shapes.reduce(0, { $0 + $1.count }) <= maximumComponents else {
            return (0..<directionCount).map { number in
                Direction(
                    name: "direction \(number + 1)",
                    along: shapes.enumerated().map { .normal($1, seed: 1000 + 100 * number + $0, .float64) },
                    scale: 0.25)
            }
        }
        var found: [Direction] = []
        for (place, shape) in shapes.enumerated() {
            let values = try x[place].doubles()
            for element in 0..<shape.count {
                var unit = Array(repeating: 0.0, count: shape.count)
                unit[element] = 1
                let index =
                    shape.rank == 0
                    ? "" : "[" + shape.indices(of: element).map(String.init).joined(separator: ", ") + "]"
                found.append(
                    Direction(
                        name: names[place] + index,
                        along: shapes.enumerated().map {
                            $0 == place ? Tensor(unit, shape: $1, .float64) : .zeros($1, .float64)
                        }, scale: 0.25 * Swift.max(1, Swift.abs(values[element]))))
            }
        }
        return found
    }

    /// The derivatives of an expression, along the directions.
    private static func symbolic(
        _ formula: Formula, _ x: [Tensor], _ names: [String], _ directions: [Direction]
    ) throws -> [Double] {
        let variables = zip(names, x).flatMap { Formula.elementNames($0, $1.shape) }
        let values = try x.flatMap { try $0.doubles() }
        let point = Dictionary(zip(variables, values)) { first, _ in first }
        let slopes = try variables.map { try formula.differentiated(by: $0).evaluated(at: point) }
        return try directions.map { direction in
            zip(slopes, try direction.along.flatMap { try $0.doubles() }).reduce(0) { $0 + $1.0 * $1.1 }
        }
    }
}
