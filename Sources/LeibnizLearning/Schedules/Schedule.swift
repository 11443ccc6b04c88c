import LeibnizCore

/// A step size for every step of a training. A step may be an update or an epoch, as the caller counts.
///
/// ```swift
/// let schedule = StepSchedule(initial: 0.1, every: 30, factor: 0.1)
/// for epoch in 0..<90 {
///     optimizer.follow(schedule, at: epoch)
///     …
/// }
/// ```
/// The rate of an optimizer is a `Variable`, so that writing it between compiled steps compiles nothing.
public protocol Schedule: Sendable {
    /// The step size that others are fractions of.
    var initial: Double { get }
    /// The step size of a step; the first is number 0.
    func rate(at step: Int) -> Double
}

extension Optimizer {
    /// Takes the step size that a schedule gives for a step.
    public func follow(_ schedule: some Schedule, at step: Int) {
        learningRate = Tensor(schedule.rate(at: step), .float64)
    }
}

extension CosineSchedule: Schedule {
    /// The greatest step size.
    public var initial: Double { peak }
}

/// A step size that does not change.
public struct ConstantSchedule: Schedule {
    /// α.
    public let initial: Double

    /// - Parameter rate: α.
    public init(_ rate: Double) { initial = rate }
    /// α.
    public func rate(at step: Int) -> Double { initial }
}

/// Any function of the step as a schedule: αₜ = α·f(t).
public struct FunctionSchedule: Schedule {
    /// α.
    public let initial: Double
    private let factor: @Sendable (Int) -> Double

    /// - Parameters:
    ///   - initial: α.
    ///   - factor: f.
    public init(initial: Double, factor: @escaping @Sendable (Int) -> Double) {
        (self.initial, self.factor) = (initial, factor)
    }
    /// αₜ.
    public func rate(at step: Int) -> Double { initial * factor(step) }
}

/// Schedules one after the other: each counts its steps from the moment when it begins.
public struct SequentialSchedule: Schedule {
    /// α.
    public let initial: Double
    private let schedules: [any Schedule]
    private let milestones: [Int]

    /// - Parameters:
    ///   - schedules: at least one.
    ///   - milestones: the steps at which the second, third … begin, rising; one fewer than schedules. Schedules without one never begin.
    public init(_ schedules: [any Schedule], milestones: [Int]) {
        (self.schedules, self.milestones) = (schedules, milestones.sorted())
        initial = schedules.first?.initial ?? 0
    }

    /// The step size of the schedule that is under way.
    public func rate(at step: Int) -> Double {
        let place = min(milestones.count { step >= $0 }, schedules.count - 1)
        guard place >= 0 else { return 0 }
        return schedules[place].rate(at: place == 0 ? step : step - milestones[place - 1])
    }
}

/// Schedules at the same time: the product of the factors by which each changes its initial step size.
///
/// αₜ = α·Πᵢ αₜ⁽ⁱ⁾/α⁽ⁱ⁾.
public struct ChainedSchedule: Schedule {
    /// α.
    public let initial: Double
    private let schedules: [any Schedule]

    /// - Parameters:
    ///   - initial: α; the first schedule's by default.
    ///   - schedules: with initial step sizes other than 0.
    public init(_ schedules: any Schedule..., initial: Double? = nil) {
        self.schedules = schedules
        self.initial = initial ?? schedules.first?.initial ?? 0
    }

    /// αₜ.
    public func rate(at step: Int) -> Double {
        schedules.reduce(initial) { $0 * $1.rate(at: step) / $1.initial }
    }
}
