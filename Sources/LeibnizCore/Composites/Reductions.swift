import LeibnizKernels

/// The product over `axes`, all by default.
public func product(_ x: Tensor, axes: [Int]? = nil, keepingAxes: Bool = false) -> Tensor {
    Tensor.reduced(x, axes, keepingAxes, "product") { Tensor(Reduce(operation: .product, axes: $0), [x]) }
}

/// The greatest element over `axes`, all by default. NaN wins; the derivative goes to the first of equals.
public func max(_ x: Tensor, axes: [Int]? = nil, keepingAxes: Bool = false) -> Tensor {
    Tensor.reduced(x, axes, keepingAxes, "max") { Tensor(Reduce(operation: .max, axes: $0), [x]) }
}

/// The least element over `axes`, all by default. NaN wins; the derivative goes to the first of equals.
public func min(_ x: Tensor, axes: [Int]? = nil, keepingAxes: Bool = false) -> Tensor {
    Tensor.reduced(x, axes, keepingAxes, "min") { Tensor(Reduce(operation: .min, axes: $0), [x]) }
}

/// Whether any element over `axes` is true (or not 0).
public func any(_ x: Tensor, axes: [Int]? = nil, keepingAxes: Bool = false) -> Tensor {
    max(x.cast(to: .bool), axes: axes, keepingAxes: keepingAxes)
}

/// Whether all elements over `axes` are true (or not 0).
public func all(_ x: Tensor, axes: [Int]? = nil, keepingAxes: Bool = false) -> Tensor {
    min(x.cast(to: .bool), axes: axes, keepingAxes: keepingAxes)
}

/// The mean over `axes`, all by default: (1/n) Σ x. Of nothing it is NaN.
public func mean(_ x: Tensor, axes: [Int]? = nil, keepingAxes: Bool = false) -> Tensor {
    if x.isInvalid { return x }
    let x = x.cast(to: Promotion.real(x.elementType))
    let total = sum(x, axes: axes, keepingAxes: keepingAxes)
    if total.isInvalid { return total }
    let count = regionCount(x.type.shape, axes)
    return count == 0 ? total.filled(Double.nan) : total * Tensor(weak: 1 / Double(count))
}

/// The mean square distance from the mean, Σ (x − x̄)²/(n − correction).
///
/// - Parameter correction: 1 by default, Bessel's, as in PyTorch; 0 for the variance of a whole population.
public func variance(_ x: Tensor, axes: [Int]? = nil, correction: Int = 1, keepingAxes: Bool = false) -> Tensor {
    if x.isInvalid { return x }
    let distance = x - mean(x, axes: axes, keepingAxes: true)
    let total = sum(distance * distance, axes: axes, keepingAxes: keepingAxes)
    if total.isInvalid { return total }
    return total / Tensor(weak: Swift.max(0, Double(regionCount(x.type.shape, axes) - correction)))
}

/// The number of elements that each result of a reduction combines.
private func regionCount(_ shape: Shape, _ axes: [Int]?) -> Int {
    (axes ?? Array(0..<shape.rank)).reduce(1) { $0 * shape[$1] }
}

/// The length of a vector, (Σ |x|ᵖ)^(1/p); p = 2 by default.
///
/// The derivative at 0 is 0. `p` may be infinite: the greatest |x|.
public func norm(_ x: Tensor, _ p: Double = 2, axes: [Int]? = nil, keepingAxes: Bool = false) -> Tensor {
    if x.isInvalid { return x }
    if p == .infinity { return max(abs(x), axes: axes, keepingAxes: keepingAxes) }
    if p == 1 { return sum(abs(x), axes: axes, keepingAxes: keepingAxes) }
    let powers = p == 2 ? x * x : pow(abs(x), p)
    let total = sum(powers, axes: axes, keepingAxes: keepingAxes)
    // At 0 the root has an infinite derivative; the branch that is not taken must not be 0 then.
    let isZero = total == 0
    return which(isZero, total.filled(0), pow(which(isZero, total.filled(1), total), 1 / p))
}

/// log Σ eˣ over `axes`, all by default, without overflow: m + log Σ e^(x−m) with m = max x.
public func logSumExp(_ x: Tensor, axes: [Int]? = nil, keepingAxes: Bool = false) -> Tensor {
    if x.isInvalid { return x }
    let x = x.cast(to: Promotion.real(x.elementType))
    let peak = finitePeak(x, axes)
    let total = log(sum(exp(x - peak), axes: axes, keepingAxes: true)) + peak
    if keepingAxes || total.isInvalid { return total }
    let shape = x.type.shape
    let places = (axes ?? Array(0..<shape.rank)).map { $0 < 0 ? $0 + shape.rank : $0 }
    return total.reshaped(to: shape.removing(places))
}

/// The greatest element, through which no derivative passes; 0 where it is infinite, so that ∞ − ∞ does not occur.
func finitePeak(_ x: Tensor, _ axes: [Int]?) -> Tensor {
    let peak = max(x, axes: axes, keepingAxes: true).stopGradient()
    return peak.isInvalid ? peak : which(isFinite(peak), peak, peak.filled(0))
}

/// log(eᵃ + eᵇ) without overflow.
public func logAddExp(_ a: Tensor, _ b: Tensor) -> Tensor {
    let peak = maximum(a, b).stopGradient()
    if peak.isInvalid { return peak }
    let base = which(isFinite(peak), peak, peak.filled(0))
    return log(exp(a - base) + exp(b - base)) + base
}

/// log softmax along an axis, x − log Σ eˣ, exact also where the softmax is tiny.
public func logSoftmax(_ x: Tensor, axis: Int = -1) -> Tensor {
    let x = x.cast(to: Promotion.real(x.elementType))
    let shifted = x - finitePeak(x, [axis])
    return shifted - log(sum(exp(shifted), axes: [axis], keepingAxes: true))
}
