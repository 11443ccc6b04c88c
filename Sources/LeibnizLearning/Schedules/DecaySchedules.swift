import Foundation

/// A step size that is multiplied by γ every so many steps: αₜ = α·γ^⌊t/k⌋.
public struct StepSchedule: Schedule {
    /// α.
    public let initial: Double
    private let period: Int
    private let factor: Double

    /// - Parameters:
    ///   - initial: α.
    ///   - period: k, at least 1.
    ///   - factor: γ, 0.1 by default.
    public init(initial: Double, every period: Int, factor: Double = 0.1) {
        (self.initial, self.period, self.factor) = (initial, max(1, period), factor)
    }

    /// αₜ.
    public func rate(at step: Int) -> Double { initial * pow(factor, Double(step / period)) }
}

/// A step size that is multiplied by γ at given steps: αₜ = α·γⁿ for n milestones up to t.
public struct MultiStepSchedule: Schedule {
    /// α.
    public let initial: Double
    private let milestones: [Int]
    private let factor: Double

    /// - Parameters:
    ///   - initial: α.
    ///   - milestones: the steps from which on the size is another; one that occurs twice counts twice.
    ///   - factor: γ, 0.1 by default.
    public init(initial: Double, milestones: [Int], factor: Double = 0.1) {
        (self.initial, self.milestones, self.factor) = (initial, milestones, factor)
    }

    /// αₜ.
    public func rate(at step: Int) -> Double { initial * pow(factor, Double(milestones.count { $0 <= step })) }
}

/// A step size that is multiplied by γ after every step: αₜ = α·γᵗ.
public struct ExponentialSchedule: Schedule {
    /// α.
    public let initial: Double
    private let factor: Double

    /// - Parameters:
    ///   - initial: α.
    ///   - factor: γ.
    public init(initial: Double, factor: Double) { (self.initial, self.factor) = (initial, factor) }
    /// αₜ.
    public func rate(at step: Int) -> Double { initial * pow(factor, Double(step)) }
}

/// A step size that falls to 0 as a power: αₜ = α·(1 − min(t, T)/T)^p.
public struct PolynomialSchedule: Schedule {
    /// α.
    public let initial: Double
    private let steps: Int
    private let power: Double

    /// - Parameters:
    ///   - initial: α.
    ///   - steps: T, at least 1; 5 by default.
    ///   - power: p, 1 by default: a straight line.
    public init(initial: Double, steps: Int = 5, power: Double = 1) {
        (self.initial, self.steps, self.power) = (initial, max(1, steps), power)
    }

    /// αₜ.
    public func rate(at step: Int) -> Double { initial * pow(1 - Double(min(step, steps)) / Double(steps), power) }
}

/// A step size that goes in a straight line from one fraction of α to another, and stays there: the usual warm-up.
///
/// αₜ = α·(a + (b − a)·min(t, T)/T).
public struct LinearSchedule: Schedule {
    /// α.
    public let initial: Double
    private let start: Double
    private let end: Double
    private let steps: Int

    /// - Parameters:
    ///   - initial: α.
    ///   - start: a, ⅓ by default.
    ///   - end: b, 1 by default.
    ///   - steps: T, at least 1; 5 by default.
    public init(initial: Double, from start: Double = 1.0 / 3, to end: Double = 1, steps: Int = 5) {
        (self.initial, self.start, self.end, self.steps) = (initial, start, end, max(1, steps))
    }

    /// αₜ.
    public func rate(at step: Int) -> Double {
        initial * (start + (end - start) * Double(min(step, steps)) / Double(steps))
    }
}

/// A fraction of α for some steps, then α: αₜ = f·α for t < T, else α.
public struct DelayedSchedule: Schedule {
    /// α.
    public let initial: Double
    private let factor: Double
    private let steps: Int

    /// - Parameters:
    ///   - initial: α.
    ///   - factor: f, ⅓ by default.
    ///   - steps: T, 5 by default.
    public init(initial: Double, factor: Double = 1.0 / 3, steps: Int = 5) {
        (self.initial, self.factor, self.steps) = (initial, factor, steps)
    }

    /// αₜ.
    public func rate(at step: Int) -> Double { step < steps ? initial * factor : initial }
}
