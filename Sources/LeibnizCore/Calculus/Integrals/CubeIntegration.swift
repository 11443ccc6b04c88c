import Foundation
import LeibnizKernels

/// Adaptive integration over the unit cube: regions that are not exact enough are halved across the axis along which the integrand bends
/// most.
///
/// Each region has the value of Genz and Malik's rule of degree 7 and an error estimate from its rule of degree 5 (A. C. Genz & A. A. Malik,
/// *An adaptive algorithm for numerical integration over an N-dimensional rectangular region*, 1980). Where values cannot be asked
/// for, in a batch or a traced body, a product of Gauss's rules is taken and the running plan checks its error by another one.
struct CubeIntegration: Hashable, Sendable {
    let goal: IntegrationGoal
    let dimension: Int

    /// The integral, through which no derivative passes by itself.
    func value(of integrand: Integrand) -> Tensor {
        do throws(IntegrationError) {
            if let error = goal.error { throw .failed(error) }
            guard integrand.canBeEvaluated() else { return fixed(integrand) }
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
        let rule = try GenzMalik(dimension)
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
        guard !regions.isEmpty, let rule = try? GenzMalik(dimension) else { return integrand.value.filled(0) }
        let points = regions.flatMap(rule.points(in:))
        let weights = regions.flatMap { region in rule.weights.map { $0 * region.volume } }
        let values = integrand.values(at: Tensor(copying: points, [weights.count, dimension]))
        return LineIntegration.weighted(values, Tensor(copying: weights, [weights.count]))
    }

    /// A product of Gauss's rules of the same number of points whatever the values are.
    private func fixed(_ integrand: Integrand) -> Tensor {
        let counts = [64, 24, 12, 8, 6, 5]
        let n = dimension <= counts.count ? counts[dimension - 1] : 3
        do throws(TensorError) {
            let fine = try CubePoints(.rule(.gaussLegendre(n)), dimension).mean(of: integrand)
            let coarse = try CubePoints(.rule(.gaussLegendre(n - 1)), dimension).mean(of: integrand)
            if fine.isInvalid || fine.type.shape.count == 0 { return fine }
            let limit = max(abs(fine)) * Tensor(weak: goal.relative) + Tensor(weak: goal.absolute)
            return fine.reported(
                unless: max(abs(fine - coarse)) <= limit, by: "integrate",
                "an integral over a box did not converge with the \(n) points per axis that it has inside vmap and compiled",
                hint: "outside, regions follow the values; method: .rule takes as many points as you name"
            ).stopGradient()
        } catch {
            return Tensor(invalid: error.located(among: integrand.captured))
        }
    }
}

/// The rules of degree 7 and 5 for the cube [−1, 1]ᵈ, with weights that add up to 1.
struct GenzMalik {
    let dimension: Int
    let points: [[Double]]
    let weights: [Double]
    private let coarse: [Double]

    /// The rules for 1 to 12 dimensions: 1 + 4d + 2d(d − 1) + 2ᵈ points. In one dimension they are Kronrod's and Gauss's.
    init(_ dimension: Int) throws(TensorError) {
        guard (1...12).contains(dimension) else {
            throw TensorError(
                "integrate", [[dimension]], "adaptive regions in \(dimension) dimensions need too many points",
                kind: .value, hint: "method: .sobol or .monteCarlo")
        }
        self.dimension = dimension
        if dimension == 1 {
            points = GaussKronrod.nodes.map { [$0] }
            (weights, coarse) = (GaussKronrod.weights.map { $0 / 2 }, GaussKronrod.gaussWeights.map { $0 / 2 })
            return
        }
        let d = Double(dimension)
        let (near, far, corner) = ((9.0 / 70).squareRoot(), (9.0 / 10).squareRoot(), (9.0 / 19).squareRoot())
        var (points, weights, coarse) = ([[Double]](), [Double](), [Double]())
        func add(_ offsets: [(axis: Int, distance: Double)], _ weight: Double, _ other: Double) {
            var point = [Double](repeating: 0, count: dimension)
            for (axis, distance) in offsets { point[axis] = distance }
            points.append(point)
            weights.append(weight)
            coarse.append(other)
        }
        add([], (12824 - 9120 * d + 400 * d * d) / 19683, (729 - 950 * d + 50 * d * d) / 729)
        // For each axis both near and both far points, in the order that `applied` reads.
        for axis in 0..<dimension {
            for sign in [-1.0, 1] { add([(axis, sign * near)], 980.0 / 6561, 245.0 / 486) }
            for sign in [-1.0, 1] { add([(axis, sign * far)], (1820 - 400 * d) / 19683, (265 - 100 * d) / 1458) }
        }
        for i in 0..<dimension {
            for j in i + 1..<dimension {
                for (a, b) in [(-1.0, -1.0), (-1, 1), (1, -1), (1, 1)] {
                    add([(i, a * far), (j, b * far)], 200.0 / 19683, 25.0 / 729)
                }
            }
        }
        for bits in 0..<1 << dimension {
            add(
                (0..<dimension).map { ($0, bits >> $0 & 1 == 0 ? -corner : corner) },
                6859.0 / 19683 / Double(1 << dimension), 0)
        }
        (self.points, self.weights, self.coarse) = (points, weights, coarse)
    }

    /// Integral, error and magnitude for the values at all points, and the axis of the greatest fourth difference.
    func applied(to numbers: [Double], _ count: Int, _ volume: Double) -> ([Double], Double, Double, Int) {
        var (value, error, magnitude) = ([Double](), 0.0, 0.0)
        var bends = [Double](repeating: 0, count: dimension)
        for place in 0..<count {
            func f(_ point: Int) -> Double { numbers[point * count + place] }
            let fine = weights.indices.reduce(0) { $0 + weights[$1] * f($1) } * volume
            let other = coarse.indices.reduce(0) { $0 + coarse[$1] * f($1) } * volume
            value.append(fine)
            error = Swift.max(error, Swift.abs(fine - other))
            magnitude = Swift.max(magnitude, weights.indices.reduce(0) { $0 + Swift.abs(weights[$1] * f($1)) } * volume)
            if dimension == 1 { continue }
            for axis in 0..<dimension {
                let first = 1 + 4 * axis
                let near = f(first) + f(first + 1) - 2 * f(0), far = f(first + 2) + f(first + 3) - 2 * f(0)
                bends[axis] = Swift.max(bends[axis], Swift.abs(near - far / 7))
            }
        }
        return (value, error, magnitude, bends.indices.max { bends[$0] < bends[$1] } ?? 0)
    }
}

extension GenzMalik {
    /// The coordinates of the rule's points in a region, one point after another.
    fileprivate func points(in region: CubeIntegration.Region) -> [Double] {
        var coordinates: [Double] = []
        coordinates.reserveCapacity(points.count * dimension)
        for point in points {
            for axis in 0..<dimension { coordinates.append(region.centre[axis] + region.half[axis] * point[axis]) }
        }
        return coordinates
    }
}
