import LeibnizCore
import LeibnizData

/// A network of dense layers from what is seen of an environment to some numbers.
struct ObservationNetwork: Module {
    private let layers: Sequential
    private let scale: Tensor

    /// - Parameters:
    ///   - scale: what each number of an observation is divided by.
    ///   - hidden: the widths of the layers in between.
    ///   - activation: what follows each of them.
    ///   - gain: by how much the last layer's first weights are larger than those of an orthogonal matrix; nil for PyTorch's first
    ///     weights in all layers.
    init(
        scale: [Float], hidden: [Int], outputs: Int, activation: @autoclosure () -> any Layer,
        gain: Double? = nil
    ) {
        let widths = [scale.count] + hidden + [outputs]
        var layers: [any Layer] = []
        for place in 1..<widths.count {
            let layer = Linear(widths[place - 1], widths[place])
            let isLast = place == widths.count - 1
            if let gain {
                layer.weight.value = Initialization.orthogonal(
                    layer.weight.shape, gain: isLast ? gain : 2.0.squareRoot())
                if let bias = layer.bias { bias.value = bias.value.filled(0) }
            }
            layers += isLast ? [layer] : [layer, activation()]
        }
        self.layers = Sequential(layers)
        self.scale = Tensor(scale.map { 1 / $0 }, shape: [scale.count])
    }

    /// [N, observationSize] → [N, outputs].
    func callAsFunction(_ x: Tensor) -> Tensor { layers(x * scale) }
}

/// A policy and an estimate of the values of states, two networks side by side.
///
/// For choices the policy is softmax of logits, one per choice; for a real action it is a normal distribution about a mean, with a
/// deviation of its own, in units in which the interval is −1…1.
public struct ActorCritic: Module {
    private let policy: ObservationNetwork
    private let critic: ObservationNetwork
    private let logDeviation: Parameter?
    /// What one unit of the critic's network is worth.
    let valueUnit: Double

    /// Networks for an environment, with tanh between their layers and first weights that are orthogonal (the last ones of the policy
    /// small, so that all actions are tried at first).
    ///
    /// - Parameters:
    ///   - hidden: the widths between input and output; 64 and 64 by default.
    ///   - discount: γ, below 1: values are expected to be of the order of 1/(1 − γ), the sum of rewards of 1; 0.99 by default.
    public init<Kind: Environment>(_ environment: Kind.Type, hidden: [Int] = [64, 64], discount: Double = 0.99) {
        valueUnit = 1 / max(1e-3, 1 - discount)
        func network(_ outputs: Int, gain: Double) -> ObservationNetwork {
            ObservationNetwork(
                scale: Kind.observationScale, hidden: hidden, outputs: outputs, activation: Tanh(), gain: gain)
        }
        switch Kind.actions {
        case .choices(let count):
            policy = network(count, gain: 0.01)
            logDeviation = nil
        case .interval:
            policy = network(1, gain: 0.01)
            logDeviation = Parameter(Tensor.zeros([1]))
        }
        critic = network(1, gain: 1)
    }

    /// What is to be done, as a distribution for each observation, [N, observationSize].
    func distribution(_ observations: Tensor) -> ActionDistribution {
        ActionDistribution(center: policy(observations), logDeviation: logDeviation?.value)
    }

    /// V(s) for each observation, [N, observationSize] → [N].
    public func values(_ observations: Tensor) -> Tensor { critic(observations).squeezed([-1]) * valueUnit }
}

/// Values of actions, Q(s, a), for each of the choices.
public struct ActionValueNetwork: Module {
    private let network: ObservationNetwork

    /// A network for an environment, with rectifiers between its layers.
    ///
    /// - Parameter hidden: the widths between input and output.
    public init<Kind: Environment>(_ environment: Kind.Type, hidden: [Int]) {
        var count = 1
        if case .choices(let choices) = Kind.actions { count = choices }
        network = ObservationNetwork(
            scale: Kind.observationScale, hidden: hidden, outputs: count, activation: ReLU())
    }

    /// [N, observationSize] → [N, choices].
    public func callAsFunction(_ observations: Tensor) -> Tensor { network(observations) }
}
