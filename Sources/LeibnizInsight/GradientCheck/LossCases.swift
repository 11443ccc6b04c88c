import LeibnizCore
import LeibnizLearning

extension GradientCatalogue {
    /// Losses, of predictions.
    static let losses: [GradientCase] = numberLosses + classLosses + pairLosses

    private static func reals(_ shape: Shape, _ low: Double = -1, _ high: Double = 1) -> (Shape, GradientDomain) {
        (shape, .reals(low, high))
    }

    private static let numberLosses: [GradientCase] = [
        .function("meanSquaredError", [reals([3, 2]), reals([3, 2])], kind: .loss) { meanSquaredError($0[0], $0[1]) },
        .function("meanAbsoluteError", [([3, 2], .apart)], kind: .loss) { meanAbsoluteError($0[0], 0 * $0[0]) },
        .function("huberLoss", [([3, 2], .apart)], kind: .loss) { huberLoss($0[0], 0 * $0[0], delta: 0.7) },
        .function("smoothL1Loss", [([3, 2], .apart)], kind: .loss) { smoothL1Loss($0[0], 0 * $0[0], beta: 0.7) },
        .function("quantileLoss", [([3, 2], .apart)], kind: .loss) { quantileLoss($0[0], 0 * $0[0], quantile: 0.3) },
        .function("poissonNegativeLogLikelihood", [reals([3, 2])], kind: .loss) {
            poissonNegativeLogLikelihood($0[0], 2 + 0 * $0[0])
        },
        .function(
            "gaussianNegativeLogLikelihood", [reals([3, 2]), reals([3, 2]), reals([3, 2], 0.5, 2)], kind: .loss
        ) { gaussianNegativeLogLikelihood($0[0], $0[1], variance: $0[2]) },
    ]

    private static let classLosses: [GradientCase] = [
        .function("crossEntropy", [reals([4, 3], -2, 2)], kind: .loss) { crossEntropy($0[0], Tensor([0, 2, 1, 2])) },
        .function("crossEntropy (probabilities)", [reals([4, 3], 0.2, 0.9)], kind: .loss) {
            crossEntropy(probabilities: $0[0], targets: Tensor.eye(4, 3, .float64))
        },
        .function("negativeLogLikelihood", [reals([4, 3], -2, 2)], kind: .loss) {
            negativeLogLikelihood(logSoftmax($0[0]), Tensor([0, 2, 1, 2]))
        },
        .function("binaryCrossEntropy", [reals([4, 3], 0.2, 0.8), reals([4, 3], 0, 1)], kind: .loss) {
            binaryCrossEntropy(probabilities: $0[0], targets: $0[1])
        },
        .function("binaryCrossEntropy (logits)", [reals([4, 3], -2, 2), reals([4, 3], 0, 1)], kind: .loss) {
            binaryCrossEntropy(logits: $0[0], targets: $0[1])
        },
        .function("focalLoss", [reals([4, 3], -2, 2)], kind: .loss) {
            focalLoss($0[0], Tensor.eye(4, 3, .float64))
        },
        .function("klDivergence", [reals([4, 3], -2, 0), reals([4, 3], 0.2, 0.8)], kind: .loss) {
            klDivergence($0[0], $0[1])
        },
        .function("hingeLoss", [([6], .apart)], kind: .loss) {
            hingeLoss($0[0], sign(Tensor.normal([6], seed: 4, .float64)))
        },
        .function("multiClassHingeLoss", [([4, 3], .apart)], kind: .loss) {
            multiClassHingeLoss($0[0], Tensor([0, 2, 1, 2]))
        },
        .function("ctcLoss", [reals([5, 2, 4], -2, 2)], kind: .loss) {
            ctcLoss(
                logSoftmax($0[0]), Tensor([[1, 2], [3, 3]]), inputLengths: Tensor([5, 4]),
                targetLengths: Tensor([2, 2]))
        },
    ]

    private static let pairLosses: [GradientCase] = [
        .function("tripletMarginLoss", [reals([3, 4]), reals([3, 4]), reals([3, 4])], kind: .loss) {
            tripletMarginLoss(anchor: $0[0], positive: $0[1], negative: $0[2], margin: 5)
        },
        .function("contrastiveLoss", [reals([3, 4]), reals([3, 4])], kind: .loss) {
            contrastiveLoss($0[0], $0[1], alike: Tensor([1.0, 0, 1], .float64), margin: 5)
        },
        .function("cosineSimilarity", [reals([3, 4], 0.2, 1), reals([3, 4], 0.2, 1)], kind: .loss) {
            cosineSimilarity($0[0], $0[1])
        },
        .function("cosineEmbeddingLoss", [reals([3, 4], 0.2, 1), reals([3, 4], 0.2, 1)], kind: .loss) {
            cosineEmbeddingLoss($0[0], $0[1], Tensor([1.0, -1, 1], .float64))
        },
        .function("marginRankingLoss", [reals([3]), reals([3])], kind: .loss) {
            marginRankingLoss($0[0], $0[1], Tensor([1.0, -1, 1], .float64), margin: 5)
        },
    ]
}
