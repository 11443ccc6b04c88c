import Foundation
import LeibnizCore

/// The area under the receiver operating characteristic: how likely a positive example has a greater score than a negative one, where
/// equal scores count half (Hanley & McNeil 1982).
///
/// (R₊ − n₊(n₊ + 1)/2)/(n₊·n₋) with the sum R₊ of the positives' ranks. It keeps all scores; to merge joins them.
public struct AreaUnderROC: Metric, Hashable {
    private var scores: [Double] = []
    private var labels: [Bool] = []

    /// Of nothing, NaN.
    public init() {}

    /// Scores and labels, 0 or 1, of one shape. Throws what evaluation finds.
    public mutating func add(_ scores: Tensor, _ labels: Tensor) throws {
        if let refusal = refusal("AreaUnderROC", scores, labels) { return _ = try refusal.evaluated() }
        let (new, truths) = (try scores.doubles(), try labels.doubles())
        self.scores += new
        self.labels += truths.map { $0 != 0 }
    }

    /// Takes in what was gathered elsewhere.
    public mutating func merge(_ other: Self) {
        scores += other.scores
        labels += other.labels
    }

    /// NaN where there are no positives or no negatives. O(n log n).
    public var value: Double {
        let order = scores.indices.sorted { scores[$0] < scores[$1] }
        var (rankSum, positives, start) = (0.0, 0, 0)
        while start < order.count {
            var end = start
            while end < order.count, scores[order[end]] == scores[order[start]] { end += 1 }
            if end == start { return .nan }
            let hits = order[start..<end].count { labels[$0] }
            // Equal scores share the mean of their ranks start + 1 … end.
            rankSum += Double(hits) * Double(start + 1 + end) / 2
            positives += hits
            start = end
        }
        let negatives = labels.count - positives
        let least = Double(positives) * Double(positives + 1) / 2
        return (rankSum - least) / (Double(positives) * Double(negatives))
    }
}

/// The normalised discounted cumulative gain of rankings (Järvelin & Kekäläinen 2002): DCG/IDCG with DCG = Σᵢ relᵢ/log₂(i + 1) over the
/// k best scored, and IDCG that of the best order. Equal scores share the mean of their gains; a list without relevance counts as 0.
public struct NDCG: Metric, Hashable {
    private let k: Int?
    private var gains = RunningMean()

    /// - Parameter k: how many of the best scored count; all by default.
    public init(top k: Int? = nil) { self.k = k }

    /// Scores and relevances, not negative, [lists, items]. Throws what evaluation finds.
    public mutating func add(_ scores: Tensor, _ relevances: Tensor) throws {
        if let refusal = refusal("NDCG", scores, relevances) { return _ = try refusal.evaluated() }
        let width = scores.rank == 0 ? 1 : scores.shape[-1]
        let (all, truths) = (try scores.doubles(), try relevances.doubles())
        for start in stride(from: 0, to: all.count, by: max(1, width)) {
            let row = start..<start + width
            gains.add(gain(Array(all[row]), Array(truths[row])), count: 1)
        }
    }

    /// Takes in what was gathered elsewhere.
    public mutating func merge(_ other: Self) { gains.merge(other.gains) }
    /// The figure for all that was added; NaN of nothing.
    public var value: Double { gains.value }

    private func gain(_ scores: [Double], _ relevances: [Double]) -> Double {
        func discount(_ place: Int) -> Double { place < k ?? .max ? 1 / log2(Double(place + 2)) : 0 }
        let order = scores.indices.sorted { scores[$0] > scores[$1] }
        var (total, start) = (0.0, 0)
        while start < order.count {
            var end = start + 1
            while end < order.count, scores[order[end]] == scores[order[start]] { end += 1 }
            let mean = order[start..<end].reduce(0) { $0 + relevances[$1] } / Double(end - start)
            total += mean * (start..<end).reduce(0) { $0 + discount($1) }
            start = end
        }
        let best = relevances.sorted(by: >).enumerated().reduce(0) { $0 + $1.element * discount($1.offset) }
        return best == 0 ? 0 : total / best
    }
}
