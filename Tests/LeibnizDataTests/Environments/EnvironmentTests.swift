import LeibnizData
import Testing

@Suite struct EnvironmentTests {
    /// Holds every step to Gymnasium's.
    func check<Kind: Environment>(_ type: Kind.Type, _ steps: [[Double]]) throws {
        let size = Kind.stateSize
        for row in steps {
            var random = SampleRandom(seed: 0, epoch: 0, sample: 0)
            var environment = try #require(Kind(state: Array(row[..<size])))
            let transition = environment.step(row[size], using: &random)
            for (found, expected) in zip(environment.state, row[(size + 1)...]) {
                #expect(abs(found - expected) <= 1e-12 * max(1, abs(expected)), "\(Kind.name) \(row)")
            }
            #expect(abs(transition.reward - row[2 * size + 1]) <= 1e-12 * 16, "\(Kind.name) \(row)")
            #expect(transition.isTerminal == (row[2 * size + 2] == 1), "\(Kind.name) \(row)")
            #expect(environment.observation.count == Kind.observationSize)
        }
        #expect(Kind.self is Pendulum.Type || steps.contains { $0[2 * size + 2] == 1 })
    }

    @Test func `steps are Gymnasium's`() throws {
        try check(CartPole.self, GymnasiumSteps.cartPole)
        try check(Acrobot.self, GymnasiumSteps.acrobot)
        try check(MountainCar.self, GymnasiumSteps.mountainCar)
        try check(Pendulum.self, GymnasiumSteps.pendulum)
    }

    @Test func `the ice is Gymnasium's`() throws {
        for (place, successors) in GymnasiumSteps.frozenLake.enumerated() {
            let outcomes = FrozenLake.possibilities(from: place / 4, place % 4)
            #expect(outcomes.map(\.field) == successors)
            #expect(abs(outcomes.reduce(0) { $0 + $1.probability } - 1) < 1e-15)
            for outcome in outcomes {
                #expect(outcome.transition.isTerminal == GymnasiumSteps.frozenLakeEnds.contains(outcome.field))
                #expect(outcome.transition.reward == (outcome.field == 15 && place / 4 != 15 ? 1 : 0))
            }
        }
        #expect(FrozenLake.possibilities(from: 16, 0).isEmpty && FrozenLake.possibilities(from: 0, 4).isEmpty)
        #expect(FrozenLake(state: [16]) == nil && FrozenLake(state: [0.5]) == nil)
    }

    @Test func `on the ice each possibility comes as often as it should`() throws {
        var (counts, random) = ([Int: Int](), SampleRandom(seed: 3, epoch: 0, sample: 0))
        for _ in 0..<30_000 {
            var lake = try #require(FrozenLake(state: [9]))
            _ = lake.step(2, using: &random)
            counts[lake.field, default: 0] += 1
        }
        // Down, right and up of field 9; 4.5 deviations of a binomial distribution.
        #expect(counts.keys.sorted() == [5, 10, 13])
        for count in counts.values { #expect(abs(count - 10_000) < 370) }
    }

    @Test func `first states lie where Gymnasium draws them`() {
        func extent<Kind: Environment>(_ type: Kind.Type) -> [(low: Double, high: Double)] {
            let states = (0..<2000).map { sample in
                var random = SampleRandom(seed: 1, epoch: 2, sample: sample)
                return Kind(using: &random).state
            }
            return (0..<Kind.stateSize).map { place in
                (states.map { $0[place] }.min() ?? 0, states.map { $0[place] }.max() ?? 0)
            }
        }
        func isFilled(_ found: (low: Double, high: Double), _ low: Double, _ high: Double) -> Bool {
            let slack = 0.01 * (high - low)
            return found.low >= low && found.low <= low + slack && found.high <= high && found.high >= high - slack
        }
        for found in extent(CartPole.self) { #expect(isFilled(found, -0.05, 0.05)) }
        for found in extent(Acrobot.self) { #expect(isFilled(found, -0.1, 0.1)) }
        #expect(isFilled(extent(MountainCar.self)[0], -0.6, -0.4))
        #expect(extent(MountainCar.self)[1] == (0, 0))
        #expect(isFilled(extent(Pendulum.self)[0], -.pi, .pi))
        #expect(isFilled(extent(Pendulum.self)[1], -1, 1))
        #expect(extent(FrozenLake.self)[0] == (0, 0))
    }

    @Test(arguments: [-1e300, -1, -0.0, 0.4, 7, 1e300, .infinity, -.infinity, .nan])
    func `any number is an action`(action: Double) {
        func isKept<Kind: Environment>(_ type: Kind.Type) -> Bool {
            var random = SampleRandom(seed: 0, epoch: 0, sample: 0)
            var environment = Kind(using: &random)
            _ = environment.step(action, using: &random)
            return environment.state.allSatisfy(\.isFinite)
        }
        #expect(isKept(CartPole.self) && isKept(Acrobot.self) && isKept(MountainCar.self))
        #expect(isKept(Pendulum.self) && isKept(FrozenLake.self))
    }

    @Test func `a batch does what its environments do, and begins anew at ends and limits`() {
        var batch = EnvironmentBatch<MountainCar>(count: 3, seed: 5)
        var finished: [EnvironmentBatch<MountainCar>.Episode] = []
        for step in 1...450 {
            let before = batch.observations
            // The first car swings itself up, the others stand still.
            let outcome = batch.step([before[1] > 0 ? 2 : 0, 1, 1])
            finished += outcome.finished
            #expect(batch.stepCount == 3 * step)
            for place in 0..<3 where outcome.isLast[place] {
                #expect(batch.observations[2 * place + 1] == 0, "a new episode is at rest")
                #expect(outcome.isTerminal[place] == (outcome.reached[2 * place] >= 0.5))
            }
        }
        #expect(finished.filter { $0.place == 0 }.count >= 2)
        #expect(finished.filter { $0.place == 0 }.allSatisfy { $0.length < 200 && $0.reward == -Double($0.length) })
        #expect(finished.filter { $0.place == 1 }.map(\.length) == [200, 200])
    }

    @Test func `a batch goes on from its numbers`() throws {
        var first = EnvironmentBatch<FrozenLake>(count: 4, seed: 9)
        for step in 0..<37 { _ = first.step([0, 1, 2, Double(step % 4)]) }
        var second = EnvironmentBatch<FrozenLake>(count: 4, seed: 9)
        try second.restore(first.numbers)
        for step in 0..<200 {
            let (a, b) = (first.step([2, 1, 2, Double(step % 4)]), second.step([2, 1, 2, Double(step % 4)]))
            #expect(a.rewards == b.rewards && a.reached == b.reached && a.finished == b.finished)
        }
        #expect(first.numbers == second.numbers)
        #expect(throws: DataError.self) { try second.restore([1, 2, 3]) }
        var broken = first.numbers
        broken[1] = 99
        #expect(throws: DataError.self) { try second.restore(broken) }
        #expect(first.numbers == second.numbers)
    }
}
