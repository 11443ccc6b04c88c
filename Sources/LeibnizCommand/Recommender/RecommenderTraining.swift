import Leibniz

/// Learns factors from nine tenths of the ratings, and measures their predictions of the others.
struct RecommenderTraining {
    let ratings: Ratings
    let rank: Int
    let epochs: Int
    let seed: Int

    /// How the samples are drawn.
    enum Setting {
        /// The share of the steps over which the temperature rises, and that before the first sample.
        static let warmUp = 0.13, burnIn = 0.2
        /// The steps between samples.
        static let sampleInterval = 4
        /// The steps between updates of the prior, and before the first.
        static let updateInterval = 5, firstUpdate = 20
    }

    /// What came of it.
    struct Outcome {
        let model: RatingFactors
        let report: TrainingReport
        let history: LossHistory
        /// The root mean square error on ratings that were held out.
        let testError: Double
        let trainingCount: Int
    }

    /// The settings on which training depends.
    var configuration: [String: String] {
        ["command": "recommender", "rank": "\(rank)", "epochs": "\(epochs)", "ratings": "\(ratings.values.count)"]
    }

    /// The factors before training.
    static func model(_ ratings: Ratings, rank: Int, seed: Int, mean: Double) -> RatingFactors {
        withSeed(seed) {
            RatingFactors(
                userCount: ratings.userNames.count, itemCount: ratings.itemNames.count, rank: rank, mean: mean)
        }
    }

    func run(_ options: TrainingOptions) throws -> Outcome {
        let (training, test) = try ratings.split(seed: seed)
        let mean = training.reduce(0) { $0 + ratings.values[$1] } / Double(training.count)
        let model = Self.model(ratings, rank: rank, seed: seed, mean: mean)
        let optimizer = LangevinDescent(
            model, temperature: 1 / Double(training.count), warmUp: Int(Double(epochs) * Setting.warmUp), seed: seed)
        let trainer = Trainer(model, optimizer) { (model, batch: [Tensor]) in
            model.energy(batch[0], batch[1], batch[2])
        }
        let walk = FactorWalk(
            model, optimizer, userCounts: ratings.counts(of: ratings.users, training),
            itemCounts: ratings.counts(of: ratings.items, training),
            firstSample: Int(Double(epochs) * Setting.burnIn))
        try walk.update()
        trainer.callbacks = [walk]
        let history = try options.prepare(
            trainer, unit: "ratings", reserving: 0.5, configuration: configuration, isQuiet: true)
        let report = try trainer.fit(StoredBatches([ratings.tensors(training)]), epochs: epochs)
        return Outcome(
            model: model, report: report, history: history, testError: try error(model, test),
            trainingCount: training.count)
    }

    private func error(_ model: RatingFactors, _ test: [Int]) throws -> Double {
        let tensors = ratings.tensors(test)
        let places = tensors[0] * Tensor(ratings.itemNames.count) + tensors[1]
        var metric = RootMeanSquaredError()
        try metric.add(model.predictions.reshaped(to: [-1]).gathered(places), tensors[2])
        return metric.value
    }
}

/// Lets prior and masses follow the factors, and adds the factors as they are to the samples, every few steps.
private final class FactorWalk: TrainingCallback {
    private let model: RatingFactors
    private let optimizer: LangevinDescent
    private let userCounts: [Int]
    private let itemCounts: [Int]
    private let firstSample: Int

    init(
        _ model: RatingFactors, _ optimizer: LangevinDescent, userCounts: [Int], itemCounts: [Int], firstSample: Int
    ) {
        (self.model, self.optimizer, self.firstSample) = (model, optimizer, firstSample)
        (self.userCounts, self.itemCounts) = (userCounts, itemCounts)
    }

    func didStep(_ state: TrainingState) throws -> TrainingDecision {
        typealias Setting = RecommenderTraining.Setting
        if state.step >= Setting.firstUpdate, state.step % Setting.updateInterval == 0 {
            try model.updatePrior()
            try update()
        }
        if state.step >= firstSample, state.step % Setting.sampleInterval == 0 { try model.addSample() }
        return .goOn
    }

    func update() throws {
        try optimizer.setMasses { [model, userCounts, itemCounts] parameter in
            let isOfUsers = parameter === model.users
            return model.masses(
                of: parameter, counts: isOfUsers ? userCounts : itemCounts,
                otherCounts: isOfUsers ? itemCounts : userCounts)
        }
    }
}
