/// A step size that falls when a measure stops getting better: PyTorch's `ReduceLROnPlateau`.
///
/// ```swift
/// var plateau = PlateauSchedule(initial: 0.1)
/// optimizer.learningRate = Tensor(plateau.rate(after: validationLoss), .float64)
/// ```
public struct PlateauSchedule: Sendable, Hashable, Codable {
    /// What counts as better.
    public enum Direction: String, Sendable, Codable {
        case lower, higher
    }
    /// How far a measure must be from the best so far.
    public enum Threshold: Sendable, Hashable, Codable {
        /// By this share of the best.
        case relative(Double)
        /// By this number.
        case absolute(Double)
    }

    /// The step size now.
    public private(set) var rate: Double
    private let direction: Direction
    private let factor: Double
    private let patience: Int
    private let threshold: Threshold
    private let cooldown: Int
    private let minimum: Double
    private let epsilon: Double
    private var best: Double
    private var badCount = 0
    private var cooldownLeft = 0

    /// - Parameters:
    ///   - initial: the step size at first.
    ///   - direction: lower is better by default.
    ///   - factor: by which the size falls, less than 1; 0.1 by default.
    ///   - patience: how many measures without improvement are borne; 10 by default.
    ///   - threshold: what counts as improvement; a share of 10⁻⁴ by default.
    ///   - cooldown: measures after a fall that do not count as bad; 0 by default.
    ///   - minimum: of the size; 0 by default.
    ///   - epsilon: a fall by less is left out; 1e-8 by default.
    public init(
        initial: Double, direction: Direction = .lower, factor: Double = 0.1, patience: Int = 10,
        threshold: Threshold = .relative(1e-4), cooldown: Int = 0, minimum: Double = 0, epsilon: Double = 1e-8
    ) {
        (rate, self.direction, self.factor, self.patience) = (initial, direction, factor, patience)
        (self.threshold, self.cooldown, self.minimum, self.epsilon) = (threshold, cooldown, minimum, epsilon)
        best = direction == .lower ? .infinity : -.infinity
    }

    private func isBetter(_ measure: Double) -> Bool {
        switch (direction, threshold) {
        case (.lower, .relative(let share)): measure < best * (1 - share)
        case (.lower, .absolute(let distance)): measure < best - distance
        case (.higher, .relative(let share)): measure > best * (1 + share)
        case (.higher, .absolute(let distance)): measure > best + distance
        }
    }

    /// The step size after one more measure.
    public mutating func rate(after measure: Double) -> Double {
        if isBetter(measure) { (best, badCount) = (measure, 0) } else { badCount += 1 }
        if cooldownLeft > 0 { (cooldownLeft, badCount) = (cooldownLeft - 1, 0) }
        if badCount > patience {
            let lower = max(rate * factor, minimum)
            if rate - lower > epsilon { rate = lower }
            (cooldownLeft, badCount) = (cooldown, 0)
        }
        return rate
    }
}
