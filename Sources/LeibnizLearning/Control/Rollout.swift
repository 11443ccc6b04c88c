import LeibnizCore

/// What some environments went through in some steps, step by step: element t·N + n is step t of environment n.
package struct Rollout {
    package let environments: Int
    package var observations: [Float] = []
    /// What was seen after the steps, before new beginnings.
    package var reached: [Float] = []
    /// Actions as they were drawn.
    package var actions: [Float] = []
    package var rewards: [Float] = []
    package var isTerminal: [Bool] = []
    package var isLast: [Bool] = []

    /// Nothing yet.
    package init(environments: Int) { self.environments = environments }

    /// Generalized advantage estimates (Schulman et al. 2016):
    ///
    /// A_t = δ_t + γ·λ·A_{t+1},  δ_t = r_t + γ·V(s_{t+1}) − V(s_t)
    ///
    /// with V = 0 after an end, and without the second term of A after the last step of an episode: one that is only cut off counts
    /// with the value of the state that it had reached.
    ///
    /// - Parameters:
    ///   - values: V(s_t).
    ///   - next: V(s_{t+1}), by `reached`.
    package func advantages(_ values: [Float], next: [Float], discount: Double, lambda: Double) -> [Float] {
        var advantages = [Float](repeating: 0, count: rewards.count)
        let (gamma, decay) = (Float(discount), Float(discount * lambda))
        for place in rewards.indices.reversed() {
            let future = isTerminal[place] ? 0 : gamma * next[place]
            let later = place + environments
            let rest = isLast[place] || later >= rewards.count ? 0 : decay * advantages[later]
            advantages[place] = rewards[place] + future - values[place] + rest
        }
        return advantages
    }
}
