import LeibnizCore
import LeibnizLearning

extension GradientCatalogue {
    /// Losses, of predictions.
    static let losses: [GradientCase] = [
        .function("meanSquaredError", [([3, 2], .reals(-1, 1)), ([3, 2], .reals(-1, 1))], kind: .loss) {
            meanSquaredError($0[0], $0[1])
        },
        .function("crossEntropy", [([4, 3], .reals(-2, 2))], kind: .loss) {
            crossEntropy($0[0], Tensor([0, 2, 1, 2]))
        },
        .function("crossEntropy (probabilities)", [([4, 3], .reals(0.2, 0.9))], kind: .loss) {
            crossEntropy(probabilities: $0[0], targets: Tensor.eye(4, 3, .float64))
        },
        .function("hingeLoss", [([6], .apart)], kind: .loss) {
            hingeLoss($0[0], sign(Tensor.normal([6], seed: 4, .float64)))
        },
    ]

    /// Layers and models.
    static let layers: [GradientCase] = [
        .layer("Linear", input: [2, 4]) { Linear(4, 3) },
        .layer("Linear (without bias)", input: [4]) { Linear(4, 3, bias: false) },
        .layer("Conv2D", input: [2, 4, 5, 5], .reals(-1, 1)) { Conv2D(4, 6, kernelSize: 3, padding: 1, groups: 2) },
        .layer("Conv2D (stride)", input: [1, 2, 6, 6], .reals(-1, 1)) { Conv2D(2, 3, kernelSize: 3, stride: 2) },
        .layer("ReLU", input: [3, 4]) { ReLU() }, .layer("Flatten", input: [2, 3, 4]) { Flatten() },
        .layer("MaxPool2D", input: [1, 2, 4, 4]) { MaxPool2D(2) },
        .layer("MaxPool2D (padded)", input: [1, 1, 5, 5]) { MaxPool2D(3, stride: 2, padding: 1) },
        .layer("AveragePool2D", input: [1, 2, 5, 5]) { AveragePool2D(3, stride: 1, padding: 1) },
        .layer("LpPool2D", input: [1, 2, 4, 4]) { LpPool2D(2, 2) },
        .layer("LpPool2D (p = 3)", input: [1, 2, 4, 4]) { LpPool2D(3, 2) },
        .layer("Sequential", input: [1, 1, 8, 8]) {
            Sequential(Conv2D(1, 2, kernelSize: 3), MaxPool2D(2), Flatten(), Linear(18, 3))
        },
        GradientCase.model("ConvNet", input: [1, 1, 32, 32]) {
            ConvNet()
        } of: {
            $0($1)
        },
    ]
}

extension GradientCase {
    /// A model of float64 that is no layer.
    static func model<Model: Module>(
        _ name: String, input: Shape, _ make: @escaping @Sendable () -> Model,
        of f: @escaping @Sendable (Model, Tensor) -> Tensor
    ) -> GradientCase {
        GradientCase(name: name, kind: .layer) { tolerance in
            let model = withElementType(.float64) { withSeed(5) { make() } }
            let input = Tensor.normal(input, seed: 73, .float64)
            let report = try gradientCheck(model, input: input, tolerance: tolerance) { f(model, $0) }
            return GradientReport(name: name, entries: report.entries)
        }
    }
}
