import LeibnizCore
import LeibnizData

/// Trains a model: passes over data, measures, remembers and stops.
///
/// ```swift
/// let trainer = Trainer(model, AdamW(model)) { (model, batch: ImageBatch) in
///     crossEntropy(model(batch.scaled()), batch.labels)
/// }
/// trainer.metrics = [TrainingMetric("accuracy") { model, batch in accuracy(model(batch.scaled()), batch.labels) }]
/// trainer.callbacks = [ProgressBar(), EarlyStopping(patience: 3)]
/// trainer.checkpoints = try TrainingCheckpoints("run")
/// let report = try trainer.fit(batches, validation: others, epochs: 10)
/// ```
/// A batch is any group of tensors; steps, validation and predictions are compiled, one plan for each shape of a batch. Everything it
/// does is a few lines of a plain loop as well: a `compiled` step, a `CheckpointFolder`, a `Schedule`.
public final class Trainer<Model: Module, Batch: TensorGroup> {
    /// A loss of a model on a batch, a scalar; the mean over the batch's examples.
    public typealias Loss = @Sendable (Model, Batch) -> Tensor

    /// What is trained.
    public let model: Model
    /// What changes its parameters.
    public let optimizer: any Optimizer
    /// What gets smaller.
    public let loss: Loss

    /// The step size of each update, counted from 0; the optimizer's own by default.
    public var schedule: (any Schedule)?
    /// What validation measures beside the loss.
    public var metrics: [TrainingMetric<Model, Batch>] = [] { didSet { measurement = nil } }
    /// What looks at the training as it goes on, asked in this order.
    public var callbacks: [any TrainingCallback] = []
    /// Where checkpoints go; none by default.
    public var checkpoints: TrainingCheckpoints?
    /// The seconds that `fit` may take at most, to the end of the step that is under way; without limit by default.
    public var timeLimit: Double?
    /// Whether the first SIGINT (Ctrl-C) ends `fit` after the current step, with a checkpoint; true by default. The second one ends the
    /// process.
    public var stopsOnInterrupt = true
    /// How many examples a batch holds: the extent of the first axis of its first tensor by default.
    public var exampleCount: @Sendable (Batch) -> Int = { batch in
        batch.tensors.first.map { $0.rank == 0 ? 1 : $0.shape[0] } ?? 0
    }

    let step: TrainingStep<Model, Batch>
    /// Loss and metrics as one compiled function, made when it is first needed.
    var measurement: (@Sendable (Batch) throws -> [Tensor])?

    /// A trainer.
    ///
    /// - Parameters:
    ///   - model: any module.
    ///   - optimizer: of this model's parameters.
    ///   - clipping: how gradients are made shorter before each update; not at all by default.
    ///   - check: what must be finite for an update to take place; the loss by default.
    ///   - loss: of model and batch. It is traced: see `compiled`.
    public init(
        _ model: Model, _ optimizer: any Optimizer, clipping: Clipping? = nil, check: FiniteCheck = .loss,
        _ loss: @escaping Loss
    ) {
        (self.model, self.optimizer, self.loss) = (model, optimizer, loss)
        step = TrainingStep(model, optimizer, clipping: clipping, check: check, loss)
    }
}

/// How gradients are made shorter.
public enum Clipping: Sendable, Hashable {
    /// All together to at most this length (Pascanu et al. 2013).
    case norm(Double)
    /// Each element to ± this number.
    case value(Double)
}

/// What must be finite for an update to take place. Where it is not, the step changes nothing, training ends, and the first operation
/// that gave NaN or an infinity is looked for.
public enum FiniteCheck: Sendable, Hashable {
    /// Nothing: the loss is looked at when the update is done.
    case none
    /// The loss; and the length of the gradients if they are clipped by it.
    case loss
    /// The loss and the length of all gradients, for which the update then waits.
    case gradients
}

/// A figure of a model that validation finds, the mean over the examples of all batches.
///
/// ```swift
/// TrainingMetric("rmse", finishing: { $0.squareRoot() }) { model, batch in meanSquaredError(model(batch), batch.ratings) }
/// ```
public struct TrainingMetric<Model: Module, Batch: TensorGroup>: Sendable {
    /// Its name.
    public let name: String
    let finish: @Sendable (Double) -> Double
    let value: @Sendable (Model, Batch) -> Tensor

    /// A metric.
    ///
    /// - Parameters:
    ///   - finish: what becomes of the mean, such as a square root; nothing by default.
    ///   - value: the mean over the examples of a batch, a scalar. It is traced: see `compiled`.
    public init(
        _ name: String, finishing finish: @escaping @Sendable (Double) -> Double = { $0 },
        _ value: @escaping @Sendable (Model, Batch) -> Tensor
    ) {
        (self.name, self.finish, self.value) = (name, finish, value)
    }
}
