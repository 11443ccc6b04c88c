import LeibnizCore
import LeibnizData

/// How values of actions are learned.
public struct ValueSettings: Sendable, Hashable {
    /// Environments side by side.
    public var environments = 8
    /// Steps of each of them in a round.
    public var steps = 8
    /// Updates in a round.
    public var updates = 32
    /// Transitions of one update.
    public var batchSize = 64
    /// The widths of the network's layers.
    public var hidden = [128, 128]
    /// The step size of the first round; it falls to 0 on a straight line.
    public var learningRate = 1e-3
    /// γ.
    public var discount = 0.99
    /// How many transitions are remembered.
    public var capacity = 50_000
    /// How many there must be before the first update.
    public var firstUpdate = 1000
    /// The share of the rounds in which the probability ε of an action by chance falls from 1 to `finalExploration`.
    public var explorationShare = 0.2
    /// ε afterwards.
    public var finalExploration = 0.04
    /// The most steps for which an action by chance is kept; each number from 1 on is as likely. Where single steps lead nowhere, long
    /// ones find what there is (Dabney, Ostrovski & Barreto 2021).
    public var explorationLength = 1
    /// The updates between two copies to the target network.
    public var targetInterval = 200
    /// Whether the network itself chooses the action whose value the target network tells (van Hasselt et al. 2016).
    public var isDouble = true
    /// The rounds in all.
    public var rounds = 1000

    /// Deep Q-learning with the settings above.
    public static func dqn(rounds: Int = 1000) -> ValueSettings {
        var settings = ValueSettings()
        settings.rounds = rounds
        return settings
    }
}

/// Learns the values of actions by a network: deep Q-learning (Mnih et al. 2015) with a memory, a target network Q⁻ and double
/// estimates (van Hasselt, Guez & Silver 2016). For environments with choices.
///
/// An update lowers the mean Huber loss of Q(s, a) against r + γ·Q⁻(s′, argmaxₐ′ Q(s′, a′)), or against r alone where s′ has no
/// future. Actions are the best known ones, with probability ε any.
public final class ValueLearner<Kind: Environment>: ControlLearner {
    /// The network Q and its older self.
    public struct Networks: Module {
        /// Q.
        public let values: ActionValueNetwork
        /// Q⁻.
        public let target: ActionValueNetwork
    }

    /// Q and Q⁻.
    public let model: Networks
    /// Adam behind a limit of the gradient's length; it changes Q.
    public let optimizer: any Optimizer
    /// How it learns.
    public let settings: ValueSettings
    /// How many rounds have been made.
    public private(set) var round = 0

    private let seed: Int
    private var batch: EnvironmentBatch<Kind>
    private var memory: ReplayMemory
    /// The action by chance that each environment is kept at, and for how many steps more.
    private var kept: [(action: Double, steps: Int)]
    private var updates = 0
    private let values: @Sendable (Tensor) throws -> Tensor
    private let update: @Sendable ([Tensor]) throws -> Tensor

    /// A learner at its beginning.
    ///
    /// - Parameter seed: decides first parameters, environments, actions and what updates draw.
    public init(_ environment: Kind.Type, settings: ValueSettings, seed: Int) {
        (self.settings, self.seed) = (settings, seed)
        func network() -> ActionValueNetwork {
            withSeed(seed) { ActionValueNetwork(environment, hidden: settings.hidden) }
        }
        let model = Networks(values: network(), target: network())
        let optimizer = Adam(model.values, learningRate: settings.learningRate).clippingGradients(norm: 10)
        (self.model, self.optimizer) = (model, optimizer)
        batch = EnvironmentBatch(count: settings.environments, seed: seed)
        kept = Array(repeating: (0, 0), count: batch.count)
        memory = ReplayMemory(capacity: max(1, settings.capacity), width: Kind.observationSize)
        values = compiled { (observations: Tensor) in model.values(observations) }
        update = compiled { (part: [Tensor]) in
            func value(_ table: Tensor, of actions: Tensor) -> Tensor {
                table.taking(along: -1, actions.cast(to: .int64).expanded(at: -1)).squeezed([-1])
            }
            let ahead = model.target(part[3])
            let choice = argMax(settings.isDouble ? model.values(part[3]) : ahead, axis: -1)
            let goal = (part[2] + settings.discount * part[4] * value(ahead, of: choice)).stopGradient()
            let loss = huberLoss(value(model.values(part[0]), of: part[1]), goal)
            optimizer.update(minimizing: loss)
            return loss
        }
    }

    /// How many rounds are to be made.
    public var rounds: Int { settings.rounds }
    /// How many steps all environments have made together.
    public var environmentSteps: Int { batch.stepCount }

    /// ε of the present round.
    private var exploration: Double {
        let share = Double(round) / max(1, settings.explorationShare * Double(rounds))
        return max(settings.finalExploration, 1 - share * (1 - settings.finalExploration))
    }

    /// Acts for `settings.steps` steps in each environment, then makes `settings.updates` updates.
    public func advance() throws -> ControlRound {
        var report = ControlRound()
        let share = max(0, 1 - Double(round) / Double(max(1, rounds)))
        optimizer.learningRate = Tensor(settings.learningRate * share, .float64)
        try act(&report)
        if memory.count >= settings.firstUpdate {
            var losses = 0.0
            for number in 0..<settings.updates {
                if updates % max(1, settings.targetInterval) == 0 {
                    try model.target.copyParameters(from: model.values)
                }
                var random = SampleRandom(seed: seed, epoch: round, sample: Int.min + number)
                losses += try update(memory.sample(settings.batchSize, using: &random)).item()
                updates += 1
            }
            report.loss = losses / Double(max(1, settings.updates))
        }
        round += 1
        return report
    }

    private func act(_ report: inout ControlRound) throws {
        let (width, epsilon) = (Kind.observationSize, exploration)
        for step in 0..<settings.steps {
            let seen = batch.observations
            var actions = try actions(for: seen)
            for place in actions.indices {
                // Places below 0: those from 0 on are the environments' own.
                var random = SampleRandom(seed: seed, epoch: round * settings.steps + step, sample: -1 - place)
                if kept[place].steps == 0, random.chance(epsilon) {
                    kept[place].action = Double(random.integer(below: Kind.actions.tableWidth))
                    kept[place].steps = 1 + random.integer(below: settings.explorationLength)
                }
                if kept[place].steps > 0 {
                    actions[place] = kept[place].action
                    kept[place].steps -= 1
                }
            }
            let outcome = batch.step(actions)
            for place in actions.indices {
                memory.add(
                    seen.row(place, width: width), action: Float(actions[place]), reward: outcome.rewards[place],
                    reached: outcome.reached.row(place, width: width), isTerminal: outcome.isTerminal[place])
            }
            for episode in outcome.finished { kept[episode.place].steps = 0 }
            report.episodeRewards += outcome.finished.map(\.reward)
        }
    }

    /// The actions of the greatest values.
    public func actions(for observations: [Float]) throws -> [Double] {
        let width = Kind.actions.tableWidth
        let numbers = try values(observations.rows(Kind.observationSize)).array(of: Float.self)
        return (0..<numbers.count / width).map { Double(Kind.actions.best(numbers.row($0, width: width))) }
    }

    /// The environments, what is explored in them, the memory and the number of updates.
    public func cells() -> [String: Variable] {
        let numbers = batch.numbers
        var cells = memory.cells
        cells["environments"] = Variable(Tensor(numbers, shape: [numbers.count], .float64))
        cells["updates"] = Variable(Tensor(Double(updates), .float64))
        let exploration = kept.flatMap { [$0.action, Double($0.steps)] }
        cells["exploration"] = Variable(Tensor(exploration, shape: [kept.count, 2], .float64))
        return cells
    }

    /// Goes on with the environments and the memory of a checkpoint.
    public func restore(_ cells: [String: Variable], round: Int) throws {
        try memory.restore(cells)
        try batch.restore(try cells["environments"]?.value.doubles() ?? [])
        updates = Int(exactly: try cells["updates"]?.value.item() ?? 0) ?? 0
        let exploration = try cells["exploration"]?.value.doubles() ?? []
        for place in kept.indices where exploration.count == 2 * kept.count {
            kept[place] = (exploration[2 * place], Int(exactly: exploration[2 * place + 1]) ?? 0)
        }
        self.round = round
    }
}
