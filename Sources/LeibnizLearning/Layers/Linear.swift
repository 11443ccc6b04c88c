import LeibnizCore

/// A linear map with a bias: y = x·Wᵀ + b.
///
/// Parameters: `weight` [outputs, inputs] and `bias` [outputs], both drawn from U(−1/√inputs, 1/√inputs) as in PyTorch.
public struct Linear: Layer {
    /// W, [outputs, inputs].
    public let weight: Parameter
    /// b, [outputs].
    public let bias: Parameter?

    /// A layer from [N, inputs] to [N, outputs]; leading axes may be more or none.
    ///
    /// - Parameter bias: whether there is a bias; true by default.
    public init(_ inputs: Int, _ outputs: Int, bias: Bool = true) {
        weight = Parameter(Initialization.uniform([outputs, inputs], inputs: inputs))
        self.bias = bias ? Parameter(Initialization.uniform([outputs], inputs: inputs)) : nil
        nameParameters()
    }

    /// [N, inputs] → [N, outputs].
    public func callAsFunction(_ x: Tensor) -> Tensor {
        let product = matmul(x, weight.value.transposed())
        return bias.map { product + $0.value } ?? product
    }
}
