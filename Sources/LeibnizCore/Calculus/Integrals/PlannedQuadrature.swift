import LeibnizKernels

/// Adaptive integration over a line inside a plan: a `PlannedRefinement` that halves panels, eight at once.
///
/// Each part of the line is mapped to u in [0, 1] by a change of variables that flattens the integrand at both ends (dx ~ u⁹(1 − u)⁹ du;
/// Sidi, *Practical Extrapolation Methods*, chapter on variable transformations), so that roots and logarithms at the bounds do no harm.
/// Panels have Gauss's and Kronrod's values as in `AdaptiveQuadrature`. Memory for at most 256 panels of each part.
struct PlannedQuadrature {
    /// A part of the line; a bound that is `nil` is infinite, both are not.
    struct Part {
        let start: Tensor?
        let end: Tensor?
    }

    let integrand: Integrand
    let parts: [Part]
    let goal: IntegrationGoal

    /// Panels of each part at the start, which must be at least as many as are halved at once.
    private static let panelsAtStart = 16
    private static let halvedAtOnce = 8
    private static let panelsOfPart = 256

    /// The integral; the plan that computes it throws where it does not converge.
    func value() -> Tensor {
        if !integrand.value.isInvalid, integrand.value.type.shape.count == 0 { return integrand.value.filled(0) }
        let count = Self.panelsAtStart
        let part = parts.indices.flatMap { part in [Double](repeating: Double(part), count: count) }
        let starts = parts.indices.flatMap { _ in (0..<count).map { Double($0) / Double(count) } }
        let refinement = PlannedRefinement(
            goal: goal, most: Self.panelsOfPart * parts.count, halvedAtOnce: Self.halvedAtOnce,
            failure: (
                "an integral did not converge",
                "points: names places where the integrand jumps or has a kink; outside, there are more parts"
            ),
            evaluated: evaluated
        ) { panels in
            let (part, start, width) = (panels[0], panels[1], 0.5 * panels[2])
            return [[part, part], [start, start + width], [width, width]].map { concatenate($0, axis: 0) }
        }
        return refinement.value(from: [
            Tensor(copying: part, [part.count]), Tensor(copying: starts, [part.count]),
            .full([part.count], 1 / Double(count), .float64),
        ])
    }
}

extension PlannedQuadrature {
    /// Panels with their integrals: the part and u of each.
    private func evaluated(_ panels: [Tensor]) -> PlannedRefinement.Parts {
        let (count, nodes) = (panels[0].type.shape[0], GaussKronrod.count)
        let (x, slopes) = points(part: panels[0], start: panels[1], width: panels[2])
        let values = integrand.values(at: x)
        if values.isInvalid { return .init(places: panels, value: values, magnitude: values, error: values) }
        let shape = integrand.value.type.shape.extents
        let ones = shape.map { _ in 1 }
        // What has vanished stays so where the map stretches without bound.
        let columns = slopes.reshaped(to: Shape([count * nodes] + ones))
        let f = which(values == 0, 0, values * columns).reshaped(to: Shape([count, nodes] + shape))
        func weighted(_ f: Tensor, _ weights: [Double]) -> Tensor {
            sum(f * Tensor(copying: weights, Shape([1, nodes] + ones)), axes: [1])
        }
        let kronrod = weighted(f, GaussKronrod.weights)
        let size = weighted(abs(f), GaussKronrod.weights)
        let error = PlannedRefinement.error(kronrod - weighted(f, GaussKronrod.gaussWeights), size: size)
        return .init(
            places: panels, value: kronrod, magnitude: PlannedRefinement.greatest(size),
            error: PlannedRefinement.greatest(error))
    }

    /// The points x of panels, `[panels·nodes]`, and what dx is there, times half the panel's width.
    private func points(part: Tensor, start: Tensor, width: Tensor) -> (x: Tensor, slopes: Tensor) {
        let (count, nodes) = (part.type.shape[0], GaussKronrod.nodes)
        func column(_ x: Tensor) -> Tensor { x.reshaped(to: [count, 1]) }
        func row(_ x: [Double]) -> Tensor { Tensor(copying: x, [1, x.count]) }
        let wide = column(width)
        // u and 1 − u, each exact where it is small: halving in [0, 1] is.
        let u = column(start) + wide * row(nodes.map { (1 + $0) / 2 })
        let rest = (1 - column(start) - wide) + wide * row(nodes.map { (1 - $0) / 2 })
        let (below, above) = (Self.share(u, rest), Self.share(rest, u))
        let slope = 461_890 * pow(u * rest, 9) * wide
        let places = part.cast(to: .int64)
        /// Of each panel the number of its part.
        func each(_ numbers: [Tensor]) -> Tensor {
            let all = stack(numbers.map { $0.cast(to: .float64) })
            return numbers.count == 1 ? all.reshaped(to: [1, 1]) : column(all.gathered(places))
        }
        let areFinite = parts.map { $0.start != nil && $0.end != nil }
        // (1 − s)/s away from the finite end, ds/s².
        let anchor = each(parts.map { $0.start ?? $0.end ?? 0 })
        let away = anchor + each(parts.map { $0.start == nil ? -1 : 1 }) * (above / below)
        let stretched = slope / (below * below)
        let flat = Shape([count * nodes.count])
        if !areFinite.contains(true) { return (away.reshaped(to: flat), stretched.reshaped(to: flat)) }
        let end = each(parts.map { $0.end ?? $0.start ?? 0 })
        let (x, slopes) = (anchor * above + end * below, (end - anchor) * slope)
        if !areFinite.contains(false) { return (x.reshaped(to: flat), slopes.reshaped(to: flat)) }
        let finite = each(areFinite.map { $0 ? 1 : 0 }) == 1
        return (which(finite, x, away).reshaped(to: flat), which(finite, slopes, stretched).reshaped(to: flat))
    }

    /// ∫₀ᵘ s⁹(1 − s)⁹ ds over the whole, by its terms C(19, j)·uʲ·r¹⁹⁻ʲ with r = 1 − u and j from 10, all positive.
    private static func share(_ u: Tensor, _ r: Tensor) -> Tensor {
        let terms: [Double] = [1, 19, 171, 969, 3876, 11628, 27132, 50388, 75582, 92378]
        // From the power 19 of u downwards: Σ cⱼ·u^{9−k}·rᵏ, by Horner's rule in both.
        var (sum, power) = (Tensor(weak: terms[0]) * u.filled(1), r)
        for term in terms.dropFirst() {
            sum = sum * u + Tensor(weak: term) * power
            power = power * r
        }
        return sum * pow(u, 10)
    }
}
