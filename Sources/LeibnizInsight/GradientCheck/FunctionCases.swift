import LeibnizCore

extension GradientCatalogue {
    /// Functions of each element.
    static let elementary: [GradientCase] = [
        .unary("sin") { sin($0) }, .unary("cos") { cos($0) }, .unary("tan", .reals(-1.2, 1.2)) { tan($0) },
        .unary("asin", .reals(-0.8, 0.8)) { asin($0) }, .unary("acos", .reals(-0.8, 0.8)) { acos($0) },
        .unary("atan") { atan($0) }, .unary("sinh") { sinh($0) }, .unary("cosh") { cosh($0) },
        .unary("tanh") { tanh($0) }, .unary("exp") { exp($0) }, .unary("expm1") { expm1($0) },
        .unary("log", .reals(0.3, 4)) { log($0) }, .unary("log1p", .reals(-0.6, 4)) { log1p($0) },
        .unary("sigmoid") { sigmoid($0) }, .unary("softplus") { softplus($0) },
        .unary("sqrt", .reals(0.3, 4)) { sqrt($0) }, .unary("rsqrt", .reals(0.3, 4)) { rsqrt($0) },
        .unary("erf") { erf($0) }, .unary("lgamma", .reals(0.5, 6)) { lgamma($0) },
        .unary("digamma", .reals(0.5, 6)) { digamma($0) },
        .unary("polygamma", .reals(0.7, 4)) { polygamma(2, $0) },
        .unary("pow (whole)") { pow($0, 3) }, .unary("pow (real)", .reals(0.3, 3)) { pow($0, 1.7) },
        .unary("pow (below zero)", .reals(0.5, 3)) { pow($0, -2) }, .unary("-") { -$0 },
        .unary("abs", .apart) { abs($0) }, .unary("sign", .apart) { sign($0) },
        .unary("floor", .reals(0.2, 0.8)) { floor($0) }, .unary("ceil", .reals(0.2, 0.8)) { ceil($0) },
        .unary("round", .reals(0.6, 1.4)) { round($0) }, .unary("clamp", .apart) { clamp($0, -1.15, 1.2) },
        .unary("relu", .apart) { relu($0) }, .unary("leakyRelu", .apart) { leakyRelu($0) },
        .unary("elu", .apart) { elu($0, alpha: 0.7) }, .unary("selu", .apart) { selu($0) }, .unary("gelu") { gelu($0) },
        .unary("silu") { silu($0) }, .unary("mish") { mish($0) }, .unary("relu6", .apart) { relu6($0) },
        .unary("hardSwish", .apart) { hardSwish($0) }, .unary("logSigmoid") { logSigmoid($0) },
        .unary("hardSigmoid", .apart) { hardSigmoid($0) }, .unary("softSign", .apart) { softSign($0) },
        .unary("tanhShrink") { tanhShrink($0) }, .unary("softShrink", .apart) { softShrink($0) },
        .unary("hardShrink", .apart) { hardShrink($0) }, .unary("celu", .apart) { celu($0, alpha: 0.7) },
    ]

    /// Functions of pairs of elements.
    static let pairs: [GradientCase] = [
        .binary("+") { $0 + $1 }, .binary("-") { $0 - $1 }, .binary("*") { $0 * $1 }, .binary("/") { $0 / $1 },
        .binary("%", .reals(3.1, 3.4), .reals(1.2, 1.4)) { $0 % $1 },
        .binary("floorDivide", .reals(3.1, 3.4), .reals(1.2, 1.4)) { floorDivide($0, $1) },
        .binary("pow", .reals(0.5, 2)) { pow($0, $1) }, .binary("atan2") { atan2($0, $1) },
        .binary("maximum", .apart, .reals(-0.02, 0.02)) { maximum($0, $1) },
        .binary("minimum", .apart, .reals(-0.02, 0.02)) { minimum($0, $1) },
        .binary("which") { which(Tensor.iota([5], axis: 0) > 2, $0, $1) }, .binary("logAddExp") { logAddExp($0, $1) },
        .binary("prelu", .apart) { prelu($0, $1) },
    ]

    /// Functions over axes.
    static let reductions: [GradientCase] = [
        .unary("sum") { sum($0, axes: [1]) }, .unary("product") { product($0, axes: [0]) },
        .unary("max", .apart) { max($0, axes: [1]) }, .unary("min", .apart) { min($0) },
        .unary("mean") { mean($0, axes: [0]) }, .unary("variance") { variance($0, axes: [1]) },
        .unary("norm") { norm($0, axes: [1]) }, .unary("norm (p = 3)", .apart) { norm($0, 3, axes: [1]) },
        .unary("logSumExp") { logSumExp($0, axes: [1]) }, .unary("softmax") { softmax($0) },
        .unary("logSoftmax") { logSoftmax($0, axis: 0) }, .unary("cumulativeSum") { cumulativeSum($0, axis: 1) },
        .unary("glu") { glu(concatenate([$0, $0 * $0], axis: 1)) },
        .unary("sort", .apart) { sort($0, axis: 1).values }, .unary("topK", .apart) { topK($0, 2).values },
    ]

    /// Functions that move elements.
    static let views: [GradientCase] = [
        .unary("reshaped") { $0.reshaped(to: [5, 3]) }, .unary("flattened") { $0.flattened() },
        .unary("expanded") { $0.expanded(at: 1) }, .unary("squeezed") { $0.expanded(at: 0).squeezed() },
        .unary("transposed") { $0.transposed() }, .unary("swapped") { $0.swapped(0, 1) },
        .unary("broadcast") { $0.broadcast(to: [2, 3, 5]) },
        .unary("sliced") { $0.sliced(axis: 1, start: 1, count: 2, stride: 2) },
        .unary("flipped") { $0.flipped([0, 1]) }, .unary("padded") { $0.padded([(1, 0), (0, 2)], with: 3) },
        .unary("padded (inside)") { $0.padded(axis: 1, before: 1, after: 0, interior: 2) },
        .unary("windows") { $0.windows(axis: 1, size: 3) }, .unary("tiled") { $0.tiled([2, 1]) },
        .unary("rolled") { $0.rolled(2) }, .unary("split") { $0.split([2, 3], axis: 1)[1] },
        .unary("tril") { tril($0) }, .unary("triu") { triu($0, diagonal: 1) }, .unary("cast") { $0.cast(to: .float64) },
        .unary("gathered") { $0.gathered(Tensor([2, 0, 2])) },
        .unary("taking") { $0.taking(along: 0, Tensor.iota([2, 5], axis: 0)) }, .unary("subscript") { $0[1..., ..<4] },
        .unary("concatenate") { concatenate([$0, 2 * $0], axis: 1) }, .unary("stack") { stack([$0, $0 * $0]) },
        .unary("meshgrid") { meshgrid([$0[0], $0[1]])[1] },
        .binary("at.set") { x, y in x.at[1].set(y) }, .binary("at.add") { x, y in x.at[Tensor([0, 0])].add(y) },
    ]

    /// Fourier transforms, whose values are pairs of real tensors.
    static let transforms: [GradientCase] = [
        .unary("fft") { parts(fft(ComplexTensor(real: $0, imaginary: $0 * $0))) },
        .unary("ifft") { parts(ifft(ComplexTensor(real: $0, imaginary: $0 * $0), axis: 0)) },
        .unary("rfft") { parts(rfft($0)) }, .unary("irfft") { irfft(ComplexTensor(real: $0, imaginary: $0 * $0)) },
        .unary("fft2") { parts(fft2(ComplexTensor(real: $0, imaginary: $0 * $0))) },
        .unary("ifft2") { parts(ifft2(ComplexTensor(real: $0, imaginary: $0 * $0))) },
        .unary("rfft2") { parts(rfft2($0)) }, .unary("irfft2") { irfft2(ComplexTensor(real: $0, imaginary: $0 * $0)) },
        .unary("fftShift") { fftShift($0) }, .unary("ifftShift") { ifftShift($0) },
        .binary("fftConvolution") { fftConvolution($0, $1.expanded(at: 0).broadcast(to: [3, 5])) },
    ]

    private static func parts(_ z: ComplexTensor) -> Tensor { stack([z.real, z.imaginary]) }

    /// Sums of products, and functions of functions.
    static let products: [GradientCase] = [
        .function("matmul", [([2, 3, 4], .reals(-1, 1)), ([4, 5], .reals(-1, 1))]) { matmul($0[0], $0[1]) },
        .function("einsum", [([2, 3, 4], .reals(-1, 1)), ([3, 5], .reals(-1, 1))]) {
            einsum("bij,ik->bjk", $0[0], $0[1])
        },
        .function("convolution", [([2, 4, 5, 6], .reals(-1, 1)), ([6, 2, 3, 2], .reals(-1, 1))]) {
            convolution($0[0], $0[1], stride: [2, 1], padding: [1, 0], groups: 2)
        },
        .function("transposedConvolution", [([1, 2, 3, 3], .reals(-1, 1)), ([2, 2, 2, 2], .reals(-1, 1))]) {
            transposedConvolution($0[0], $0[1], stride: [2, 1])
        },
        .unary("checkpoint") { x in checkpoint({ (x: Tensor) in sin(x) * x })(x) },
        .unary("vmap") { x in vmap { (row: Tensor) in softmax(row) * row }(x) },
        .unary("gradient") { x in gradient { (x: Tensor) in sum(sin(x) * x * x) }(x) },
        .unary("CustomRule", .reals(0.3, 4)) { x in
            CustomRule({ sqrt($0) }, forward: { _, y, dx in dx / (2 * y) }, reverse: { _, y, dy in dy / (2 * y) })(x)
        },
    ]
}
