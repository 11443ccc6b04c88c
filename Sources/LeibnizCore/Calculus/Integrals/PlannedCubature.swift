import LeibnizKernels

/// Adaptive integration over the unit cube inside a plan: a `PlannedRefinement` that halves regions, each across the axis along which the
/// integrand bends most.
///
/// Regions have the values and errors of a `CubatureRule`. From four dimensions on a product of Gauss's rules comes first, which is enough
/// for most that is smooth. The work is bounded, in evaluations of the integrand:
///
/// | dimensions | points of a region | regions at the start | most regions | most evaluations |
/// |---|---|---|---|---|
/// | 1 | 21 | 16 | 512 | 21,504 |
/// | 2 | 441 | 16 | 512 | 451,584 |
/// | 3 | 9,261 | 8 | 256 | 4,741,632 |
/// | 4, 5, 6 | 57, 93, 149 | 16, 32, 64 | 4,096 | 0.5, 0.8, 1.3 million |
/// | 7 … 12 | 241 … 4,401 | 64 | 1,024 | 0.5 … 9.5 million |
///
/// Integrands with many components have room for fewer regions, so that these take at most 2²⁰ numbers.
struct PlannedCubature {
    let integrand: Integrand
    let dimension: Int
    let goal: IntegrationGoal

    /// Parts along each axis, most regions, and how many are halved at once.
    private typealias Bounds = (parts: Int, most: Int, halvedAtOnce: Int)

    private func bounds(_ rule: CubatureRule) -> Bounds {
        let count = integrand.value.type.shape.count
        var bounds: Bounds =
            switch dimension {
            case 1: (16, 512, 8)
            case 2: (4, 512, 8)
            case 3: (2, 256, 4)
            case ...6: (2, 4096, 1 << dimension)
            default: (2, 1024, 32)
            }
        bounds.most = Swift.min(bounds.most, (1 << 20) / count)
        // Values of many components one region after another.
        if 2 * bounds.halvedAtOnce * rule.points.count * count > 1 << 23 {
            (bounds.parts, bounds.halvedAtOnce) = (1, 1)
        }
        return bounds
    }

    /// The integral; the plan that computes it throws where it does not converge.
    func value() throws(IntegrationError) -> Tensor {
        if integrand.value.isInvalid { return integrand.value }
        if integrand.value.type.shape.count == 0 { return integrand.value.filled(0).stopGradient() }
        do throws(TensorError) {
            let rule = try CubatureRule(dimension)
            let bounds = bounds(rule)
            let refinement = PlannedRefinement(
                goal: goal, most: bounds.most, halvedAtOnce: bounds.halvedAtOnce,
                failure: (
                    "an integral over a box did not converge",
                    "outside, there are more parts; method: .rule takes as many points as you name"
                ),
                evaluated: { evaluated($0, rule) }, halves: halves)
            return refinement.value(from: start(bounds.parts), unless: try byProduct()).stopGradient()
        } catch {
            throw .failed(error)
        }
    }

    /// Centres and halves of the sides of the regions at the start. More than six axes are not all cut.
    private func start(_ count: Int) -> [Tensor] {
        let parts = (0..<dimension).map { $0 < 6 ? count : 1 }
        let places = parts.reduce([[Double]()]) { places, count in
            places.flatMap { place in (0..<count).map { place + [(Double($0) + 0.5) / Double(count)] } }
        }
        let half = parts.map { 0.5 / Double($0) }
        let shape: Shape = [places.count, dimension]
        return [Tensor(copying: places.flatMap { $0 }, shape), Tensor(copying: places.flatMap { _ in half }, shape)]
    }

    /// From four dimensions on, the integral by a product of Gauss's rules, and whether another one agrees.
    private func byProduct() throws(TensorError) -> (value: Tensor, isExact: Tensor)? {
        let counts = [4: 8, 5: 6, 6: 5]
        guard let n = counts[dimension] else { return nil }
        let fine = try CubePoints(.rule(.gaussLegendre(n)), dimension).mean(of: integrand)
        let coarse = try CubePoints(.rule(.gaussLegendre(n - 1)), dimension).mean(of: integrand)
        let limit = maximum(max(abs(fine)) * Tensor(weak: goal.relative), Tensor(weak: goal.absolute))
        return (fine, max(abs(fine - coarse)) <= limit)
    }
}

extension PlannedCubature {
    /// Regions with their integrals: centre, half of each side, and 1 for the axis across which they are to be halved, [P, d] each.
    private func evaluated(_ places: [Tensor], _ rule: CubatureRule) -> PlannedRefinement.Parts {
        let (centre, half) = (places[0], places[1])
        let (regions, size) = (centre.type.shape[0], rule.points.count)
        let offsets = Tensor(copying: rule.points.flatMap { $0 }, [1, size, dimension])
        let points = centre.expanded(at: 1) + half.expanded(at: 1) * offsets
        let values = integrand.values(at: points.reshaped(to: [regions * size, dimension]))
        if values.isInvalid {
            return .init(places: places + [half], value: values, magnitude: values, error: values)
        }
        // [P, the rule's points, components].
        let f = values.reshaped(to: [regions, size, -1])
        let volume = product(2 * half, axes: [1]).reshaped(to: [regions, 1])
        /// The sums with several rows of weights, [P, components] each.
        func sums(_ f: Tensor, _ rows: [[Double]]) -> [Tensor] {
            let all = matmul(Tensor(copying: rows.flatMap { $0 }, [rows.count, size]), f)
            return rows.indices.map { all[0..., $0] * volume }
        }
        let found = sums(f, [rule.weights] + rule.differences + (rule.isProduct ? [] : rule.bends))
        let differences = found[1...rule.differences.count]
        let magnitude = sums(abs(f), [rule.weights.map { Swift.abs($0) }])[0]
        let errors = differences.map {
            rule.isProduct ? PlannedRefinement.error($0, size: magnitude) : abs($0)
        }
        let bends = found.suffix(dimension).map { PlannedRefinement.greatest(abs($0)) }
        let axis = argMax(stack(bends, axis: 1), axis: 1).oneHot(dimension, .float64)
        let shape = Shape([regions] + integrand.value.type.shape.extents)
        return .init(
            places: [centre, half, axis], value: found[0].reshaped(to: shape),
            magnitude: PlannedRefinement.greatest(magnitude),
            error: PlannedRefinement.greatest(errors.dropFirst().reduce(errors[0], +)))
    }

    private func halves(_ places: [Tensor]) -> [Tensor] {
        let (centre, half, axis) = (places[0], places[1], places[2])
        let shift = 0.5 * half * axis
        return [[centre - shift, centre + shift], [half - shift, half - shift]].map { concatenate($0, axis: 0) }
    }
}
