import LeibnizCore

/// What one step of a recurrent network does: how many gates it has, and what its state becomes.
public protocol RecurrentRule: Sendable {
    /// The name of the network in errors.
    static var name: String { get }
    /// How many blocks of `hidden` rows the weights have.
    static var gates: Int { get }
    /// How many tensors the state consists of; the first is the output.
    static var states: Int { get }
    /// The state after a step.
    ///
    /// - Parameters:
    ///   - input: W_ih·x + b_ih for all gates, [N, gates·H].
    ///   - hidden: W_hh·h + b_hh for all gates, [N, gates·H].
    ///   - state: the state before, each [N, H].
    static func next(_ input: Tensor, _ hidden: Tensor, _ state: [Tensor]) -> [Tensor]
}

/// A recurrent network of one or more layers, in one or both directions: each layer carries a state from step to step of a sequence.
///
/// Parameters as in PyTorch, for each layer k `weight_ih_lk` [gates·H, inputs], `weight_hh_lk` [gates·H, H], `bias_ih_lk` and `bias_hh_lk`
/// [gates·H], and the same with `_reverse` for the way back, all drawn from U(−1/√H, 1/√H).
///
/// The steps are one loop of the plan (`scan`): compiling takes the same time for sequences of any length. What does not depend on the
/// state is one product for the whole sequence, and so is the derivative of each weight.
public struct RecurrentNetwork<Rule: RecurrentRule>: Layer, ModuleContainer, NamedModule {
    static var moduleName: String { Rule.name }

    /// What a layer learns in one direction.
    private struct Direction: Sendable {
        let inputWeight: Parameter, hiddenWeight: Parameter
        let inputBias: Parameter?, hiddenBias: Parameter?
    }

    private let layers: [[Direction]]
    private let hidden: Int
    private let isBatchFirst: Bool
    private let dropouts: [Dropout]

    /// A network from sequences [T, N, inputs] to [T, N, directions·hidden].
    ///
    /// - Parameters:
    ///   - layers: one above the other, at least 1; 1 by default.
    ///   - bias: whether there are biases; true by default.
    ///   - batchFirst: whether sequences are [N, T, …] instead of [T, N, …]; false by default.
    ///   - dropout: of what goes from layer to layer; 0 by default.
    ///   - bidirectional: whether each layer also goes from the end to the start; false by default.
    public init(
        _ inputs: Int, _ hidden: Int, layers: Int = 1, bias: Bool = true, batchFirst: Bool = false, dropout: Double = 0,
        bidirectional: Bool = false
    ) {
        (self.hidden, isBatchFirst) = (hidden, batchFirst)
        let (rows, directions) = (Rule.gates * hidden, bidirectional ? 2 : 1)
        func drawn(_ shape: Shape) -> Parameter { Parameter(Initialization.uniform(shape, inputs: hidden)) }
        self.layers = (0..<max(1, layers)).map { layer in
            (0..<directions).map { _ in
                Direction(
                    inputWeight: drawn([rows, layer == 0 ? inputs : directions * hidden]),
                    hiddenWeight: drawn([rows, hidden]), inputBias: bias ? drawn([rows]) : nil,
                    hiddenBias: bias ? drawn([rows]) : nil)
            }
        }
        dropouts = (1..<max(1, layers)).map { _ in Dropout(dropout) }
        nameParameters()
    }

    /// The parts under PyTorch's names.
    public var parts: [(name: String, part: any Module)] {
        layers.enumerated().flatMap { layer, directions in
            zip(directions, ["", "_reverse"]).flatMap { direction, suffix -> [(name: String, part: any Module)] in
                [
                    ("weight_ih_l\(layer)\(suffix)", direction.inputWeight),
                    ("weight_hh_l\(layer)\(suffix)", direction.hiddenWeight),
                    ("bias_ih_l\(layer)\(suffix)", direction.inputBias),
                    ("bias_hh_l\(layer)\(suffix)", direction.hiddenBias),
                ]
            }
        }
    }

    /// Sequences → the last layer's output at every step, from a state of zeros.
    public func callAsFunction(_ x: Tensor) -> Tensor { callAsFunction(x, state: nil).output }

    /// Sequences → the last layer's output at every step, and the state after the last step.
    ///
    /// - Parameters:
    ///   - x: [T, N, inputs].
    ///   - state: the first state, each [layers·directions, N, H]; zeros by default.
    ///   - lengths: how many steps of each sequence count, integers, [N]; all by default. Beyond them the output is 0 and the state
    ///     stays, as with PyTorch's packed sequences.
    /// - Returns: the output [T, N, directions·H] and the state, each [layers·directions, N, H].
    public func callAsFunction(
        _ x: Tensor, state: [Tensor]?, lengths: Tensor? = nil
    ) -> (output: Tensor, state: [Tensor]) {
        let directions = layers[0].count
        func refused(_ tensor: Tensor) -> (output: Tensor, state: [Tensor]) {
            (tensor, Array(repeating: tensor, count: Rule.states))
        }
        if let invalid = ([x, lengths].compactMap { $0 } + (state ?? [])).first(where: \.isInvalid) {
            return refused(invalid)
        }
        guard x.rank == 3, x.shape[2] == layers[0][0].inputWeight.shape[1], x.shape[isBatchFirst ? 1 : 0] > 0 else {
            return refused(
                .refused(
                    Rule.name, [x],
                    "sequences are \(isBatchFirst ? "[N, T" : "[T, N"), \(layers[0][0].inputWeight.shape[1])] with a step at least"
                ))
        }
        var sequence = isBatchFirst ? x.swapped(0, 1) : x
        let batch = sequence.shape[1], stateShape: Shape = [layers.count * directions, batch, hidden]
        if let state, state.count != Rule.states || state.contains(where: { $0.shape != stateShape }) {
            return refused(.refused(Rule.name, state, "the state is \(Rule.states) of shape \(stateShape)"))
        }
        if let lengths, lengths.shape != [batch] || !lengths.elementType.isInteger {
            return refused(.refused(Rule.name, [x, lengths], "lengths are \(batch) integers"))
        }
        var last: [[Tensor]] = Array(repeating: [], count: Rule.states)
        for (number, layer) in layers.enumerated() {
            var outputs: [Tensor] = []
            for (place, direction) in layer.enumerated() {
                let first = (0..<Rule.states).map { kind in
                    state.map { $0[kind][number * directions + place] }
                        ?? .zeros([batch, hidden], sequence.elementType)
                }
                let (output, final) = run(direction, sequence, from: first, lengths: lengths, isBackward: place == 1)
                outputs.append(output)
                for kind in last.indices { last[kind].append(final[kind]) }
            }
            sequence = outputs.count == 1 ? outputs[0] : concatenate(outputs, axis: 2)
            if number < dropouts.count { sequence = dropouts[number](sequence) }
        }
        return (isBatchFirst ? sequence.swapped(0, 1) : sequence, last.map { stack($0) })
    }

    /// One layer in one direction over a sequence [T, N, …].
    private func run(
        _ direction: Direction, _ x: Tensor, from first: [Tensor], lengths: Tensor?, isBackward: Bool
    ) -> (output: Tensor, state: [Tensor]) {
        var inputs = matmul(x, direction.inputWeight.value.transposed())
        if let bias = direction.inputBias { inputs = inputs + bias.value }
        let weight = direction.hiddenWeight.value.transposed(), bias = direction.hiddenBias?.value
        // Whether a step counts, for each sequence.
        let counts = lengths.map { Tensor.arange(x.shape[0]).expanded(at: 1) < $0 }
        let (last, outputs) = scan(first, over: [inputs, counts].compactMap(\.self), reversed: isBackward) {
            (state: [Tensor], slices: [Tensor]) -> ([Tensor], Tensor) in
            let product = matmul(state[0], weight)
            let next = Rule.next(slices[0], bias.map { product + $0 } ?? product, state)
            guard counts != nil else { return (next, next[0]) }
            let isOwn = slices[1].expanded(at: 1)
            return (zip(next, state).map { which(isOwn, $0, $1) }, which(isOwn, next[0], 0))
        }
        return (outputs, last)
    }
}
