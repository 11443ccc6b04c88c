import Foundation
import LeibnizCore

/// The mean squared error, (1/N) Σ (y − ŷ)².
///
/// - Parameters:
///   - prediction, target: ŷ and y, of one shape; N is the number of their elements.
///   - reduction: the mean by default.
/// - Returns: a scalar. Invalid where the shapes differ: to broadcast here is nearly always a mistake.
public func meanSquaredError(_ prediction: Tensor, _ target: Tensor, reduction: Reduction = .mean) -> Tensor {
    if let refusal = refusal("meanSquaredError", prediction, target) { return refusal }
    let difference = prediction - target
    return reduction(difference * difference)
}

/// The mean absolute error, (1/N) Σ |y − ŷ|, PyTorch's `l1_loss`. Its derivative where y = ŷ is 0.
///
/// - Parameters:
///   - prediction, target: ŷ and y, of one shape.
///   - reduction: the mean by default.
public func meanAbsoluteError(_ prediction: Tensor, _ target: Tensor, reduction: Reduction = .mean) -> Tensor {
    if let refusal = refusal("meanAbsoluteError", prediction, target) { return refusal }
    return reduction(abs(prediction - target))
}

/// Huber's loss (1964): ½d² for |d| ≤ δ, else δ(|d| − ½δ), of the difference d = ŷ − y. Quadratic near 0, and outliers pull no
/// harder than δ.
///
/// - Parameters:
///   - prediction, target: ŷ and y, of one shape.
///   - delta: δ, positive; 1 by default.
///   - reduction: the mean by default.
public func huberLoss(
    _ prediction: Tensor, _ target: Tensor, delta: Double = 1, reduction: Reduction = .mean
) -> Tensor {
    if let refusal = refusal("huberLoss", prediction, target) { return refusal }
    guard delta > 0 else {
        return .refused("huberLoss", [prediction, target], "delta is \(delta), not positive", kind: .value)
    }
    let distance = abs(prediction - target)
    return reduction(which(distance > delta, delta * (distance - delta / 2), 0.5 * distance * distance))
}

/// The smooth absolute error: ½d²/β for |d| < β, else |d| − ½β, of the difference d = ŷ − y; Huber's loss divided by β
/// (Girshick 2015).
///
/// - Parameters:
///   - prediction, target: ŷ and y, of one shape.
///   - beta: β, not negative; 1 by default, and with 0 the absolute error.
///   - reduction: the mean by default.
public func smoothL1Loss(
    _ prediction: Tensor, _ target: Tensor, beta: Double = 1, reduction: Reduction = .mean
) -> Tensor {
    if let refusal = refusal("smoothL1Loss", prediction, target) { return refusal }
    guard beta >= 0 else {
        return .refused("smoothL1Loss", [prediction, target], "beta is \(beta), not at least 0", kind: .value)
    }
    let distance = abs(prediction - target)
    if beta == 0 { return reduction(distance) }
    return reduction(which(distance < beta, 0.5 / beta * distance * distance, distance - beta / 2))
}

/// The quantile loss, max(τ·(y − ŷ), (τ − 1)·(y − ŷ)): least where ŷ is the τ-quantile of y (Koenker & Bassett 1978).
///
/// - Parameters:
///   - prediction, target: ŷ and y, of one shape.
///   - quantile: τ, 0…1; 0.5 gives half of the absolute error.
///   - reduction: the mean by default.
public func quantileLoss(
    _ prediction: Tensor, _ target: Tensor, quantile: Double, reduction: Reduction = .mean
) -> Tensor {
    if let refusal = refusal("quantileLoss", prediction, target) { return refusal }
    guard (0...1).contains(quantile) else {
        return .refused("quantileLoss", [prediction, target], "\(quantile) is no quantile of 0…1", kind: .value)
    }
    let distance = target - prediction
    return reduction(maximum(quantile * distance, (quantile - 1) * distance))
}

/// The negative log likelihood of counts under Poisson distributions of the predicted rates, up to log y!.
///
/// eˣ − y·x for predictions x of the logarithm of the rate, or x − y·log(x + ε) for the rate itself.
///
/// - Parameters:
///   - prediction: x.
///   - target: y, not negative, of one shape.
///   - isLogarithm: whether x is the rate's logarithm; true by default.
///   - addsStirling: whether log y! ≈ y·log y − y + ½·log 2πy is added where y > 1; false by default.
///   - epsilon: ε, 1e-8 by default.
///   - reduction: the mean by default.
public func poissonNegativeLogLikelihood(
    _ prediction: Tensor, _ target: Tensor, isLogarithm: Bool = true, addsStirling: Bool = false,
    epsilon: Double = 1e-8,
    reduction: Reduction = .mean
) -> Tensor {
    if let refusal = refusal("poissonNegativeLogLikelihood", prediction, target) { return refusal }
    var losses =
        isLogarithm ? exp(prediction) - target * prediction : prediction - target * log(prediction + epsilon)
    if addsStirling {
        let isLarge = target > 1, count = which(isLarge, target, 1)
        losses = losses + which(isLarge, count * log(count) - count + 0.5 * log(2 * Double.pi * count), 0)
    }
    return reduction(losses)
}

/// The negative log likelihood of numbers under normal distributions of the predicted means and variances (Nix & Weigend 1994):
/// ½(log σ² + (y − ŷ)²/σ²) with σ² at least ε.
///
/// - Parameters:
///   - prediction, target: ŷ and y, of one shape.
///   - variance: σ², of a shape that broadcasts to theirs.
///   - addsConstant: whether ½·log 2π is added; false by default.
///   - epsilon: ε, 1e-6 by default.
///   - reduction: the mean by default.
public func gaussianNegativeLogLikelihood(
    _ prediction: Tensor, _ target: Tensor, variance: Tensor, addsConstant: Bool = false, epsilon: Double = 1e-6,
    reduction: Reduction = .mean
) -> Tensor {
    if let refusal = refusal("gaussianNegativeLogLikelihood", prediction, target) { return refusal }
    if variance.isInvalid { return variance }
    let spread = maximum(variance, variance.filled(epsilon)), difference = prediction - target
    let losses = 0.5 * (log(spread) + difference * difference / spread)
    return reduction(addsConstant ? losses + Foundation.log(2 * Double.pi) / 2 : losses)
}
