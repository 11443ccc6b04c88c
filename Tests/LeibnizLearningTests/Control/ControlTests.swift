import Foundation
import Leibniz
import Testing

@Suite struct ControlTests {
    @Test func `the walk over the ice has its known value, by iteration and by ascent`() throws {
        let lake = DecisionProcess.frozenLake(discount: 0.99)
        let best = try lake.optimalValues().doubles()
        #expect(abs(best[0] - 0.5420259) < 1e-7)
        // Bellman's equation in plain loops.
        for field in 0..<16 {
            let values = (0..<4).map { action in
                FrozenLake.possibilities(from: field, action).reduce(0.0) { sum, outcome in
                    let future = outcome.transition.isTerminal ? 0 : 0.99 * best[outcome.field]
                    return sum + outcome.probability * (outcome.transition.reward + future)
                }
            }
            #expect(abs(best[field] - (values.max() ?? .nan)) < 1e-12)
        }
        let ascent = try lake.ascend()
        #expect(abs(try #require(ascent.values.last) - best[0]) < 1e-10)
        #expect(ascent.values[0] < 0.02)
    }

    @Test func `the gradient of a policy's value is that of differences`() throws {
        let lake = DecisionProcess.frozenLake()
        let logits = Tensor.normal([16, 4], seed: 4).cast(to: .float64)
        let value = { (logits: Tensor) in lake.values(of: softmax(logits))[0] }
        let slope = try gradient(of: value)(logits).doubles()
        for place in [0, 7, 18, 39, 58] {
            let unit = Tensor((0..<64).map { $0 == place ? 1e-5 : 0.0 }, shape: [16, 4], .float64)
            let difference = (try value(logits + unit).item() - value(logits - unit).item()) / 2e-5
            #expect(abs(slope[place] - difference) < 1e-9)
        }
    }

    @Test func `a policy's values are what its walks bring`() throws {
        let lake = DecisionProcess.frozenLake(discount: 0.9)
        let value = try lake.values(of: Tensor.full([16, 4], 0.25, .float64))[0].item()
        // Walks by chance, cut off after 100 steps: 0.9¹⁰⁰ is nothing.
        let count = 60_000
        var (total, squares) = (0.0, 0.0)
        for walk in 0..<count {
            var random = SampleRandom(seed: 1, epoch: 0, sample: walk)
            var (ice, weight) = (FrozenLake(using: &random), 1.0)
            for _ in 0..<100 {
                let transition = ice.step(Double(random.integer(below: 4)), using: &random)
                if transition.reward > 0 { (total, squares) = (total + weight, squares + weight * weight) }
                weight *= 0.9
                if transition.isTerminal { break }
            }
        }
        let mean = total / Double(count)
        let error = ((squares / Double(count) - mean * mean) / Double(count)).squareRoot()
        #expect(abs(mean - value) < 4.5 * error)
    }

    @Test func `advantages are weighted sums of all later errors of the values, within an episode`() {
        // Two environments, five steps each; the first ends for good in step 2, the second is cut off in step 1.
        let (steps, gamma, lambda) = (5, 0.9, 0.7)
        var rollout = Rollout(environments: 2)
        rollout.rewards = (0..<10).map { Float($0 % 4) - 1 }
        rollout.isTerminal = (0..<10).map { $0 == 4 }
        rollout.isLast = (0..<10).map { $0 == 4 || $0 == 3 }
        let values = (0..<10).map { Float(0.3 * Double($0)) }, next = (0..<10).map { Float(2 - 0.1 * Double($0)) }
        let found = rollout.advantages(values, next: next, discount: gamma, lambda: lambda)
        for place in 0..<10 {
            var (expected, weight) = (0.0, 1.0)
            for later in stride(from: place, to: 2 * steps, by: 2) {
                let future = rollout.isTerminal[later] ? 0 : gamma * Double(next[later])
                expected += weight * (Double(rollout.rewards[later]) + future - Double(values[later]))
                if rollout.isLast[later] { break }
                weight *= gamma * lambda
            }
            #expect(abs(Double(found[place]) - expected) < 1e-5, "place \(place)")
        }
    }

    @Test func `PPO, actor–critic and deep Q-learning get better at balancing`() throws {
        func check(_ learner: some ControlLearner, atLeast reward: Double) throws {
            let before = try learner.rewards(ofEpisodes: 20, seed: -1)
            while !learner.isDone { _ = try learner.advance() }
            let after = try learner.rewards(ofEpisodes: 20, seed: -1)
            let (a, b) = (before.reduce(0, +) / 20, after.reduce(0, +) / 20)
            #expect(b > reward && b > 2 * a, "\(type(of: learner)): \(a), then \(b)")
            #expect(try learner.rewards(ofEpisodes: 20, seed: -1) == after, "the same seed, the same episodes")
        }
        try check(PolicyLearner(CartPole.self, settings: .ppo(rounds: 20), seed: 0), atLeast: 120)
        try check(PolicyLearner(CartPole.self, settings: .actorCritic(rounds: 400), seed: 0), atLeast: 80)
        var settings = ValueSettings.dqn(rounds: 250)
        (settings.updates, settings.hidden) = (16, [64, 64])
        try check(ValueLearner(CartPole.self, settings: settings, seed: 0), atLeast: 80)
    }

    @Test func `real actions are learned as well`() throws {
        var settings = PolicySettings.ppo(rounds: 6)
        (settings.steps, settings.epochs) = (64, 2)
        let learner = PolicyLearner(Pendulum.self, settings: settings, seed: 2)
        while !learner.isDone { #expect(try learner.advance().loss?.isFinite == true) }
        #expect(learner.environmentSteps == 6 * 64 * 8)
        let actions = try learner.actions(for: [1, 0, 0, -1, 0, 2])
        #expect(actions.count == 2 && actions[0] != actions[1])
    }

    @Test func `a learner goes on bit for bit from a checkpoint`() throws {
        func check<Learner: ControlLearner>(_ make: () -> Learner) throws {
            let folder = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString).path
            defer { try? FileManager.default.removeItem(atPath: folder) }
            let checkpoints = try CheckpointFolder(folder)
            let (first, second) = (make(), make())
            for _ in 1...3 { _ = try first.advance() }
            try checkpoints.save(
                TrainingProgress(step: 3, epoch: first.round), model: first.model, optimizer: first.optimizer,
                streams: first.cells())
            let cells = second.cells()
            let found = try #require(try checkpoints.newest()).checkpoint
            try found.restore(model: second.model, optimizer: second.optimizer, streams: cells)
            try second.restore(cells, round: found.progress.epoch)
            for _ in 1...2 {
                let (a, b) = (try first.advance(), try second.advance())
                #expect(a.loss == b.loss && a.loss != nil && a.episodeRewards == b.episodeRewards)
            }
            #expect(first.environmentSteps == second.environmentSteps)
            let (mine, yours) = (first.model.state, second.model.state)
            for (name, value) in mine { #expect(try value.doubles() == yours[name]?.doubles(), "\(name)") }
        }
        var policy = PolicySettings.ppo(rounds: 8)
        (policy.steps, policy.epochs) = (32, 2)
        try check { PolicyLearner(Acrobot.self, settings: policy, seed: 3) }
        var value = ValueSettings.dqn(rounds: 8)
        (value.firstUpdate, value.capacity, value.updates, value.targetInterval) = (64, 100, 5, 3)
        try check { ValueLearner(MountainCar.self, settings: value, seed: 3) }
    }
}
