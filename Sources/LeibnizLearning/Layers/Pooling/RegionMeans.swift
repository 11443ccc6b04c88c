import LeibnizCore

/// The means (1/|R|) ∫_R f of a map's interpolant over boxes with real-valued corners.
///
/// The interpolant is Σ f_ij φ_i(x)φ_j(y), so its integral over a box is Σ f_ij·(Φ_i(b) − Φ_i(a))·(Φ_j(d) − Φ_j(c)) with Φ′ = φ: the map
/// contracted with differences of antiderivatives, one axis after the other. Derivatives with respect to the corners follow from
/// Φ′ = φ, which is Leibniz's rule: d/db ∫_a^b f dx = f(b), d/da = −f(a). Of `.constant` maps they are one-sided at borders of cells,
/// from above.
///
/// ```swift
/// let means = regionMeans(of: map, from: [[0.25, 0.5]], to: [[3.5, 2.75]])      // rows 0.25 to 3.5, columns 0.5 to 2.75
/// ```
///
/// - Parameters:
///   - f: [leading…, map…].
///   - lower, upper: the corners of each region, [R, pooled axes], in elements from the map's edge: element i covers i … i + 1.
///     A region may reach beyond the map, where the function goes on as at the edge; one without extent along an axis gives
///     the limit.
///   - interpolation: `.linear` by default.
///   - rule: `.exact` by default.
/// - Returns: [leading…, R].
/// - Complexity: the map's elements times R multiplications: a matrix product.
public func regionMeans(
    of f: Tensor, from lower: Tensor, to upper: Tensor, interpolation: MapInterpolation = .linear,
    rule: QuadratureRule = .exact
) -> Tensor {
    if let invalid = [f, lower, upper].first(where: \.isInvalid) { return invalid }
    guard lower.rank == 2, lower.shape == upper.shape, (1...Swift.max(1, f.rank)).contains(lower.shape[1]), f.rank > 0
    else {
        return .refused(
            "regionMeans", [f, lower, upper], "corners are [regions, pooled axes], and the map has as many axes or more"
        )
    }
    if let flaw = rule.flaw { return .refused("regionMeans", [f], flaw, kind: .value) }
    guard !f.shape.extents.suffix(lower.shape[1]).contains(0) else {
        return .refused("regionMeans", [f], "a map without elements is no function")
    }
    let rank = lower.shape[1]
    let weights = (0..<rank).map { axis in
        func side(_ corners: Tensor) -> Tensor { corners.sliced(axis: 1, start: axis, count: 1).squeezed([1]) }
        return RegionWeights.along(
            extent: f.shape[f.rank - rank + axis], from: side(lower).cast(to: f.elementType),
            to: side(upper).cast(to: f.elementType), interpolation, rule)
    }
    // [leading…, map…, n]·[n, R] → [leading…, map…, R], then the other axes one by one, each region with its own weights.
    var result = matmul(f, weights[rank - 1].transposed())
    for axis in (0..<rank - 1).reversed() {
        result = sum(result * weights[axis].transposed(), axes: [-2])
    }
    return result
}

/// Weights of the elements along one axis.
enum RegionWeights {
    /// w with (1/(b − a)) ∫_a^b f = Σ_i w_i·f_i, for each region: [R] and [R] → [R, n].
    static func along(
        extent n: Int, from a: Tensor, to b: Tensor, _ interpolation: MapInterpolation, _ rule: QuadratureRule
    ) -> Tensor {
        guard let (places, weights) = rule.nodes else {
            let length = (b - a).expanded(at: -1)
            let isPoint = length == 0
            let area = interpolation.antiderivative(at: b, extent: n) - interpolation.antiderivative(at: a, extent: n)
            return which(isPoint, interpolation.basis(at: a, extent: n), area / which(isPoint, 1, length))
        }
        let share = Tensor(places, .float64).cast(to: a.elementType)
        let nodes = a.expanded(at: -1) * (1 - share) + b.expanded(at: -1) * share
        let weight = Tensor(weights, .float64).cast(to: a.elementType).expanded(at: -1)
        return sum(interpolation.basis(at: nodes, extent: n) * weight, axes: [-2])
    }
}
