import Foundation
import LeibnizCore
import LeibnizData

/// The loss of single steps while the step size grows from one to the next (Smith 2017).
public struct LearningRateCurve: Sendable {
    /// The step sizes that were tried, growing by the same factor.
    public let rates: [Double]
    /// The loss before the step of each, smoothed.
    public let losses: [Double]

    /// The step size around which the loss falls fastest over the logarithm of the step size, before it is least; nil where it falls
    /// nowhere. Slopes are those of chords over an eighth of the curve, and its first eighth is left out: single steps are noise.
    public var suggestion: Double? {
        let reach = max(1, losses.count / 16)
        guard let end = losses.indices.min(by: { losses[$0] < losses[$1] }), end > 0 else { return nil }
        let slopes = (0...end).compactMap { place -> (fall: Double, rate: Double)? in
            let (left, right) = (place - reach, place + reach)
            return left < 2 * reach || right > end ? nil : (losses[left] - losses[right], rates[place])
        }
        guard let steepest = slopes.max(by: { $0.fall < $1.fall }) else { return rates[end / 2] }
        return steepest.fall > 0 ? steepest.rate : nil
    }
}

/// Whether a model can learn a single batch by heart: what no data and no schedule is to blame for if it cannot.
public struct OverfitResult: Sendable, Hashable {
    /// The loss before each step.
    public let losses: [Double]
    /// Whether the last loss is below the given share of the first.
    public let isLearned: Bool
}

extension Trainer {
    /// Tries step sizes, from small to large, each in one step, and then puts model, optimizer and random streams back.
    ///
    /// - Parameters:
    ///   - data: passes are repeated as often as needed.
    ///   - range: the first and the last step size; 10⁻⁷ … 1 by default.
    ///   - steps: how many are tried, at least 2; 100 by default. It ends before where the loss is four times the least.
    /// - Throws: what `fit` throws but for a loss that is not finite, with which the curve ends.
    public func findLearningRate(
        _ data: some BatchSource<Batch>, in range: ClosedRange<Double> = 1e-7...1, steps: Int = 100
    ) throws -> LearningRateCurve {
        try restoring {
            let factor = pow(range.upperBound / range.lowerBound, 1 / Double(max(1, steps - 1)))
            var (rates, losses, least) = ([Double](), [Double](), Double.infinity)
            var (mean, weight) = (0.0, 0.0)
            try forEachStep(data, count: max(2, steps)) { number, batch in
                let rate = range.lowerBound * pow(factor, Double(number))
                optimizer.learningRate = Tensor(rate, .float64)
                let outcome = try step(batch)
                guard outcome.isFinite else { return false }
                (mean, weight) = (0.9 * mean + 0.1 * outcome.loss, 0.9 * weight + 0.1)
                let smooth = mean / weight
                rates.append(rate)
                losses.append(smooth)
                least = min(least, smooth)
                return smooth <= 4 * least || least <= 0
            }
            return LearningRateCurve(rates: rates, losses: losses)
        }
    }

    /// Trains on one batch again and again, and then puts model, optimizer and random streams back.
    ///
    /// - Parameters:
    ///   - steps: how many; 200 by default.
    ///   - share: of the first loss, below which the batch counts as learned; a tenth by default.
    public func overfit(_ batch: Batch, steps: Int = 200, share: Double = 0.1) throws -> OverfitResult {
        try restoring {
            var losses: [Double] = []
            for _ in 0..<max(1, steps) {
                let outcome = try step(batch)
                losses.append(outcome.loss)
                if !outcome.isFinite { break }
            }
            let isLearned = losses.last.map { $0 <= share * (losses.first ?? 0) } ?? false
            return OverfitResult(losses: losses, isLearned: isLearned)
        }
    }

    /// Calls `body` with batches, from pass to pass, until there were `count` or it returns false.
    private func forEachStep(
        _ data: some BatchSource<Batch>, count: Int, _ body: (Int, Batch) throws -> Bool
    ) throws {
        var (number, epoch) = (0, 0)
        while number < count {
            let pass = try data.pass(LoaderPosition(epoch: epoch))
            guard pass.count > 0 else { return }
            while number < count, let batch = try pass.next() {
                guard try body(number, batch) else { return }
                number += 1
            }
            epoch += 1
        }
    }

    /// Runs `body`; afterwards all cells of model and optimizer have the values that they had before.
    private func restoring<Result>(_ body: () throws -> Result) throws -> Result {
        let cells =
            model.namedCells.cells + CellWalk.cells(of: model, name: "model").cells
            + CellWalk.cells(of: optimizer, name: "optimizer").cells
        try Variable.settle(cells.map(\.variable))
        let values = cells.map { ($0.variable, $0.variable.value) }
        defer { for (variable, value) in values { variable.value = value } }
        return try body()
    }
}
