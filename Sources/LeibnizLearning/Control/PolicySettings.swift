/// How a policy is improved by its gradient.
public struct PolicySettings: Sendable, Hashable {
    /// Environments side by side.
    public var environments = 8
    /// Steps of each of them in a round.
    public var steps = 128
    /// How often a round's steps are walked through for updates.
    public var epochs = 10
    /// Steps of one update.
    public var batchSize = 256
    /// The step size of the first round; it falls to 0 on a straight line.
    public var learningRate = 1e-3
    /// γ.
    public var discount = 0.99
    /// λ of the advantages.
    public var lambda = 0.95
    /// ε: by how much the probability of an action may change in a round; nil for the plain gradient of the policy.
    public var clip: Double? = 0.2
    /// The weight of the values' squared errors.
    public var valueWeight = 0.5
    /// The weight of the policy's entropy.
    public var entropyWeight = 0.0
    /// The greatest length of the gradient.
    public var gradientLimit = 0.5
    /// The rounds in all.
    public var rounds = 100

    /// Proximal policy optimization (Schulman et al. 2017): several updates by each round's steps, which keep the policy near the one
    /// that acted.
    public static func ppo(rounds: Int = 100) -> PolicySettings {
        var settings = PolicySettings()
        settings.rounds = rounds
        return settings
    }

    /// Advantage actor–critic (Mnih et al. 2016), in one process: one update by each short round.
    public static func actorCritic(rounds: Int = 2000) -> PolicySettings {
        var settings = PolicySettings()
        (settings.environments, settings.steps, settings.epochs, settings.batchSize) = (16, 8, 1, 128)
        (settings.clip, settings.rounds, settings.learningRate) = (nil, rounds, 2e-3)
        (settings.lambda, settings.entropyWeight) = (0.95, 0.005)
        return settings
    }
}
