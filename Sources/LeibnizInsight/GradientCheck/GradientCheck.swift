import Foundation
import LeibnizCore
import LeibnizLearning

/// What `gradientCheck` found.
public struct GradientReport: Sendable {
    /// The gradient by one tensor.
    public struct Entry: Sendable {
        /// The tensor: an argument's name, or a parameter's path.
        public let name: String
        /// The number of its elements.
        public let count: Int
        /// The greatest difference between a derivative in reverse or forward mode and the numerical one, relative to the greater
        /// of their sizes and of the least size that counts.
        public let relativeError: Double
        /// What that may be.
        public let allowed: Double

        /// Whether it is not greater; NaN is.
        public var passes: Bool { relativeError <= allowed }
    }

    /// What was checked.
    public let name: String
    /// One for each argument and parameter.
    public let entries: [Entry]

    /// The greatest error of all.
    public var worst: Double { entries.reduce(0) { $1.relativeError.isNaN ? .nan : Swift.max($0, $1.relativeError) } }
    /// Whether all pass.
    public var passes: Bool { entries.allSatisfy(\.passes) }
}

extension GradientReport: CustomStringConvertible {
    /// A line for each tensor.
    public var description: String {
        ([name]
            + entries.map {
                "  " + $0.name.padding(toLength: Swift.max(20, $0.name.count), withPad: " ", startingAt: 0)
                    + String(format: " %8d elements  error %.1e", $0.count, $0.relativeError)
                    + ($0.passes ? "" : String(format: "  more than %.1e", $0.allowed))
            }).joined(separator: "\n")
    }
}

/// Compares the gradient of a function by each argument, forward and in reverse, with extrapolated central differences.
///
/// A function with more than one element is weighted with random numbers first. Each argument is moved along random directions, so
/// that the cost does not grow with its elements: an element whose derivative is wrong changes almost every direction's.
///
/// - Parameters:
///   - x: where; all is done in float64. Near a kink no derivative is what the differences are.
///   - names: what the arguments are called; their numbers by default.
///   - tolerance: what the relative error may be, beside what the differences' own error bar allows.
///   - directions: how many directions each argument is moved along.
/// - Throws: the error of an invalid value; a `TypeError` where it is not float64.
public func gradientCheck(
    _ name: String = "function", at x: [Tensor], names: [String]? = nil, tolerance: Double = 1e-7, directions: Int = 2,
    of f: ([Tensor]) -> Tensor
) throws -> GradientReport {
    let x = x.map { $0.elementType.isFloatingPoint ? $0.cast(to: .float64) : $0 }
    let value = f(x)
    if let error = value.error { throw error }
    try evaluate(x)
    guard value.elementType == .float64 else {
        throw TensorError(
            "gradientCheck", [value.shape], "the value is \(value.elementType), gradients are checked in float64",
            kind: .elementType, hint: "make models with withElementType(.float64)")
    }
    let weights = Tensor.normal(value.shape, seed: 41, .float64)
    try evaluate(weights)
    let places = x.indices.filter { x[$0].elementType == .float64 }
    let arguments = places.map { x[$0] }
    func weighted(_ moved: [Tensor]) -> Tensor {
        var all = x
        for (place, tensor) in zip(places, moved) { all[place] = tensor }
        return sum(weights * f(all))
    }
    let gradients = valueWithGradients(at: arguments, of: weighted).gradients
    try evaluate(gradients)
    // Two plans serve all arguments and directions: those that stand still move along 0.
    let count = arguments.count
    let still = arguments.map { Tensor.zeros($0.shape, .float64) }
    let slope = try ReplayedFunction(
        of: { [pushforward(weighted, at: Array($0[..<count]), along: Array($0[count...])).tangent] },
        at: arguments + still)
    let moved = try ReplayedFunction(
        of: { tensors in
            let (x, v, t) = (tensors[..<count], tensors[count..<2 * count], tensors[2 * count])
            return [weighted(zip(x, v).map { $0 + t * $1 })]
        }, at: arguments + still + [Tensor(0, .float64)])
    var entries: [GradientReport.Entry] = []
    for (number, (place, argument)) in zip(places, arguments).enumerated() {
        var (error, allowed) = (0.0, tolerance)
        for seed in 0..<directions {
            var along = still
            along[number] = .uniform(argument.shape, -1, 1, seed: 42 + seed, .float64)
            let reverse = zip(try gradients[number].doubles(), try along[number].doubles()).reduce(0) {
                $0 + $1.0 * $1.1
            }
            let found = [reverse, try slope(arguments + along)[0].item()]
            let numerical = try NumericalDerivative(scale: 0.0625) { t in
                try moved(arguments + along + [Tensor(t, .float64)])[0].item()
            }
            let size = Swift.max(1e-6, Swift.abs(numerical.value), found.map(Swift.abs).max() ?? 0)
            let worst = found.map { Swift.abs($0 - numerical.value) / size }.reduce(0) {
                $1.isNaN ? .nan : Swift.max($0, $1)
            }
            error = worst.isNaN || error.isNaN ? .nan : Swift.max(error, worst)
            allowed = Swift.max(allowed, Swift.min(10 * numerical.error / size, 1e-3))
        }
        entries.append(
            GradientReport.Entry(
                name: names?[place] ?? "argument \(place)", count: argument.count, relativeError: error,
                allowed: allowed))
    }
    return GradientReport(name: name, entries: entries)
}

/// Compares the gradients of a layer by its input and by each of its parameters with central differences.
///
/// ```swift
/// let report = try gradientCheck(model, input: x)
/// print(report)                // a line for the input and for each parameter, by path
/// ```
///
/// The layer computes in float64 for it, with its parameters' values; they are not changed.
///
/// - Parameter input: what the layer is applied to.
public func gradientCheck(
    _ layer: some Layer, input: Tensor, tolerance: Double = 1e-7
) throws -> GradientReport {
    try gradientCheck(layer, input: input, tolerance: tolerance) { layer($0) }
}

/// Compares the gradients of any function that a model's parameters and an input go into with central differences.
///
/// - Parameter f: computes something of the model at an input, such as its loss.
public func gradientCheck(
    _ model: some Module, input: Tensor, tolerance: Double = 1e-7, of f: (Tensor) -> Tensor
) throws -> GradientReport {
    try withoutActuallyEscaping(f) { f in
        let subject = GradientSubject(model, input: input, of: f)
        return try gradientCheck(
            "\(type(of: model))", at: subject.operands, names: subject.names, tolerance: tolerance, of: subject.function
        )
    }
}
