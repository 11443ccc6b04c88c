import LeibnizCore

/// A layer whose weight is learned as length and direction (Salimans & Kingma 2016): w = g·v/‖v‖, with the length over all axes but one.
///
/// Parameters under the names of PyTorch's `parametrizations.weight_norm`: those of the layer without the weight,
/// `parametrizations.weight.original0` g and `parametrizations.weight.original1` v, at first the weight's own length and the weight.
///
/// ```swift
/// let layer = WeightNorm(Conv1D(8, 8, kernelSize: 3))
/// ```
public struct WeightNorm<Base: Layer>: Layer, ModuleContainer {
    private let base: Base
    private let name: String
    private let axis: Int
    private let length: Parameter
    private let direction: Parameter

    /// - Parameters:
    ///   - base: a layer of its own, which is not used otherwise.
    ///   - name: the path of the weight in it; `weight` by default.
    ///   - axis: the axis along which there is a length for each place; the first by default.
    public init(_ base: Base, name: String = "weight", axis: Int = 0) {
        (self.base, self.name, self.axis) = (base, name, axis)
        let weight = Reparametrization.weight(of: base, name, "WeightNorm")
        length = Parameter(Reparametrization.lengths(of: weight, along: axis))
        direction = Parameter(weight)
        nameParameters()
    }

    /// The parts under PyTorch's names.
    public var parts: [(name: String, part: any Module)] {
        Reparametrization.others(of: base, name) + [
            ("parametrizations.\(name).original0", length), ("parametrizations.\(name).original1", direction),
        ]
    }

    /// What the layer makes of an input with the weight g·v/‖v‖.
    public func callAsFunction(_ x: Tensor) -> Tensor {
        let v = direction.value
        if v.isInvalid { return v }
        return base.withParameters([name: v * (length.value / Reparametrization.lengths(of: v, along: axis))]) {
            base(x)
        }
    }
}

/// A layer whose weight has 1 as its greatest singular value (Miyato et al. 2018): w/σ, σ = uᵀWv for the matrix W = [outputs, all else]
/// that the weight is.
///
/// u and v, its singular vectors, are followed by the power method, v ← Wᵀu/‖Wᵀu‖, u ← Wv/‖Wv‖, at every pass in training; no
/// derivative goes through them.
///
/// Parameters under the names of PyTorch's `parametrizations.spectral_norm`: those of the layer without the weight,
/// `parametrizations.weight.original` w, and without gradient `parametrizations.weight.0._u` and `parametrizations.weight.0._v`.
public struct SpectralNorm<Base: Layer>: Layer, ModuleContainer {
    private let base: Base
    private let name: String
    private let iterations: Int
    private let epsilon: Double
    private let weight: Parameter
    private let left: Parameter
    private let right: Parameter

    /// - Parameters:
    ///   - base: a layer of its own, which is not used otherwise.
    ///   - name: the path of the weight in it; `weight` by default.
    ///   - iterations: of the power method at every pass, at least 1; 1 by default. There are 15 before the first.
    ///   - epsilon: the least length that vectors are divided by; 1e-12 by default.
    public init(_ base: Base, name: String = "weight", iterations: Int = 1, epsilon: Double = 1e-12) {
        (self.base, self.name, self.iterations, self.epsilon) = (base, name, max(1, iterations), epsilon)
        let first = Reparametrization.weight(of: base, name, "SpectralNorm")
        weight = Parameter(first)
        guard !first.isInvalid else {
            (left, right) = (Parameter(first, takesGradient: false), Parameter(first, takesGradient: false))
            return
        }
        let matrix = first.flattened(from: 1)
        func unit(_ x: Tensor) -> Tensor { Reparametrization.unit(x, epsilon) }
        var u = unit(Initialization.normal([matrix.shape[0]])), v = unit(Initialization.normal([matrix.shape[1]]))
        for _ in 0..<15 { (u, v) = Reparametrization.powers(matrix, u, epsilon) }
        (left, right) = (Parameter(u, takesGradient: false), Parameter(v, takesGradient: false))
        nameParameters()
    }

    /// The parts under PyTorch's names.
    public var parts: [(name: String, part: any Module)] {
        Reparametrization.others(of: base, name) + [
            ("parametrizations.\(name).original", weight), ("parametrizations.\(name).0._u", left),
            ("parametrizations.\(name).0._v", right),
        ]
    }

    /// What the layer makes of an input with the weight w/σ.
    public func callAsFunction(_ x: Tensor) -> Tensor {
        let w = weight.value
        if w.isInvalid { return w }
        let matrix = w.flattened(from: 1)
        var (u, v) = (left.value, right.value)
        if ExecutionMode.current == .training {
            for _ in 0..<iterations { (u, v) = Reparametrization.powers(matrix.stopGradient(), u, epsilon) }
            Variable.record([(left.variable, u), (right.variable, v)])
        }
        let sigma = sum(u.stopGradient() * matmul(matrix, v.stopGradient()))
        return base.withParameters([name: w / sigma]) { base(x) }
    }
}

/// What layers with a weight in another form have in common.
private enum Reparametrization {
    /// The value of a layer's weight, or why there is none.
    static func weight(of base: some Module, _ name: String, _ operation: String) -> Tensor {
        let known = base.namedParameters
        guard let parameter = known.first(where: { $0.path == name })?.parameter else {
            return .refused(
                operation, [], "the layer has no parameter \(name), but \(known.map(\.path).joined(separator: ", "))",
                kind: .value)
        }
        guard parameter.value.isInvalid || parameter.shape.rank >= 2 else {
            return .refused(operation, [parameter.value], "a weight has at least two axes")
        }
        return parameter.value
    }

    /// A layer's parameters but for the weight, by their paths.
    static func others(of base: some Module, _ name: String) -> [(name: String, part: any Module)] {
        base.namedParameters.filter { $0.path != name }.map { ($0.path, $0.parameter) }
    }

    /// ‖w‖ over all axes but one, which stay as axes of extent 1.
    static func lengths(of weight: Tensor, along axis: Int) -> Tensor {
        if weight.isInvalid { return weight }
        let axes = (0..<weight.rank).filter { $0 != (axis < 0 ? axis + weight.rank : axis) }
        return norm(weight, axes: axes, keepingAxes: true)
    }

    /// x/max(‖x‖, ε).
    static func unit(_ x: Tensor, _ epsilon: Double) -> Tensor {
        let length = norm(x)
        return x / maximum(length, length.filled(epsilon))
    }

    /// One step of the power method.
    static func powers(_ matrix: Tensor, _ u: Tensor, _ epsilon: Double) -> (u: Tensor, v: Tensor) {
        let v = unit(matmul(matrix.transposed(), u), epsilon)
        return (unit(matmul(matrix, v), epsilon), v)
    }
}
