import ArgumentParser
import Foundation
import Leibniz

/// `leibniz train control`: learns to act in an environment, by approximating values or by the gradient of a policy.
struct TrainControl: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "control",
        abstract: "Learns to balance, swing up or find a way, and measures itself in 100 fresh episodes.",
        discussion: """
            An epoch is a round: some steps in all environments, then updates. Without --method cartpole, acrobot and pendulum \
            are learned by ppo, mountain-car by dqn, and frozen-lake by value-iteration, which is exact; the gradient of the \
            exact value is climbed besides. The networks are so \
            small that one thread is the default.
            """)

    @Option(
        help: ArgumentHelp(
            "What to act in: \(ControlEnvironment.allCases.map(\.rawValue).joined(separator: ", ")) (default: cartpole)."
        ))
    var environment = ControlEnvironment.cartpole
    @Option(
        help: ArgumentHelp(
            "How to learn: \(ControlMethod.allCases.map(\.rawValue).joined(separator: ", ")) (default: what suits best)."
        ))
    var method: ControlMethod?
    @OptionGroup var training: TrainingOptions

    func validate() throws {
        if let objection = chosenMethod.objection(to: environment) { throw ValidationError(objection) }
    }

    private var chosenMethod: ControlMethod { method ?? environment.usualMethod }

    func run() throws {
        training.prepare()
        // What is computed at once is too little for two. Does nothing where --threads or the environment say otherwise.
        setenv("LEIBNIZ_THREADS", "1", 0)
        var result = ControlResult(
            environment: environment.rawValue, method: chosenMethod.rawValue, seed: training.seed)
        if chosenMethod == .valueIteration {
            try solveExactly(&result)
        } else {
            result.outcome = try outcome(in: environment.kind)
            if let folder = training.plot { try plot(result.outcome.curve, in: folder) }
        }
        result.seconds = ProcessUsage.seconds
        try Console.write(training.json ? "\(result.json)" : result.text)
    }

    private func outcome<Kind: Environment>(in kind: Kind.Type) throws -> ControlTraining.Outcome {
        let method = chosenMethod
        if let settings = method.policySettings(for: environment, rounds: training.epochs) {
            return try run(PolicyLearner(kind, settings: settings, seed: training.seed))
        }
        let settings = method.valueSettings(for: environment, rounds: training.epochs)
        return try run(ValueLearner(kind, settings: settings, seed: training.seed))
    }

    private func run(_ learner: some ControlLearner) throws -> ControlTraining.Outcome {
        try ControlTraining(
            options: training,
            configuration: [
                "environment": environment.rawValue, "method": chosenMethod.rawValue, "seed": "\(training.seed)",
                "epochs": "\(learner.rounds)",
            ]
        ) { line in
            if training.json { Console.note(line) } else { try Console.write(line) }
        }.run(learner)
    }

    /// The best values of the walk over the ice by value iteration and by ascent, and what the best actions bring.
    private func solveExactly(_ result: inout ControlResult) throws {
        let lake = DecisionProcess.frozenLake()
        let values = try lake.optimalValues().evaluated()
        result.startValue = try values[0].item()
        let ascent = try lake.ascend(steps: training.epochs ?? 200)
        result.ascentValue = ascent.values.last
        let best = try argMax(lake.actionValues(values), axis: -1).array(of: Int.self).map(Double.init)
        var walks = EnvironmentBatch<FrozenLake>(count: ControlTraining.episodes, seed: training.seed)
        result.outcome.rewards = walks.firstRewards { $0.environments.map { best[$0.field] } }
        if let folder = training.plot {
            let curve = ascent.values.enumerated().map { (x: Double($0), y: $1) }
            try plot(curve, in: folder)
        }
    }

    /// The learning curve as a picture.
    private func plot(_ curve: [(x: Double, y: Double)], in folder: String) throws {
        let isExact = chosenMethod == .valueIteration
        let figure = Figure(
            Figure.Panel(
                [.curve(Figure.Curve(name: chosenMethod.rawValue, curve))],
                x: Figure.Axis(isExact ? "steps of ascent" : "steps in the environments"),
                y: Figure.Axis(isExact ? "value of the start" : "mean return")),
            title: environment.rawValue)
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        try figure.write(to: "\(folder)/returns.svg")
    }
}
