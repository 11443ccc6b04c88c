import Foundation

/// One rise and one long fall of the step size (Smith & Topin 2019): PyTorch's `OneCycleLR` without its cycle of momentum.
///
/// From α/d up to α in the first share of the steps, then down to α/(d·f) at the last; or, in three phases, down to α/d as it rose and
/// then on to α/(d·f).
public struct OneCycleSchedule: Schedule {
    /// How the step size goes from one value to the next.
    public enum Annealing: Sendable {
        /// Along half a cosine.
        case cosine
        /// In a straight line.
        case linear
    }

    /// α, the greatest step size.
    public let peak: Double
    /// α/d, the first step size.
    public var initial: Double { peak / division }
    private let division: Double
    private let phases: [(end: Double, from: Double, to: Double)]
    private let annealing: Annealing

    /// - Parameters:
    ///   - peak: α.
    ///   - steps: all steps, at least 2; the last has the least size, which stays afterwards.
    ///   - rise: the share of the steps in which the size rises, 0 … 1; 0.3 by default.
    ///   - annealing: along a cosine by default.
    ///   - division: d, 25 by default.
    ///   - finalDivision: f, 10,000 by default.
    ///   - threePhases: whether the fall is as long as the rise and a third phase follows; false by default.
    public init(
        peak: Double, steps: Int, rise: Double = 0.3, annealing: Annealing = .cosine, division: Double = 25,
        finalDivision: Double = 1e4, threePhases: Bool = false
    ) {
        (self.peak, self.division, self.annealing) = (peak, division, annealing)
        let (first, last, count) = (peak / division, peak / division / finalDivision, Double(max(2, steps)))
        phases =
            threePhases
            ? [
                (rise * count - 1, first, peak), (2 * rise * count - 2, peak, first), (count - 1, first, last),
            ] : [(rise * count - 1, first, peak), (count - 1, peak, last)]
    }

    /// αₜ.
    public func rate(at step: Int) -> Double {
        let t = Double(step)
        var start = 0.0
        for (number, phase) in phases.enumerated() {
            if t <= phase.end || number == phases.count - 1 {
                let share = min(1, (t - start) / (phase.end - start))
                return switch annealing {
                case .cosine: phase.to + (phase.from - phase.to) / 2 * (cos(Double.pi * share) + 1)
                case .linear: (phase.to - phase.from) * share + phase.from
                }
            }
            start = phase.end
        }
        return peak
    }
}
