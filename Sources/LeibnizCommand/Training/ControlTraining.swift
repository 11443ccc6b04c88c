import Foundation
import Leibniz

/// Lets a learner go through its rounds, with progress, checkpoints and a limit of time, and measures it in fresh episodes.
struct ControlTraining {
    let options: TrainingOptions
    let configuration: [String: String]
    /// Called with a line about each tenth of the rounds.
    let report: (String) throws -> Void

    /// The episodes of a measurement.
    static let episodes = 100

    /// What came of it.
    struct Outcome {
        /// What fresh episodes brought.
        var rewards: [Double] = []
        /// The steps of all environments in training.
        var environmentSteps = 0
        var rounds = 0
        /// Training alone, without what a checkpoint had brought.
        var stepsPerSecond = 0.0
        /// Whether a loss was no finite number, for which training was given up.
        var isDiverged = false
        /// The mean rewards of the episodes that ended in a round, by the steps made until then.
        var curve: [(x: Double, y: Double)] = []
    }

    /// Trains, until the rounds are made, time is up or somebody asks for the end, and measures.
    func run(_ learner: some ControlLearner) throws -> Outcome {
        try Interruption.watched(true) { try outcome(of: learner) }
    }

    private func outcome(of learner: some ControlLearner) throws -> Outcome {
        var outcome = Outcome()
        let checkpoints = try options.checkpoint.map { try TrainingCheckpoints($0) }
        if options.resume, let found = try checkpoints?.folder.newest() {
            found.notes.forEach(Console.note)
            try resume(learner, from: found.checkpoint, checkpoints)
        }
        let log = try options.log.map { try TrainingLog(folder: $0) }
        let clock = ContinuousClock()
        let (start, firstStep) = (clock.now, learner.environmentSteps)
        func elapsed() -> Double { (clock.now - start) / .seconds(1) }
        var (line, recent, saved) = (ProgressLine(), [Double](), 0.0)
        while !learner.isDone, options.secondsLeft(reserving: 2) ?? 1 > 0, !Interruption.isAsked {
            let round = try learner.advance()
            if let loss = round.loss, !loss.isFinite {
                outcome.isDiverged = true
                break
            }
            recent = (recent + round.episodeRewards).suffix(Self.episodes)
            let mean = recent.isEmpty ? Double.nan : recent.reduce(0, +) / Double(recent.count)
            if let reward = round.meanReward { outcome.curve.append((Double(learner.environmentSteps), reward)) }
            try log?.scalars(scalars(of: round), step: learner.environmentSteps)
            outcome.stepsPerSecond = Double(learner.environmentSteps - firstStep) / elapsed()
            let stepsLeft = learner.environmentSteps / learner.round * (learner.rounds - learner.round)
            line.show(
                .init(
                    place: "round \(learner.round)/\(learner.rounds)", figures: [("return", mean)],
                    rate: (outcome.stepsPerSecond, "steps"),
                    secondsLeft: Double(stepsLeft) / outcome.stepsPerSecond))
            if learner.round % max(1, learner.rounds / 10) == 0 {
                line.clear()
                try report(
                    "Round [\(learner.round)/\(learner.rounds)], Steps: \(learner.environmentSteps), Return: "
                        + String(format: "%.1f", mean))
            }
            if let checkpoints, elapsed() - saved >= checkpoints.everySeconds ?? .infinity {
                try save(learner, in: checkpoints.folder)
                saved = elapsed()
            }
        }
        line.clear()
        (outcome.rounds, outcome.environmentSteps) = (learner.round, learner.environmentSteps)
        if outcome.isDiverged { return outcome }
        if let checkpoints { try save(learner, in: checkpoints.folder) }
        // Of a seed that training does not use.
        outcome.rewards = try learner.rewards(ofEpisodes: Self.episodes, seed: ~options.seed)
        return outcome
    }

    private func scalars(of round: ControlRound) -> [String: Double] {
        var scalars: [String: Double] = [:]
        scalars["return"] = round.meanReward
        scalars["loss"] = round.loss
        return scalars
    }

    private func save(_ learner: some ControlLearner, in folder: CheckpointFolder) throws {
        try folder.save(
            TrainingProgress(step: learner.environmentSteps, epoch: learner.round, configuration: configuration),
            model: learner.model, optimizer: learner.optimizer, streams: learner.cells())
    }

    /// Puts a learner where the checkpoint's was.
    private func resume(
        _ learner: some ControlLearner, from checkpoint: Checkpoint, _ checkpoints: TrainingCheckpoints?
    ) throws {
        let cells = learner.cells()
        var settings = checkpoints
        settings?.configuration = configuration
        try settings?.check(checkpoint.progress, in: checkpoint.path)
        try checkpoint.restore(model: learner.model, optimizer: learner.optimizer, streams: cells)
        try learner.restore(cells, round: checkpoint.progress.epoch)
    }
}
