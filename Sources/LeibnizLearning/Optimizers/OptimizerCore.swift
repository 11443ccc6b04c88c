import LeibnizCore

/// What every optimizer consists of: parameters, a step size, cells of state, and the plans of its steps.
///
/// An optimizer says how many cells each parameter needs, and in `update` what one parameter becomes; decay, the settings of groups
/// and the count of steps are the core's. All parameters' updates stand in one graph, so a step is one plan.
public struct OptimizerCore: Sendable {
    /// How weight decay acts.
    enum Decay: Sendable {
        /// Through the gradient: g ← g + λ·θ.
        case gradient
        /// On the parameter: θ ← (1 − α·λ)·θ before the step (Loshchilov & Hutter 2019).
        case parameter
        /// The rule uses λ itself.
        case rule
    }

    /// The parameters of the model that take gradients.
    let parameters: [Parameter]
    /// The step size.
    let rate: Variable
    let steps = StepCache()
    private let groups: [ParameterGroup?]
    private let weightDecay: Double
    private let decay: Decay
    /// For each kind of state a cell per parameter.
    private let cells: [(name: String, variables: [Variable])]
    /// State that parameters share.
    private let scalars: [(name: String, variable: Variable)]
    /// The number of steps made, where a rule asks for it.
    private let count: Variable?
    /// What is wrong with the settings. Constructors do not throw: the first step tells it.
    private let error: TensorError?

    /// - Parameters:
    ///   - name: the optimizer's, for errors.
    ///   - cells: the kinds of state that each parameter has, with its first value.
    ///   - scalars: state that parameters share, with its first value.
    ///   - rules: what must hold of the settings, and in words what does not where it fails.
    init(
        _ name: String, _ model: some Module, learningRate: Double, weightDecay: Double = 0, decay: Decay = .gradient,
        countsSteps: Bool = false, cells: [(name: String, first: Double)] = [],
        scalars: [(name: String, first: Double)] = [], rules: [(holds: Bool, failure: String)] = []
    ) {
        parameters = model.parameters.filter(\.takesGradient)
        groups = ParameterGroup.settings(of: parameters, in: model)
        rate = Variable(Tensor(learningRate, .float64))
        (self.weightDecay, self.decay) = (weightDecay, decay)
        count = countsSteps ? Variable(Tensor(0, .float64)) : nil
        let isRate = learningRate.isFinite && learningRate >= 0
        let rules =
            [
                (isRate, "learningRate is \(learningRate), not a finite number of at least 0"),
                (weightDecay >= 0, "weightDecay is \(weightDecay), not at least 0"),
            ] + rules
        error = rules.first { !$0.0 }.map { TensorError(name, [], $0.1, kind: .value).located(among: []) }
        // All first values in one plan; what is wrong with one shows in the first step.
        try? Variable.settle(parameters.map(\.variable))
        self.cells = cells.map { [parameters] kind in
            (kind.name, parameters.map { Variable($0.value.filled(kind.first)) })
        }
        self.scalars = scalars.map { ($0.name, Variable(Tensor($0.first, .float64))) }
    }

    /// The core of an optimizer that acts through another: its parameters, rate and state, with plans of its own.
    init(
        around core: OptimizerCore, scalars: [(name: String, first: Double)] = [],
        cells: [(name: String, first: Double)] = []
    ) {
        (parameters, rate, groups, weightDecay, decay) = (
            core.parameters, core.rate, core.groups, core.weightDecay, core.decay
        )
        (count, error) = (core.count, core.error)
        self.cells =
            core.cells
            + cells.map { kind in (kind.name, core.parameters.map { Variable($0.value.filled(kind.first)) }) }
        self.scalars = core.scalars + scalars.map { ($0.name, Variable(Tensor($0.first, .float64))) }
    }

    /// All cells under names that stay: `learningRate`, `step`, and `conv1.weight.exp_avg` for a parameter's.
    var state: [(path: String, variable: Variable)] {
        let shared =
            [("learningRate", rate)] + (count.map { [("step", $0)] } ?? []) + scalars.map { ($0.name, $0.variable) }
        return shared.map { (path: $0.0, variable: $0.1) }
            + cells.flatMap { name, variables in
                zip(parameters.indices, variables).map { ("\(parameters[$0].path ?? "\($0)").\(name)", $1) }
            }
    }

    /// The cell of a kind of state that parameters share.
    func scalar(_ name: String) -> Variable? { scalars.first { $0.name == name }?.variable }
    /// The cells of a kind of state, one per parameter.
    func cells(_ name: String) -> [Variable] { cells.first { $0.name == name }?.variables ?? [] }

    /// Writes what `rule` makes of each parameter.
    ///
    /// - Parameter prepare: computes what all parameters share, from the number of the step, 1 for the first.
    func update<Shared>(
        _ gradients: [Tensor], _ prepare: (_ step: Tensor) -> Shared, _ rule: (inout ParameterStep, Shared) -> Tensor
    ) {
        let step = count.map { $0.value + 1 } ?? 0
        count?.value = step
        let rate = error.map(Tensor.init(invalid:)) ?? self.rate.value
        let shared = prepare(step)
        for (place, (parameter, raw)) in zip(parameters, gradients).enumerated() {
            let group = groups[place], type = parameter.value.elementType
            let rate = group.map { $0.rateFactor == 1 ? rate : rate * $0.rateFactor } ?? rate
            let lambda = group?.weightDecay ?? weightDecay
            var value = parameter.value
            var gradient = group?.centralizesGradients == true ? raw.centralized() : raw
            if lambda != 0 {
                switch decay {
                case .gradient: gradient = gradient + lambda * value
                case .parameter: value = value * (1 - rate * lambda).cast(to: type)
                case .rule: break
                }
            }
            var own = ParameterStep(
                value: value, gradient: gradient, doubleRate: rate, weightDecay: lambda,
                cells: cells.map { $0.variables[place] })
            parameter.value = rule(&own, shared)
        }
    }

    /// The same for rules that share nothing.
    func update(_ gradients: [Tensor], _ rule: (inout ParameterStep) -> Tensor) {
        update(gradients, { _ in }) { step, _ in rule(&step) }
    }
}

/// One parameter in one step.
struct ParameterStep {
    /// θ.
    let value: Tensor
    /// g, with decay where that acts through it.
    let gradient: Tensor
    /// α in double precision, for what is computed of it and other numbers.
    let doubleRate: Tensor
    /// λ.
    let weightDecay: Double
    fileprivate let cells: [Variable]

    /// α in the parameter's type.
    var rate: Tensor { number(doubleRate) }

    /// A number of double precision in the parameter's type.
    func number(_ tensor: Tensor) -> Tensor { tensor.cast(to: value.elementType) }

    /// A cell's value; writing gives it another, with 0 where it would be subnormal.
    ///
    /// The momentum of a gradient that stays 0, as that of a dead unit, decays until it is subnormal and no smaller. Many processors take
    /// a hundred cycles and more for each product with such a number, so that steps would become slower and slower.
    subscript(cell: Int) -> Tensor {
        get { cells[cell].value }
        nonmutating set {
            let least =
                newValue.elementType == .float64 ? Double.leastNormalMagnitude : Double(Float.leastNormalMagnitude)
            cells[cell].value = which(abs(newValue) < least, 0, newValue)
        }
    }

    /// The running mean of a cell, m ← β·m + (1 − β)·x.
    func average(_ cell: Int, _ beta: Double, of x: Tensor) -> Tensor {
        let mean = beta * self[cell] + (1 - beta) * x
        self[cell] = mean
        return mean
    }
}
