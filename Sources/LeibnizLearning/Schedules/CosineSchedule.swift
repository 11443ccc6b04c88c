import Foundation

/// A step size that rises in a straight line to its peak and then falls to zero along half a cosine.
///
/// αₜ = α·(t + 1)/w for t < w, then αₜ = α·½·(1 + cos π·(t − w)/(T − w)) for w ≤ t < T: gradual warm-up (Goyal et al. 2017)
/// before cosine annealing without restarts (Loshchilov & Hutter 2017).
///
/// ```swift
/// let schedule = CosineSchedule(peak: 0.003, steps: 4690, warmUpSteps: 469)
/// optimizer.learningRate = Tensor(schedule.rate(at: step), .float64)
/// ```
/// The rate of an optimizer is a `Variable`, so that writing it between compiled steps compiles nothing.
public struct CosineSchedule: Sendable, Hashable {
    /// α, the greatest step size.
    public let peak: Double
    /// T, the number of steps in all, at least 1.
    public let steps: Int
    /// w, the steps in which the rate rises, 0 … T.
    public let warmUpSteps: Int

    /// A schedule.
    ///
    /// - Parameters:
    ///   - steps: numbers below 1 count as 1.
    ///   - warmUpSteps: 0 by default; brought into 0 … `steps`.
    public init(peak: Double, steps: Int, warmUpSteps: Int = 0) {
        self.peak = peak
        self.steps = max(1, steps)
        self.warmUpSteps = min(max(0, warmUpSteps), self.steps)
    }

    /// αₜ; the first step is number 0, and there is no step size left from number `steps` on.
    public func rate(at step: Int) -> Double {
        if step < warmUpSteps { return peak * Double(max(0, step) + 1) / Double(warmUpSteps) }
        if step >= steps { return 0 }
        let turn = Double(step - warmUpSteps) / Double(steps - warmUpSteps)
        return peak * (1 + cos(Double.pi * turn)) / 2
    }
}
