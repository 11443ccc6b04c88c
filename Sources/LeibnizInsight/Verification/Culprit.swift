import LeibnizCore

/// The first operation of a function whose derivative rule is not the derivative of its values.
public struct Culprit: Sendable {
    /// The operation's name, such as `multiply`; `custom` for a function with a rule of its own.
    public let operation: String
    /// Which step of the function it is, operands before their users, from 0.
    public let step: Int
    /// The shape of its result.
    public let shape: Shape
    /// Which operand the derivative is by, from 0.
    public let operand: Int
    /// The directional derivative by the rule, forward and reverse.
    public let forward: Double, reverse: Double
    /// That of the values.
    public let numerical: NumericalDerivative
}

extension Culprit: CustomStringConvertible {
    /// One sentence with the numbers.
    public var description: String {
        "step \(step), \(operation) of shape \(shape), is the first that parts: by operand \(operand) its rule gives \(forward) forward "
            + "and \(reverse) in reverse, its values \(numerical.value) ± \(numerical.error)"
            + (numerical.hasKink ? "; they have a kink or jump there" : "")
    }
}

extension Culprit {
    /// Compares every operation's rule with its values at the operands that it has in the function.
    static func first(in trace: TracedFunction) throws -> Culprit? {
        try evaluate(trace.steps.map(\.value))
        for (number, step) in trace.steps.enumerated() where step.role == .operation {
            guard step.value.elementType == .float64 else { continue }
            let operands = step.operands.map { trace.steps[$0].value.stopGradient() }
            try evaluate(operands)
            let weights = Tensor.normal(step.value.shape, seed: 31, .float64)
            for (place, operand) in operands.enumerated()
            where operand.elementType == .float64 && trace.steps[step.operands[place]].role != .constant {
                let direction = Tensor.normal(operand.shape, seed: 32 + place, .float64)
                try evaluate(weights, direction)
                func weighted(_ x: Tensor, withRule: Bool) -> Tensor {
                    var moved = operands
                    moved[place] = x
                    return sum(weights * step.applied(to: moved, withRule: withRule))
                }
                let forward = pushforward({ weighted($0, withRule: true) }, at: operand, along: direction).tangent
                let reverse = sum(gradient { weighted($0, withRule: true) }(operand) * direction)
                let numerical = try NumericalDerivative { t in
                    try weighted(operand + t * direction, withRule: false).item()
                }
                let found = Culprit(
                    operation: step.name, step: number, shape: step.value.shape, operand: place,
                    forward: try forward.item(), reverse: try reverse.item(), numerical: numerical)
                if !found.agrees { return found }
            }
        }
        return nil
    }

    private var agrees: Bool {
        [forward, reverse].allSatisfy { value in
            value == numerical.value
                || Swift.abs(value - numerical.value)
                    <= Swift.max(10 * numerical.error, 1e-7 * Swift.max(Swift.abs(value), Swift.abs(numerical.value)))
        }
    }
}
