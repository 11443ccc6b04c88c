import Foundation
import LeibnizCore

/// The root mean square error, √((1/N) Σ (y − ŷ)²).
public struct RootMeanSquaredError: Metric, Hashable {
    private var squares = RunningMean()

    /// An error of nothing, NaN.
    public init() {}

    /// Predictions ŷ and targets y of one shape. Throws what evaluation finds.
    public mutating func add(_ prediction: Tensor, _ target: Tensor) throws {
        squares.add(try meanSquaredError(prediction, target, reduction: .sum).item(), count: prediction.count)
    }
    /// Takes in what was gathered elsewhere.
    public mutating func merge(_ other: Self) { squares.merge(other.squares) }
    /// The figure for all that was added; NaN of nothing.
    public var value: Double { squares.value.squareRoot() }
}

/// The mean absolute error, (1/N) Σ |y − ŷ|.
public struct MeanAbsoluteError: Metric, Hashable {
    private var distances = RunningMean()

    /// An error of nothing, NaN.
    public init() {}

    /// Predictions ŷ and targets y of one shape. Throws what evaluation finds.
    public mutating func add(_ prediction: Tensor, _ target: Tensor) throws {
        distances.add(try meanAbsoluteError(prediction, target, reduction: .sum).item(), count: prediction.count)
    }
    /// Takes in what was gathered elsewhere.
    public mutating func merge(_ other: Self) { distances.merge(other.distances) }
    /// The figure for all that was added; NaN of nothing.
    public var value: Double { distances.value }
}

/// The share of the targets' variance that predictions explain, R² = 1 − Σ (y − ŷ)²/Σ (y − ȳ)².
///
/// 1 is perfect, 0 as good as the mean ȳ. Means and squares about them are merged after Chan, Golub & LeVeque (1983), so that a large ȳ
/// costs no digits.
public struct CoefficientOfDetermination: Metric, Hashable {
    private var count = 0.0
    private var mean = 0.0
    private var spread = 0.0
    private var residual = 0.0

    /// Of nothing, NaN.
    public init() {}

    /// Predictions ŷ and targets y of one shape. Throws what evaluation finds.
    public mutating func add(_ prediction: Tensor, _ target: Tensor) throws {
        let residual = meanSquaredError(prediction, target, reduction: .sum)
        let exact = target.cast(to: .float64), mean = LeibnizCore.mean(exact)
        let spread = sum((exact - mean) * (exact - mean))
        try evaluate(residual, mean, spread)
        var part = CoefficientOfDetermination()
        part.count = Double(target.count)
        if target.count == 0 { return }
        (part.mean, part.spread, part.residual) = (try mean.item(), try spread.item(), try residual.item())
        merge(part)
    }

    /// Takes in what was gathered elsewhere.
    public mutating func merge(_ other: Self) {
        let total = count + other.count
        if total == 0 { return }
        let distance = other.mean - mean
        spread += other.spread + distance * distance * count * other.count / total
        mean += distance * other.count / total
        residual += other.residual
        count = total
    }

    /// The figure for all that was added; NaN of nothing.
    public var value: Double { count == 0 ? .nan : 1 - residual / spread }
}

/// The perplexity of predicted distributions, exp of the mean cross entropy: among how many equally likely classes the choice is as hard.
public struct Perplexity: Metric, Hashable {
    private let ignored: Int?
    private var entropies = RunningMean()

    /// - Parameter ignored: a class whose rows count for nothing; none by default.
    public init(ignoring ignored: Int? = nil) { self.ignored = ignored }

    /// Logits […, C] and classes […]. Throws what evaluation finds.
    public mutating func add(_ logits: Tensor, _ classes: Tensor) throws {
        let total = crossEntropy(logits, classes, ignoring: ignored, reduction: .sum)
        let count = ignored.map { sum((classes != Tensor($0)).cast(to: .int64)) } ?? Tensor(classes.count)
        try evaluate(total, count)
        entropies.add(try total.item(), count: try count.item(of: Int.self))
    }
    /// Takes in what was gathered elsewhere.
    public mutating func merge(_ other: Self) { entropies.merge(other.entropies) }
    /// The figure for all that was added; NaN of nothing.
    public var value: Double { exp(entropies.value) }
}
