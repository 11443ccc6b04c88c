import LeibnizCore

/// Means of a model's parameters over the steps of a training: smoother than any one of them, and often better.
///
/// ```swift
/// let average = WeightAverage(model, .exponential(decay: 0.999))
/// for batch in batches { try optimizer.minimize(loss(batch)); try average.update() }
/// let accuracy = try average.withAverages { try evaluate(model) }
/// ```
/// After a plain mean (stochastic weight averaging) the statistics of batch normalisation are those of no model: pass training data
/// through it once within `withAverages` before use.
public final class WeightAverage<Model: Module>: Sendable {
    /// How steps count.
    public enum Rule: Sendable, Hashable {
        /// θ̄ ← d·θ̄ + (1 − d)·θ: an exponential moving average (Polyak & Juditsky 1992).
        case exponential(decay: Double)
        /// θ̄ ← θ̄ + (θ − θ̄)/(n + 1): stochastic weight averaging (Izmailov et al. 2018).
        case equal
    }

    private let model: Model
    private let rule: Rule
    private let parameters: [(path: String, parameter: Parameter)]
    private let cells: [Variable]
    private let count = Variable(Tensor(0, .float64))

    /// An average that begins with the first update.
    public init(_ model: Model, _ rule: Rule = .exponential(decay: 0.999)) {
        (self.model, self.rule) = (model, rule)
        parameters = model.namedParameters.filter(\.parameter.takesGradient)
        cells = parameters.map { Variable($0.parameter.value) }
    }

    /// All cells under names that stay: what a checkpoint must hold.
    public var state: [(path: String, variable: Variable)] {
        [("n_averaged", count)] + zip(parameters, cells).map { ($0.path, $1) }
    }

    /// The averages, by path.
    public var averages: [String: Tensor] {
        Dictionary(zip(parameters, cells).map { ($0.path, $1.value) }) { first, _ in first }
    }

    /// Takes the parameters' values into account; also in the body of `compiled { … }`. The first ones are taken as they are.
    ///
    /// - Throws: what evaluation finds.
    public func update() throws {
        try Variable.update {
            let number = count.value
            for ((_, parameter), cell) in zip(parameters, cells) {
                let (value, mean) = (parameter.value, cell.value)
                let share: Tensor =
                    switch rule {
                    case .exponential(let decay): which(number == 0, 1, Tensor(1 - decay, .float64))
                    case .equal: 1 / (number + 1)
                    }
                cell.value = mean + share.cast(to: value.elementType) * (value - mean)
            }
            count.value = number + 1
        }
    }

    /// Runs `body` as if the parameters had their averages as values.
    public func withAverages<Result>(_ body: () throws -> Result) throws -> Result {
        try model.withParameters(averages, body)
    }

    /// Gives the parameters their averages as values, for good.
    public func apply() throws {
        try Variable.update { for ((_, parameter), cell) in zip(parameters, cells) { parameter.value = cell.value } }
    }
}
