import Foundation
import Leibniz
import Testing

/// Losses against their formulas on plain numbers, and their derivatives against differences.
@Suite struct `Loss formulas` {
    private let p = normal([4, 3], seed: 1), t = normal([4, 3], seed: 2)

    /// Expects single losses by a formula for each pair of elements, the three reductions, and the derivative.
    private func check(
        _ name: Comment, _ prediction: Tensor, _ target: Tensor,
        _ loss: @escaping (Tensor, Tensor, Reduction) -> Tensor,
        _ formula: (Double, Double) -> Double
    ) throws {
        let singles = try zip(prediction.doubles(), target.doubles()).map(formula)
        let total = singles.reduce(0, +)
        try expectClose(loss(prediction, target, .none), singles, name)
        #expect(loss(prediction, target, .none).shape == prediction.shape)
        try expectClose(loss(prediction, target, .sum), [total], name)
        try expectClose(loss(prediction, target, .mean), [total / Double(singles.count)], name)
        try expectClose(loss(prediction, target, .batchMean), [total / Double(prediction.shape[0])], name)
        let f = { (x: Tensor) in loss(x, target, .mean) }
        try expectClose(gradient(of: f)(prediction), centralDifferences(of: f, at: prediction), within: 1e-8, name)
    }

    @Test func `errors of numbers`() throws {
        try check("mse", p, t, { meanSquaredError($0, $1, reduction: $2) }) { ($0 - $1) * ($0 - $1) }
        try check("l1", p, t, { meanAbsoluteError($0, $1, reduction: $2) }) { abs($0 - $1) }
        for delta in [0.5, 2] {
            try check("huber", p, t, { huberLoss($0, $1, delta: delta, reduction: $2) }) { a, b in
                let d = abs(a - b)
                return d <= delta ? d * d / 2 : delta * (d - delta / 2)
            }
            try check("smoothL1", p, t, { smoothL1Loss($0, $1, beta: delta, reduction: $2) }) { a, b in
                let d = abs(a - b)
                return d < delta ? d * d / 2 / delta : d - delta / 2
            }
        }
        try check("smoothL1 0", p, t, { smoothL1Loss($0, $1, beta: 0, reduction: $2) }) { abs($0 - $1) }
        try check("quantile", p, t, { quantileLoss($0, $1, quantile: 0.2, reduction: $2) }) { a, b in
            max(0.2 * (b - a), -0.8 * (b - a))
        }
        try check("hinge", p, sign(t), { hingeLoss($0, $1, reduction: $2) }) { max(0, 1 - $0 * $1) }
        #expect(message(of: huberLoss(p, t, delta: 0)).contains("not positive"))
        #expect(message(of: quantileLoss(p, t, quantile: 2)).contains("no quantile"))
        #expect(message(of: smoothL1Loss(p, t, beta: -1)).contains("at least 0"))
    }

    @Test func `likelihoods`() throws {
        let counts = Tensor([0.0, 1, 2, 5, 3, 0, 1, 7, 2, 2, 4, 1], shape: [4, 3], .float64)
        try check("poisson", p, counts, { poissonNegativeLogLikelihood($0, $1, reduction: $2) }) { exp($0) - $1 * $0 }
        try check(
            "poisson of rates", exp(p), counts,
            { poissonNegativeLogLikelihood($0, $1, isLogarithm: false, addsStirling: true, reduction: $2) }
        ) { x, y in
            x - y * log(x + 1e-8) + (y > 1 ? y * log(y) - y + log(2 * Double.pi * y) / 2 : 0)
        }
        let spread = exp(normal([4, 3], seed: 3)), variances = try spread.doubles()
        var place = -1
        try check(
            "gaussian", p, t,
            { gaussianNegativeLogLikelihood($0, $1, variance: spread, addsConstant: true, reduction: $2) }
        ) { a, b in
            place += 1
            return 0.5 * (log(variances[place]) + (a - b) * (a - b) / variances[place] + log(2 * Double.pi))
        }
        let slope = { (v: Tensor) in gaussianNegativeLogLikelihood(p, t, variance: v) }
        try expectClose(gradient(of: slope)(spread), centralDifferences(of: slope, at: spread), within: 1e-7)
    }

    @Test func `binary losses`() throws {
        let labels = Tensor([0.0, 1, 1, 0, 0.3, 1, 0, 0, 1, 1, 0, 0.6], shape: [4, 3], .float64)
        func sigma(_ x: Double) -> Double { 1 / (1 + exp(-x)) }
        try check("bce", sigmoid(p), labels, { binaryCrossEntropy(probabilities: $0, targets: $1, reduction: $2) }) {
            p, y in
            -(y * log(p) + (1 - y) * log(1 - p))
        }
        try check("logits", p, labels, { binaryCrossEntropy(logits: $0, targets: $1, reduction: $2) }) { x, y in
            -(y * log(sigma(x)) + (1 - y) * log(1 - sigma(x)))
        }
        try check(
            "positive weights", p, labels,
            { binaryCrossEntropy(logits: $0, targets: $1, positiveWeights: Tensor(3, .float64), reduction: $2) }
        ) { x, y in -(3 * y * log(sigma(x)) + (1 - y) * log(1 - sigma(x))) }
        try check("focal", p, round(labels), { focalLoss($0, $1, reduction: $2) }) { x, y in
            let (share, alpha) = y == 1 ? (sigma(x), 0.25) : (1 - sigma(x), 0.75)
            return -alpha * (1 - share) * (1 - share) * log(share)
        }
        // Exact at the ends: log 0 counts as −100, and large logits lose nothing.
        let ends = Tensor([0.0, 1, 0, 1], .float64)
        try expectClose(
            binaryCrossEntropy(probabilities: ends, targets: Tensor([0.0, 1, 1, 0], .float64), reduction: .none),
            [0, 0, 100, 100])
        #expect(
            try gradient(of: { binaryCrossEntropy(probabilities: $0, targets: ends) })(ends).doubles().allSatisfy(
                \.isFinite))
        let large = Tensor([800.0, -800], .float64)
        try expectClose(
            binaryCrossEntropy(logits: large, targets: Tensor([0.0, 0], .float64), reduction: .none), [800, 0])
    }

    @Test func `classes with weights, smoothing and rows that do not count`() throws {
        let (classes, w) = ([2, 0, 1, 2], [0.5, 2, 3.0])
        let weights = Tensor(w, .float64), labels = Tensor(classes)
        let logarithms = try logSoftmax(p).doubles()
        func single(_ n: Int, _ smoothing: Double) -> Double {
            let row = logarithms[n * 3..<n * 3 + 3].enumerated().map { -w[$0.offset] * $0.element }
            return (1 - smoothing) * row[classes[n]] + smoothing / 3 * row.reduce(0, +)
        }
        for smoothing in [0, 0.1] {
            let rows = (0..<4).map { single($0, smoothing) }
            func loss(_ ignored: Int?, _ reduction: Reduction) -> Tensor {
                crossEntropy(
                    p, labels, weights: weights, ignoring: ignored, labelSmoothing: smoothing, reduction: reduction)
            }
            try expectClose(loss(nil, .none), rows)
            try expectClose(loss(nil, .mean), [rows.reduce(0, +) / (3 + 0.5 + 2 + 3)])
            try expectClose(loss(2, .none), [0, rows[1], rows[2], 0])
            try expectClose(loss(2, .mean), [(rows[1] + rows[2]) / 2.5])
            try expectClose(loss(2, .sum), [rows[1] + rows[2]])
            let f = { (x: Tensor) in
                crossEntropy(x, labels, weights: weights, ignoring: 2, labelSmoothing: smoothing)
            }
            try expectClose(gradient(of: f)(p), centralDifferences(of: f, at: p), within: 1e-8)
        }
        // Ignored rows may name no class at all.
        try expectClose(
            negativeLogLikelihood(logSoftmax(p), Tensor([2, -100, 1, -100]), ignoring: -100),
            [-(logarithms[2] + logarithms[7]) / 2])
        #expect(message(of: crossEntropy(p, labels, weights: Tensor([1.0, 2]))).contains("one weight for each class"))
        #expect(message(of: crossEntropy(p, labels, labelSmoothing: 2)).contains("no share"))
    }

    @Test func `distributions`() throws {
        let (y, x) = (try softmax(t).doubles(), try logSoftmax(p).doubles())
        let terms = zip(y, x).map { -$0 * $1 }
        try expectClose(crossEntropy(logits: p, targets: softmax(t)), [terms.reduce(0, +) / 4])
        let smooth = zip(y, x).map { -(0.8 * $0 + 0.2 / 3) * $1 }
        try expectClose(crossEntropy(logits: p, targets: softmax(t), labelSmoothing: 0.2), [smooth.reduce(0, +) / 4])
        let divergence = zip(y, x).map { $0 * (log($0) - $1) }
        try expectClose(klDivergence(logSoftmax(p), softmax(t), reduction: .batchMean), [divergence.reduce(0, +) / 4])
        try expectClose(
            klDivergence(logSoftmax(p), logSoftmax(t), targetsAreLogarithms: true), [divergence.reduce(0, +) / 12])
        try expectClose(
            klDivergence(Tensor([-1.0, -2], .float64), Tensor([0.0, 1], .float64), reduction: .none), [0, 2])
    }

    @Test func `margins of several classes`() throws {
        let (classes, w) = ([2, 0, 1, 2], [0.5, 2, 3.0])
        let x = try p.doubles()
        for exponent in [1, 2] {
            let rows = (0..<4).map { n -> Double in
                let label = classes[n]
                var total = 0.0
                for c in 0..<3 where c != label {
                    let excess: Double = max(0, 0.7 - x[n * 3 + label] + x[n * 3 + c])
                    total += exponent == 1 ? excess : excess * excess
                }
                return total / 3 * w[label]
            }
            try expectClose(
                multiClassHingeLoss(
                    p, Tensor(classes), margin: 0.7, exponent: exponent, weights: Tensor(w, .float64), reduction: .none),
                rows)
            let f = { (x: Tensor) in multiClassHingeLoss(x, Tensor(classes), margin: 0.7, exponent: exponent) }
            try expectClose(gradient(of: f)(p), centralDifferences(of: f, at: p), within: 1e-8)
        }
    }

    @Test func `distances of vectors`() throws {
        let n = normal([4, 3], seed: 3)
        let (a, b, c) = (try NaiveArray(p), try NaiveArray(t), try NaiveArray(n))
        func distance(_ x: NaiveArray, _ y: NaiveArray, _ row: Int, _ shift: Double) -> Double {
            (0..<3).reduce(0) { $0 + pow(x[[row, $1]] - y[[row, $1]] + shift, 2) }.squareRoot()
        }
        let triplets = (0..<4).map { max(0, distance(a, b, $0, 1e-6) - distance(a, c, $0, 1e-6) + 1) }
        try expectClose(tripletMarginLoss(anchor: p, positive: t, negative: n, reduction: .none), triplets)
        let swapped = (0..<4).map {
            max(0, distance(a, b, $0, 1e-6) - min(distance(a, c, $0, 1e-6), distance(b, c, $0, 1e-6)) + 1)
        }
        try expectClose(tripletMarginLoss(anchor: p, positive: t, negative: n, swaps: true, reduction: .none), swapped)
        let alike = [1.0, 0, 0, 1]
        let pairs = (0..<4).map { row in
            let d = distance(a, b, row, 0)
            return 0.5 * (alike[row] * d * d + (1 - alike[row]) * pow(max(0, 2 - d), 2))
        }
        try expectClose(contrastiveLoss(p, t, alike: Tensor(alike, .float64), margin: 2, reduction: .none), pairs)
        func dot(_ x: NaiveArray, _ y: NaiveArray, _ row: Int) -> Double {
            (0..<3).reduce(0) { $0 + x[[row, $1]] * y[[row, $1]] }
        }
        let cosines = (0..<4).map { dot(a, b, $0) / (dot(a, a, $0) * dot(b, b, $0)).squareRoot() }
        try expectClose(cosineSimilarity(p, t), cosines, within: 1e-11)
        let truth = Tensor([1.0, -1, -1, 1], .float64)
        try expectClose(
            cosineEmbeddingLoss(p, t, truth, margin: -0.5, reduction: .none),
            cosines.enumerated().map { [1, 2].contains($0.offset) ? max(0, $0.element + 0.5) : 1 - $0.element },
            within: 1e-11)
        let scores = (p[0..., 0], t[0..., 0])
        try expectClose(
            marginRankingLoss(scores.0, scores.1, truth, margin: 0.5, reduction: .none),
            (0..<4).map { max(0, 0.5 - ([1, 2].contains($0) ? -1 : 1) * (a[[$0, 0]] - b[[$0, 0]])) })
        for f in [
            { tripletMarginLoss(anchor: $0, positive: t, negative: n) },
            { contrastiveLoss($0, t, alike: Tensor(alike, .float64), margin: 2) },
            { cosineEmbeddingLoss($0, t, truth, margin: -0.5) },
        ] as [(Tensor) -> Tensor] {
            try expectClose(gradient(of: f)(p), centralDifferences(of: f, at: p), within: 1e-7)
        }
        // Equal vectors have a finite derivative.
        #expect(
            try gradient(of: { contrastiveLoss($0, p, alike: Tensor(alike, .float64)) })(p).doubles().allSatisfy(
                \.isFinite))
    }
}

@Suite struct `Connectionist temporal classification` {
    /// −log of the sum over all ways to spell the target, each found by trying.
    private func naive(_ rows: [[Double]], _ target: [Int], blank: Int) -> Double {
        let classes = rows[0].count
        let paths = rows.indices.reduce([[]] as [[Int]]) { paths, _ in
            paths.flatMap { path in (0..<classes).map { path + [$0] } }
        }
        let total = paths.filter { path in
            let collapsed = path.enumerated().filter { $0.offset == 0 || path[$0.offset - 1] != $0.element }.map(
                \.element)
            return collapsed.filter { $0 != blank } == target
        }.reduce(0.0) { total, path in
            total + exp(path.enumerated().reduce(0) { $0 + rows[$1.offset][$1.element] })
        }
        return -log(total)
    }

    @Test(arguments: [0, 2])
    func `the loss is that of all paths`(blank: Int) throws {
        let logits = normal([5, 4, 3], seed: 1)
        let probabilities = logSoftmax(logits)
        let (a, b) = blank == 0 ? (1, 2) : (0, 1)
        let targets = [[a, b], [a, a], [b, 7], [a, b]], lengths = [2, 2, 1, 0], inputs = [5, 4, 3, 2]
        let numbers = try NaiveArray(probabilities)
        let expected = (0..<4).map { n in
            naive(
                (0..<inputs[n]).map { t in (0..<3).map { numbers[[t, n, $0]] } }, Array(targets[n].prefix(lengths[n])),
                blank: blank)
        }
        func loss(_ x: Tensor, _ reduction: Reduction) -> Tensor {
            ctcLoss(
                x, Tensor(targets), inputLengths: Tensor(inputs), targetLengths: Tensor(lengths), blank: blank,
                reduction: reduction)
        }
        try expectClose(loss(probabilities, .none), expected)
        try expectClose(
            loss(probabilities, .mean), [zip(expected, lengths).reduce(0) { $0 + $1.0 / Double(max(1, $1.1)) } / 4])
        let f = { (x: Tensor) in loss(logSoftmax(x), .sum) }
        try expectClose(gradient(of: f)(logits), centralDifferences(of: f, at: logits), within: 1e-7)
    }

    @Test func `a plan has as many kernels for 10 steps as for 100, and one step is enough`() throws {
        func loss(_ x: Tensor) -> Tensor {
            ctcLoss(
                logSoftmax(x), Tensor([[1]]), inputLengths: Tensor([x.shape[0]]), targetLengths: Tensor([1]),
                reduction: .sum)
        }
        func kernels(_ length: Int) throws -> Int {
            let x = try normal([length, 1, 3], seed: 2).evaluated()
            let recorder = PlanRecorder()
            try recorder.recording { _ = try gradient(of: loss)(x).doubles() }
            return recorder.reports.reduce(0) { $0 + $1.kernels.count }
        }
        #expect(try kernels(100) == kernels(10))
        let x = normal([1, 1, 3], seed: 2)
        try expectClose(loss(x), [-(try logSoftmax(x)[0, 0, 1].item())])
        try expectClose(gradient(of: loss)(x), centralDifferences(of: loss, at: x), within: 1e-7)
    }

    @Test func `a target that does not fit is infinite, or counts for nothing`() throws {
        let x = logSoftmax(normal([2, 1, 3], seed: 1))
        func loss(_ zeroes: Bool) -> Tensor {
            ctcLoss(
                x, Tensor([[1, 1]]), inputLengths: Tensor([2]), targetLengths: Tensor([2]), reduction: .sum,
                zeroesInfinite: zeroes)
        }
        #expect(try loss(false).item() == .infinity)
        #expect(try loss(true).item() == 0)
        #expect(
            message(of: ctcLoss(x, Tensor([1]), inputLengths: Tensor([2]), targetLengths: Tensor([1]))).contains(
                "[T, N, C]"))
        #expect(
            message(of: ctcLoss(x, Tensor([[1]]), inputLengths: Tensor([2]), targetLengths: Tensor([1]), blank: 3))
                .contains("blank"))
    }
}
