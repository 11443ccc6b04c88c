import LeibnizCore

/// What changes parameters so that a loss falls. Its state lives in variables, so that steps can be compiled.
///
/// ```swift
/// let optimizer = SGD(model, learningRate: 0.01)
/// for _ in 1...100 { try optimizer.minimize(meanSquaredError(model(x), y)) }
/// ```
public protocol Optimizer: AnyObject, Sendable {
    /// The parameters, the step size, the state and the plans.
    var core: OptimizerCore { get }
    /// Writes new values of the parameters and of the state, given one gradient per parameter.
    func update(with gradients: [Tensor])
}

extension Optimizer {
    /// The parameters that it changes.
    public var parameters: [Parameter] { core.parameters }
    /// The step size α, a float64 scalar; a variable, so that another number needs no other code.
    public var rate: Variable { core.rate }
    /// All cells that a step reads or writes besides the parameters, under names that stay: what a checkpoint must hold.
    public var state: [(path: String, variable: Variable)] { core.state }

    /// The step size α, a scalar. Setting it costs no compilation, and works inside `compiled { … }` as well:
    ///
    /// ```swift
    /// optimizer.learningRate *= 0.5
    /// ```
    public var learningRate: Tensor {
        get { rate.value }
        set {
            guard newValue.isInvalid || newValue.count == 1 else {
                rate.value = .refused("learningRate", [newValue], "a learning rate is one number")
                return
            }
            rate.value = newValue.reshaped(to: []).cast(to: .float64)
        }
    }

    /// One step: computes the loss, its gradients and the new parameters in one plan, now.
    ///
    /// The first call for a graph of a new structure compiles; later ones only run.
    /// - Throws: the error of an invalid loss, what the plan finds, or that another update of a parameter is under way; the
    ///   parameters and the optimizer's state are then as before.
    public func minimize(_ loss: Tensor) throws {
        try core.steps.run(loss) { update(minimizing: loss) }
    }

    /// One step as part of a trace: for the body of `compiled { … }`, where writes take effect when the plan has run.
    public func update(minimizing loss: Tensor) {
        do {
            update(with: try gradients(of: loss, withRespectTo: parameters.map(\.variable)))
        } catch {
            // Written values are looked at before anything runs: the error is thrown there.
            let reason = (error as? TensorError) ?? TensorError("update", [], "\(error)", kind: .runtime)
            for parameter in parameters { parameter.value = Tensor(invalid: reason) }
        }
    }

    /// One step along gradients that were computed before; 0 for a parameter without one.
    ///
    /// - Throws: what evaluation finds, or that another update of a parameter is under way; nothing is then changed.
    public func apply(_ gradients: Gradients) throws {
        try Variable.update { update(with: parameters.map { gradients[$0] ?? $0.value.filled(0) }) }
    }
}
