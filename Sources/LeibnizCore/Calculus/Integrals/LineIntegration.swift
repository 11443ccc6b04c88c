import LeibnizKernels

import func Foundation.pow

/// How an integral over a line is computed.
///
/// Where values can be asked for, panels are chosen by the values (`AdaptiveQuadrature`). In a batch, or a body that is traced, they cannot:
/// there 16 panels of each part are taken, after a change of variables that flattens the integrand at both ends (dx ~ s⁹(1 − s)⁹ ds; Sidi,
/// *Practical Extrapolation Methods*, chapter on variable transformations), so that roots and logarithms at the bounds do no harm, and
/// the running plan checks the error.
struct LineIntegration: Hashable, Sendable {
    var goal: IntegrationGoal
    /// Where panels end, besides the bounds.
    var points: [Double]

    /// The same for a domain that was moved elsewhere.
    var withoutPoints: LineIntegration { LineIntegration(goal: goal, points: []) }

    /// Whether a bound is known to be infinite.
    static func isInfinite(_ bound: Tensor) -> Bool { number(bound)?.isInfinite ?? false }

    /// The number that a bound is, where that is the same in all runs or can be asked for.
    private static func number(_ bound: Tensor) -> Double? {
        if let uniform = bound.uniformNumber { return uniform }
        let dependence = bound.node.dependence
        if dependence.contains(.trace) || Overlay.current?.isTrace == true && !dependence.isEmpty { return nil }
        return try? bound.item()
    }

    /// The integral, through which no derivative passes by itself.
    func value(of integrand: Integrand, from a: Tensor, to b: Tensor) -> Tensor {
        do throws(IntegrationError) {
            if let error = goal.error { throw .failed(error) }
            guard integrand.canBeEvaluated(with: [a, b]) else { return fixed(integrand, a, b) }
            let (outcome, sign) = try adaptive(integrand, a, b)
            let shape = integrand.value.type.shape
            let value = Tensor(copying: outcome.value.map { sign * $0 }, shape)
            if !integrand.readsVariables(with: [a, b]) { return value }
            return followed(outcome, sign, integrand, a, b)
        } catch {
            return Tensor(invalid: error.asTensorError.located(among: integrand.captured + [a, b]))
        }
    }

    /// The integral with its error.
    func estimate(of integrand: Integrand, from a: Tensor, to b: Tensor) throws(IntegrationError) -> IntegralEstimate {
        if let error = goal.error ?? a.error ?? b.error ?? integrand.value.error { throw .failed(error) }
        let (outcome, sign) = try adaptive(integrand, a, b)
        return IntegralEstimate(
            value: Tensor(copying: outcome.value.map { sign * $0 }, integrand.value.type.shape), error: outcome.error,
            evaluations: outcome.evaluations)
    }

    /// The integral by panels that the values choose, from the lesser to the greater bound, and its sign.
    private func adaptive(
        _ integrand: Integrand, _ a: Tensor, _ b: Tensor
    ) throws(IntegrationError) -> (AdaptiveQuadrature.Outcome, sign: Double) {
        do {
            let (start, end) = (try a.item(), try b.item())
            guard !start.isNaN, !end.isNaN, !points.contains(where: \.isNaN) else {
                throw TensorError("integrate", [], "a bound is NaN: from \(start) to \(end)", kind: .value)
            }
            let (lower, upper) = (Swift.min(start, end), Swift.max(start, end))
            let panels = LineMap.panels(from: lower, to: upper, points: points)
            let count = integrand.value.type.shape.count
            if panels.isEmpty || count == 0 {
                let zero = [Double](repeating: 0, count: count)
                return (AdaptiveQuadrature.Outcome(value: zero, error: 0, evaluations: 0, panels: []), 1)
            }
            var quadrature = AdaptiveQuadrature(goal) { try integrand.numbers(at: $0) }
            return (try quadrature.integral(over: panels), start > end ? -1 : 1)
        } catch let error as IntegrationError {
            throw error
        } catch let error as TensorError {
            throw .failed(error)
        } catch {
            throw .failed(TensorError("integrate", [], "\(error)", kind: .runtime))
        }
    }
}

extension LineIntegration {
    /// The sum over the panels that were chosen as a graph, for plans that run again with other values of variables.
    private func followed(
        _ outcome: AdaptiveQuadrature.Outcome, _ sign: Double, _ integrand: Integrand, _ a: Tensor, _ b: Tensor
    ) -> Tensor {
        guard !outcome.panels.isEmpty, let start = Self.evaluated(a), let end = Self.evaluated(b) else {
            return Tensor(copying: outcome.value, integrand.value.type.shape)
        }
        var (x, weights) = ([Double](), [Double]())
        for panel in outcome.panels {
            for (s, w) in zip(panel.places, GaussKronrod.weights) {
                let point = panel.map.point(s)
                x.append(point.x)
                weights.append(sign * w * panel.width / 2 * point.weight)
            }
        }
        while x.count % (4 * GaussKronrod.count) != 0 {
            x.append(x[x.count - 1])
            weights.append(0)
        }
        let places: Tensor, factor: Tensor?
        switch (start.isFinite, end.isFinite) {
        case (true, true):
            // Shares of the way from a to b.
            let width = end - start
            let (to, from) = (x.map { ($0 - start) / width }, x.map { (end - $0) / width })
            places = a * Tensor(copying: from, [x.count]) + b * Tensor(copying: to, [x.count])
            (weights, factor) = (weights.map { $0 / width }, b - a)
        case (true, false): (places, factor) = (a + Tensor(copying: x.map { $0 - start }, [x.count]), nil)
        case (false, true): (places, factor) = (b + Tensor(copying: x.map { $0 - end }, [x.count]), nil)
        case (false, false): (places, factor) = (Tensor(copying: x, [x.count]), nil)
        }
        let total = Self.weighted(integrand.values(at: places), Tensor(copying: weights, [x.count]))
        // What extrapolation gave beyond the panels.
        let sums = outcome.panels.reduce(into: [Double](repeating: 0, count: outcome.value.count)) { sums, panel in
            for place in sums.indices { sums[place] += panel.value[place] }
        }
        let rest = zip(outcome.value, sums).map { sign * ($0 - $1) }
        return (factor.map { total * $0 } ?? total) + Tensor(copying: rest, integrand.value.type.shape)
    }

    private static func evaluated(_ bound: Tensor) -> Double? { try? bound.item() }

    /// Σ wᵢ·fᵢ over the first axis.
    static func weighted(_ values: Tensor, _ weights: Tensor) -> Tensor {
        if values.isInvalid { return values }
        let column = Shape([weights.type.shape[0]] + values.type.shape.extents.dropFirst().map { _ in 1 })
        return sum(values * weights.reshaped(to: column), axes: [0])
    }
}

extension LineIntegration {
    /// The points of all panels of a part as shares s of it, the shares 1 − s, and ds for Kronrod's and Gauss's rule.
    private static let flattened: (shares: [Double], rests: [Double], weights: [Double], gauss: [Double]) = {
        var (shares, rests, weights, gauss) = ([Double](), [Double](), [Double](), [Double]())
        // ∫₀ᵘ s⁹(1 − s)⁹ ds over the whole, by its terms C(19, j)·uʲ·r¹⁹⁻ʲ, all positive.
        func share(_ u: Double, _ r: Double) -> Double {
            [92378.0, 75582, 50388, 27132, 11628, 3876, 969, 171, 19, 1].enumerated().reduce(0) {
                $0 + $1.element * pow(u, Double(10 + $1.offset)) * pow(r, Double(9 - $1.offset))
            }
        }
        for panel in 0..<fixedPanels {
            for (x, (w, g)) in zip(GaussKronrod.nodes, zip(GaussKronrod.weights, GaussKronrod.gaussWeights)) {
                let u = (Double(2 * panel + 1) + x) / Double(2 * fixedPanels)
                let rest = (Double(2 * (fixedPanels - panel) - 1) - x) / Double(2 * fixedPanels)
                shares.append(share(u, rest))
                rests.append(share(rest, u))
                let slope = 923_780 * pow(u * rest, 9) / Double(2 * fixedPanels)
                weights.append(w * slope)
                gauss.append(g * slope)
            }
        }
        return (shares, rests, weights, gauss)
    }()
    private static let fixedPanels = 16

    /// The integral by the same panels whatever the values are; the plan that computes it throws where they are too coarse.
    private func fixed(_ integrand: Integrand, _ a: Tensor, _ b: Tensor) -> Tensor {
        let ends = (Self.number(a), Self.number(b))
        if let lower = ends.0, let upper = ends.1, lower == upper { return integrand.value.filled(0).stopGradient() }
        // From the greater to the lesser where that is known.
        if let lower = ends.0, let upper = ends.1, lower > upper { return -fixed(integrand, b, a) }
        if ends.0 == .infinity || ends.1 == -.infinity { return -fixed(integrand, b, a) }
        var marks = points.sorted().filter { $0 > ends.0 ?? -.infinity && $0 < ends.1 ?? .infinity }
        if ends.0 == -.infinity, ends.1 == .infinity, marks.isEmpty { marks = [0] }
        let (finiteA, finiteB) = (ends.0 == -.infinity ? nil : a, ends.1 == .infinity ? nil : b)
        let inner = marks.map { mark in
            // A point outside of bounds that are not known yet cuts nothing off.
            let number = Tensor(mark, .float64)
            guard let finiteA, let finiteB, ends.0 == nil || ends.1 == nil else { return number }
            return maximum(minimum(finiteA, finiteB), minimum(maximum(finiteA, finiteB), number))
        }
        let stops: [Tensor?] = [finiteA] + inner + [finiteB]
        var (total, gauss, size): (Tensor?, Tensor?, Tensor?)
        for (start, end) in zip(stops, stops.dropFirst()) {
            let (x, weights, coarse) = Self.part(start, end)
            let values = integrand.values(at: x)
            total = Tensor.sum(total, Self.weighted(values, weights))
            gauss = Tensor.sum(gauss, Self.weighted(values, coarse))
            size = Tensor.sum(size, Self.weighted(abs(values), abs(weights)))
        }
        guard let total, let gauss, let size else { return integrand.value.filled(0) }
        return checked(total, gauss, size).stopGradient()
    }

    /// Points and weights of a part; `nil` is an infinite end.
    private static func part(_ start: Tensor?, _ end: Tensor?) -> (x: Tensor, weights: Tensor, gauss: Tensor) {
        let table = flattened
        let count = table.shares.count
        func vector(_ numbers: [Double]) -> Tensor { Tensor(copying: numbers, [count]) }
        if let start, let end {
            let width = end - start
            return (
                start * vector(table.rests) + end * vector(table.shares), width * vector(table.weights),
                width * vector(table.gauss)
            )
        }
        // (1 − s)/s away from the finite end, ds/s².
        let distance = zip(table.rests, table.shares).map { $0 / $1 }
        func stretched(_ weights: [Double]) -> Tensor { vector(zip(weights, table.shares).map { $0 / ($1 * $1) }) }
        let x = start.map { $0 + vector(distance) } ?? end.map { $0 - vector(distance) } ?? vector(distance)
        return (x, stretched(table.weights), stretched(table.gauss))
    }

    /// The value if the error is small enough; else the running plan finds that it is not.
    private func checked(_ value: Tensor, _ gauss: Tensor, _ size: Tensor) -> Tensor {
        if let invalid = [value, gauss, size].first(where: \.isInvalid) { return invalid }
        if value.type.shape.count == 0 { return value }
        // As QUADPACK does: the difference of the rules is far greater than the error of the finer one.
        let ratio = minimum(200 * abs(value - gauss) / maximum(size, 1e-300), 1)
        let error = max(size * ratio * sqrt(ratio))
        let goal = maximum(
            maximum(max(abs(value)) * Tensor(weak: goal.relative), Tensor(weak: goal.absolute)),
            max(size) * Tensor(weak: 1000 * Double.ulpOfOne))
        return value.reported(
            unless: error <= goal, by: "integrate",
            "an integral did not converge with the \(Self.fixedPanels) panels that it has inside vmap, compiled and another integral",
            hint: "points: names places where the integrand jumps or has a kink; outside, panels follow the values")
    }
}
