import LeibnizCore
import LeibnizData

/// A Markov decision process with few states whose probabilities are known: values of states are tensors, and exact.
///
/// ```swift
/// let lake = DecisionProcess.frozenLake(discount: 0.99)
/// print(try lake.optimalValues()[0].item())                   // 0.5420259…
/// ```
public struct DecisionProcess: Sendable {
    /// P(s′|s, a) for states that have a future, [S, A, S]: what is missing to 1 is the probability of an end.
    public let probabilities: Tensor
    /// The expected reward r(s, a), [S, A].
    public let rewards: Tensor
    /// γ, in 0 ..< 1.
    public let discount: Double

    /// A process of given probabilities and rewards; its values are invalid tensors where shapes do not fit.
    public init(probabilities: Tensor, rewards: Tensor, discount: Double) {
        (self.probabilities, self.rewards, self.discount) = (probabilities, rewards, discount)
    }

    /// The walk over the ice, in float64.
    ///
    /// - Parameter discount: γ, 0.99 by default.
    public static func frozenLake(discount: Double = 0.99) -> DecisionProcess {
        let (states, choices) = (FrozenLake.observationSize, 4)
        var probabilities = [Double](repeating: 0, count: states * choices * states)
        var rewards = [Double](repeating: 0, count: states * choices)
        for row in 0..<states * choices {
            for outcome in FrozenLake.possibilities(from: row / choices, row % choices) {
                rewards[row] += outcome.probability * outcome.transition.reward
                if !outcome.transition.isTerminal {
                    probabilities[row * states + outcome.field] += outcome.probability
                }
            }
        }
        return DecisionProcess(
            probabilities: Tensor(probabilities, shape: [states, choices, states], .float64),
            rewards: Tensor(rewards, shape: [states, choices], .float64), discount: discount)
    }

    /// The values of actions, Q(s, a) = r(s, a) + γ·Σ P(s′|s, a)·V(s′).
    ///
    /// - Parameter values: V, [S].
    /// - Returns: [S, A].
    public func actionValues(_ values: Tensor) -> Tensor {
        rewards + discount * sum(probabilities * values, axes: [-1])
    }

    /// The greatest values that any policy gives, by value iteration (Bellman 1957): V ← maxₐ (r + γ·P·V) until no value changes by
    /// more than 10⁻¹³.
    ///
    /// - Returns: V*, [S]; a `RuntimeError` of the evaluation where 100,000 iterations are not enough.
    public func optimalValues() -> Tensor {
        fixedPoint(
            of: { max(actionValues($0), axes: [-1]) }, from: sum(rewards, axes: [-1]).filled(0), tolerance: 1e-13,
            limit: 100_000)
    }

    /// The values of a policy, v = (I − γ·P_π)⁻¹·r_π, exactly and with derivatives.
    ///
    /// - Parameter policy: π(a|s), [S, A].
    /// - Returns: [S].
    public func values(of policy: Tensor) -> Tensor {
        let transitions = sum(policy.expanded(at: -1) * probabilities, axes: [1])
        let unit = Tensor.eye(transitions.shape[0], nil, transitions.elementType)
        return linearSolve(unit - discount * transitions, sum(policy * rewards, axes: [-1]))
    }

    /// Where ascent has come to.
    public struct Ascent: Sendable {
        /// The logits θ of the policy softmax(θ), [S, A].
        public let logits: Tensor
        /// v(start) before each step and at the end.
        public let values: [Double]
    }

    /// Looks for the best policy by its gradient: θ ← θ + α·∇v/‖∇v‖ for the value v of a state under π = softmax(θ).
    ///
    /// The plain gradient fades as π nears its goal, and v* is approached as 1/t; a gradient of length α comes there as e^−t (Mei et al.
    /// 2021, *Leveraging non-uniformity in first-order non-convex optimization*).
    ///
    /// - Parameters:
    ///   - start: the state.
    ///   - rate: α, 1 by default.
    ///   - steps: how many, 200 by default.
    public func ascend(from start: Int = 0, rate: Double = 1, steps: Int = 200) throws -> Ascent {
        let value = { @Sendable (logits: Tensor) in self.values(of: softmax(logits))[start] }
        let step = compiled { (logits: Tensor) in
            let (value, slope) = valueWithGradient(at: logits, of: value)
            return [value, logits + rate * slope / sqrt(sum(slope * slope))]
        }
        var (logits, values) = (try rewards.filled(0).evaluated(), [Double]())
        for _ in 0..<max(0, steps) {
            let found = try step(logits)
            values.append(try found[0].item())
            logits = found[1]
        }
        values.append(try value(logits).item())
        return Ascent(logits: logits, values: values)
    }
}
