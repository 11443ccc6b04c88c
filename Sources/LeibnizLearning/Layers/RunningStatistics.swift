import LeibnizCore

/// Running means of batches' statistics: what a normalisation knows of its inputs when it is used.
///
/// x̂ ← (1 − m)·x̂ + m·x̄ at every pass in training, or with m = 1/t the plain mean over all t passes.
struct RunningStatistics: Sendable {
    let mean: Parameter
    let variance: Parameter
    private let count: Parameter
    private let momentum: Double?
    private let countsBatches: Bool

    /// Statistics of `features` channels that have seen nothing: means 0, variances 1.
    ///
    /// - Parameters:
    ///   - momentum: m, or `nil` for the plain mean.
    ///   - countsBatches: whether passes are counted although the plain mean is not asked for.
    init(_ features: Int, momentum: Double?, countsBatches: Bool) {
        let type = Initialization.elementType
        mean = Parameter(.zeros([features], type), takesGradient: false)
        variance = Parameter(.ones([features], type), takesGradient: false)
        count = Parameter(Tensor([0], shape: []), takesGradient: false)
        self.momentum = momentum
        self.countsBatches = countsBatches || momentum == nil
    }

    /// The parts under PyTorch's names.
    var parts: [(name: String, part: any Module)] {
        [("running_mean", mean), ("running_var", variance), ("num_batches_tracked", count)]
    }

    /// Takes a batch's statistics into account.
    ///
    /// - Parameter variance: with Bessel's correction, as in PyTorch.
    func record(mean: Tensor, variance: Tensor) {
        let passes = count.value + 1
        let means = [(self.mean, mean), (self.variance, variance)].map { parameter, now in
            let old = parameter.value
            let now = now.cast(to: old.elementType)
            let next =
                momentum.map { (1 - $0) * old + $0 * now } ?? (old + (now - old) / passes.cast(to: old.elementType))
            return (variable: parameter.variable, value: next)
        }
        Variable.record((countsBatches ? [(count.variable, passes)] : []) + means)
    }
}
