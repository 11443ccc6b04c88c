import LeibnizCore
import LeibnizData

/// Learns a policy by its gradient, with an estimate of values as baseline: PPO and advantage actor–critic.
///
/// With the advantages A of a round's steps and the ratio ρ = π(a|s)/π_old(a|s) an update lowers
///
/// −E[min(ρ·A, clip(ρ, 1 − ε, 1 + ε)·A)] + c_V·(1 − γ)²·E[(V(s) − R)²] − c_H·E[H(π)],  R = A + V_old(s)
///
/// (Schulman et al. 2017, eq. 7 and 9), or with log π(a|s)·A in the place of the first expectation where `clip` is nil. The
/// advantages of an update have mean 0 and deviation 1 where there is a `clip`. Acting, judging and updating are one compiled plan each.
public final class PolicyLearner<Kind: Environment>: ControlLearner {
    /// The policy and the values.
    public let model: ActorCritic
    /// Adam behind a limit of the gradient's length.
    public let optimizer: any Optimizer
    /// How it learns.
    public let settings: PolicySettings
    /// How many rounds have been made.
    public private(set) var round = 0

    private let seed: Int
    private var batch: EnvironmentBatch<Kind>
    private let table: @Sendable (Tensor) throws -> Tensor
    private let judgement: @Sendable (Tensor, Tensor, Tensor) throws -> [Tensor]
    private let update: @Sendable ([Tensor], Tensor) throws -> Tensor

    /// A learner at its beginning.
    ///
    /// - Parameter seed: decides first parameters, environments, actions and the order of updates.
    public init(_ environment: Kind.Type, settings: PolicySettings, seed: Int) {
        (self.settings, self.seed) = (settings, seed)
        let model = withSeed(seed) { ActorCritic(environment, discount: settings.discount) }
        let optimizer = Adam(model, learningRate: settings.learningRate, epsilon: 1e-5)
            .clippingGradients(norm: settings.gradientLimit)
        (self.model, self.optimizer) = (model, optimizer)
        batch = EnvironmentBatch(count: settings.environments, seed: seed)
        table = compiled { (observations: Tensor) in model.distribution(observations).table }
        judgement = compiled { (observations: Tensor, actions: Tensor, reached: Tensor) in
            [
                model.distribution(observations).logProbability(of: actions), model.values(observations),
                model.values(reached),
            ]
        }
        update = compiled { (rollout: [Tensor], places: Tensor) in
            let part = rollout.map { $0.gathered(places, axis: 0) }
            let loss = Self.loss(of: model, part, settings)
            optimizer.update(minimizing: loss)
            return loss
        }
    }

    /// How many rounds are to be made.
    public var rounds: Int { settings.rounds }
    /// How many steps all environments have made together.
    public var environmentSteps: Int { batch.stepCount }

    /// Acts for `settings.steps` steps in each environment, then updates.
    public func advance() throws -> ControlRound {
        var report = ControlRound()
        let share = max(0, 1 - Double(round) / Double(max(1, rounds)))
        optimizer.learningRate = Tensor(settings.learningRate * share, .float64)
        let rollout = try act(&report)
        let (width, count) = (Kind.observationSize, rollout.rewards.count)
        let (observations, actions) = (rollout.observations.rows(width), rollout.actions.rows())
        let judged = try judgement(observations, actions, rollout.reached.rows(width))
        let values = try judged[1].array(of: Float.self)
        let advantages = rollout.advantages(
            values, next: try judged[2].array(of: Float.self), discount: settings.discount, lambda: settings.lambda)
        let returns = zip(advantages, values).map { $0 + $1 }
        let tensors = [observations, actions, judged[0], advantages.rows(), returns.rows()]

        var (losses, updates) = (0.0, 0)
        let size = min(settings.batchSize, count)
        for epoch in 0..<settings.epochs {
            let order = shuffledIndices(count, seed: seed, epoch: round * settings.epochs + epoch)
            for start in stride(from: 0, through: count - size, by: size) {
                let places = Tensor(Array(order[start..<start + size]), shape: [size])
                losses += try update(tensors, places).item()
                updates += 1
            }
        }
        report.loss = losses / Double(max(1, updates))
        round += 1
        return report
    }

    /// The most probable actions.
    public func actions(for observations: [Float]) throws -> [Double] {
        try rows(for: observations).map { Kind.actions.scaled(Kind.actions.best($0)) }
    }

    /// The environments.
    public func cells() -> [String: Variable] {
        let numbers = batch.numbers
        return ["environments": Variable(Tensor(numbers, shape: [numbers.count], .float64))]
    }

    /// Goes on in the environments of a checkpoint.
    public func restore(_ cells: [String: Variable], round: Int) throws {
        try batch.restore(try cells["environments"]?.value.doubles() ?? [])
        self.round = round
    }

    /// One row of the distributions' table per observation.
    private func rows(for observations: [Float]) throws -> [ArraySlice<Float>] {
        let width = Kind.actions.tableWidth
        let numbers = try table(observations.rows(Kind.observationSize)).array(of: Float.self)
        return (0..<numbers.count / width).map { numbers.row($0, width: width) }
    }

    private func act(_ report: inout ControlRound) throws -> Rollout {
        var rollout = Rollout(environments: batch.count)
        for step in 0..<settings.steps {
            let seen = batch.observations
            let actions = try rows(for: seen).enumerated().map { place, row in
                // Places below 0: those from 0 on are the environments' own.
                var random = SampleRandom(seed: seed, epoch: round * settings.steps + step, sample: -1 - place)
                return Kind.actions.drawn(row, using: &random)
            }
            let outcome = batch.step(actions.map(Kind.actions.scaled))
            rollout.observations += seen
            rollout.actions += actions
            rollout.reached += outcome.reached
            rollout.rewards += outcome.rewards
            rollout.isTerminal += outcome.isTerminal
            rollout.isLast += outcome.isLast
            report.episodeRewards += outcome.finished.map(\.reward)
        }
        return rollout
    }

    /// - Parameter part: observations, actions, log π_old, A and R of an update.
    private static func loss(of model: ActorCritic, _ part: [Tensor], _ settings: PolicySettings) -> Tensor {
        let distribution = model.distribution(part[0])
        let logarithm = distribution.logProbability(of: part[1])
        var advantages = part[3]
        let gain: Tensor
        if let clip = settings.clip {
            let centered = advantages - mean(advantages)
            advantages = centered / (sqrt(mean(centered * centered)) + 1e-8)
            let ratio = exp(logarithm - part[2])
            gain = mean(minimum(ratio * advantages, clamp(ratio, 1 - clip, 1 + clip) * advantages))
        } else {
            gain = mean(logarithm * advantages)
        }
        let error = (model.values(part[0]) - part[4]) / model.valueUnit
        return settings.valueWeight * mean(error * error) - gain - settings.entropyWeight * distribution.entropy
    }
}
