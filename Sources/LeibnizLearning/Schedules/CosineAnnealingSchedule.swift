import Foundation

/// A step size that falls along a cosine from α to a minimum, and again from α, each time perhaps more slowly (Loshchilov & Hutter 2017).
///
/// αₜ = α_min + ½(α − α_min)(1 + cos π·t′/T′) for the t′-th step of a period of T′ = T·mⁱ steps. Without restarts the cosine goes on,
/// and rises again after T.
public struct CosineAnnealingSchedule: Schedule {
    /// α.
    public let initial: Double
    private let period: Int
    private let minimum: Double
    private let growth: Int?

    /// A fall without restarts: PyTorch's `CosineAnnealingLR`.
    ///
    /// - Parameters:
    ///   - initial: α.
    ///   - period: T, at least 1.
    ///   - minimum: α_min, 0 by default.
    public init(initial: Double, period: Int, minimum: Double = 0) {
        (self.initial, self.period, self.minimum, growth) = (initial, max(1, period), minimum, nil)
    }

    /// Falls one after the other: PyTorch's `CosineAnnealingWarmRestarts`.
    ///
    /// - Parameters:
    ///   - initial: α.
    ///   - firstPeriod: T, at least 1.
    ///   - growth: m, by which each period is longer than the one before, at least 1; 1 by default.
    ///   - minimum: α_min, 0 by default.
    public init(initial: Double, restartingAfter firstPeriod: Int, growth: Int = 1, minimum: Double = 0) {
        (self.initial, period, self.minimum, self.growth) = (initial, max(1, firstPeriod), minimum, max(1, growth))
    }

    /// αₜ.
    public func rate(at step: Int) -> Double {
        var (place, length) = (step, period)
        if let growth {
            if growth == 1 { place %= length }
            while place >= length { (place, length) = (place - length, length * growth) }
        }
        return minimum + (initial - minimum) * (1 + cos(Double.pi * Double(place) / Double(length))) / 2
    }
}
