import LeibnizCore

/// The windows that a pooling layer integrates over.
struct PoolingRegion: Sendable {
    /// Rows and columns of each, as the layer was given them: one number stands for both.
    private let size: [Int], stride: [Int], padding: [Int]
    /// The layer's name in errors.
    private let name: String

    init(_ name: String, size: [Int], stride: [Int]?, padding: [Int]) {
        (self.name, self.size, self.stride, self.padding) = (name, size, stride ?? size, padding)
    }

    /// [N, C, H, W] → [N, C, H′, W′, rows, columns], with `value` around the image.
    func windows(of x: Tensor, padding value: Double) -> Tensor {
        if x.isInvalid { return x }
        guard x.rank >= 2 else {
            return .refused(name, [x], "images have a height and a width", hint: "take [N, C, H, W]")
        }
        func both(_ numbers: [Int]) -> (Int, Int)? {
            numbers.count == 1 ? (numbers[0], numbers[0]) : numbers.count == 2 ? (numbers[0], numbers[1]) : nil
        }
        guard let size = both(size), let stride = both(stride), let padding = both(padding),
            min(size.0, size.1, stride.0, stride.1) > 0, min(padding.0, padding.1) >= 0,
            2 * padding.0 <= size.0, 2 * padding.1 <= size.1
        else {
            return .refused(
                name, [x], "there are no windows of size \(size) with stride \(stride) and padding \(padding)",
                kind: .value,
                hint: "size and stride are positive, and padding is at most half of the size")
        }
        let padded =
            padding == (0, 0) ? x : x.padded([(padding.0, padding.0), (padding.1, padding.1)], with: value)
        let (rows, columns) = (x.rank - 2, x.rank - 1)
        guard padded.shape[rows] >= size.0, padded.shape[columns] >= size.1 else {
            return .refused(
                name, [x], "a window of [\(size.0), \(size.1)] does not fit axes \(rows) and \(columns)",
                hint: "pad the input, or take a smaller window")
        }
        return padded.windows(axis: rows, size: size.0, stride: stride.0)
            .windows(axis: columns, size: size.1, stride: stride.1)
    }
}

/// The greatest value of each window: the integral in the limit p → ∞. The derivative goes to the first of equals.
public struct MaxPool2D: Layer {
    private let region: PoolingRegion

    /// Windows of `size` × `size` pixels.
    ///
    /// - Parameters:
    ///   - stride: pixels between neighbouring windows; `size` by default, so that they do not overlap.
    ///   - padding: pixels of −∞ around the image, at most half of `size`; 0 by default.
    public init(_ size: Int, stride: Int? = nil, padding: Int = 0) {
        self.init([size], stride: stride.map { [$0] }, padding: [padding])
    }

    /// The same with numbers for rows and columns, such as `MaxPool2D([2, 3])`.
    public init(_ size: [Int], stride: [Int]? = nil, padding: [Int] = [0]) {
        region = PoolingRegion("MaxPool2D", size: size, stride: stride, padding: padding)
    }

    /// [N, C, H, W] → [N, C, H′, W′] with H′ = (H + 2·padding − size)/stride + 1, rounded down; W′ likewise.
    public func callAsFunction(_ x: Tensor) -> Tensor {
        max(region.windows(of: x, padding: -.infinity), axes: [-2, -1])
    }
}

/// The mean of each window: (1/|R|) ∫_R f.
public struct AveragePool2D: Layer {
    private let region: PoolingRegion

    /// Windows of `size` × `size` pixels.
    ///
    /// - Parameters:
    ///   - stride: pixels between neighbouring windows; `size` by default.
    ///   - padding: pixels of 0 around the image, which count as values as in PyTorch; at most half of `size`, 0 by default.
    public init(_ size: Int, stride: Int? = nil, padding: Int = 0) {
        self.init([size], stride: stride.map { [$0] }, padding: [padding])
    }

    /// The same with numbers for rows and columns, such as `AveragePool2D([2, 3])`.
    public init(_ size: [Int], stride: [Int]? = nil, padding: [Int] = [0]) {
        region = PoolingRegion("AveragePool2D", size: size, stride: stride, padding: padding)
    }

    /// [N, C, H, W] → [N, C, H′, W′] with H′ = (H + 2·padding − size)/stride + 1, rounded down; W′ likewise.
    public func callAsFunction(_ x: Tensor) -> Tensor { mean(region.windows(of: x, padding: 0), axes: [-2, -1]) }
}

/// The L_p mean of each window: (1/|R| ∫_R |f|^p)^{1/p}. p = 1 is the mean of |f|, p = ∞ the greatest |f|.
///
/// Computed relative to the window's greatest |f|, so that neither large values nor a large p overflow. The derivative where
/// f is 0, also where all of a window is, is 0.
public struct LpPool2D: Layer {
    private let region: PoolingRegion
    private let exponent: Double

    /// Windows of `size` × `size` pixels.
    ///
    /// - Parameters:
    ///   - p: the exponent, at least 1; may be infinite.
    ///   - stride: pixels between neighbouring windows; `size` by default.
    public init(_ p: Double, _ size: Int, stride: Int? = nil) { self.init(p, [size], stride: stride.map { [$0] }) }

    /// The same with numbers for rows and columns, such as `LpPool2D(2, [2, 3])`.
    public init(_ p: Double, _ size: [Int], stride: [Int]? = nil) {
        exponent = p
        region = PoolingRegion("LpPool2D", size: size, stride: stride, padding: [0])
    }

    /// [N, C, H, W] → [N, C, H′, W′] with H′ = (H − size)/stride + 1, rounded down; W′ likewise.
    public func callAsFunction(_ x: Tensor) -> Tensor {
        guard exponent >= 1 else {
            return .refused("LpPool2D", [x], "p = \(exponent) gives no mean", kind: .value, hint: "p is at least 1")
        }
        let magnitudes = abs(region.windows(of: x, padding: 0))
        if exponent == .infinity { return max(magnitudes, axes: [-2, -1]) }
        // The mean is homogeneous in f: the scale may be held constant without changing any derivative.
        let peak = max(magnitudes, axes: [-2, -1], keepingAxes: true).stopGradient()
        let isZero = peak == 0
        // Within these limits 1/scale has all its digits; small powers of what lies outside neither overflow nor vanish.
        let bound = x.elementType == .float64 ? 0x1p1022 : 0x1p126
        let scale = which(isFinite(peak), maximum(minimum(peak, peak.filled(bound)), peak.filled(1 / bound)), 1)
        let ratios = exponent <= 4 ? magnitudes * (1 / scale) : magnitudes / scale
        let total = mean(pow(ratios, exponent), axes: [-2, -1], keepingAxes: true)
        let root = which(isZero, 0, pow(which(isZero, 1, total), 1 / exponent))
        return (root * scale).squeezed([-2, -1])
    }
}
