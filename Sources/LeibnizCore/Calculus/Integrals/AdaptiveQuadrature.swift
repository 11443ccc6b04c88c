import Foundation

/// Adaptive integration over a line: panels that are not exact enough are halved, all of them at once.
///
/// Each panel has Kronrod's value and an error estimate from its difference to Gauss's (QUADPACK's). Where only the few panels beside a
/// singularity are left, the totals of successive rounds differ by a nearly geometric sequence, of which Wynn's ε-algorithm finds
/// the limit; that is QUADPACK's QAGS (Piessens et al. 1983) with a round for its level. Bounded work: at most `goal.limit` panels.
struct AdaptiveQuadrature {
    /// A part of the line, in the variable s of its map.
    struct Panel {
        var map: LineMap
        var start: Double
        var end: Double
        /// How often a point was cut out at which the integrand is not finite.
        var cuts = 0
        /// For each component of the integrand: the integral, and that of the absolute value.
        var value: [Double] = []
        var magnitude: [Double] = []
        /// The greatest over the components.
        var error = 0.0
        /// The end to which the integrand is greater.
        var steepEnd = 0.0

        var width: Double { end - start }
        var middle: Double { start + (end - start) / 2 }
        /// Whether there are numbers enough between its ends.
        var isDivisible: Bool { width > 64 * Swift.max(abs(start), abs(end)).ulp && width > 1e-150 }
        /// The points of its rule, as s.
        var places: [Double] { GaussKronrod.nodes.map { middle + width / 2 * $0 } }

        init(_ map: LineMap, _ start: Double, _ end: Double, cuts: Int = 0) {
            (self.map, self.start, self.end, self.cuts) = (map, start, end, cuts)
        }
    }

    /// What is known in the end.
    struct Outcome {
        var value: [Double]
        var error: Double
        var evaluations: Int
        var panels: [Panel]
    }

    let goal: IntegrationGoal
    /// The values of all components for each of several points.
    let values: ([Double]) throws -> [Double]
    private var evaluations = 0

    init(_ goal: IntegrationGoal, values: @escaping ([Double]) throws -> [Double]) {
        (self.goal, self.values) = (goal, values)
    }

    /// The integral over panels.
    ///
    /// - Throws: an `IntegrationError`.
    mutating func integral(over parts: [Panel]) throws -> Outcome {
        var panels = try evaluated(parts)
        let whole = parts.reduce(0) { $0 + $1.width }
        var (totals, errors, limits) = ([[Double]](), [Double](), [[Double]]())
        while true {
            let outcome = total(panels)
            let magnitude = panels.reduce(0) { $0 + ($1.magnitude.max() ?? 0) }
            let floor = 50 * Double.ulpOfOne * magnitude
            func tolerance(_ value: [Double]) -> Double {
                Swift.max(goal.absolute, goal.relative * (value.map(abs).max() ?? 0), floor)
            }
            let tolerance = tolerance(outcome.value)
            if outcome.error <= tolerance { return outcome }

            let bad = wanting(panels, outcome.error, tolerance, whole)
            // Few panels that shrink towards singularities.
            if bad.count <= 6 {
                totals.append(outcome.value)
                errors.append(outcome.error)
                if let (limit, error) = extrapolated(totals, errors, &limits),
                    error <= Swift.max(goal.absolute, goal.relative * (limit.map(abs).max() ?? 0), floor)
                {
                    return Outcome(
                        value: limit, error: Swift.max(error, floor), evaluations: evaluations, panels: panels)
                }
            } else {
                (totals, errors, limits) = ([], [], [])
            }
            let worst = panels.max { $0.error < $1.error }
            let isStuck =
                bad.isEmpty || !outcome.error.isFinite
                || errors.count > 30 && errors[errors.count - 1] > 0.9 * errors[errors.count - 21]
            if isStuck, let worst { throw IntegrationError.singular(at: worst.map.point(worst.steepEnd).x) }
            guard panels.count + bad.count <= goal.limit else {
                throw IntegrationError.notConverged(
                    IntegralEstimate(
                        value: Tensor(copying: outcome.value, [outcome.value.count]), error: outcome.error,
                        evaluations: evaluations))
            }
            let halves = bad.flatMap { place -> [Panel] in
                let panel = panels[place]
                return [
                    Panel(panel.map, panel.start, panel.middle, cuts: panel.cuts),
                    Panel(panel.map, panel.middle, panel.end, cuts: panel.cuts),
                ]
            }
            for place in bad.sorted(by: >) { panels.remove(at: place) }
            panels += try evaluated(halves)
        }
    }

    private func total(_ panels: [Panel]) -> Outcome {
        var value = [Double](repeating: 0, count: panels[0].value.count)
        // The small ones first.
        for panel in panels.sorted(by: { ($0.magnitude.max() ?? 0) < ($1.magnitude.max() ?? 0) }) {
            for place in value.indices { value[place] += panel.value[place] }
        }
        let error = panels.reduce(0) { $0 + $1.error }
        return Outcome(value: value, error: error, evaluations: evaluations, panels: panels)
    }

    /// The panels that have more than their share of the error; at most 64 at once.
    private func wanting(_ panels: [Panel], _ error: Double, _ tolerance: Double, _ whole: Double) -> [Int] {
        let divisible = panels.indices.filter {
            panels[$0].isDivisible && !(panels[$0].error <= 60 * Double.ulpOfOne * (panels[$0].magnitude.max() ?? 0))
        }.sorted { panels[$0].error > panels[$1].error }
        let bad = divisible.filter {
            !(panels[$0].error <= 0.5 * tolerance * Swift.max(panels[$0].width / whole, 1.0 / 64))
        }
        if !bad.isEmpty { return Array(bad.prefix(64)) }
        // None by itself, but too many: those that make half of the error.
        var (rest, chosen) = (error / 2, [Int]())
        for place in divisible.prefix(64) where rest > 0 {
            rest -= panels[place].error
            chosen.append(place)
        }
        return chosen
    }

    /// The limit of the totals, and how far off it may be.
    private func extrapolated(
        _ totals: [[Double]], _ errors: [Double], _ limits: inout [[Double]]
    ) -> (value: [Double], error: Double)? {
        let count = totals[0].count
        // Where errors do not fall there is no limit, even if totals happen to agree.
        guard errors.count >= 7, count <= 256, errors[errors.count - 1] < 0.9 * errors[errors.count - 6] else {
            return nil
        }
        var (value, error) = ([Double](), 0.0)
        for place in 0..<count {
            let (limit, own) = Wynn.limit(of: totals.suffix(40).map { $0[place] })
            value.append(limit)
            error = Swift.max(error, own)
        }
        defer { limits.append(value) }
        guard let last = limits.last else { return nil }
        let change = zip(value, last).reduce(0) { Swift.max($0, abs($1.0 - $1.1)) }
        return (value, Swift.max(error, change))
    }
}

extension AdaptiveQuadrature {
    /// Panels with their values. One in which the integrand is not finite at a point is cut there.
    private mutating func evaluated(_ panels: [Panel]) throws -> [Panel] {
        var (found, pending) = ([Panel](), panels)
        while !pending.isEmpty {
            let points = pending.flatMap { panel in panel.places.map { panel.map.point($0) } }
            let numbers = try values(points.map(\.x))
            evaluations += points.count
            let size = numbers.count / points.count * GaussKronrod.count
            let evaluated = pending
            pending = []
            for (place, var panel) in evaluated.enumerated() {
                let own = numbers[place * size..<(place + 1) * size]
                let weights = points[place * GaussKronrod.count..<(place + 1) * GaussKronrod.count].map(\.weight)
                if let bad = panel.take(Array(own), weights) {
                    pending += try panel.cut(at: bad)
                } else {
                    found.append(panel)
                }
            }
        }
        return found
    }
}

extension AdaptiveQuadrature.Panel {
    /// Computes the panel's integral and error from the integrand's values, point by point.
    ///
    /// - Returns: the numbers of points where it is not finite; the panel has then no value.
    fileprivate mutating func take(_ numbers: [Double], _ jacobian: [Double]) -> [Int]? {
        let n = GaussKronrod.count, count = numbers.count / n
        let scale = width / 2
        var bad: [Int] = []
        for point in 0..<n where !numbers[point * count..<(point + 1) * count].allSatisfy(\.isFinite) {
            bad.append(point)
        }
        if !bad.isEmpty { return bad }
        (value, magnitude, error) = ([], [], 0)
        var ends = (0.0, 0.0)
        for place in 0..<count {
            let f = (0..<n).map { point in
                // What has vanished stays so where the map stretches without bound.
                numbers[point * count + place] == 0 ? 0 : numbers[point * count + place] * jacobian[point] * scale
            }
            func sum(_ weights: [Double], _ f: (Int) -> Double) -> Double {
                weights.indices.reduce(0) { $0 + weights[$1] * f($1) }
            }
            let kronrod = sum(GaussKronrod.weights) { f[$0] }
            let gauss = sum(GaussKronrod.gaussWeights) { f[$0] }
            let size = sum(GaussKronrod.weights) { abs(f[$0]) }
            let spread = sum(GaussKronrod.weights) { abs(f[$0] - kronrod / 2) }
            var error = abs(kronrod - gauss)
            if spread != 0, error != 0 { error = spread * Swift.min(1, pow(200 * error / spread, 1.5)) }
            value.append(kronrod)
            magnitude.append(size)
            self.error = Swift.max(self.error, error, 50 * Double.ulpOfOne * size)
            ends = (ends.0 + abs(f[0]), ends.1 + abs(f[n - 1]))
        }
        steepEnd = ends.0 > ends.1 ? start : end
        return nil
    }

    /// The panel without the points where the integrand is not finite.
    fileprivate func cut(at bad: [Int]) throws -> [AdaptiveQuadrature.Panel] {
        let places = bad.map { self.places[$0] }
        guard bad.count <= 2, cuts < 3, isDivisible, !places.contains(start), !places.contains(end) else {
            // One singular point that does not go away is something else than a gap in the domain.
            throw bad.count == 1 && cuts > 0
                ? IntegrationError.singular(at: map.point(places[0]).x)
                : IntegrationError.notFinite(at: [map.point(places[0]).x])
        }
        let ends = [start] + places + [end]
        return zip(ends, ends.dropFirst()).map { AdaptiveQuadrature.Panel(map, $0, $1, cuts: cuts + 1) }
    }
}

/// The limit of a sequence whose errors are a sum of a few geometric ones.
enum Wynn {
    /// The limit by the ε-algorithm (Wynn 1956), ε_{k+1}(n) = ε_{k−1}(n+1) + 1/(ε_k(n+1) − ε_k(n)): of its even columns the entry that
    /// differs least from its neighbours, and by how much.
    static func limit(of sequence: [Double]) -> (value: Double, error: Double) {
        var (before, column) = ([Double](repeating: 0, count: sequence.count + 1), sequence)
        var best = (value: sequence[sequence.count - 1], error: Double.infinity)
        var order = 0
        while column.count > 1 {
            let differences = zip(column.dropFirst(), column).map { $0 - $1 }
            if order % 2 == 0 {
                let last = column[column.count - 1]
                let earlier = column.suffix(3).dropLast().map { abs(last - $0) }.max() ?? .infinity
                let error = Swift.max(earlier, 5 * Double.ulpOfOne * abs(last))
                if error < best.error { best = (last, error) }
                // Nothing is left to be accelerated.
                if differences.suffix(2).contains(0) { break }
            }
            if differences.contains(where: { $0 == 0 || !$0.isFinite }) { break }
            let next = differences.enumerated().map { before[$0 + 1] + 1 / $1 }
            (before, column) = (column, next)
            order += 1
        }
        return best
    }
}

/// How a part of the line follows from a variable s: as it is, or an unbounded part from (0, 1].
enum LineMap: Hashable, Sendable {
    /// x = s.
    case identity
    /// x = start − 1 + 1/s, from `start` at s = 1 to ∞ at 0.
    case upwards(from: Double)
    /// x = start + 1 − 1/s, from `start` at s = 1 to −∞ at 0.
    case downwards(from: Double)

    /// x and |dx/ds|.
    func point(_ s: Double) -> (x: Double, weight: Double) {
        switch self {
        case .identity: (s, 1)
        case .upwards(let start): (start + (1 - s) / s, 1 / (s * s))
        case .downwards(let start): (start - (1 - s) / s, 1 / (s * s))
        }
    }

    /// Panels for the integral over `lower`…`upper`, either of which may be infinite.
    ///
    /// - Parameter points: where panels must end.
    static func panels(from lower: Double, to upper: Double, points: [Double]) -> [AdaptiveQuadrature.Panel] {
        var ends = ([lower, upper] + points.filter { $0 > lower && $0 < upper }).sorted()
        if lower == -.infinity, upper == .infinity, ends.count == 2 { ends.insert(0, at: 1) }
        var panels: [AdaptiveQuadrature.Panel] = []
        func add(_ map: LineMap, _ start: Double, _ end: Double) {
            // A few from the start, so that a narrow peak is less likely missed.
            for quarter in 0..<4 {
                let share = { (k: Int) in k == 4 ? end : start + (end - start) * Double(k) / 4 }
                panels.append(AdaptiveQuadrature.Panel(map, share(quarter), share(quarter + 1)))
            }
        }
        for (start, end) in zip(ends, ends.dropFirst()) where start < end {
            switch (start.isFinite, end.isFinite) {
            case (true, true): add(.identity, start, end)
            case (true, false):
                add(.identity, start, start + 1)
                add(.upwards(from: start + 1), 0, 1)
            default:
                add(.identity, end - 1, end)
                add(.downwards(from: end - 1), 0, 1)
            }
        }
        return panels
    }
}
