import LeibnizCore
import LeibnizKernels
import LeibnizSymbolic

/// The expression that a function of tensors computes: the bridge back from a program to a formula.
///
/// ```swift
/// try formula(of: { x, y in x * sin(x * y) }, variables: "x", "y")        // x*sin(x*y)
/// ```
///
/// The function is run once on tensors of zeros; it must not branch by its arguments' values. Element by element, each operation that
/// is linear, a reduction, or a function of real numbers is followed; sorting and other choices by value are not. Equal parts are
/// shared. `stopGradient` passes the value through, so that the formula's derivative may be another than the program's.
///
/// - Parameters:
///   - variables: a name for each argument. The elements of a vector `x` are called `x_0`, `x_1`, …
///   - shapes: the arguments' shapes, in all at most 256 elements; scalars by default.
/// - Throws: a `TraceError` that names the operation for which there is no expression; a `ShapeError` where the value is no scalar.
public func formula(
    of f: ([Tensor]) throws -> Tensor, variables: [String], shapes: [Shape]? = nil
) throws -> Formula {
    let shapes = shapes ?? variables.map { _ in Shape([]) }
    guard shapes.count == variables.count else {
        throw TensorError(
            "formula", shapes, "there are \(shapes.count) shapes for \(variables.count) variables", kind: .value)
    }
    let trace = try TracedFunction(of: f, at: shapes.map { .zeros($0, .float64) })
    return try FormulaTracing(trace, variables: variables).formula
}

/// The expression that a function of one number computes.
public func formula(of f: (Tensor) throws -> Tensor, variable: String = "x") throws -> Formula {
    try formula(of: { try f($0[0]) }, variables: [variable])
}

/// The expression that a function of two numbers computes.
public func formula(
    of f: (Tensor, Tensor) throws -> Tensor, variables x: String, _ y: String
) throws -> Formula {
    try formula(of: { try f($0[0], $0[1]) }, variables: [x, y])
}

extension Formula {
    /// The names of a tensor's elements: its own for a scalar, `x_0`, `x_1_2` by their indices otherwise.
    static func elementNames(_ name: String, _ shape: Shape) -> [String] {
        (0..<shape.count).map { ([name] + shape.indices(of: $0).map(String.init)).joined(separator: "_") }
    }
}

extension Shape {
    /// The index along each axis of an element, counted row by row.
    func indices(of element: Int) -> [Int] {
        var (rest, indices) = (element, Array(repeating: 0, count: rank))
        for axis in extents.indices.reversed() {
            indices[axis] = rest % extents[axis]
            rest /= extents[axis]
        }
        return indices
    }

    /// The number of the element at an index.
    func element(at indices: [Int]) -> Int { zip(indices, extents).reduce(0) { $0 * $1.1 + $1.0 } }
}

/// Follows a function step by step, with a formula for each element.
private struct FormulaTracing {
    /// The most elements of a tensor whose formulas are followed.
    private static let maximumElements = 256

    private let trace: TracedFunction
    private let variables: [String]
    private var elements: [[ElementFormula]] = []

    /// The formula of the value.
    var formula: Formula { elements[trace.result][0].number }

    init(_ trace: TracedFunction, variables: [String]) throws {
        (self.trace, self.variables) = (trace, variables)
        let value = trace.steps[trace.result].value
        guard value.count == 1 else {
            throw TensorError("formula", [value.shape], "only a scalar is one formula", hint: "take one element of it")
        }
        for step in trace.steps {
            do {
                guard step.value.count <= Self.maximumElements else {
                    throw ElementFormula.Untold(what: "\(step.name) of more than \(Self.maximumElements) elements")
                }
                elements.append(try followed(step))
            } catch let untold as ElementFormula.Untold {
                throw TensorError(
                    "formula", [step.value.shape], "there is no expression for \(untold.what)", kind: .trace,
                    hint: "it is an operation of the function, step \(elements.count)")
            }
        }
    }

    private func followed(_ step: TracedFunction.Step) throws -> [ElementFormula] {
        let operands = step.operands.map { elements[$0] }
        switch step.role {
        case .argument(let place):
            return Formula.elementNames(variables[place], step.value.shape).map { .number(.variable($0)) }
        case .constant: return try known(step.value)
        case .operation where step.isPointwise:
            return try (0..<step.value.count).map { place in try step.formula(of: operands.map { $0[place] }) }
        case .operation where step.isFirstOperand: return operands[0]
        case .operation where step.name == "contraction": return try contraction(step, operands)
        case .operation where step.isLinear || step.attribute("operation") == ReductionOperation.sum:
            return try linear(step, operands)
        case .operation:
            if let axes: [Int] = step.attribute("axes"), let operation: ReductionOperation = step.attribute("operation")
            {
                return try reduction(step, operation, axes, operands[0])
            }
            throw ElementFormula.Untold(what: step.name)
        }
    }

    private func known(_ value: Tensor) throws -> [ElementFormula] {
        let isTruth = value.elementType == .bool
        return try value.doubles().map { try ElementFormula($0, isTruth: isTruth) }
    }

    /// y = Σ A·x over the operands, each matrix found by pushing unit vectors forward.
    private func linear(_ step: TracedFunction.Step, _ operands: [[ElementFormula]]) throws -> [ElementFormula] {
        let values = step.operands.map { trace.steps[$0].value }
        var columns: [(element: Formula, column: Tensor)] = []
        for (place, number) in step.operands.enumerated() where trace.steps[number].role != .constant {
            let shape = values[place].shape
            let units = Tensor.eye(shape.count, nil, values[place].elementType)
            for element in 0..<shape.count {
                var tangents: [Tensor?] = values.map { _ in nil }
                tangents[place] = units[element].reshaped(to: shape)
                guard let column = step.pushforward(tangents, operands: values, result: step.value) else { continue }
                columns.append((operands[place][element].number, column))
            }
        }
        try evaluate(columns.map(\.column))
        var terms: [[Formula]] = (0..<step.value.count).map { _ in [] }
        for (element, column) in columns {
            for (place, weight) in try column.doubles().enumerated() where weight != 0 {
                terms[place].append(try ElementFormula(weight, isTruth: false).number * element)
            }
        }
        // What a concatenation takes from constants does not move.
        let isMixed = step.name == "concatenate" && step.operands.contains { trace.steps[$0].role == .constant }
        if isMixed {
            for (place, number) in try step.value.doubles().enumerated() where terms[place].isEmpty {
                terms[place] = [try ElementFormula(number, isTruth: false).number]
            }
        }
        return terms.map { .number(.sum($0)) }
    }

    /// Σ left·right over the labels that the output lacks.
    private func contraction(_ step: TracedFunction.Step, _ operands: [[ElementFormula]]) throws -> [ElementFormula] {
        guard let left: [Int] = step.attribute("left"), let right: [Int] = step.attribute("right"),
            let output: [Int] = step.attribute("output")
        else { throw ElementFormula.Untold(what: step.name) }
        let shapes = step.operands.map { trace.steps[$0].value.shape }
        var extents: [Int: Int] = [:]
        for (labels, shape) in zip([left, right], shapes) {
            for (label, extent) in zip(labels, shape.extents) { extents[label] = extent }
        }
        let summed = Set(left + right).subtracting(output).sorted()
        let inner = Shape(summed.map { extents[$0] ?? 1 })
        let shape = step.value.shape
        return (0..<shape.count).map { element in
            var index = Dictionary(uniqueKeysWithValues: zip(output, shape.indices(of: element)))
            let terms = (0..<inner.count).map { term in
                for (label, value) in zip(summed, inner.indices(of: term)) { index[label] = value }
                let factors = zip([left, right], shapes).enumerated().map { place, operand in
                    operands[place][operand.1.element(at: operand.0.map { index[$0] ?? 0 })].number
                }
                return factors[0] * factors[1]
            }
            return .number(.sum(terms))
        }
    }

    /// The product or an extreme over axes.
    private func reduction(
        _ step: TracedFunction.Step, _ operation: ReductionOperation, _ axes: [Int], _ operand: [ElementFormula]
    ) throws -> [ElementFormula] {
        let shape = trace.steps[step.operands[0]].value.shape
        var regions: [[ElementFormula]] = (0..<step.value.count).map { _ in [] }
        for (place, element) in operand.enumerated() {
            let index = shape.indices(of: place)
            let kept = index.indices.filter { !axes.contains($0) }.map { index[$0] }
            regions[step.value.shape.element(at: kept)].append(element)
        }
        let isTruth = step.value.elementType == .bool
        return try regions.map { region in
            switch operation {
            case .product: return .number(.product(region.map(\.number)))
            case .max where isTruth:
                return .condition(region.map(\.condition).reduce(.always(false)) { .either($0, $1) })
            case .min where isTruth: return .condition(region.map(\.condition).reduce(.always(true)) { .both($0, $1) })
            case .max where region.count == 1, .min where region.count == 1: return region[0]
            case .max: return .number(.function(.max, region.map(\.number)))
            case .min: return .number(.function(.min, region.map(\.number)))
            case .sum, .argMax, .argMin: throw ElementFormula.Untold(what: step.name)
            }
        }
    }
}
