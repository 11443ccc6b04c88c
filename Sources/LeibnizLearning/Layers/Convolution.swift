import LeibnizCore

/// A convolution with learned kernels, plus a bias per output channel; of signals, images or volumes.
///
/// y[n, o, i…] = b[o] + Σ_{c, k…} x[n, c, i·stride + k·dilation − padding, …] · w[o, c, k…], where x is 0 outside, or as `paddingMode` says;
/// cross-correlation, as in every deep-learning library. With groups, an output channel sees the input channels of its own group
/// only; as many groups as input channels make the convolution *depthwise*.
///
/// Parameters: `weight` [outputs, inputs / groups, kernel…] and `bias` [outputs], both drawn from U(−1/√n, 1/√n) with
/// n = inputs / groups · the kernel's elements, as in PyTorch.
///
/// ```swift
/// Conv2D(3, 8, kernelSize: 3, padding: .same)
/// Conv2D(3, 8, kernelSize: [3, 5], padding: [1, 2])
/// Conv1D(16, 16, kernelSize: 9, dilation: 4, groups: 16)          // depthwise
/// ```
public struct Convolution<Dimensions: SpatialDimensions>: Layer, NamedByDimensions {
    static var baseName: String { "Conv" }
    /// w, [outputs, inputs / groups, kernel…].
    public let weight: Parameter
    /// b, [outputs].
    public let bias: Parameter?
    private let kernelSize: [Int]
    private let stride: [Int]
    private let padding: any ConvolutionPadding
    private let paddingMode: PaddingMode
    private let dilation: [Int]
    private let groups: Int

    /// A layer from [N, inputs, H…] to [N, outputs, H′…] with H′ = (H + 2·padding − dilation·(kernelSize − 1) − 1)/stride + 1,
    /// rounded down.
    ///
    /// - Parameters:
    ///   - kernelSize: elements along each axis; one number stands for all axes, here and below.
    ///   - stride: elements between neighbouring windows; 1 by default.
    ///   - padding: elements before and after, or `.same` for an output as large as the input; 0 by default.
    ///   - dilation: elements between neighbouring elements of a kernel; 1 by default.
    ///   - groups: how many independent parts the channels fall into; 1 by default.
    ///   - bias: whether there is a bias; true by default.
    ///   - paddingMode: what the elements around are; zeros by default.
    public init(
        _ inputs: Int, _ outputs: Int, kernelSize: some PerAxis, stride: some PerAxis = 1,
        padding: some ConvolutionPadding = 0, dilation: some PerAxis = 1, groups: Int = 1, bias: Bool = true,
        paddingMode: PaddingMode = .constant
    ) {
        (self.stride, self.padding, self.dilation) = (stride.perAxis, padding, dilation.perAxis)
        self.paddingMode = paddingMode
        (self.groups, self.kernelSize) = (groups, kernelSize.perAxis.spread(over: Dimensions.axes) ?? [])
        (weight, self.bias) = ConvolutionParameters.drawn(
            for: Self.moduleName, inputs, outputs, kernelSize: self.kernelSize, groups: groups, bias: bias
        ) { [outputs, inputs / groups] }
        nameParameters()
    }

    /// [N, inputs, H…] → [N, outputs, H′…].
    public func callAsFunction(_ x: Tensor) -> Tensor {
        if padding.keepsExtents, stride.contains(where: { $0 != 1 }) {
            return .refused(
                Self.moduleName, [x], "padding .same goes with stride 1, not \(stride)", kind: .value,
                hint: "give the padding in numbers")
        }
        let widths = padding.widths(kernelSize: kernelSize, dilation: dilation)
        // Zeros that are as many on both sides are the convolution's own affair.
        let isOwn = paddingMode == .constant && widths.allSatisfy { $0.before == $0.after }
        let y = convolution(
            isOwn ? x : padded(x, widths), weight.value, stride: stride, padding: isOwn ? widths.map(\.before) : [0],
            dilation: dilation, groups: groups)
        return ConvolutionParameters.adding(bias, to: y, axes: Dimensions.axes)
    }

    /// The input with what stands around it along its spatial axes.
    private func padded(_ x: Tensor, _ widths: [(before: Int, after: Int)]) -> Tensor {
        // What does not fit is for the convolution to tell.
        if x.isInvalid || x.rank != 2 + Dimensions.axes { return x }
        let all = widths.count == 1 ? Array(repeating: widths[0], count: Dimensions.axes) : widths
        guard all.count == Dimensions.axes else {
            return .refused(
                Self.moduleName, [x], "there is one padding for each of the \(Dimensions.axes) axes, or for all")
        }
        return all.enumerated().reduce(x) { x, axis in
            x.padded(axis: 2 + axis.offset, before: axis.element.before, after: axis.element.after, mode: paddingMode)
        }
    }
}

/// A convolution of signals, [N, C, L].
public typealias Conv1D = Convolution<OneDimensional>
/// A convolution of images, [N, C, H, W].
public typealias Conv2D = Convolution<TwoDimensional>
/// A convolution of volumes, [N, C, D, H, W].
public typealias Conv3D = Convolution<ThreeDimensional>

/// The transpose of a convolution, plus a bias per output channel: it spreads each element of the input by its kernels.
///
/// y[n, o, i·stride + k·dilation − padding, …] = b[o] + Σ over all i, k… and c of x[n, c, i…] · w[c, o, k…]: the adjoint of the
/// convolution from y's shape to x's, so that it makes larger what a convolution with the same settings makes smaller
/// (Zeiler et al. 2010).
///
/// Parameters: `weight` [inputs, outputs / groups, kernel…] and `bias` [outputs], both drawn from U(−1/√n, 1/√n) with
/// n = outputs / groups · the kernel's elements, as in PyTorch.
public struct TransposedConvolution<Dimensions: SpatialDimensions>: Layer, NamedByDimensions {
    static var baseName: String { "ConvTranspose" }
    /// w, [inputs, outputs / groups, kernel…].
    public let weight: Parameter
    /// b, [outputs].
    public let bias: Parameter?
    private let stride: [Int]
    private let padding: [Int]
    private let outputPadding: [Int]
    private let dilation: [Int]
    private let groups: Int

    /// A layer from [N, inputs, H…] to [N, outputs, H′…] with
    /// H′ = (H − 1)·stride − 2·padding + dilation·(kernelSize − 1) + outputPadding + 1.
    ///
    /// - Parameters:
    ///   - kernelSize: elements along each axis; one number stands for all axes, here and below.
    ///   - stride: elements of the output between those of the input; 1 by default.
    ///   - padding: elements left out at both ends of the output; 0 by default.
    ///   - outputPadding: further elements at the end of the output, less than stride or dilation; 0 by default.
    ///   - groups: how many independent parts the channels fall into; 1 by default.
    ///   - bias: whether there is a bias; true by default.
    ///   - dilation: elements between neighbouring elements of a kernel; 1 by default.
    public init(
        _ inputs: Int, _ outputs: Int, kernelSize: some PerAxis, stride: some PerAxis = 1, padding: some PerAxis = 0,
        outputPadding: some PerAxis = 0, groups: Int = 1, bias: Bool = true, dilation: some PerAxis = 1
    ) {
        (self.stride, self.padding, self.outputPadding) = (stride.perAxis, padding.perAxis, outputPadding.perAxis)
        (self.dilation, self.groups) = (dilation.perAxis, groups)
        (weight, self.bias) = ConvolutionParameters.drawn(
            for: Self.moduleName, inputs, outputs, kernelSize: kernelSize.perAxis.spread(over: Dimensions.axes) ?? [],
            groups: groups, bias: bias
        ) { [inputs, outputs / groups] }
        nameParameters()
    }

    /// [N, inputs, H…] → [N, outputs, H′…].
    public func callAsFunction(_ x: Tensor) -> Tensor {
        let y = transposedConvolution(
            x, weight.value, stride: stride, padding: padding, outputPadding: outputPadding, dilation: dilation,
            groups: groups)
        return ConvolutionParameters.adding(bias, to: y, axes: Dimensions.axes)
    }
}

/// A transposed convolution of signals, [N, C, L].
public typealias ConvTranspose1D = TransposedConvolution<OneDimensional>
/// A transposed convolution of images, [N, C, H, W].
public typealias ConvTranspose2D = TransposedConvolution<TwoDimensional>
/// A transposed convolution of volumes, [N, C, D, H, W].
public typealias ConvTranspose3D = TransposedConvolution<ThreeDimensional>

/// What convolutions and their transposes have in common.
private enum ConvolutionParameters {
    /// A weight and a bias with first values; an invalid weight that says why where the settings make no layer.
    ///
    /// - Parameters:
    ///   - kernelSize: one number per axis, or none where they do not fit the axes.
    ///   - channels: the first two extents of the weight, asked for only where they exist.
    static func drawn(
        for name: String, _ inputs: Int, _ outputs: Int, kernelSize: [Int], groups: Int, bias: Bool,
        channels: () -> [Int]
    ) -> (weight: Parameter, bias: Parameter?) {
        guard inputs > 0, outputs > 0, groups > 0, inputs % groups == 0, outputs % groups == 0, !kernelSize.isEmpty,
            kernelSize.allSatisfy({ $0 > 0 })
        else {
            let error = TensorError(
                name, [],
                "\(inputs) input and \(outputs) output channels in \(groups) groups with a kernel of \(kernelSize)",
                kind: .value,
                hint:
                    "all are positive, both channel counts are multiples of the groups, and the kernel has one size per axis"
            )
            return (Parameter(Tensor(invalid: error.located(among: []))), nil)
        }
        let shape = Shape(channels() + kernelSize)
        let count = shape.count / shape[0]
        return (
            Parameter(Initialization.uniform(shape, inputs: count)),
            bias ? Parameter(Initialization.uniform([outputs], inputs: count)) : nil
        )
    }

    /// The output with its bias.
    static func adding(_ bias: Parameter?, to y: Tensor, axes: Int) -> Tensor {
        bias.map { y + $0.value.reshaped(to: Shape([-1] + Array(repeating: 1, count: axes))) } ?? y
    }
}
