import ArgumentParser
import Leibniz

/// The environments by the names that the command line gives them.
enum ControlEnvironment: String, ExpressibleByArgument, CaseIterable {
    case cartpole, acrobot
    case mountainCar = "mountain-car"
    case pendulum
    case frozenLake = "frozen-lake"

    /// The environment.
    var kind: any Environment.Type {
        switch self {
        case .cartpole: CartPole.self
        case .acrobot: Acrobot.self
        case .mountainCar: MountainCar.self
        case .pendulum: Pendulum.self
        case .frozenLake: FrozenLake.self
        }
    }

    /// The method that suits it best.
    var usualMethod: ControlMethod {
        switch self {
        case .cartpole, .acrobot, .pendulum: .ppo
        case .mountainCar: .dqn
        case .frozenLake: .valueIteration
        }
    }
}

/// The methods by the names that the command line gives them.
enum ControlMethod: String, ExpressibleByArgument, CaseIterable {
    case dqn
    case actorCritic = "actor-critic"
    case ppo
    case valueIteration = "value-iteration"

    /// Why it does not suit an environment, and what to do; nil where it does.
    func objection(to environment: ControlEnvironment) -> String? {
        let name = environment.rawValue
        switch self {
        case .dqn where environment == .pendulum:
            return "dqn compares the values of choices, and \(name) takes a real number: give ppo or actor-critic"
        case .valueIteration where environment != .frozenLake:
            return "value-iteration asks for the probabilities of few states, and \(name) has no such list: give dqn, "
                + "actor-critic or ppo"
        default: return nil
        }
    }

    /// The settings of a policy's learner; nil for methods that have none.
    ///
    /// - Parameter rounds: as many as the environment needs by default.
    func policySettings(for environment: ControlEnvironment, rounds: Int?) -> PolicySettings? {
        var settings: PolicySettings
        switch self {
        case .ppo:
            settings = .ppo(rounds: rounds ?? (environment == .cartpole || environment == .acrobot ? 100 : 200))
            if environment == .acrobot || environment == .mountainCar { settings.environments = 16 }
            if environment == .mountainCar { settings.entropyWeight = 0.01 }
        case .actorCritic: settings = .actorCritic(rounds: rounds ?? 2000)
        default: return nil
        }
        if environment == .pendulum { settings.discount = 0.9 }
        return settings
    }

    /// The settings of a learner of values.
    ///
    /// - Parameter rounds: as many as the environment needs by default.
    func valueSettings(for environment: ControlEnvironment, rounds: Int?) -> ValueSettings {
        guard environment == .mountainCar else { return .dqn(rounds: rounds ?? 1000) }
        // Out of the valley leads only what is kept up for as long as the car swings to one side.
        var settings = ValueSettings.dqn(rounds: rounds ?? 1500)
        (settings.explorationLength, settings.explorationShare, settings.finalExploration) = (40, 0.4, 0.01)
        return settings
    }
}
