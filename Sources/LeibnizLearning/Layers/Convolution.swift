import LeibnizCore

/// A convolution of images with learned kernels, plus a bias per output channel.
///
/// y[n, o, i, j] = b[o] + Σ_{c, k, l} x[n, c, i·stride + k·dilation − padding, j·stride + l·dilation − padding] · w[o, c, k, l],
/// where x is 0 outside the image; cross-correlation, as in every deep-learning library. With groups, an output channel sees
/// the input channels of its own group only.
///
/// Parameters: `weight` [outputs, inputs / groups, kernel height, kernel width] and `bias` [outputs], both drawn from
/// U(−1/√n, 1/√n) with n = inputs / groups · kernel height · kernel width, as in PyTorch.
public struct Conv2D: Layer {
    /// w, [outputs, inputs / groups, kernel height, kernel width].
    public let weight: Parameter
    /// b, [outputs].
    public let bias: Parameter?
    private let stride: [Int]
    private let padding: [Int]
    private let dilation: [Int]
    private let groups: Int

    /// A layer from [N, inputs, H, W] to [N, outputs, H′, W′] with
    /// H′ = (H + 2·padding − dilation·(kernelSize − 1) − 1)/stride + 1, rounded down; W′ likewise.
    ///
    /// - Parameters:
    ///   - kernelSize: pixels per side.
    ///   - stride: pixels between neighbouring windows; 1 by default.
    ///   - padding: zeros around the image; 0 by default.
    ///   - dilation: pixels between neighbouring elements of a kernel; 1 by default.
    ///   - groups: how many independent parts the channels fall into; 1 by default.
    ///   - bias: whether there is a bias; true by default.
    public init(
        _ inputs: Int, _ outputs: Int, kernelSize: Int, stride: Int = 1, padding: Int = 0, dilation: Int = 1,
        groups: Int = 1, bias: Bool = true
    ) {
        self.init(
            inputs, outputs, kernelSize: [kernelSize, kernelSize], stride: [stride], padding: [padding],
            dilation: [dilation], groups: groups, bias: bias)
    }

    /// The same with numbers for rows and columns: `Conv2D(3, 8, kernelSize: [3, 5], padding: [1, 2])`.
    ///
    /// - Parameters:
    ///   - kernelSize: rows and columns.
    ///   - stride, padding, dilation: for rows and columns, or one number for both.
    public init(
        _ inputs: Int, _ outputs: Int, kernelSize: [Int], stride: [Int] = [1], padding: [Int] = [0],
        dilation: [Int] = [1], groups: Int = 1, bias: Bool = true
    ) {
        (self.stride, self.padding, self.dilation, self.groups) = (stride, padding, dilation, groups)
        guard inputs > 0, outputs > 0, groups > 0, inputs % groups == 0, outputs % groups == 0,
            kernelSize.count == 2, kernelSize.allSatisfy({ $0 > 0 })
        else {
            let error = TensorError(
                "Conv2D", [],
                "\(inputs) input and \(outputs) output channels in \(groups) groups with a kernel of \(kernelSize)",
                kind: .value, hint: "all are positive, and both channel counts are multiples of the groups")
            weight = Parameter(Tensor(invalid: error.located(among: [])))
            self.bias = nil
            return
        }
        let shape = Shape([outputs, inputs / groups] + kernelSize)
        let count = shape[1] * kernelSize[0] * kernelSize[1]
        weight = Parameter(Initialization.uniform(shape, inputs: count))
        self.bias = bias ? Parameter(Initialization.uniform([outputs], inputs: count)) : nil
        nameParameters()
    }

    /// [N, inputs, H, W] → [N, outputs, H′, W′].
    public func callAsFunction(_ x: Tensor) -> Tensor {
        let y = convolution(x, weight.value, stride: stride, padding: padding, dilation: dilation, groups: groups)
        return bias.map { y + $0.value.reshaped(to: [-1, 1, 1]) } ?? y
    }
}
