import Foundation

extension Figure.Curve {
    /// The graph of a function, finer where it bends, broken where it has no value or jumps.
    ///
    /// Between two samples that are far apart the function is asked again, up to a limit. Where it then still climbs as far in a
    /// step as before there is a jump or a pole, which is not joined. So the work is bounded: at most 16 values for each of `count`.
    ///
    /// - Parameters:
    ///   - count: so many samples at equal distances; on a logarithmic axis at equal ratios.
    ///   - scale: that of the axis.
    ///   - f: `nil` or not finite where it has no value.
    public init(
        name: String = "", from: Double, to: Double, count: Int = 400, scale: Figure.Axis.Scale = .linear,
        color: Color? = nil, isDashed: Bool = false, of f: (Double) -> Double?
    ) {
        let steps = max(2, count)
        func place(_ share: Double) -> Double {
            scale == .linear || !(from > 0 && to > 0)
                ? from * (1 - share) + to * share : exp(log(from) * (1 - share) + log(to) * share)
        }
        func sample(_ share: Double) -> Sample {
            let x = place(share)
            return Sample(share: share, x: x, y: f(x).flatMap { $0.isFinite ? $0 : nil } ?? .nan)
        }
        let samples = (0...steps).map { sample(Double($0) / Double(steps)) }
        // What counts as far: a share of what most values span.
        let span = Self.usualRange(samples.map { ($0.x, $0.y) }).map { $0.upperBound - $0.lowerBound } ?? 0
        var points = [(x: samples[0].x, y: samples[0].y)]
        for (a, b) in zip(samples, samples.dropFirst()) {
            let rise = abs(b.y - a.y)
            points += Self.refined(a, b, span: span, rise: rise, depth: 4, sample).map { ($0.x, $0.y) }
        }
        self.init(name: name, points, color: color, isDashed: isDashed)
    }

    /// A value of the function; NaN where there is none.
    private struct Sample {
        var share, x, y: Double
    }

    /// The points after `a` up to `b`, with a gap where the function jumps; `rise` is the difference over the whole step.
    private static func refined(
        _ a: Sample, _ b: Sample, span: Double, rise: Double, depth: Int, _ sample: (Double) -> Sample
    ) -> [Sample] {
        let isGap = a.y.isNaN != b.y.isNaN
        let isFar = isGap || abs(b.y - a.y) > 0.02 * span
        guard isFar else { return [b] }
        guard depth > 0 else {
            // As far in a sixteenth of a step as in all of it: a jump. Beside a place without a value the line just ends.
            let isJump = !isGap && abs(b.y - a.y) > 0.5 * rise
            return isJump ? [Sample(share: b.share, x: (a.x + b.x) / 2, y: .nan), b] : [b]
        }
        let middle = sample((a.share + b.share) / 2)
        return refined(a, middle, span: span, rise: rise, depth: depth - 1, sample)
            + refined(middle, b, span: span, rise: rise, depth: depth - 1, sample)
    }

    /// The range of the values that shows the graph's shape: all of them, or, where a pole would flatten the rest, what nine tenths
    /// of the graph's width span, with half as much again on either side. `nil` if there is no value.
    public var usualRange: ClosedRange<Double>? { Self.usualRange(points) }

    private static func usualRange(_ points: [(x: Double, y: Double)]) -> ClosedRange<Double>? {
        // Where samples are closer each counts for less.
        var shares: [(y: Double, width: Double)] = []
        for (place, point) in points.enumerated() where point.y.isFinite {
            let (before, after) = (points[max(0, place - 1)].x, points[min(points.count - 1, place + 1)].x)
            shares.append((point.y, abs(after - before)))
        }
        shares.sort { $0.y < $1.y }
        guard let first = shares.first?.y, let last = shares.last?.y else { return nil }
        let total = shares.reduce(0) { $0 + $1.width }
        func quantile(_ share: Double) -> Double {
            var sum = 0.0
            for (y, width) in shares {
                sum += width
                if sum >= share * total { return y }
            }
            return last
        }
        let (low, high) = (quantile(0.05), quantile(0.95))
        let width = high - low
        guard last - first > 4 * width, width > 0 else { return first...last }
        return max(first, low - width / 2)...min(last, high + width / 2)
    }
}
