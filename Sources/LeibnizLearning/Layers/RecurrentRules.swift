import LeibnizCore

/// Elman's step (1990): h′ = tanh(W_ih·x + b_ih + W_hh·h + b_hh).
public enum TanhStep: RecurrentRule {
    /// RNN.
    public static let name = "RNN"
    /// One.
    public static let gates = 1
    /// h.
    public static let states = 1
    /// The next h.
    public static func next(_ input: Tensor, _ hidden: Tensor, _ state: [Tensor]) -> [Tensor] { [tanh(input + hidden)] }
}

/// The step with long short-term memory (Hochreiter & Schmidhuber 1997; Gers et al. 2000).
///
/// With a = W_ih·x + b_ih + W_hh·h + b_hh in four blocks: i = σ(a₁), f = σ(a₂), g = tanh(a₃), o = σ(a₄), c′ = f·c + i·g, h′ = o·tanh c′.
public enum LSTMStep: RecurrentRule {
    /// LSTM.
    public static let name = "LSTM"
    /// i, f, g and o.
    public static let gates = 4
    /// h and c.
    public static let states = 2
    /// The next h and c.
    public static func next(_ input: Tensor, _ hidden: Tensor, _ state: [Tensor]) -> [Tensor] {
        let a = (input + hidden).split(into: 4, axis: -1)
        if let invalid = a.first(where: \.isInvalid) { return [invalid, invalid] }
        let cell = sigmoid(a[1]) * state[1] + sigmoid(a[0]) * tanh(a[2])
        return [sigmoid(a[3]) * tanh(cell), cell]
    }
}

/// The gated recurrent step (Cho et al. 2014), with the reset gate after the product, as in PyTorch.
///
/// With u = W_ih·x + b_ih and v = W_hh·h + b_hh in three blocks: r = σ(u₁ + v₁), z = σ(u₂ + v₂), n = tanh(u₃ + r·v₃),
/// h′ = (1 − z)·n + z·h.
public enum GRUStep: RecurrentRule {
    /// GRU.
    public static let name = "GRU"
    /// r, z and n.
    public static let gates = 3
    /// h.
    public static let states = 1
    /// The next h.
    public static func next(_ input: Tensor, _ hidden: Tensor, _ state: [Tensor]) -> [Tensor] {
        let (u, v) = (input.split(into: 3, axis: -1), hidden.split(into: 3, axis: -1))
        if let invalid = (u + v).first(where: \.isInvalid) { return [invalid] }
        let (r, z) = (sigmoid(u[0] + v[0]), sigmoid(u[1] + v[1]))
        let n = tanh(u[2] + r * v[2])
        return [(1 - z) * n + z * state[0]]
    }
}

/// A recurrent network of Elman's steps.
public typealias RNN = RecurrentNetwork<TanhStep>
/// A recurrent network with long short-term memory.
public typealias LSTM = RecurrentNetwork<LSTMStep>
/// A recurrent network of gated recurrent steps.
public typealias GRU = RecurrentNetwork<GRUStep>
