import Leibniz

/// What `control.py` has Gymnasium compute as well: steps of environments, and the probabilities of the walk over the ice.
enum ControlParity {
    static func compute(_ exchange: Exchange) throws {
        try steps(CartPole.self, exchange)
        try steps(Acrobot.self, exchange)
        try steps(MountainCar.self, exchange)
        try steps(Pendulum.self, exchange)
        var table: [Double] = []
        for row in 0..<64 {
            for outcome in FrozenLake.possibilities(from: row / 4, row % 4) {
                table += [
                    Double(row), outcome.probability, Double(outcome.field), outcome.transition.reward,
                    outcome.transition.isTerminal ? 1 : 0,
                ]
            }
        }
        try exchange.write("frozen-lake.table", Tensor(table, .float64))
        let lake = DecisionProcess.frozenLake()
        try exchange.write("frozen-lake.values", lake.optimalValues())
        try exchange.write("frozen-lake.ascent", Tensor([try lake.ascend().values.last ?? .nan], .float64))
    }

    /// The states that follow given states and actions, with observations, rewards and ends.
    private static func steps<Kind: Environment>(_ kind: Kind.Type, _ exchange: Exchange) throws {
        let count = Int(try exchange.read("\(Kind.name).count", [1], .float64).item())
        let states = try exchange.read("\(Kind.name).states", [count, Kind.stateSize], .float64).doubles()
        let actions = try exchange.read("\(Kind.name).actions", [count], .float64).doubles()
        var found: [Double] = []
        for row in 0..<count {
            var random = SampleRandom(seed: 0, epoch: 0, sample: row)
            let state = Array(states[row * Kind.stateSize..<(row + 1) * Kind.stateSize])
            guard var environment = Kind(state: state) else { continue }
            let transition = environment.step(actions[row], using: &random)
            found += environment.state + [transition.reward, transition.isTerminal ? 1 : 0]
            found += environment.observation.map(Double.init)
        }
        try exchange.write("\(Kind.name).found", Tensor(found, .float64))
    }
}
