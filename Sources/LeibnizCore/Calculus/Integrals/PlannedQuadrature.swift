import LeibnizKernels

/// Adaptive integration inside a plan: a loop that halves the panels with the greatest errors, eight at once, until the error is small enough.
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

    /// Panels in places of tensors: part and u of each, its integral, ∫|f| and error. In places not used yet the error is −1.
    private struct Panels {
        var part: Tensor
        var start: Tensor
        var width: Tensor
        /// `[P] + the integrand's shape`.
        var value: Tensor
        var magnitude: Tensor
        var error: Tensor

        var tensors: [Tensor] { [part, start, width, value, magnitude, error] }

        init(_ tensors: [Tensor]) {
            (part, start, width) = (tensors[0], tensors[1], tensors[2])
            (value, magnitude, error) = (tensors[3], tensors[4], tensors[5])
        }

        func combined(_ other: Panels, _ body: (Tensor, Tensor) -> Tensor) -> Panels {
            Panels(zip(tensors, other.tensors).map(body))
        }
    }

    /// The integral; the plan that computes it throws where it does not converge.
    func value() -> Tensor {
        if !integrand.value.isInvalid, integrand.value.type.shape.count == 0 { return integrand.value.filled(0) }
        let first = panelsAtStart()
        if let invalid = first.tensors.first(where: \.isInvalid) { return invalid }
        let used = first.error.type.shape[0]
        let most = Swift.max(used, Swift.min(goal.limit, Self.panelsOfPart * parts.count))
        // Filled up with places that are not used, and never chosen.
        let spare = most - used
        let filled = Panels(
            first.tensors.map { tensor in
                let rest = tensor.type.shape.extents.dropFirst()
                let number = tensor.node === first.error.node ? -1.0 : 0
                return concatenate([tensor, .full(Shape([spare] + rest), number, .float64)], axis: 0)
            })
        let last = whileLoop(
            filled.tensors + [Tensor(used).cast(to: .int64)],
            while: { state in
                let panels = Panels(Array(state.dropLast()))
                return ~isExact(panels) & (state[state.count - 1] <= Tensor(most - Self.halvedAtOnce))
            }
        ) { state in
            let count = state[state.count - 1]
            return halved(Panels(Array(state.dropLast())), count).tensors + [count + Tensor(Self.halvedAtOnce)]
        }
        if let invalid = last.first(where: { $0.isInvalid }) { return invalid }
        let panels = Panels(Array(last.dropLast()))
        return sum(panels.value, axes: [0]).reported(
            unless: isExact(panels), by: "integrate",
            "an integral did not converge with the \(most) panels that it has inside vmap, compiled and another integral",
            hint: "points: names places where the integrand jumps or has a kink; outside, there are more panels")
    }

    /// Whether the errors together are small enough. Not so where any is NaN.
    private func isExact(_ panels: Panels) -> Tensor {
        let size = max(abs(sum(panels.value, axes: [0])))
        let error = sum(maximum(panels.error, 0))
        let goal = maximum(
            maximum(size * Tensor(weak: goal.relative), Tensor(weak: goal.absolute)),
            sum(panels.magnitude) * Tensor(weak: 1000 * Double.ulpOfOne))
        return error <= goal
    }

    private func panelsAtStart() -> Panels {
        let count = Self.panelsAtStart
        let starts = parts.indices.flatMap { _ in (0..<count).map { Double($0) / Double(count) } }
        let part = parts.indices.flatMap { part in [Double](repeating: Double(part), count: count) }
        return evaluated(
            part: Tensor(copying: part, [part.count]), start: Tensor(copying: starts, [part.count]),
            width: .full([part.count], 1 / Double(count), .float64))
    }

    /// The panels with the greatest errors halved: the left halves in their places, the right ones in the first that are free.
    private func halved(_ panels: Panels, _ count: Tensor) -> Panels {
        let number = Self.halvedAtOnce
        let error = which(isNaN(panels.error), Tensor(weak: .infinity), panels.error)
        let worst = topK(error, number).indices
        let width = 0.5 * panels.width.gathered(worst)
        let start = panels.start.gathered(worst), part = panels.part.gathered(worst)
        let halves = evaluated(
            part: concatenate([part, part], axis: 0), start: concatenate([start, start + width], axis: 0),
            width: concatenate([width, width], axis: 0))
        let free = Tensor.iota([number], axis: 0) + count
        let places = concatenate([worst.cast(to: .int64), free], axis: 0)
        return panels.combined(halves) { $0.at[places].set($1) }
    }
}

extension PlannedQuadrature {
    /// Panels with their integrals.
    private func evaluated(part: Tensor, start: Tensor, width: Tensor) -> Panels {
        let (count, nodes) = (part.type.shape[0], GaussKronrod.count)
        let (x, slopes) = points(part: part, start: start, width: width)
        let values = integrand.values(at: x)
        if values.isInvalid { return Panels([part, start, width, values, values, values]) }
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
        // As QUADPACK does: the difference of the rules is far greater than the error of the finer one.
        let ratio = minimum(
            200 * abs(kronrod - weighted(f, GaussKronrod.gaussWeights)) / maximum(size, 1e-300), 1)
        func greatest(_ x: Tensor) -> Tensor {
            shape.isEmpty ? x : max(x.reshaped(to: [count, -1]), axes: [1])
        }
        return Panels([part, start, width, kronrod, greatest(size), greatest(size * ratio * LeibnizCore.sqrt(ratio))])
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
