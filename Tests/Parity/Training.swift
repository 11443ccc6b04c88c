import Leibniz

/// What `training.py` has PyTorch and scikit-learn compute as well: optimizers on a network of two layers, schedules, metrics.
enum TrainingParity {
    static let optimizers: [(name: String, make: @Sendable (Sequential) -> any Optimizer)] = [
        ("adam-amsgrad", { Adam($0, learningRate: 0.02, weightDecay: 0.01, amsgrad: true) }),
        ("adamw-amsgrad", { AdamW($0, learningRate: 0.02, amsgrad: true) }),
        ("adamax", { Adamax($0, learningRate: 0.02, weightDecay: 0.01) }),
        ("nadam", { NAdam($0, learningRate: 0.02, weightDecay: 0.01) }),
        ("nadam-decoupled", { NAdam($0, learningRate: 0.02, weightDecay: 0.01, decouplesDecay: true) }),
        ("radam", { RAdam($0, learningRate: 0.02, weightDecay: 0.01) }),
        (
            "radam-decoupled",
            { RAdam($0, learningRate: 0.02, betas: (0.8, 0.9), weightDecay: 0.01, decouplesDecay: true) }
        ),
        ("rmsprop", { RMSProp($0, learningRate: 0.01, weightDecay: 0.01) }),
        ("rmsprop-centred", { RMSProp($0, learningRate: 0.01, momentum: 0.5, centred: true) }),
        ("adagrad", { Adagrad($0, learningRate: 0.05, rateDecay: 0.1, weightDecay: 0.01, initialSum: 0.1) }),
        ("adadelta", { Adadelta($0, learningRate: 0.5, weightDecay: 0.01) }),
        ("sgd-clipped", { SGD($0, learningRate: 0.1, momentum: 0.9).clippingGradients(norm: 0.5) }),
        ("sgd-values", { SGD($0, learningRate: 0.1).clippingGradients(value: 0.02) }),
        ("sgd-accumulated", { SGD($0, learningRate: 0.1, momentum: 0.9).accumulating(4) }),
    ]

    static let schedules: [(name: String, schedule: any Schedule)] = [
        ("step", StepSchedule(initial: 0.5, every: 7, factor: 0.3)),
        ("multi-step", MultiStepSchedule(initial: 0.5, milestones: [4, 9, 9, 20], factor: 0.5)),
        ("exponential", ExponentialSchedule(initial: 0.5, factor: 0.9)),
        ("polynomial", PolynomialSchedule(initial: 0.5, steps: 20, power: 1.7)),
        ("linear", LinearSchedule(initial: 0.5, steps: 8)), ("constant", DelayedSchedule(initial: 0.5)),
        ("cosine", CosineAnnealingSchedule(initial: 0.5, period: 12, minimum: 0.02)),
        ("restarts", CosineAnnealingSchedule(initial: 0.5, restartingAfter: 5, growth: 2, minimum: 0.02)),
        ("one-cycle", OneCycleSchedule(peak: 0.5, steps: 40)),
        ("one-cycle-linear", OneCycleSchedule(peak: 0.5, steps: 40, rise: 0.4, annealing: .linear, threePhases: true)),
        (
            "sequential",
            SequentialSchedule(
                [LinearSchedule(initial: 0.5, steps: 6), ExponentialSchedule(initial: 0.5, factor: 0.8)],
                milestones: [6])
        ),
        (
            "chained",
            ChainedSchedule(DelayedSchedule(initial: 0.5, steps: 7), ExponentialSchedule(initial: 0.5, factor: 0.9))
        ),
    ]

    static func compute(_ exchange: Exchange) throws {
        let x = try exchange.read("x", [16, 5], .float64), y = try exchange.read("y", [16, 3], .float64)
        for (name, make) in optimizers {
            let model = withElementType(.float64) { Sequential(Linear(5, 8), Tanh(), Linear(8, 3)) }
            for (path, parameter) in model.namedParameters {
                parameter.value = try exchange.read("weights.\(path)", parameter.shape, .float64)
            }
            let optimizer = make(model)
            for _ in 1...20 { try optimizer.minimize(meanSquaredError(model(x), y)) }
            for (path, parameter) in model.namedParameters { try exchange.write("\(name).\(path)", parameter.value) }
        }
        try memoryDescent(exchange, x, y)
        for (name, schedule) in schedules {
            try exchange.write("schedule.\(name)", Tensor((0..<40).map { schedule.rate(at: $0) }, .float64))
        }
        let measures = try exchange.read("measures", [60], .float64).doubles()
        var plateau = PlateauSchedule(
            initial: 0.5, factor: 0.5, patience: 2, threshold: .relative(1e-2), cooldown: 1, minimum: 1e-3)
        try exchange.write("schedule.plateau", Tensor(measures.map { plateau.rate(after: $0) }, .float64))
        try metrics(exchange)
    }

    /// L-BFGS on a line of least squares, which has one minimum: with steps of a fixed length, and to the end with searches.
    private static func memoryDescent(_ exchange: Exchange, _ x: Tensor, _ y: Tensor) throws {
        let weight = try exchange.read("weights.0.weight", [8, 5], .float64)
        let bias = try exchange.read("weights.0.bias", [8], .float64)
        for (name, search, steps) in [("fixed", LBFGS.LineSearch.fixed, 2), ("searched", .strongWolfe, 3)] {
            let model = withElementType(.float64) { Linear(5, 3) }
            model.weight.value = weight[0..<3]
            model.bias?.value = bias[0..<3]
            let optimizer = LBFGS(
                model, learningRate: search == .fixed ? 0.5 : 1, maximumIterations: search == .fixed ? 4 : 20,
                maximumEvaluations: 100, gradientTolerance: 1e-12, changeTolerance: 1e-15, lineSearch: search)
            for _ in 1...steps { try optimizer.step { meanSquaredError(model(x), y) } }
            for (path, parameter) in model.namedParameters {
                try exchange.write("lbfgs-\(name).\(path)", parameter.value)
            }
        }
    }

    private static func metrics(_ exchange: Exchange) throws {
        let scores = try exchange.read("scores", [60, 4], .float64),
            classes = try exchange.read("classes", [60], .int64)
        let truth = try exchange.read("truth", [60], .float64),
            prediction = try exchange.read("prediction", [60], .float64)
        let gains = try exchange.read("gains", [60, 4], .float64), labels = try exchange.read("labels", [60], .int64)
        var (one, two) = (Accuracy(), Accuracy(top: 2)), counts = ConfusionCounts(classCount: 4), area = AreaUnderROC()
        var (root, absolute, share) = (RootMeanSquaredError(), MeanAbsoluteError(), CoefficientOfDetermination())
        var (perplexity, all, best) = (Perplexity(), NDCG(), NDCG(top: 2))
        for rows in [0..<25, 25..<60] {
            try one.add(scores[rows], classes[rows])
            try two.add(scores[rows], classes[rows])
            try counts.add(logits: scores[rows], classes[rows])
            try area.add(prediction[rows], labels[rows])
            try root.add(prediction[rows], truth[rows])
            try absolute.add(prediction[rows], truth[rows])
            try share.add(prediction[rows], truth[rows])
            try perplexity.add(scores[rows], classes[rows])
            try all.add(scores[rows], gains[rows])
            try best.add(scores[rows], gains[rows])
        }
        let averages = [ClassAveraging.macro, .micro, .weighted].flatMap {
            [counts.precision($0), counts.recall($0), counts.f1($0)]
        }
        let figures = [
            one.value, two.value, area.value, root.value, absolute.value, share.value, perplexity.value, all.value,
            best.value,
        ]
        try exchange.write("metrics", Tensor(figures + averages + counts.value.joined().map(Double.init), .float64))
    }
}
