import Leibniz

/// What `losses.py` has PyTorch compute as well: every loss in its reductions, and its gradient, in float64.
enum LossParity {
    static func compute(_ exchange: Exchange) throws {
        func real(_ name: String, _ shape: Shape = [6, 4]) throws -> Tensor { try exchange.read(name, shape, .float64) }
        func whole(_ name: String, _ shape: Shape = [6]) throws -> Tensor { try exchange.read(name, shape, .int64) }
        let x = try real("x"), t = try real("t"), u = try real("u"), binary = try real("binary"),
            counts = try real("counts")
        let signs = try real("signs"), pairSigns = try real("pairSigns", [6]), weights = try real("weights", [4])
        let classes = try whole("classes"), ragged = try whole("ragged")
        let sequence = try real("sequence", [7, 3, 4]), targets = try whole("targets", [3, 3])
        let inputLengths = try whole("inputLengths", [3]), targetLengths = try whole("targetLengths", [3])

        let losses: [(name: String, loss: (Tensor, Reduction) -> Tensor)] = [
            ("mse", { meanSquaredError($0, t, reduction: $1) }), ("l1", { meanAbsoluteError($0, t, reduction: $1) }),
            ("huber", { huberLoss($0, t, delta: 0.7, reduction: $1) }),
            ("smooth-l1", { smoothL1Loss($0, t, beta: 0.7, reduction: $1) }),
            ("poisson", { poissonNegativeLogLikelihood($0, counts, addsStirling: true, reduction: $1) }),
            ("gaussian", { gaussianNegativeLogLikelihood($0, t, variance: exp(u), addsConstant: true, reduction: $1) }),
            ("cross-entropy", { crossEntropy($0, classes, reduction: $1) }),
            (
                "cross-entropy-all",
                { crossEntropy($0, ragged, weights: weights, ignoring: -100, labelSmoothing: 0.1, reduction: $1) }
            ),
            (
                "cross-entropy-shares",
                { crossEntropy(logits: $0, targets: softmax(t), weights: weights, labelSmoothing: 0.1, reduction: $1) }
            ),
            ("nll", { negativeLogLikelihood(logSoftmax($0), ragged, weights: weights, ignoring: -100, reduction: $1) }),
            ("kl", { klDivergence(logSoftmax($0), softmax(t), reduction: $1) }),
            (
                "kl-logarithms",
                { klDivergence(logSoftmax($0), logSoftmax(t), targetsAreLogarithms: true, reduction: $1) }
            ),
            (
                "bce",
                { binaryCrossEntropy(probabilities: sigmoid($0), targets: binary, weights: weights, reduction: $1) }
            ),
            (
                "bce-logits",
                {
                    binaryCrossEntropy(
                        logits: $0, targets: binary, weights: weights, positiveWeights: 2 * weights, reduction: $1)
                }
            ),
            (
                "multi-margin",
                { multiClassHingeLoss($0, classes, margin: 0.8, exponent: 2, weights: weights, reduction: $1) }
            ),
            ("triplet", { tripletMarginLoss(anchor: $0, positive: t, negative: u, swaps: true, reduction: $1) }),
            ("cosine", { cosineEmbeddingLoss($0, t, pairSigns, margin: 0.1, reduction: $1) }),
            ("ranking", { marginRankingLoss($0, t, signs, margin: 0.2, reduction: $1) }),
        ]
        for (name, loss) in losses {
            for (reduction, label) in [(Reduction.mean, "mean"), (.sum, "sum"), (.none, "none")] {
                try exchange.write("\(name).\(label)", loss(x, reduction))
            }
            try exchange.write("\(name).gradient", gradient(of: { loss($0, .mean) })(x))
        }
        for (reduction, label) in [(Reduction.mean, "mean"), (.sum, "sum"), (.none, "none")] {
            func ctc(_ x: Tensor) -> Tensor {
                ctcLoss(
                    logSoftmax(x), targets, inputLengths: inputLengths, targetLengths: targetLengths,
                    reduction: reduction)
            }
            try exchange.write("ctc.\(label)", ctc(sequence))
            if reduction == .mean { try exchange.write("ctc.gradient", gradient(of: ctc)(sequence)) }
        }
        try exchange.write("batch-mean", klDivergence(logSoftmax(x), softmax(t), reduction: .batchMean))
    }
}
