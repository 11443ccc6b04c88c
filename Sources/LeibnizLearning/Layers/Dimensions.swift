/// How many spatial axes the input of a layer has: what `Conv1D`, `Conv2D` and `Conv3D` differ in.
public protocol SpatialDimensions: Sendable {
    /// The number of axes after the batch and the channels.
    static var axes: Int { get }
}

/// Signals, [N, C, L].
public enum OneDimensional: SpatialDimensions {
    /// 1.
    public static let axes = 1
}

/// Images, [N, C, H, W].
public enum TwoDimensional: SpatialDimensions {
    /// 2.
    public static let axes = 2
}

/// Volumes, [N, C, D, H, W].
public enum ThreeDimensional: SpatialDimensions {
    /// 3.
    public static let axes = 3
}

/// One number for all spatial axes, or one for each: `3` or `[3, 5]`.
public protocol PerAxis: Sendable {
    /// The numbers as they were given.
    var perAxis: [Int] { get }
}

extension Int: PerAxis {
    /// This number, for all axes.
    public var perAxis: [Int] { [self] }
}

extension Array: PerAxis where Element == Int {
    /// These numbers, one for each axis.
    public var perAxis: [Int] { self }
}

extension Array where Element == Int {
    /// One number for each of `count` axes: a single one stands for all. `nil` where there are neither 1 nor `count`.
    func spread(over count: Int) -> [Int]? {
        self.count == count ? self : self.count == 1 ? Array(repeating: self[0], count: count) : nil
    }
}

/// The zeros that a convolution puts around its input: a number, a number for each axis, or `.same`.
public protocol ConvolutionPadding: Sendable {
    /// The zeros before and after each axis, or one pair for all.
    func widths(kernelSize: [Int], dilation: [Int]) -> [(before: Int, after: Int)]
    /// Whether the output is to be as large as the input, which only a stride of 1 allows.
    var keepsExtents: Bool { get }
}

extension PerAxis {
    /// As many zeros before as after.
    public func widths(kernelSize: [Int], dilation: [Int]) -> [(before: Int, after: Int)] {
        perAxis.map { (before: $0, after: $0) }
    }
    /// Numbers say how many zeros there are, whatever the output's size.
    public var keepsExtents: Bool { false }
}

extension Int: ConvolutionPadding {}
extension Array: ConvolutionPadding where Element == Int {}

/// As many zeros as make the output as large as the input: dilation·(kernelSize − 1) along each axis, the odd one after, as in PyTorch.
public struct SamePadding: ConvolutionPadding {
    /// Half of the zeros before and half after.
    public func widths(kernelSize: [Int], dilation: [Int]) -> [(before: Int, after: Int)] {
        zip(kernelSize, dilation.spread(over: kernelSize.count) ?? []).map { size, dilation in
            let total = dilation * (size - 1)
            return (before: total / 2, after: total - total / 2)
        }
    }
    /// The output is as large as the input.
    public var keepsExtents: Bool { true }
}

extension ConvolutionPadding where Self == SamePadding {
    /// As many zeros as make the output as large as the input.
    public static var same: SamePadding { SamePadding() }
}
