import LeibnizKernels

/// How an integral over a line is computed.
///
/// Panels are chosen by the integrand's values: at once where those can be asked for (`AdaptiveQuadrature`), and by a loop in the plan
/// (`PlannedQuadrature`) in a batch or a body that is traced.
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
            guard integrand.canBeEvaluated(with: [a, b]) else { return planned(integrand, a, b) }
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
    /// The integral inside a plan, which chooses its panels when it runs.
    private func planned(_ integrand: Integrand, _ a: Tensor, _ b: Tensor) -> Tensor {
        let ends = (Self.number(a), Self.number(b))
        if let lower = ends.0, let upper = ends.1, lower == upper { return integrand.value.filled(0).stopGradient() }
        // From the greater to the lesser where that is known.
        if let lower = ends.0, let upper = ends.1, lower > upper { return -planned(integrand, b, a) }
        if ends.0 == .infinity || ends.1 == -.infinity { return -planned(integrand, b, a) }
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
        let parts = zip(stops, stops.dropFirst()).map { PlannedQuadrature.Part(start: $0, end: $1) }
        return PlannedQuadrature(integrand: integrand, parts: parts, goal: goal).value().stopGradient()
    }
}
