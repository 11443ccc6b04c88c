import LeibnizCore
import LeibnizSymbolic

/// The chain rule of one run of a program, written out operation by operation: see `explainGradient(of:at:)`.
public struct GradientExplanation: Sendable {
    /// One value on the way, with its derivative.
    public struct Step: Sendable {
        /// Its name: an argument's own, v1, v2, … for what is computed, c1, … for constants that are no plain numbers.
        public let name: String
        /// The operation, such as `multiply`; `argument` and `constant` are those.
        public let operation: String
        /// How it is computed from earlier steps, such as `sin(v1)`; the name for arguments and constants.
        public let formula: String
        /// The same in LaTeX.
        public let latex: String
        /// The shape of the value.
        public let shape: Shape
        /// The value.
        public let value: Tensor
        /// The derivative of the result by this value: the sum of what its users pass back; zeros where none does.
        public let adjoint: Tensor
        /// What it is computed from, and what it passes back to each.
        public let contributions: [Contribution]
    }

    /// What one step passes back to one of its operands.
    public struct Contribution: Sendable {
        /// The operand's name.
        public let operand: String
        /// The partial derivative as a formula, for pointwise operations; otherwise nil: the operation is linear or chooses.
        public let partial: Formula?
        /// The value of the partial derivative, for pointwise operations.
        public let partialValue: Tensor?
        /// What the operand's adjoint gains.
        public let gain: Tensor
    }

    /// Operands before their users; the last is the result.
    public let steps: [Step]
}

/// Writes out the chain rule of a scalar function at one point: values forward, local partial derivatives, adjoints in reverse.
///
/// ```swift
/// let explanation = try explainGradient(of: { x in sum(x * sin(x)) }, at: [1, 2])
/// print(explanation.markdown)                // or explanation.latex
/// ```
///
/// All tensors of the explanation are evaluated in one plan. Identities of the tracing are left out.
///
/// - Parameters:
///   - x: where.
///   - names: what the arguments are called; x, y, z, or x1, x2, … by default.
/// - Throws: the error of an invalid argument or value; a `ShapeError` where the value is no scalar.
public func explainGradient(
    of f: ([Tensor]) -> Tensor, at x: [Tensor], names: [String]? = nil
) throws -> GradientExplanation {
    let names = names ?? (x.count <= 3 ? Array(["x", "y", "z"].prefix(x.count)) : x.indices.map { "x\($0 + 1)" })
    return try ChainRule(TracedFunction(of: f, at: x), names: names).explanation
}

/// Writes out the chain rule of a scalar function of one tensor.
public func explainGradient(of f: (Tensor) -> Tensor, at x: Tensor) throws -> GradientExplanation {
    try explainGradient(of: { f($0[0]) }, at: [x])
}

/// Backpropagation with every number kept.
private struct ChainRule {
    private let trace: TracedFunction
    /// Each step's name; a plain number for a constant in which all elements are equal.
    private var labels: [String] = []
    private var numbers: [Formula?] = []
    private var cotangents: [Tensor?]
    /// By step: the operand's step, and what it gains.
    private var gains: [[(place: Int, partial: Tensor?, gain: Tensor)]]

    init(_ trace: TracedFunction, names: [String]) throws {
        self.trace = trace
        let result = trace.steps[trace.result].value
        guard result.count == 1 else {
            throw TensorError(
                "explainGradient", [result.shape], "only a scalar has a gradient", hint: "take the sum or mean")
        }
        cotangents = trace.steps.map { _ in nil }
        gains = trace.steps.map { _ in [] }
        name(names)
        cotangents[trace.result] = result.filled(1)
        for number in trace.steps.indices.reversed() { passBack(from: number) }
        let computed = trace.steps.map(\.value) + cotangents.compactMap { $0 }
        try evaluate(computed + gains.joined().flatMap { [$0.gain] + ($0.partial.map { [$0] } ?? []) })
    }

    /// Whether a step only passes a value on.
    private static func isIdentity(_ step: TracedFunction.Step) -> Bool {
        step.role == .operation && step.name == "argument"
    }

    private mutating func name(_ names: [String]) {
        var (computed, constants) = (0, 0)
        for step in trace.steps {
            var number: Formula?
            switch step.role {
            case .argument(let place): labels.append(names[place])
            case .operation where Self.isIdentity(step): labels.append(labels[step.operands[0]])
            case .operation:
                computed += 1
                labels.append("v\(computed)")
            case .constant:
                number = step.uniformNumber.flatMap { Formula($0) }
                constants += number == nil ? 1 : 0
                labels.append(number.map { "\($0)" } ?? "c\(constants)")
            }
            numbers.append(number)
        }
    }

    private mutating func passBack(from number: Int) {
        let step = trace.steps[number]
        guard let cotangent = cotangents[number], step.role == .operation else { return }
        let operands = step.operands.map { trace.steps[$0].value }
        let wanted = step.operands.map { trace.steps[$0].role != .constant }
        let back = step.pullback(cotangent, operands: operands, result: step.value, wanted: wanted)
        // Of a pointwise operation the pullback of ones is the partial derivative.
        let partials =
            step.isPointwise
            ? step.pullback(step.value.filled(1), operands: operands, result: step.value, wanted: wanted) : []
        for (place, gain) in back.enumerated() {
            guard let gain, wanted[place] else { continue }
            let operand = step.operands[place]
            gains[number].append((place, partials.isEmpty ? nil : partials[place], gain))
            cotangents[operand] = cotangents[operand].map { $0 + gain } ?? gain
        }
    }

    /// An operand as a formula's part.
    private func operand(_ number: Int) -> Formula { numbers[number] ?? .variable(labels[number]) }

    /// How a pointwise step is computed from its operands, which are called p0, p1, …
    private func rule(of step: TracedFunction.Step) -> Formula? {
        let isTruth = step.operands.map { trace.steps[$0].value.elementType == .bool }
        guard step.role == .operation, step.isPointwise, !isTruth.contains(true) else { return nil }
        return try? step.formula(of: step.operands.indices.map { .number(.variable("p\($0)")) }).number
    }

    /// A formula of p0, p1, … with the names that the operands have.
    private func named(_ formula: Formula, in step: TracedFunction.Step) -> Formula {
        formula.substituting(
            Dictionary(uniqueKeysWithValues: step.operands.enumerated().map { ("p\($0)", operand($1)) }))
    }

    var explanation: GradientExplanation {
        var steps: [GradientExplanation.Step] = []
        for (number, step) in trace.steps.enumerated() where numbers[number] == nil && !Self.isIdentity(step) {
            let rule = rule(of: step)
            let formula = rule.map { named($0, in: step) }
            let texts = step.operands.map { labels[$0] }
            let isComputed = step.role == .operation
            let contributions = gains[number].map { place, partial, gain in
                let derivative = rule.flatMap { try? $0.differentiated(by: "p\(place)") }
                return GradientExplanation.Contribution(
                    operand: labels[step.operands[place]], partial: derivative.map { named($0, in: step) },
                    partialValue: partial, gain: gain)
            }
            let kind: String =
                switch step.role {
                case .argument: "argument"
                case .constant: "constant"
                case .operation: step.name
                }
            steps.append(
                GradientExplanation.Step(
                    name: labels[number], operation: kind,
                    formula: !isComputed
                        ? labels[number] : formula?.unicode ?? "\(step.name)(\(texts.joined(separator: ", ")))",
                    latex: !isComputed
                        ? symbol(number) : formula?.latex ?? step.latex(step.operands.map { symbol($0) }),
                    shape: step.value.shape, value: step.value,
                    adjoint: cotangents[number] ?? step.value.filled(0), contributions: contributions))
        }
        return GradientExplanation(steps: steps)
    }

    private func symbol(_ number: Int) -> String { operand(number).latex }
}
