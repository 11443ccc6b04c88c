import Foundation
import Leibniz
import Testing

@Suite struct `Mergeable metrics` {
    /// What a metric says of all data at once, bit by bit, and of parts that are merged.
    private func three<M: Metric>(_ empty: M, _ parts: [(inout M) throws -> Void]) throws -> [M] {
        var (whole, merged) = (empty, empty)
        for part in parts {
            try part(&whole)
            var one = empty
            try part(&one)
            merged.merge(one)
        }
        merged.merge(empty)
        return [whole, merged]
    }

    private let p = [normal([5, 3], seed: 1), normal([2, 3], seed: 2), normal([1, 3], seed: 3)]
    private let t = [normal([5, 3], seed: 4), normal([2, 3], seed: 5), normal([1, 3], seed: 6)]

    @Test func `errors of numbers`() throws {
        let (a, b) = (try concatenate(p).doubles(), try concatenate(t).doubles())
        let n = Double(a.count), mean = b.reduce(0, +) / n
        let squares = zip(a, b).reduce(0) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) }
        let spread = b.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
        let pairs = Array(zip(p, t))
        for metric in try three(RootMeanSquaredError(), pairs.map { pair in { try $0.add(pair.0, pair.1) } }) {
            #expect(metric.value.isClose(to: (squares / n).squareRoot()))
        }
        for metric in try three(MeanAbsoluteError(), pairs.map { pair in { try $0.add(pair.0, pair.1) } }) {
            #expect(metric.value.isClose(to: zip(a, b).reduce(0) { $0 + abs($1.0 - $1.1) } / n))
        }
        for metric in try three(CoefficientOfDetermination(), pairs.map { pair in { try $0.add(pair.0, pair.1) } }) {
            #expect(metric.value.isClose(to: 1 - squares / spread))
        }
        #expect(RootMeanSquaredError().value.isNaN && CoefficientOfDetermination().value.isNaN)
        var metric = MeanAbsoluteError()
        #expect(message { try metric.add(Tensor.zeros([2]), Tensor.zeros([3])) }.contains("ShapeError"))
    }

    @Test func `perplexity and accuracy`() throws {
        let classes = [[0, 1, 2, -1, 0], [2, -1], [1]].map { Tensor($0) }
        let known = try concatenate(p).doubles(), labels = [0, 1, 2, -1, 0, 2, -1, 1]
        let losses = labels.enumerated().filter { $0.element >= 0 }.map { n, label in
            let row = known[n * 3..<n * 3 + 3]
            return log(row.reduce(0) { $0 + exp($1) }) - row[row.startIndex + label]
        }
        let pairs = Array(zip(p, classes))
        for metric in try three(Perplexity(ignoring: -1), pairs.map { pair in { try $0.add(pair.0, pair.1) } }) {
            #expect(metric.value.isClose(to: exp(losses.reduce(0, +) / 6)))
        }
        let truths = [[0, 1, 2, 1, 0], [2, 2], [1]]
        for k in 1...3 {
            let hits = truths.joined().enumerated().count { n, label in
                let row = Array(known[n * 3..<n * 3 + 3])
                return row.count { $0 > row[label] } < k
            }
            let pairs = Array(zip(p, truths.map { Tensor($0) }))
            for metric in try three(Accuracy(top: k), pairs.map { pair in { try $0.add(pair.0, pair.1) } }) {
                #expect(metric.value == Double(hits) / 8)
            }
        }
        var ties = Accuracy()
        try ties.add(Tensor([[1.0, 1], [1, 1]]), Tensor([0, 1]))
        #expect(ties.value == 0.5)
        #expect(message { try ties.add(Tensor.zeros([2, 3]), Tensor([1])) }.contains("ShapeError"))
    }

    @Test func `confusion, precision, recall and F1`() throws {
        let (predicted, actual) = ([[0, 1, 1, 2, 0], [2, 2, 0]], [[0, 1, 2, 2, 1], [2, 0, 0]])
        let pairs = zip(predicted, actual).map { (Tensor($0), Tensor($1)) }
        for counts in try three(ConfusionCounts(classCount: 4), pairs.map { pair in { try $0.add(pair.0, pair.1) } }) {
            #expect(counts.value == [[2, 0, 1, 0], [1, 1, 0, 0], [0, 1, 2, 0], [0, 0, 0, 0]])
            #expect(counts.accuracy == 5.0 / 8)
            let shares: [Double] = [2.0 / 3, 0.5, 2.0 / 3, 0]
            #expect(counts.precisions == shares && counts.recalls == shares)
            #expect(counts.f1(.micro) == 5.0 / 8 && counts.precision(.micro) == 5.0 / 8)
            #expect(counts.f1().isClose(to: 11.0 / 18))
            #expect(counts.recall(.weighted).isClose(to: 5.0 / 8))
        }
        var counts = ConfusionCounts(classCount: 2)
        try counts.add(logits: Tensor([[1.0, 2], [3, 0]]), Tensor([1, 1]))
        #expect(counts.value == [[0, 0], [1, 1]])
        #expect(message { try counts.add(Tensor([2]), Tensor([0])) }.contains("IndexError"))
    }

    @Test func `the area under the curve counts pairs`() throws {
        let scores = [[0.1, 0.4, 0.4, 0.8], [0.4, 0.9, 0.05]], labels = [[0, 1, 0, 1], [1, 0, 0]]
        let (s, l) = (Array(scores.joined()), Array(labels.joined()))
        var (wins, count) = (0.0, 0.0)
        for i in s.indices where l[i] == 1 {
            for j in s.indices where l[j] == 0 {
                wins += s[i] > s[j] ? 1 : s[i] == s[j] ? 0.5 : 0
                count += 1
            }
        }
        let pairs = zip(scores, labels).map { (Tensor($0, .float64), Tensor($1)) }
        for area in try three(AreaUnderROC(), pairs.map { pair in { try $0.add(pair.0, pair.1) } }) {
            #expect(area.value.isClose(to: wins / count))
        }
        #expect(AreaUnderROC().value.isNaN)
    }

    @Test func `discounted gains`() throws {
        let scores = Tensor([[0.9, 0.1, 0.5, 0.3], [0.2, 0.2, 0.7, 0.1], [1, 2, 3, 4]], .float64)
        let relevances = Tensor([[1.0, 3, 0, 2], [2, 0, 1, 3], [0, 0, 0, 0]], .float64)
        func d(_ place: Int) -> Double { 1 / log2(Double(place + 1)) }
        // Orders 0, 2, 3, 1 and 2, (0, 1), 3; ideal 3, 2, 1, 0 for both.
        let ideal = 3 * d(1) + 2 * d(2) + 1 * d(3)
        let first = 1 * d(1) + 2 * d(3) + 3 * d(4), second = 1 * d(1) + 1 * (d(2) + d(3)) + 3 * d(4)
        for metric in try three(NDCG(), [{ try $0.add(scores, relevances) }]) {
            #expect(metric.value.isClose(to: (first / ideal + second / ideal) / 3))
        }
        for metric in try three(NDCG(top: 2), [{ try $0.add(scores[0..<1], relevances[0..<1]) }]) {
            #expect(metric.value.isClose(to: d(1) / (3 * d(1) + 2 * d(2))))
        }
    }
}
