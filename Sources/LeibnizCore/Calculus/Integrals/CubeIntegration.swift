import Foundation
import LeibnizKernels

/// Adaptive integration over the unit cube: regions that are not exact enough are halved across the axis along which the integrand bends
/// most.
///
/// Each region has the value and the error of a `CubatureRule`. Regions are chosen by the integrand's values: at once where those can be
/// asked for, and by a loop in the plan (`PlannedCubature`) in a batch or a body that is traced.
struct CubeIntegration: Hashable, Sendable {
    let goal: IntegrationGoal
    let dimension: Int

    /// The integral, through which no derivative passes by itself.
    func value(of integrand: Integrand) -> Tensor {
        do throws(IntegrationError) {
            if let error = goal.error { throw .failed(error) }
            guard integrand.canBeEvaluated() else {
                return try PlannedCubature(integrand: integrand, dimension: dimension, goal: goal).value()
            }
            let (value, _, _, regions) = try adaptive(integrand)
            return integrand.readsVariables()
                ? followed(regions, integrand) : Tensor(copying: value, integrand.value.type.shape)
        } catch {
            return Tensor(invalid: error.asTensorError.located(among: integrand.captured))
        }
    }

    /// The integral with its error.
    func estimate(of integrand: Integrand) throws(IntegrationError) -> IntegralEstimate {
        if let error = goal.error ?? integrand.value.error { throw .failed(error) }
        let (value, error, evaluations, _) = try adaptive(integrand)
        return IntegralEstimate(
            value: Tensor(copying: value, integrand.value.type.shape), error: error, evaluations: evaluations)
    }

    /// A part of the cube.
    fileprivate struct Region {
        var centre: [Double]
        var half: [Double]
        var value: [Double] = []
        var error = 0.0
        var magnitude = 0.0
        var axis = 0

        var volume: Double { half.reduce(1) { $0 * 2 * $1 } }

        /// Both halves across its axis.
        var halves: [Region] {
            var (a, b) = (self, self)
            a.half[axis] /= 2
            b.half[axis] /= 2
            a.centre[axis] -= a.half[axis]
            b.centre[axis] += b.half[axis]
            return [a, b]
        }
    }

    private typealias Outcome = (value: [Double], error: Double, evaluations: Int, regions: [Region])

    private func adaptive(_ integrand: Integrand) throws(IntegrationError) -> Outcome {
        do {
            return try refined(integrand)
        } catch let error as IntegrationError {
            throw error
        } catch {
            throw .failed((error as? TensorError) ?? TensorError("integrate", [], "\(error)", kind: .runtime))
        }
    }

    private func refined(_ integrand: Integrand) throws -> Outcome {
        let count = integrand.value.type.shape.count
        let rule = try CubatureRule(dimension)
        let half = Array(repeating: 0.5, count: dimension)
        if count == 0 { return ([], 0, 0, []) }
        var evaluations = 0
        func evaluated(_ regions: [Region]) throws -> [Region] {
            let numbers = try integrand.numbers(at: regions.flatMap(rule.points(in:)), dimension: dimension)
            evaluations += regions.count * rule.points.count
            let size = rule.points.count * count
            return try regions.enumerated().map { place, region in
                var region = region
                let own = Array(numbers[place * size..<(place + 1) * size])
                if let bad = own.firstIndex(where: { !$0.isFinite }) {
                    throw IntegrationError.notFinite(
                        at: Array(rule.points(in: region)[(bad / count) * dimension..<(bad / count + 1) * dimension]))
                }
                let found = rule.applied(to: own, count, region.volume)
                (region.value, region.error, region.magnitude, region.axis) = found
                return region
            }
        }
        var regions = try evaluated([Region(centre: half, half: half)])
        while true {
            let value = (0..<count).map { place in regions.reduce(0) { $0 + $1.value[place] } }
            let error = regions.reduce(0) { $0 + $1.error }
            let tolerance = Swift.max(
                goal.absolute, goal.relative * (value.map { Swift.abs($0) }.max() ?? 0),
                50 * Double.ulpOfOne * regions.reduce(0) { $0 + $1.magnitude })
            if error <= tolerance { return (value, error, evaluations, regions) }
            guard regions.count < goal.limit, error.isFinite else {
                throw IntegrationError.notConverged(
                    IntegralEstimate(
                        value: Tensor(copying: value, integrand.value.type.shape), error: error,
                        evaluations: evaluations))
            }
            // The worst, until what is left is small enough.
            regions.sort { $0.error > $1.error }
            var (rest, chosen) = (error, 0)
            let most = Swift.min(256, goal.limit - regions.count)
            while chosen < regions.count, chosen < Swift.max(1, most), rest > tolerance / 2 {
                rest -= regions[chosen].error
                chosen += 1
            }
            let halves = regions[..<chosen].flatMap(\.halves)
            regions.removeFirst(chosen)
            regions += try evaluated(halves)
        }
    }

    /// The sum over the regions that were chosen as a graph, for plans that run again with other values of variables.
    private func followed(_ regions: [Region], _ integrand: Integrand) -> Tensor {
        guard !regions.isEmpty, let rule = try? CubatureRule(dimension) else { return integrand.value.filled(0) }
        let points = regions.flatMap(rule.points(in:))
        let weights = regions.flatMap { region in rule.weights.map { $0 * region.volume } }
        let values = integrand.values(at: Tensor(copying: points, [weights.count, dimension]))
        return LineIntegration.weighted(values, Tensor(copying: weights, [weights.count]))
    }
}

extension CubatureRule {
    /// The coordinates of the rule's points in a region, one point after another.
    fileprivate func points(in region: CubeIntegration.Region) -> [Double] {
        var coordinates: [Double] = []
        coordinates.reserveCapacity(points.count * dimension)
        for point in points {
            for axis in 0..<dimension { coordinates.append(region.centre[axis] + region.half[axis] * point[axis]) }
        }
        return coordinates
    }

    /// Integral, error and magnitude for the values at all points, and the axis along which they bend most.
    fileprivate func applied(
        to numbers: [Double], _ count: Int, _ volume: Double
    ) -> (value: [Double], error: Double, magnitude: Double, axis: Int) {
        var (value, error, magnitude) = ([Double](), 0.0, 0.0)
        var steepness = [Double](repeating: 0, count: dimension)
        for place in 0..<count {
            func sum(_ weights: [Double], _ f: (Double) -> Double = { $0 }) -> Double {
                weights.indices.reduce(0) { $0 + weights[$1] * f(numbers[$1 * count + place]) } * volume
            }
            let size = sum(weights.map { Swift.abs($0) }) { Swift.abs($0) }
            let found = differences.map { Swift.abs(sum($0)) }
            value.append(sum(weights))
            // As QUADPACK does: the difference of the rules is far greater than the error of the finer one.
            let errors = isProduct ? found.map { size > 0 ? size * pow(Swift.min(1, 200 * $0 / size), 1.5) : 0 } : found
            error = Swift.max(error, errors.reduce(0, +))
            magnitude = Swift.max(magnitude, size)
            let own = isProduct ? found : bends.map { Swift.abs(sum($0)) }
            for axis in steepness.indices { steepness[axis] = Swift.max(steepness[axis], own[axis]) }
        }
        return (value, error, magnitude, steepness.indices.max { steepness[$0] < steepness[$1] } ?? 0)
    }
}
